// Why the next turn would use the account it would use: the session's model and pin applied, nothing touched.
import type { Auth, View } from '../auth/auth.ts'
import { PROVEN_MS } from '../auth/failures.ts'
import { unknownProvider } from '../auth/refuse.ts'
import { resolve } from '../auth/resolve.ts'
import { type Supposition, suppose } from '../auth/suppose.ts'
import { stateOf } from '../core/accounts.ts'
import { cacheReport } from '../core/cache.ts'
import { chainOf } from '../core/chain.ts'
import { cacheSettingsOf, modelRefIn } from '../core/config.ts'
import { AuthError } from '../core/errors.ts'
import type { Decision, ExplainedLine, Explanation, Later } from '../core/explanation.ts'
import { isUndecided, mayBeOfRequest } from '../core/failure.ts'
import { isFlatRateServed } from '../core/fence.ts'
import { changedIn, forecast, type Link } from '../core/forecast.ts'
import { formatRef, type ModelRef, normaliseProvider } from '../core/model-ref.ts'
import { formatUntil, type ProviderFacts } from '../core/order.ts'
import type { PickQuery, PinWish, TraceLine } from '../core/pick.ts'
import { type Asker, askerIn } from '../core/reserve.ts'
import type { Session } from '../core/session.ts'
import type { AgentFacts } from '../core/status.ts'
import { hasPlaceSoon, holdMs } from '../core/wait.ts'
import { dialectOf, fullKey, planTurn } from './plan.ts'

export type Question = {
  agentId: string
  /** Of this session; one that does not exist yet is asked about as a new one. */
  sessionKey?: string
  /** A provider, `provider/model` or an alias; absent: the session's, else the agent's default. */
  model?: string
  beyondLoopback?: boolean
  /** Who would ask; absent: whoever talks in the session, else chat. */
  for?: Asker
  /** What may go wrong, each `<profile, provider or all>=<what>`. */
  if?: readonly string[]
}

/** A question as it was understood. */
type Asked = {
  view: View
  session: Session | undefined
  ref: ModelRef
  pin: PinWish | undefined
  asker: Asker
  at: number
  beyondLoopback: boolean
}

/**
 * @throws AuthError unknown_agent, unknown_session, unknown_model, unknown_provider, unknown_profile, usage
 */
export async function explainTurn(auth: Auth, question: Question): Promise<Explanation> {
  const { agentId } = question
  const view = await auth.view(agentId)
  const at = auth.home.system.now()
  const before = view.facts()
  const wishes = question.if ?? []
  const first = suppose(view, wishes, at)
  const key = question.sessionKey === undefined ? undefined : fullKey(agentId, question.sessionKey)
  const session = key === undefined ? undefined : await view.store.sessions.get(key)
  const named = question.model === undefined ? undefined : refOf(before, question.model)
  const { ref, pin } = planTurn(before, session, named === undefined ? {} : { ref: named })
  if (view.registry.find(ref.provider, before.config.providers.get(ref.provider)) === undefined) {
    throw unknownProvider(view, ref.provider)
  }
  const asker = question.for ?? (key === undefined ? 'chat' : askerIn(key))
  const asked: Asked = { view, session, ref, pin, asker, at, beyondLoopback: question.beyondLoopback === true }
  const now = wishes.length === 0 ? undefined : decide(asked, before).decision
  const spared = now === undefined ? NOBODY : sparedOf(first, now, decide(asked, first.facts).decision, before, at)
  const { facts, supposed } = spared.size === 0 ? first : suppose(view, wishes, at, spared)
  const { decision, links } = decide(asked, facts, spared)
  return {
    agentId,
    ...(key === undefined ? {} : { sessionKey: key }),
    model: ref.model === '' ? ref.provider : formatRef(ref),
    provider: ref.provider,
    ...(pin === undefined ? {} : { pin }),
    ...(asker === 'program' ? { for: asker } : {}),
    at,
    ...decision,
    ...(now === undefined ? {} : { if: supposed, ...following(decision, links, now, at) }),
  }
}

/** What comes of what was supposed. */
function following(
  then: Decision,
  links: readonly Link[],
  before: Decision,
  at: number,
): Pick<Explanation, 'before' | 'changed' | 'timeline' | 'more'> {
  const { moments, more } = forecast(links, at)
  const changed = changedIn(before.trace, then.trace)
  return { before, changed, timeline: moments, ...(more === undefined ? {} : { more }) }
}

const NOBODY: ReadonlySet<string> = new Set()

/**
 * Who would fail and not rest, as a call leaves them: trouble that may be everybody's is blamed on an account only when another one then serves. And
 * where several break in the same way over one request, one of whom has served lately, it is the request: the next model is asked.
 * @param then as if all of them rested
 */
function sparedOf(
  { supposed, undecided }: Supposition,
  now: Decision,
  then: Decision,
  { providers }: AgentFacts,
  at: number,
): ReadonlySet<string> {
  if (then.next === null && then.chain.every(({ next }) => next === null)) {
    const alike = [...undecided].filter(([, failure]) => mayBeOfRequest(failure))
    return new Set([...undecided].flatMap(([id, failure]) => (isUndecided(failure) || alike.length > 1 ? [id] : [])))
  }
  const asked = now.trace.filter(({ verdict }) => verdict !== 'passed_over').map(({ id }) => id)
  const broken = new Set(supposed.filter((one) => one.class === 'server').map(({ id }) => id))
  if (asked.length < 2 || !asked.every((id) => broken.has(id))) return NOBODY
  const own = [...providers.values()].find(({ candidates }) => candidates.some(({ id }) => id === asked[0]))
  const candidates = own?.candidates ?? []
  const lastUsed = candidates.filter(({ id }) => asked.includes(id)).map(({ health }) => health.lastUsedAt ?? 0)
  return lastUsed.some((usedAt) => Math.abs(at - usedAt) < PROVEN_MS)
    ? new Set(candidates.map(({ id }) => id).filter((id) => broken.has(id)))
    : NOBODY
}

