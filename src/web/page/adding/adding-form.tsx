// Adding an account: a pasted secret that is recognised while it is typed, or a login at its vendor. What is pasted leaves its field with the submit
// and is not kept here; the steps of a login are those of the gateway, which says how each one ends.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { AccountRow } from '../../../core/accounts.ts'
import type { Added, LoginFlow, ProviderChoice } from '../../../core/protocol.ts'
import { problemOf, useApp } from '../app-store.ts'
import type { Problem } from '../state.ts'
import { Trouble } from '../view/trouble.tsx'
import { noteText } from '../words/words.ts'
import { Logins } from './logins.tsx'
import { type Pasted, PasteForm } from './paste-form.tsx'
import { Waiting } from './waiting.tsx'

/** The same without a dialog, where there is no account yet. */
export function FirstAccount() {
  return <AddingForm row={undefined} done={() => undefined} />
}

export function AddingForm({ row, done }: { row: AccountRow | undefined; done(): void }) {
  const app = useApp()
  const { request, hearLogin } = app
  const { words, agentId } = app.state
  const [providers, setProviders] = useState<readonly ProviderChoice[]>([])
  const [flow, setFlow] = useState<LoginFlow>()
  const [said, setSaid] = useState('')
  const [problem, setProblem] = useState<Problem>()
  const [isBusy, setBusy] = useState(false)
  /** The login that is waited for, for what comes later. */
  const waiting = useRef<LoginFlow>()
  waiting.current = flow?.state === 'waiting' ? flow : undefined
  const isLive = app.state.link.kind === 'live'

  const finish = (added: Added): void => {
    setFlow(undefined)
    waiting.current = undefined
    const whose = [added.email, added.plan].filter((part) => part !== undefined).join(', ')
    const name = whose === '' ? added.profileId : `${added.profileId} (${whose})`
    app.say(
      [
        added.replaced ? words.adding.renewed(name) : words.adding.added(name),
        ...added.notes.map((one) => noteText(one, words)),
      ].join(' '),
    )
    void app.refresh()
    done()
  }
  const isMeant = (login: LoginFlow): boolean =>
    login.agentId === agentId && (row === undefined || login.provider === row.provider)
  const hear = (next: LoginFlow): void => {
    if (next.id !== waiting.current?.id) return
    if (next.state === 'done') finish(next.added)
    else setFlow(next.state === 'waiting' ? next : undefined)
    if (next.state === 'failed') setProblem(next.error)
    if (next.state === 'cancelled') setSaid(words.adding.cancelled)
  }
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    setBusy(true)
    setProblem(undefined)
    try {
      await work()
    } catch (error) {
      setSaid('')
      setProblem(problemOf(error, words))
    }
    setBusy(false)
  }

  useEffect(() => {
    if (!isLive) return
    void attempt(async () => {
      const [all, status] = await Promise.all([
        request<{ providers: ProviderChoice[] }>('auth.providers'),
        request<{ logins: LoginFlow[] }>('auth.login.status'),
      ])
      setProviders(all.providers)
      const { current } = waiting
      if (current !== undefined) {
        // It may have ended while nobody could hear of it, or with the gateway.
        hear(status.logins.find(({ id }) => id === current.id) ?? { ...current, state: 'cancelled' })
        return
      }
      // Begun before this page was loaded anew.
      const open = status.logins.find((one) => one.state === 'waiting' && isMeant(one))
      if (open !== undefined) setFlow(open)
    })
  }, [isLive])
  useEffect(
    () => () => {
      // Whoever goes away waits for nothing; a login that is ended already needs no end.
      const { current } = waiting
      if (current !== undefined) request('auth.login.cancel', { id: current.id }).catch(() => undefined)
    },
    [],
  )
  useEffect(() => hearLogin(hear))

  const wish = { agentId, ...(row === undefined ? {} : { profileId: row.id }) }
  const paste = ({ secret, provider, method, name }: Pasted): void =>
    void attempt(async () => {
      setSaid(words.adding.saving)
      const id = name === '' ? {} : { profileId: `${provider}:${name}` }
      const { added } = await request<{ added: Added }>('auth.paste', { ...id, ...wish, provider, method, secret })
      finish(added)
    })
  const begin = (provider: string, method: string): void =>
    void attempt(async () => {
      setSaid(words.adding.asking)
      const { login } = await request<{ login: LoginFlow }>('auth.login.start', { ...wish, provider, method })
      setSaid('')
      setFlow(login)
    })
  const useAddress = (text: string): void =>
    void attempt(async () => {
      setSaid(words.adding.checking)
      await request('auth.login.paste', { id: waiting.current?.id, text })
    })
  const cancel = (): void =>
    void attempt(async () => {
      const { login } = await request<{ login: LoginFlow }>('auth.login.cancel', { id: waiting.current?.id })
      hear(login)
    })

  const offered = row === undefined ? providers : providers.filter(({ id }) => id === row.provider)
  return (
    <div class="adding">
      {flow?.state === 'waiting' ? (
        <Waiting flow={flow} isBusy={isBusy} take={useAddress} cancel={cancel} />
      ) : (
        <>
          {row?.kind !== 'oauth' && (
            <PasteForm providers={offered} row={row} isBusy={isBusy || !isLive} paste={paste} />
          )}
          {(row === undefined || row.kind === 'oauth') && (
            <Logins providers={offered} isBusy={isBusy || !isLive} begin={begin} />
          )}
        </>
      )}
      <output class="said">{isLive ? said : words.adding.blind}</output>
      <Trouble problem={problem} />
    </div>
  )
}
