// What can be done with an account: each asks the gateway for the verb that the command line has, says what was done, and offers the way back.
import type { AccountGroup, AccountRow } from '../../../core/accounts.ts'
import type { Session } from '../../../core/session.ts'
import type { App } from '../app-store.ts'
import { tookText } from '../format.ts'
import { moved, type Probed } from '../state.ts'

type Undoable = { undo?: { id: string } }

/** Runs it; what goes wrong is told. */
async function attempt(app: App, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    app.complain(error)
  }
  await app.refresh()
}

function undoing(app: App, { undo }: Undoable): { undo?: () => void } {
  if (undo === undefined) return {}
  const { agentId, words } = app.state
  return {
    undo: () =>
      void attempt(app, async () => {
        const done = await app.request<{ isWhole: boolean }>('auth.undo', { agentId, id: undo.id })
        app.say(done.isWhole ? words.did.undone : words.did.undonePartly)
      }),
  }
}

const which = (app: App, { id }: AccountRow): object => ({ agentId: app.state.agentId, profileId: id })

/** Clears the rest of an account. */
export function clearRest(app: App, row: AccountRow): Promise<void> {
  const { did } = app.state.words
  return attempt(app, async () => {
    const { cleared } = await app.request<{ cleared: readonly unknown[] }>('auth.reset', which(app, row))
    app.say(cleared.length > 0 ? did.cleared(row.id) : did.nothing(row.id))
  })
}

/** Sets an account aside. @param forMs so long; absent: until it is resumed */
export function pauseAccount(app: App, row: AccountRow, forMs?: number): Promise<void> {
  const until = forMs === undefined ? {} : { until: Math.round(Date.now() + app.state.skewMs + forMs) }
  return attempt(app, async () => {
    const done = await app.request<Undoable>('auth.pause', { ...which(app, row), ...until })
    app.say(app.state.words.did.paused(row.id), undoing(app, done))
  })
}

/** Takes a paused account back into use. */
export function resumeAccount(app: App, row: AccountRow): Promise<void> {
  return attempt(app, async () => {
    const done = await app.request<Undoable>('auth.resume', which(app, row))
    app.say(app.state.words.did.resumed(row.id), undoing(app, done))
  })
}

/** Removes an account; it can be taken back. */
export function removeAccount(app: App, row: AccountRow): Promise<void> {
  return attempt(app, async () => {
    const done = await app.request<Undoable>('auth.remove', which(app, row))
    app.say(app.state.words.did.removed(row.id), undoing(app, done))
  })
}

/** Pins a conversation to the account; nothing else would be asked in it. */
export function pinAccount(app: App, row: AccountRow, session: string): Promise<void> {
  const { act, did } = app.state.words
  const patch = (profile: string | null): Promise<unknown> =>
    app.request('sessions.patch', { agentId: app.state.agentId, sessionKey: session, profile })
  return attempt(app, async () => {
    const before = await pinOf(app, session)
    await patch(row.id)
    const takeBack = async (): Promise<void> => {
      await patch(before)
      app.say(did.undone)
    }
    app.say(act.pinned(row.id, session), { undo: () => void attempt(app, takeBack) })
  })
}

/** What a conversation is pinned to by somebody, as `sessions.patch` takes it: a soft pin ends in a question mark. */
async function pinOf(app: App, session: string): Promise<string | null> {
  const asked = app.request<{ sessions: readonly Session[] }>('sessions.list', { agentId: app.state.agentId })
  const pin = (await asked).sessions.find(({ key }) => key === `agent:${app.state.agentId}:${session}`)?.pin
  if (pin === undefined || pin.by === 'auto') return null
  return pin.by === 'soft' ? `${pin.id}?` : pin.id
}

/** How long a result is told in its row, ms. */
const TOLD_MS = 20_000
/** As the gateway tests: so many at once, each for so long at most, ms. */
const AT_ONCE = 4
const TEST_MS = 15_000

/** Tries one account, or all of a provider; each row tells how it came out as soon as it has. */
export async function testAccounts(app: App, rows: readonly AccountRow[]): Promise<void> {
  const { did } = app.state.words
  const ids = new Set(rows.map(({ id }) => id))
  const [first] = rows
  if (first === undefined) return
  const tested = new Map([...app.latest().tested].filter(([id]) => !ids.has(id)))
  app.set({ testing: new Set([...app.latest().testing, ...ids]), tested })
  await attempt(app, async () => {
    const wish = rows.length === 1 ? { profileId: first.id } : { provider: first.provider }
    const patienceMs = (Math.ceil(rows.length / AT_ONCE) + 1) * TEST_MS
    const asked = { agentId: app.state.agentId, ...wish }
    const { results } = await app.request<{ results: readonly Probed[] }>('auth.probe', asked, patienceMs)
    const good = results.filter(({ status }) => status === 'ok')
    const bad = results.filter(({ status }) => status !== 'ok')
    const [one] = results
    if (results.length === 1 && one !== undefined && one.status === 'ok') {
      app.say(did.works(first.id, tookText(one.latencyMs ?? 0, app.state.words)))
    } else if (bad.length === 0) app.say(did.tested(good.length, results.length))
    else
      app.complain(
        new Error(bad.map(({ profileId, label, error }) => did.fails(profileId ?? label, error ?? '')).join(' · ')),
      )
  })
  app.set({ testing: new Set([...app.latest().testing].filter((id) => !ids.has(id))) })
  const told = new Map([...app.latest().tested].filter(([id]) => ids.has(id)))
  setTimeout(() => {
    app.set({ tested: new Map([...app.latest().tested].filter(([id, one]) => told.get(id) !== one)) })
  }, TOLD_MS)
}

/** The profiles of a group that stand in its order, or would. */
export function orderedIds({ order, rows }: AccountGroup): string[] {
  return rows
    .filter(({ id, source }) => source === 'profile' && (order === null || order.ids.includes(id)))
    .map(({ id }) => id)
}

/** Moves an account to a place in its group; an order is written down where there was none. */
export function moveAccount(app: App, group: AccountGroup, id: string, to: number): Promise<void> {
  const ids = moved(orderedIds(group), id, to)
  return ids === undefined
    ? Promise.resolve()
    : setOrder(app, group, ids, app.state.words.did.order(id, ids.indexOf(id) + 1))
}

/** Adds an account that the order leaves out, at its end. */
export function includeAccount(app: App, group: AccountGroup, id: string): Promise<void> {
  const ids = [...orderedIds(group), id]
  return setOrder(app, group, ids, app.state.words.did.order(id, ids.length))
}

/** Forgets the order, so that turns decide again. */
export function clearOrder(app: App, group: AccountGroup): Promise<void> {
  return setOrder(app, group, undefined, app.state.words.did.orderCleared(group.provider))
}

function setOrder(
  app: App,
  { provider }: AccountGroup,
  ids: readonly string[] | undefined,
  said: string,
): Promise<void> {
  return attempt(app, async () => {
    const wish = { agentId: app.state.agentId, provider, ...(ids === undefined ? {} : { ids }) }
    const done = await app.request<Undoable>('auth.order', wish)
    app.say(said, undoing(app, done))
  })
}
