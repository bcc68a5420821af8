// Renews a login (D12): whoever holds the right may send, what is stored rests on the refresh token that was redeemed. One redemption per token,
// whatever the number of calls, agents and processes; what comes for it is on a disk before its first use.
import { isAnotherAccount, type OAuth } from '../core/credential.ts'
import { AuthError } from '../core/errors.ts'
import { type Claim, isForGood, knownSince, merged, type RenewalOutcome } from '../core/renewal.ts'
import type { Secret } from '../core/secret.ts'
import type { Outcome, Provider } from '../providers/provider.ts'
import type { Hold } from '../store/backend.ts'
import type { AgentStore } from '../store/home.ts'
import type { View } from './auth.ts'
import { type Due, lookWhetherDue, type Refreshed, storedLogin, type Wish } from './due.ts'

/** For the one exchange with the vendor, ms. */
const EXCHANGE_MS = 20_000
/** What the steps around the exchange may take besides, ms. */
const STEPS_MS = 5000
/** For somebody else's exchange and our own, ms. */
const WAIT_MS = 2 * EXCHANGE_MS + STEPS_MS
/** For the store, once the login is safe elsewhere, ms. */
const STORE_MS = 1000
/** After a failure the vendor is left alone for as long, ms; a call that comes meanwhile hears of the same failure. */
const REST_MS = 5000

type Running = { work: Promise<Refreshed>; restUntil?: number }

/** By store: agents that are pointed at one store renew the same logins. */
const running = new WeakMap<AgentStore['profiles'], Map<string, Running>>()

/**
 * Renews the login, or finds it renewed by somebody else.
 * @param options.rejected the access token that the vendor just refused: another one that lies in the store is taken as it is
 * @param options.evenIfLive a person asked for it
 */
export function refresh(
  view: View,
  profileId: string,
  options: { rejected?: Secret; evenIfLive?: true } = {},
): Promise<Refreshed> {
  const ofStore = running.get(view.store.profiles) ?? new Map<string, Running>()
  running.set(view.store.profiles, ofStore)
  const known = ofStore.get(profileId)
  const now = view.home.system.monotonic()
  if (known !== undefined && (known.restUntil === undefined || known.restUntil > now)) return known.work
  const entry: Running = { work: renew(view, profileId, options) }
  ofStore.set(profileId, entry)
  entry.work = entry.work.then(
    (done) => {
      if (done.kind === 'failed') entry.restUntil = view.home.system.monotonic() + REST_MS
      else ofStore.delete(profileId)
      return done
    },
    (error: unknown) => {
      ofStore.delete(profileId)
      throw error
    },
  )
  return entry.work
}

/** Everything the steps need to know. */
type Job = Wish & { redeem: NonNullable<Provider['renew']> }

async function renew(
  view: View,
  profileId: string,
  options: { rejected?: Secret; evenIfLive?: true },
): Promise<Refreshed> {
  const { home, store } = view
  const provider = providerOf(view, profileId)
  const redeem = provider === undefined ? undefined : view.registry.find(provider, undefined)?.renew
  if (provider === undefined || redeem === undefined) {
    return { kind: 'ended', reason: 'logins of this provider cannot be renewed' }
  }
  const job: Job = { view, profileId, redeem, ...options }
  const right = home.layout.refreshRight(store.owner, provider)
  // Those who wait need not take the right in turn, only to find that there is nothing left to do.
  const unless = async (): Promise<Refreshed | undefined> => {
    const found = await lookWhetherDue(job)
    return found.kind === 'due' ? undefined : found
  }
  try {
    for (let left = 3; left > 0; left--) {
      const done = await home.backend.alone(right, { waitMs: WAIT_MS, unless }, (hold) => underRight(job, hold))
      if (done !== 'again') return done
    }
    return failedHere('this process was held up each time it tried')
  } catch (error) {
    // A disk that is full or read-only: without a claim on it nothing is sent.
    if (error instanceof AuthError) return failedHere(error.message)
    throw error
  }
}

