// The agents: what each is called, which model it asks, whose accounts it uses; one more, and one less.
import { useState } from 'preact/hooks'
import type { DeletionPlan, SettingsAgent } from '../../../core/settings.ts'
import { useApp } from '../app-store.ts'
import { type Refusal, useDesk } from './desk.ts'
import { Field, Shell, Wrong } from './field.tsx'
import { ChangeButton, ChoiceField, TextField } from './inputs.tsx'
import { Question } from './question.tsx'
import { configCommand, folder, word } from './shell.ts'

export function Agents() {
  const { words } = useApp().state
  const { report } = useDesk()
  const { agents } = words.settings
  return (
    <section aria-labelledby="settings-agents">
      <h2 id="settings-agents">{agents.title}</h2>
      <DefaultAgent />
      {report.agents.map((agent) => (
        <Agent key={agent.id} agent={agent} />
      ))}
      <AddAgent />
    </section>
  )
}

/** The one that is meant when none is named. */
function DefaultAgent() {
  const { settings } = useApp().state.words
  const { report, act } = useDesk()
  const [first] = report.agents.filter(({ isDefault }) => isDefault)
  return (
    <Field
      label={settings.agents.defaultAgent}
      value={first?.id ?? ''}
      choices={report.agents.map(({ id }) => [id, id] as const)}
      note={settings.agents.defaultAbout}
      command={(id) => `openclaw agents set-default ${id}`}
      save={(id) => act('settings.agent.default', { agentId: id }, `${settings.saved} ${settings.atOnce}`)}
    />
  )
}

function Agent({ agent }: { agent: SettingsAgent }) {
  const { state, request, complain, chooseAgent } = useApp()
  const { settings } = state.words
  const { agents } = settings
  const { report, act } = useDesk()
  const [plan, setPlan] = useState<DeletionPlan & { version: string }>()
  const { id, at, name, model, isOwnModel, modelPath, inherits, accounts, isDefault, canBeDeleted } = agent
  const { workspace, ownWorkspace } = agent
  const inheritPath = `agents.list.${at}.auth.inherit`
  const others = report.agents.filter((other) => other.id !== id && other.inherits !== id)
  const own = accounts === null ? agents.unreadable : inherits === undefined ? agents.count(accounts) : agents.own
  return (
    <article class="settings-card" aria-label={id}>
      <div class="settings-card-head">
        <h3 translate={false}>{id}</h3>
        {isDefault && <span class="quiet">{agents.isDefault}</span>}
        {canBeDeleted && (
          <ChangeButton
            class="small-button grave"
            act={() => {
              request<DeletionPlan>('settings.agent.plan', { agentId: id }).then(
                (told) => setPlan({ ...told, version: report.file.version }),
                complain,
              )
            }}
          >
            {agents.remove}
          </ChangeButton>
        )}
      </div>
      <Field
        label={agents.name}
        value={name ?? ''}
        placeholder={id}
        command={(text) => `openclaw agents set-identity --agent ${id} --name ${word(text === '' ? id : text)}`}
        save={(text) => act('settings.agent.name', { agentId: id, name: text === '' ? id : text }, settings.saved)}
      />
      <Field
        label={agents.workspace}
        value={ownWorkspace ?? ''}
        placeholder={agents.usualFolder}
        {...(ownWorkspace === undefined ? { note: workspace } : {})}
        path={`agents.list.${at ?? 0}.workspace`}
        command={(text) => `openclaw agents set-workspace --agent ${id} ${text === '' ? '--reset' : folder(text)}`}
        save={(text) =>
          act('settings.agent.workspace', { agentId: id, workspace: text === '' ? null : text }, settings.saved)
        }
      />
      {at === null ? (
        <p class="quiet">{agents.mainUnlisted}</p>
      ) : (
        <>
          <Field
            label={agents.model}
            value={isOwnModel ? model : ''}
            placeholder={agents.asDefaults(report.defaultModel)}
            list="settings-models"
            path={modelPath}
            command={(text) => configCommand(modelPath, text === '' ? undefined : text)}
            save={(text) =>
              text === ''
                ? act('settings.set', { path: modelPath, value: null }, settings.saved)
                : act('settings.model', { agentId: id, ref: text }, `${settings.saved} ${settings.atOnce}`)
            }
          />
          <Field
            label={agents.accounts}
            value={inherits ?? ''}
            choices={[['', own] as const, ...others.map((other) => [other.id, agents.of(other.id)] as const)]}
            path={inheritPath}
            command={(text) => configCommand(inheritPath, text === '' ? undefined : text)}
            save={(text) =>
              act(
                'settings.set',
                { path: inheritPath, value: text === '' ? null : text },
                `${settings.saved} ${settings.atOnce}`,
              )
            }
          />
        </>
      )}
      {plan !== undefined && (
        <Question
          title={agents.removeTitle(id)}
          yes={agents.toTrash}
          go={async () => {
            const wrong = await act('settings.agent.delete', { agentId: id, version: plan.version }, agents.removed(id))
            // The other views show an agent that is there.
            const other = report.agents.find((one) => one.id !== id)
            if (wrong === undefined && state.agentId === id && other !== undefined) chooseAgent(other.id)
            return wrong
          }}
          close={() => setPlan(undefined)}
        >
          <p>{agents.moved(plan.trash)}</p>
          <ul class="settings-paths" translate={false}>
            {plan.moved.map((path) => (
              <li key={path}>
                <code>{path}</code>
              </li>
            ))}
          </ul>
          {plan.left.length > 0 && <p>{agents.stays}</p>}
          <ul class="settings-paths" translate={false}>
            {plan.left.map(({ path, why }) => (
              <li key={path}>
                <code>{path}</code> <span lang="en">({why})</span>
              </li>
            ))}
          </ul>
          <p class="quiet">{agents.keys}</p>
          <Shell text={`openclaw agents delete ${id}`} />
        </Question>
      )}
    </article>
  )
}

