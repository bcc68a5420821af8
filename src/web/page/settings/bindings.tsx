// Which agent answers in which chat: what is bound, one binding more, and one less.
import { useState } from 'preact/hooks'
import type { Match } from '../../../core/binding.ts'
import { useApp } from '../app-store.ts'
import { type Refusal, useDesk } from './desk.ts'
import { Shell, Wrong } from './field.tsx'
import { ChangeButton, ChoiceField, TextField } from './inputs.tsx'
import { word } from './shell.ts'

const KINDS = ['all', 'direct', 'group', 'channel'] as const
type Kind = (typeof KINDS)[number]

export function Bindings() {
  const { complain, state } = useApp()
  const { bindings } = state.words.settings
  const { report, act } = useDesk()
  const unbind = async (agentId: string, match: Match, line: string): Promise<void> => {
    const wrong = await act('settings.unbind', { agentId, match }, bindings.removed(line))
    if (wrong !== undefined) complain(new Error(wrong.message))
  }
  return (
    <section aria-labelledby="settings-bindings">
      <h2 id="settings-bindings">{bindings.title}</h2>
      <p class="quiet">{bindings.about}</p>
      {report.bindings.length === 0 && <p>{bindings.none}</p>}
      <ul class="settings-list">
        {report.bindings.map(({ at, agentId, match, line, command }) => (
          <li key={at} class="settings-item">
            <div class="settings-item-head">
              <span>
                <code translate={false}>{line}</code> <span class="quiet">{bindings.to(agentId)}</span>
              </span>
              <ChangeButton class="icon" label={bindings.remove(line)} act={() => void unbind(agentId, match, line)}>
                ×
              </ChangeButton>
            </div>
            <Shell text={command} />
          </li>
        ))}
      </ul>
      <Bind />
    </section>
  )
}

function Bind() {
  const { bindings } = useApp().state.words.settings
  const { report, act } = useDesk()
  const [channel, setChannel] = useState('')
  const [account, setAccount] = useState('')
  const [kind, setKind] = useState<Kind>('all')
  const [id, setId] = useState('')
  const [agentId, setAgentId] = useState('')
  const [refusal, setRefusal] = useState<Refusal>()
  const agent = agentId === '' ? (report.agents[0]?.id ?? '') : agentId
  const peer = kind === 'all' ? undefined : `${kind}:${id.trim()}`
  const place = `${channel.trim() || 'CHANNEL'}${account.trim() === '' ? '' : `:${account.trim()}`}`
  const bind = async (): Promise<void> => {
    const wish = {
      agentId: agent,
      channel: channel.trim(),
      ...(account.trim() === '' ? {} : { accountId: account.trim() }),
      ...(peer === undefined ? {} : { peer }),
    }
    const wrong = await act('settings.bind', wish, bindings.added(agent))
    setRefusal(wrong)
    if (wrong === undefined) setId('')
  }
  const accounts = report.channels.find(({ name }) => name === channel.trim())?.accounts ?? []
  return (
    <form
      class="settings-add"
      aria-label={bindings.add}
      onSubmit={(event) => {
        event.preventDefault()
        void bind()
      }}
    >
      <h3>{bindings.add}</h3>
      <div class="settings-inputs">
        <TextField label={bindings.channel} value={channel} list="settings-channels" take={setChannel} />
        <TextField label={bindings.account} value={account} list="settings-channel-accounts" take={setAccount} />
        <ChoiceField label={bindings.chat} value={kind} take={(next) => setKind(next as Kind)}>
          {KINDS.map((one) => (
            <option key={one} value={one}>
              {bindings.kinds[one]}
            </option>
          ))}
        </ChoiceField>
        {kind !== 'all' && <TextField label={bindings.id} value={id} take={setId} />}
        <ChoiceField label={bindings.agent} value={agent} take={setAgentId}>
          {report.agents.map((one) => (
            <option key={one.id} value={one.id} translate={false}>
              {one.id}
            </option>
          ))}
        </ChoiceField>
        <ChangeButton disabled={channel.trim() === '' || (kind !== 'all' && id.trim() === '')}>
          {bindings.addButton}
        </ChangeButton>
      </div>
      {refusal !== undefined && <Wrong refusal={refusal} />}
      <Shell
        text={`openclaw agents bind --agent ${agent} --bind ${word(place)}${peer === undefined ? '' : ` --peer ${word(peer)}`}`}
      />
      <datalist id="settings-channels">
        {report.channels.map(({ name }) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <datalist id="settings-channel-accounts">
        {['*', ...accounts].map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
    </form>
  )
}
