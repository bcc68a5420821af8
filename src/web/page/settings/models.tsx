// The models of all agents: the first choice, what is tried after it, the same for images, short names, and how long prompts are kept.
import { useState } from 'preact/hooks'
import type { SettingsChain, SettingsModel } from '../../../core/settings.ts'
import { useApp } from '../app-store.ts'
import { moved } from '../state.ts'
import { type Refusal, useDesk } from './desk.ts'
import { Field, Shell, Wrong } from './field.tsx'
import { ChangeButton, TextField } from './inputs.tsx'
import { configCommand, word } from './shell.ts'

type ChainName = 'model' | 'imageModel'
const VERBS = { model: ['set', 'fallbacks'], imageModel: ['set-image', 'image-fallbacks'] } as const

export function Models() {
  const { settings } = useApp().state.words
  const { models } = settings
  const { report } = useDesk()
  return (
    <section aria-labelledby="settings-models-title">
      <h2 id="settings-models-title">{models.title}</h2>
      <Chain
        name="model"
        label={models.primary}
        placeholder={settings.toDefault(report.defaultModel)}
        chain={report.model}
      />
      <Fallbacks name="model" label={models.fallbacks} chain={report.model} />
      <Chain name="imageModel" label={models.image} placeholder={settings.none} chain={report.image} />
      {report.image.primary !== null && (
        <Fallbacks name="imageModel" label={models.imageFallbacks} chain={report.image} />
      )}
      <h3>{models.names}</h3>
      <p class="quiet">{report.models.length === 0 ? models.all : models.only}</p>
      {report.models.map((model) => (
        <Named key={model.key} model={model} />
      ))}
      <AddAlias />
    </section>
  )
}

type ChainProps = { name: ChainName; label: string; chain: SettingsChain }

function Chain({ name, label, placeholder, chain }: ChainProps & { placeholder: string }) {
  const { settings } = useApp().state.words
  const { act } = useDesk()
  const [verb] = VERBS[name]
  return (
    <Field
      label={label}
      value={chain.primary ?? ''}
      placeholder={placeholder}
      list="settings-models"
      path={`agents.defaults.${name}`}
      command={(text) =>
        text === '' ? configCommand(`agents.defaults.${name}`, undefined) : `openclaw models ${verb} ${word(text)}`
      }
      save={(text) =>
        text === '' && name === 'imageModel'
          ? act('settings.set', { path: `agents.defaults.${name}`, value: null }, settings.saved)
          : act('settings.model', { chain: name, ref: text }, `${settings.saved} ${settings.atOnce}`)
      }
    />
  )
}