function providerOf(view: View, profileId: string): string | undefined {
  for (const { provider, candidates } of view.facts().providers.values()) {
    if (candidates.some(({ id, source }) => id === profileId && source.kind === 'profile')) return provider
  }
  return undefined
}

/** @returns 'again': the right may be lost before the exchange could end */
async function underRight(job: Job, hold: Hold): Promise<Refreshed | 'again'> {
  const { view, profileId } = job
  const { system } = view.home
  await view.home.spool.absorb(view.store.profiles)
  const found = await lookWhetherDue(job)
  if (found.kind !== 'due') return found
  const { generation, open } = found
  const waitUntil = open === undefined ? undefined : await mayReturnUntil(job, open, hold)
  if (open !== undefined && waitUntil !== undefined) {
    const detail = `process ${open.pid} on ${open.host} may still be renewing it`
    return { kind: 'failed', failure: { class: 'network', scope: 'account', detail, retryAt: waitUntil } }
  }
  const claim: Claim = {
    generation,
    state: 'sent',
    at: system.now(),
    ticks: system.monotonic(),
    pid: system.pid,
    host: system.host,
    unknown: open === undefined ? 0 : open.unknown + 1,
  }
  await view.store.renewals.change(profileId, { claim })
  if (hold.leftMs() < EXCHANGE_MS + STEPS_MS) {
    await ended(job, { of: claim, claim: open })
    return 'again'
  }
  const outcome = await exchange(job, found.login)
  return conclude(job, { ...found, claim, outcome })
}

/**
 * Under a lease a holder that was overtaken may still live, on another machine or frozen on this one: nobody tries its token before its
 * exchange must have ended.
 */
async function mayReturnUntil({ view, profileId }: Job, open: Claim, { leaseMs }: Hold): Promise<number | undefined> {
  const { system } = view.home
  if (leaseMs === undefined || open.isOver === true) return undefined
  const now = system.now()
  if (open.host === system.host) {
    if (open.pid === system.pid || (await system.lifeOf(open.pid)) === undefined) return undefined
    const stoodMs = system.monotonic() - open.ticks
    // Of before the machine was booted: whoever has the number now is another one.
    return stoodMs < 0 || stoodMs >= 2 * leaseMs ? undefined : now + 2 * leaseMs - stoodMs
  }
  const since = knownSince(open, system.host, now)
  if (since === now) {
    const seen = { ...open.seen, [system.host]: now }
    await view.store.renewals.change(profileId, { of: open, claim: { ...open, seen } })
  }
  const until = since + 2 * leaseMs
  return until > now ? until : undefined
}

async function reloaded(view: View): Promise<Refreshed> {
  await view.reload()
  return { kind: 'live' }
}

/** Once, and bounded in time. */
async function exchange({ view, redeem }: Job, login: OAuth): Promise<Outcome> {
  const { system } = view.home
  const stop = new AbortController()
  const limit = system.timer(EXCHANGE_MS, () => stop.abort())
  try {
    const outcome = await redeem({ machine: system, env: system.env, signal: stop.signal }, login)
    return outcome.kind === 'failed' && stop.signal.aborted ? { ...outcome, detail: 'no answer in time' } : outcome
  } finally {
    limit.cancel()
  }
}

type Exchanged = Due & { claim: Claim; outcome: Outcome }

async function conclude(job: Job, { login, spent, claim, open, outcome }: Exchanged): Promise<Refreshed> {
  const { view } = job
  if (outcome.kind === 'granted') {
    const { credential } = outcome
    if (credential.kind !== 'oauth' || isAnotherAccount(login, credential)) {
      return refused(job, claim, 'the vendor answered with another account')
    }
    return keep(job, { login: merged(login, credential), claim })
  }
  const { detail } = outcome
  if (outcome.kind === 'ended' && isForGood(outcome.code)) {
    // Somebody may have logged in anew while we asked; his login counts.
    const now = await storedLogin(job)
    if (now?.login.refresh?.equals(spent) === false) return reloaded(view)
    const before = claim.unknown > 0 ? '; nobody knows what became of an attempt before, which may have spent it' : ''
    return refused(job, claim, `the vendor refused to renew it (${outcome.code})${before}`)
  }
  const isUnknown = outcome.kind === 'failed' && outcome.spent === 'unknown'
  // The claim of an attempt without an answer stays: whoever comes next knows that this token may be spent.
  const end = isUnknown
    ? ({ claim: { ...claim, isOver: true }, outcome: 'unknown' } as const)
    : ({ claim: open, outcome: 'failed' } as const)
  await ended(job, { of: claim, ...end, detail })
  return { kind: 'failed', failure: { class: 'server', scope: 'vendor', detail: because(detail) } }
}