/**
 * @param spared who is asked and fails
 * @returns what the next call finds by these facts, and whom it asks one after the other
 */
function decide(
  asked: Asked,
  facts: AgentFacts,
  spared: ReadonlySet<string> = NOBODY,
): { decision: Decision; links: Link[] } {
  const { ref, pin, asker, at, beyondLoopback } = asked
  const query: PickQuery = {
    now: at,
    for: asker,
    ...(ref.model === '' ? {} : { model: ref.model }),
    ...(pin === undefined ? {} : { pin }),
    ...(beyondLoopback ? { beyondLoopback } : {}),
    ...(spared.size === 0 ? {} : { tried: spared }),
  }
  const { candidate, early, soonestAt, trace } = resolve(facts, ref.provider, query)
  const known = facts.providers.get(ref.provider)
  const own: Link[] =
    known === undefined ? [] : [{ model: ref.model === '' ? ref.provider : formatRef(ref), facts: known, query }]
  const { chain, links } = ref.model === '' ? { chain: [], links: [] } : chainAfter(asked, facts, spared)
  const isLost = candidate === undefined && known !== undefined
  const waits =
    isLost && holdMs(known, query, facts.config.waitMaxMs, 0) !== undefined && chain.every(({ next }) => next === null)
  const decision: Decision = {
    next: candidate?.id ?? null,
    early,
    ...(soonestAt === undefined ? {} : { soonestAt }),
    ...(isLost && hasPlaceSoon(known, query) ? { untilCallEnds: true as const } : {}),
    ...(waits ? { waits } : {}),
    trace: trace.flatMap((line) => explainedLine(known, line, query)),
    promptCache: ref.model === '' ? null : cacheReport(cacheSettingsOf(facts.config, ref), ref, candidate?.kind),
    chain,
  }
  return { decision, links: [...own, ...links] }
}

function explainedLine(known: ProviderFacts | undefined, line: TraceLine, query: PickQuery): ExplainedLine[] {
  const candidate = known?.candidates.find(({ id }) => id === line.id)
  return known === undefined || candidate === undefined
    ? []
    : [{ ...line, ...(line.rule === 'tried' ? { reason: FAILS } : {}), state: stateOf(known, candidate, line, query) }]
}

const FAILS = 'asked by each call, and fails as long as this lasts; it does not rest'

function chainAfter(asked: Asked, facts: AgentFacts, spared: ReadonlySet<string>): { chain: Later[]; links: Link[] } {
  const { view, session, asker, at } = asked
  const { links, loose } = chainOf(facts.config, facts.agentId, asked.ref)
  const first = facts.providers.get(asked.ref.provider)
  const limits = { now: at, ...(asked.beyondLoopback ? { beyondLoopback: true } : {}) }
  const isFlatRate =
    first !== undefined && isFlatRateServed(first, asked.pin === undefined ? limits : { ...limits, pin: asked.pin })
  const chain: Later[] = []
  const later: Link[] = []
  for (const { ref, from } of links) {
    if (from === 'asked') continue
    const model = formatRef(ref)
    try {
      dialectOf(view, ref)
    } catch (error) {
      if (!(error instanceof AuthError)) throw error
      chain.push({ model, from, next: null, reason: error.message })
      continue
    }
    const { pin } = planTurn(facts, session, { ref })
    const query = {
      ...limits,
      model: ref.model,
      for: asker,
      ...(pin === undefined ? {} : { pin }),
      ...(spared.size === 0 ? {} : { tried: spared }),
      ...(isFlatRate && ref.provider !== asked.ref.provider ? { fromFlatRate: asked.ref.provider } : {}),
    }
    const known = facts.providers.get(ref.provider)
    if (known !== undefined) later.push({ model, facts: known, query })
    const { candidate, soonestAt, trace } = resolve(facts, ref.provider, query)
    if (candidate !== undefined) {
      chain.push({ model, from, next: candidate.id })
      continue
    }
    const back = soonestAt === undefined ? '' : `; the first is back ${formatUntil(soonestAt, at)}`
    const fenced = trace.find(({ rule }) => rule === 'metered' || rule === 'cap_reached' || rule === 'no_price')
    const why = fenced === undefined ? '' : ` (${fenced.id}: ${fenced.reason})`
    chain.push({ model, from, next: null, reason: `nobody can serve it${why}${back}` })
  }
  for (const { text, reason } of loose) chain.push({ model: text, from: 'fallback', next: null, reason })
  return { chain, links: later }
}

/** An alias, a provider by its name alone, or a model; the model is empty when only a provider was named. */
function refOf(facts: AgentFacts, text: string): ModelRef {
  const provider = normaliseProvider(text)
  const isAlias = facts.config.aliases.has(text.trim().toLowerCase())
  if (!isAlias && facts.providers.has(provider)) return { provider, model: '' }
  return modelRefIn(facts.config, facts.agentId, text)
}