function AddAgent() {
  const { words } = useApp().state
  const { agents } = words.settings
  const { report, act } = useDesk()
  const [name, setName] = useState('')
  const [model, setModel] = useState('')
  const [inherit, setInherit] = useState('')
  const [refusal, setRefusal] = useState<Refusal>()
  // Main is listed first along with the first agent that is added.
  const place = Math.max(1, report.agents.filter(({ at }) => at !== null).length)
  const lent = inherit === '' ? '' : ` && ${configCommand(`agents.list.${place}.auth.inherit`, inherit)}`
  const command = `openclaw agents add ${word(name.trim() || 'NAME')}${model === '' ? '' : ` --model ${word(model)}`}${lent}`
  const add = async (): Promise<void> => {
    const wish = { name, ...(model === '' ? {} : { model }), ...(inherit === '' ? {} : { inherit }) }
    const wrong = await act('settings.agent.add', wish, agents.added(name))
    setRefusal(wrong)
    if (wrong !== undefined) return
    setName('')
    setModel('')
    setInherit('')
  }
  return (
    <form
      class="settings-add"
      aria-label={agents.add}
      onSubmit={(event) => {
        event.preventDefault()
        void add()
      }}
    >
      <h3>{agents.add}</h3>
      <div class="settings-inputs">
        <TextField label={agents.name} value={name} take={setName} />
        <TextField
          label={agents.model}
          value={model}
          list="settings-models"
          placeholder={agents.asDefaults(report.defaultModel)}
          take={setModel}
        />
        <ChoiceField label={agents.accounts} value={inherit} take={setInherit}>
          <option value="">{agents.own}</option>
          {report.agents.map(({ id }) => (
            <option key={id} value={id}>
              {agents.of(id)}
            </option>
          ))}
        </ChoiceField>
        <ChangeButton disabled={name.trim() === ''}>{agents.addButton}</ChangeButton>
      </div>
      {refusal !== undefined && <Wrong refusal={refusal} />}
      <Shell text={command} />
    </form>
  )
}
