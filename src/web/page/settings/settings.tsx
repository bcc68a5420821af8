// The settings: what openclaw.json says, changed by the verbs of the command line, each with the command that does the same.
import { useEffect, useState } from 'preact/hooks'
import { useApp } from '../app-store.ts'
import { Trouble } from '../view/trouble.tsx'
import { Agents } from './agents.tsx'
import { Bindings } from './bindings.tsx'
import { DeskContext, useDesk, useSettings } from './desk.ts'
import { Shell } from './field.tsx'
import { Gateway } from './gateway.tsx'
import { Limits } from './limits.tsx'
import { Models } from './models.tsx'
import { word } from './shell.ts'

const GROUPS = ['spend', 'wait', 'reserve', 'rests'] as const

export function Settings() {
  const { state } = useApp()
  const { settings } = state.words
  const { report, act, problem: trouble, again } = useSettings()
  if (report === undefined) {
    if (trouble === undefined) return <p class="nothing">{state.words.docs.reading}</p>
    return (
      <div class="notice needs-you">
        <Trouble problem={trouble} />
        <button type="button" onClick={again}>
          {state.words.link.tryNow}
        </button>
      </div>
    )
  }
  const { path, isThere, problem } = report.file
  const mayChange = state.scopes.has('settings') && problem?.code !== 'unreadable_config'
  return (
    <DeskContext.Provider value={{ report, act, mayChange }}>
      <div class="settings">
        <h2 class="unseen">{state.words.views.settings}</h2>
        <p class="quiet">
          {isThere ? settings.from(path) : settings.noFile(path)}
          {state.scopes.has('settings') ? '' : ` ${settings.readOnly}`}
        </p>
        {problem !== undefined && (
          <div class="notice needs-you">
            <p>{settings.broken}</p>
            <Trouble problem={problem} />
          </div>
        )}
        <Ways />
        <div class="settings-all">
          <Models />
          {GROUPS.map((group) => (
            <section key={group} aria-labelledby={`settings-${group}`}>
              <h2 id={`settings-${group}`}>{settings.groups[group]}</h2>
              <Limits group={group} />
            </section>
          ))}
          <Agents />
          <Bindings />
          <Gateway />
          <Secrets />
        </div>
        <Suggestions />
      </div>
    </DeskContext.Provider>
  )
}

/** The sections, to jump to: the address belongs to the views. */
function Ways() {
  const { settings, views } = useApp().state.words
  const ways = [
    ['models-title', settings.models.title],
    ...GROUPS.map((group) => [group, settings.groups[group]] as const),
    ['agents', settings.agents.title],
    ['bindings', settings.bindings.title],
    ['gateway', settings.gateway.title],
    ['secrets', settings.secrets.title],
  ] as const
  const jump = (name: string): void => {
    const heading = document.getElementById(`settings-${name}`)
    heading?.setAttribute('tabindex', '-1')
    heading?.focus()
    heading?.scrollIntoView()
  }
  return (
    <nav class="settings-ways" aria-label={views.settings}>
      {ways.map(([name, title]) => (
        <button key={name} type="button" class="quiet-button" onClick={() => jump(name)}>
          {title}
        </button>
      ))}
    </nav>
  )
}

function Secrets() {
  const { secrets: texts } = useApp().state.words.settings
  const { report } = useDesk()
  return (
    <section aria-labelledby="settings-secrets">
      <h2 id="settings-secrets">{texts.title}</h2>
      <p class="quiet">{report.secrets.length === 0 ? texts.none : texts.about}</p>
      <ul class="settings-list">
        {report.secrets.map(({ path, variable }) => (
          <li key={path} class="settings-item">
            <p>
              <code translate={false}>{path}</code>{' '}
              <span class="quiet">{variable === undefined ? texts.set : `\${${variable}}`}</span>
            </p>
            <Shell text={`openclaw config set ${word(path)} --stdin`} />
          </li>
        ))}
      </ul>
    </section>
  )
}

/** Models that are known, for fields that take any. */
function Suggestions() {
  const { state, request, complain } = useApp()
  const { report } = useDesk()
  const [models, setModels] = useState<readonly string[]>([])
  useEffect(() => {
    request<{ models: { id: string }[] }>('models.list', { agentId: state.agentId }).then(
      (all) => setModels(all.models.map(({ id }) => id)),
      complain,
    )
  }, [report.file.version])
  return (
    <datalist id="settings-models">
      {models.map((id) => (
        <option key={id} value={id} />
      ))}
    </datalist>
  )
}
