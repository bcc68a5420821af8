// Why the next turn would use the account it would use: the session's model and pin applied, nothing touched.
import type { Auth, View } from '../auth/auth.ts'
import { unknownProvider } from '../auth/refuse.ts'
import { resolve } from '../auth/resolve.ts'
import { type Supposed, suppose } from '../auth/suppose.ts'
import { type CacheReport, cacheReport } from '../core/cache.ts'
import { chainOf } from '../core/chain.ts'
import { cacheSettingsOf, modelRefIn } from '../core/config.ts'
import { AuthError } from '../core/errors.ts'
import { isFlatRateServed } from '../core/fence.ts'
import { formatRef, type ModelRef, normaliseProvider } from '../core/model-ref.ts'
import { formatUntil } from '../core/order.ts'
import type { PickQuery, PinWish, TraceLine } from '../core/pick.ts'
import { type Asker, askerIn } from '../core/reserve.ts'
import type { Session } from '../core/session.ts'
import type { AgentFacts } from '../core/status.ts'
import { hasPlaceSoon, holdMs } from '../core/wait.ts'
import { dialectOf, fullKey, planTurn } from './plan.ts'

/** The answer of `models.explain`. */
export type Explanation = {
  agentId: string
  sessionKey?: string
  /** `provider/model`, or the provider alone when only that was asked. */
  model: string
  provider: string
  pin?: PinWish
  /** Who would ask, when it is no person who talks. */
  for?: Asker
  /** The gateway's clock, ms epoch. */
  at: number
  /** What the next call takes; null when nothing can be taken. */
  next: string | null
  /** It rests, and would be tried early. */
  early: boolean
  /** When the first resting one is back, if nothing can be taken. */
  soonestAt?: number
  /** Nothing can be taken before another call ends: who is well serves as many as it may. */
  untilCallEnds?: true
  /** A call would be held until then, instead of being refused (`auth.wait.maxMs`). */
  waits?: true
  /** One line per candidate, in the order in which they are considered. */
  trace: TraceLine[]
  /** What a turn gets of the vendor's prompt cache, by the credential it takes; null where that is the vendor's own affair. */
  promptCache: CacheReport | null
  /** The models asked after this one, when nobody can serve it, in this order; empty when only a provider was named. */
  chain: Later[]
  /** What was supposed to go wrong, where something was. */
  if?: readonly Supposed[]
}

/** A later model of the chain. */
export type Later = {
  model: string
  from: 'fallback' | 'primary'
  /** What it would take now; null when it would find nothing, or is never asked. */
  next: string | null
  /** Why it would find nothing, or is never asked. */
  reason?: string
}

export type Question = {
  agentId: string
  /** Of this session; one that does not exist yet is asked about as a new one. */
  sessionKey?: string
  /** A provider, `provider/model` or an alias; absent: the session's, else the agent's default. */
  model?: string
  beyondLoopback?: boolean
  /** Who would ask; absent: whoever talks in the session, else chat. */
  for?: Asker
  /** What may go wrong, each `<profile or provider>=<what>`. */
  if?: readonly string[]
}

/**
 * @throws AuthError unknown_agent, unknown_session, unknown_model, unknown_provider, unknown_profile, usage
 */