function Fallbacks({ name, label, chain: { fallbacks } }: ChainProps) {
  const { state, complain } = useApp()
  const { models } = state.words.settings
  const { act } = useDesk()
  const [, verb] = VERBS[name]
  const [draft, setDraft] = useState('')
  const [refusal, setRefusal] = useState<Refusal>()
  const told = async (asked: Promise<Refusal | undefined>): Promise<void> => {
    const wrong = await asked
    if (wrong !== undefined) complain(new Error(wrong.message))
  }
  const move = (model: string, to: number): void => {
    const value = moved(fallbacks, model, to)
    if (value === undefined) return
    void told(act('settings.set', { path: `agents.defaults.${name}.fallbacks`, value }, models.moved(model, to + 1)))
  }
  return (
    <div class="setting">
      <h3>{label}</h3>
      <ol class="settings-list">
        {fallbacks.map((model, at) => (
          <li key={model} class="settings-item">
            <div class="settings-item-head">
              <span translate={false}>
                {at + 1}. <code>{model}</code>
              </span>
              <span class="settings-moves">
                <ChangeButton class="icon" label={models.up(model)} disabled={at === 0} act={() => move(model, at - 1)}>
                  ↑
                </ChangeButton>
                <ChangeButton
                  class="icon"
                  label={models.down(model)}
                  disabled={at === fallbacks.length - 1}
                  act={() => move(model, at + 1)}
                >
                  ↓
                </ChangeButton>
                <ChangeButton
                  class="icon"
                  label={models.remove(model)}
                  act={() =>
                    void told(
                      act('settings.fallback', { chain: name, do: 'remove', ref: model }, models.removed(model)),
                    )
                  }
                >
                  ×
                </ChangeButton>
              </span>
            </div>
          </li>
        ))}
      </ol>
      {fallbacks.length > 1 && (
        <Shell text={configCommand(`agents.defaults.${name}.fallbacks`, JSON.stringify(fallbacks))} />
      )}
      <form
        class="settings-inputs"
        onSubmit={async (event) => {
          event.preventDefault()
          const wrong = await act(
            'settings.fallback',
            { chain: name, do: 'add', ref: draft.trim() },
            models.added(draft.trim()),
          )
          setRefusal(wrong)
          if (wrong === undefined) setDraft('')
        }}
      >
        <TextField label={models.addFallback} value={draft} list="settings-models" take={setDraft} />
        <ChangeButton disabled={draft.trim() === ''}>{models.add}</ChangeButton>
      </form>
      {refusal !== undefined && <Wrong refusal={refusal} />}
      <Shell text={`openclaw models ${verb} add ${word(draft.trim() || 'MODEL')}`} />
    </div>
  )
}

function Named({ model: { key, alias, cacheRetention } }: { model: SettingsModel }) {
  const { settings } = useApp().state.words
  const { models } = settings
  const { act } = useDesk()
  const path = `agents.defaults.models["${key.replaceAll(/["\\]/g, '\\$&')}"].params.cacheRetention`
  return (
    <div class="settings-pair">
      <Field
        label={models.alias(key)}
        value={alias ?? ''}
        placeholder={settings.none}
        path={`agents.defaults.models["${key}"].alias`}
        command={(text) =>
          text === ''
            ? `openclaw models aliases remove ${word(alias ?? 'NAME')}`
            : `openclaw models aliases add ${word(text)} ${word(key)}`
        }
        save={(text) =>
          text === ''
            ? act('settings.alias', { alias }, settings.saved)
            : act('settings.alias', { alias: text, ref: key }, settings.saved)
        }
      />
      <Field
        label={models.cache(key)}
        value={cacheRetention ?? ''}
        choices={Object.entries(models.retention)}
        path={path}
        command={(text) => configCommand(path, text === '' ? undefined : text)}
        save={(text) =>
          act('settings.set', { path, value: text === '' ? null : text }, `${settings.saved} ${settings.atOnce}`)
        }
      />
    </div>
  )
}

function AddAlias() {
  const { models } = useApp().state.words.settings
  const { act } = useDesk()
  const [alias, setAlias] = useState('')
  const [ref, setRef] = useState('')
  const [refusal, setRefusal] = useState<Refusal>()
  return (
    <form
      class="settings-add"
      aria-label={models.addAlias}
      onSubmit={async (event) => {
        event.preventDefault()
        const wrong = await act('settings.alias', { alias: alias.trim(), ref: ref.trim() }, models.added(alias.trim()))
        setRefusal(wrong)
        if (wrong !== undefined) return
        setAlias('')
        setRef('')
      }}
    >
      <h3>{models.addAlias}</h3>
      <div class="settings-inputs">
        <TextField label={models.short} value={alias} take={setAlias} />
        <TextField label={models.model} value={ref} list="settings-models" take={setRef} />
        <ChangeButton disabled={alias.trim() === '' || ref.trim() === ''}>{models.add}</ChangeButton>
      </div>
      {refusal !== undefined && <Wrong refusal={refusal} />}
      <Shell text={`openclaw models aliases add ${word(alias.trim() || 'NAME')} ${word(ref.trim() || 'MODEL')}`} />
    </form>
  )
}