/** The trouble is this machine's own: it rests nobody. */
function failedHere(detail: string): Refreshed {
  return { kind: 'failed', failure: { class: 'unknown', scope: 'request', detail: because(detail) } }
}

const because = (detail: string): string => `OAuth token refresh failed: ${detail}`

async function refused(job: Job, claim: Claim, reason: string): Promise<Refreshed> {
  const final: Claim = { ...claim, state: 'refused', reason }
  await ended(job, { of: claim, claim: final, outcome: 'refused', detail: reason })
  await job.view.reload()
  return { kind: 'ended', reason }
}

/** What came is put aside first, where nobody has to be waited for, and stored from there; used it is only after that. */
async function keep(job: Job, { login, claim }: { login: OAuth; claim: Claim }): Promise<Refreshed> {
  const { view, profileId } = job
  const { home, store } = view
  const { log, sleep } = home.system
  for (const secret of [login.access, login.refresh]) if (secret !== undefined) log.hide(secret)
  const next = login.refresh === undefined ? {} : { next: home.system.fingerprint(login.refresh) }
  const item = { store: store.profiles.where(), profileId, generation: claim.generation, credential: login }
  const path = await home.spool.keep(item)
  // Whoever holds the store up need not hold up the calls: what is safe on a disk can be used.
  const storing = home.spool.absorb(store.profiles)
  const isStored = await (path === undefined ? storing : Promise.race([storing, sleep(STORE_MS).then(() => false)]))
  const isUnsafe = path === undefined && !isStored && home.spool.isUnsafe()
  if (!isStored) tellWhere(job, isUnsafe, path)
  const isOurs = login.access !== undefined && (await storedLogin(job))?.login.access?.equals(login.access) === true
  // Of what lies in memory alone nobody else must believe that it is safe.
  const left = isUnsafe ? claim : undefined
  await ended(job, { of: claim, claim: left, outcome: isOurs ? 'renewed' : 'late', ...next })
  return reloaded(view)
}

/** @param file where it was put aside, as far as that was at once */
function tellWhere({ view, profileId }: Job, isUnsafe: boolean, file: string | undefined): void {
  const note = isUnsafe
    ? 'a renewed login is on no disk, as none takes it; it is lost if this process ends before one does'
    : 'a renewed login is not stored yet; it is used from where it was put aside until the store takes it'
  const where = file === undefined ? {} : { file }
  view.home.system.log.error(note, { agent: view.store.owner, profile: profileId, ...where })
}

/** How the attempt of a claim ended: the claim that stays, if any, and what is told of it. */
type End = { of: Claim; claim: Claim | undefined; outcome?: RenewalOutcome; next?: string; detail?: string }

/** Writes it down. A disk that refuses is no failure of the renewal: the claim is one of a token that is no longer there. */
async function ended({ view, profileId }: Job, { of, claim, outcome, ...more }: End): Promise<void> {
  const { generation, pid, host } = of
  const past = outcome && { past: { generation, outcome, at: view.home.system.now(), pid, host, ...more } }
  try {
    await view.store.renewals.change(profileId, { of, claim, ...past })
  } catch (error) {
    view.home.system.log.warn('the end of a renewal could not be written down', {
      profile: profileId,
      file: view.store.renewals.where(),
      why: error instanceof Error ? error.message : 'unknown',
    })
  }
}