export async function explainTurn(auth: Auth, question: Question): Promise<Explanation> {
  const { agentId } = question
  const view = await auth.view(agentId)
  const at = auth.home.system.now()
  const { facts, supposed } = suppose(view, question.if ?? [], at)
  const key = question.sessionKey === undefined ? undefined : fullKey(agentId, question.sessionKey)
  const session = key === undefined ? undefined : await view.store.sessions.get(key)
  const asked = question.model === undefined ? undefined : refOf(facts, question.model)
  const { ref, pin } = planTurn(facts, session, asked === undefined ? {} : { ref: asked })
  if (view.registry.find(ref.provider, facts.config.providers.get(ref.provider)) === undefined) {
    throw unknownProvider(view, ref.provider)
  }
  const asker = question.for ?? (key === undefined ? 'chat' : askerIn(key))
  const query: PickQuery = {
    now: at,
    for: asker,
    ...(ref.model === '' ? {} : { model: ref.model }),
    ...(pin === undefined ? {} : { pin }),
    ...(question.beyondLoopback === true ? { beyondLoopback: true } : {}),
  }
  const { candidate, early, soonestAt, trace } = resolve(facts, ref.provider, query)
  const chain =
    ref.model === ''
      ? []
      : chainAfter(
          { view, facts, session },
          { ref, pin },
          { at, asker, beyondLoopback: question.beyondLoopback === true },
        )
  const known = facts.providers.get(ref.provider)
  const isLost = candidate === undefined && known !== undefined
  const waits =
    isLost && holdMs(known, query, facts.config.waitMaxMs, 0) !== undefined && chain.every(({ next }) => next === null)
  return {
    agentId,
    ...(key === undefined ? {} : { sessionKey: key }),
    model: ref.model === '' ? ref.provider : formatRef(ref),
    provider: ref.provider,
    ...(pin === undefined ? {} : { pin }),
    ...(asker === 'program' ? { for: asker } : {}),
    at,
    next: candidate?.id ?? null,
    early,
    ...(soonestAt === undefined ? {} : { soonestAt }),
    ...(isLost && hasPlaceSoon(known, query) ? { untilCallEnds: true as const } : {}),
    ...(waits ? { waits } : {}),
    trace,
    promptCache: ref.model === '' ? null : cacheReport(cacheSettingsOf(facts.config, ref), ref, candidate?.kind),
    chain,
    ...(supposed.length === 0 ? {} : { if: supposed }),
  }
}

function chainAfter(
  { view, facts, session }: { view: View; facts: AgentFacts; session: Session | undefined },
  { ref: asked, pin: wish }: { ref: ModelRef; pin?: PinWish | undefined },
  { at, asker, beyondLoopback }: { at: number; asker: Asker; beyondLoopback: boolean },
): Later[] {
  const { links, loose } = chainOf(facts.config, facts.agentId, asked)
  const first = facts.providers.get(asked.provider)
  const limits = { now: at, ...(beyondLoopback ? { beyondLoopback } : {}) }
  const isFlatRate =
    first !== undefined && isFlatRateServed(first, wish === undefined ? limits : { ...limits, pin: wish })
  const later = links.flatMap(({ ref, from }): Later[] => {
    if (from === 'asked') return []
    const model = formatRef(ref)
    try {
      dialectOf(view, ref)
    } catch (error) {
      if (!(error instanceof AuthError)) throw error
      return [{ model, from, next: null, reason: error.message }]
    }
    const { pin } = planTurn(facts, session, { ref })
    const query = {
      ...limits,
      model: ref.model,
      for: asker,
      ...(pin === undefined ? {} : { pin }),
      ...(isFlatRate && ref.provider !== asked.provider ? { fromFlatRate: asked.provider } : {}),
    }
    const { candidate, soonestAt, trace } = resolve(facts, ref.provider, query)
    if (candidate !== undefined) return [{ model, from, next: candidate.id }]
    const back = soonestAt === undefined ? '' : `; the first is back ${formatUntil(soonestAt, at)}`
    const fenced = trace.find(({ rule }) => rule === 'metered' || rule === 'cap_reached' || rule === 'no_price')
    const why = fenced === undefined ? '' : ` (${fenced.id}: ${fenced.reason})`
    return [{ model, from, next: null, reason: `nobody can serve it${why}${back}` }]
  })
  return [
    ...later,
    ...loose.map(({ text, reason }) => ({ model: text, from: 'fallback' as const, next: null, reason })),
  ]
}

/** An alias, a provider by its name alone, or a model; the model is empty when only a provider was named. */
function refOf(facts: AgentFacts, text: string): ModelRef {
  const provider = normaliseProvider(text)
  const isAlias = facts.config.aliases.has(text.trim().toLowerCase())
  if (!isAlias && facts.providers.has(provider)) return { provider, model: '' }
  return modelRefIn(facts.config, facts.agentId, text)
}
