// Which agent answers in which chat: what is bound, one binding more, and one less.
import { useState } from 'preact/hooks'
import { useApp } from '../app-store.ts'
import { type Refusal, useDesk } from './desk.ts'
import { Shell, Wrong } from './field.tsx'
import { word } from './shell.ts'

const KINDS = ['all', 'direct', 'group', 'channel'] as const
type Kind = (typeof KINDS)[number]

export function Bindings() {
  const { complain, state } = useApp()
  const { bindings } = state.words.settings
  const { report, act } = useDesk()
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
              <button
                type="button"
                class="icon"
                aria-label={bindings.remove(line)}
                onClick={async () => {
                  const wrong = await act('settings.unbind', { agentId, match }, bindings.removed(line))
                  if (wrong !== undefined) complain(new Error(wrong.message))
                }}
              >
                ×
              </button>
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
        <label>
          {bindings.channel}
          <input
            type="text"
            value={channel}
            list="settings-channels"
            autocomplete="off"
            onInput={(event) => setChannel(event.currentTarget.value)}
          />
        </label>
        <label>
          {bindings.account}
          <input
            type="text"
            value={account}
            list="settings-channel-accounts"
            autocomplete="off"
            onInput={(event) => setAccount(event.currentTarget.value)}
          />
        </label>
        <label>
          {bindings.chat}
          <select value={kind} onChange={(event) => setKind(event.currentTarget.value as Kind)}>
            {KINDS.map((one) => (
              <option key={one} value={one}>
                {bindings.kinds[one]}
              </option>
            ))}
          </select>
        </label>
        {kind !== 'all' && (
          <label>
            {bindings.id}
            <input type="text" value={id} autocomplete="off" onInput={(event) => setId(event.currentTarget.value)} />
          </label>
        )}
        <label>
          {bindings.agent}
          <select value={agent} onChange={(event) => setAgentId(event.currentTarget.value)}>
            {report.agents.map((one) => (
              <option key={one.id} value={one.id} translate={false}>
                {one.id}
              </option>
            ))}
          </select>
        </label>
        <button type="submit" disabled={channel.trim() === '' || (kind !== 'all' && id.trim() === '')}>
          {bindings.addButton}
        </button>
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
