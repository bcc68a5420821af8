// Thinking ahead: the facts as they would be if something went wrong with an account now. Nothing of it is kept.
import { AuthError } from '../core/errors.ts'
import type { Supposed } from '../core/explanation.ts'
import { type Failure, isUndecided, marksHealth, mayBeOfRequest } from '../core/failure.ts'
import { restsAhead } from '../core/forecast.ts'
import { ladderOf, restsUntil } from '../core/health.ts'
import { after } from '../core/health-event.ts'
import { parseModelRef } from '../core/model-ref.ts'
import type { Candidate } from '../core/order.ts'
import { printable } from '../core/profile.ts'
import type { AgentFacts } from '../core/status.ts'
import type { View } from './auth.ts'
import { agentFlag } from './own-store.ts'

/** What may be supposed beside a status, and whom it is blamed on. */
const WORDS: Readonly<Record<string, Pick<Failure, 'class' | 'scope'>>> = {
  rate_limit: { class: 'rate_limit', scope: 'account' },
  quota: { class: 'quota', scope: 'account' },
  billing: { class: 'billing', scope: 'account' },
  auth: { class: 'auth', scope: 'account' },
  auth_permanent: { class: 'auth_permanent', scope: 'account' },
  overloaded: { class: 'overloaded', scope: 'vendor' },
  server: { class: 'server', scope: 'vendor' },
  timeout: { class: 'timeout', scope: 'vendor' },
  down: { class: 'network', scope: 'network' },
  format: { class: 'format', scope: 'request' },
}
const EXPIRED = 'expired'
/** Every credential of every provider, as when this machine is cut off. */
const ALL = 'all'
/** So many are named where one is not known. */
const MOST_NAMED = 8
/** What may happen to one model alone. */
const OF_MODELS: ReadonlySet<string> = new Set(['429', '403', '503', '529', 'rate_limit', 'quota', 'overloaded'])

/** What was supposed. */
export type Supposition = {
  facts: AgentFacts
  supposed: readonly Supposed[]
  /** Whose trouble may be everybody's, by id: it rests them only when somebody else then serves the same call. */
  undecided: ReadonlyMap<string, Failure>
}

/**
 * @param wishes each `<profile, provider or all>=<what>`, or `<model>@<profile or provider>=<what>`
 * @param now ms epoch
 * @param spared of those with a trouble that may be everybody's: they fail at each call, and do not rest
 * @throws AuthError usage, unknown_profile
 */
export function suppose(
  view: View,
  wishes: readonly string[],
  now: number,
  spared: ReadonlySet<string> = new Set(),
): Supposition {
  const before = view.facts()
  const providers = new Map(before.providers)
  const supposed: Supposed[] = []
  const undecided = new Map<string, Failure>()
  for (const wish of wishes) {
    const cut = wish.lastIndexOf('=')
    const id = wish.slice(0, Math.max(cut, 0)).trim()
    const what = wish
      .slice(cut + 1)
      .trim()
      .toLowerCase()
    const { candidates: meant, model } = meantBy(providers, id)
    if (cut <= 0 || meant.length === 0) throw nobody(view, id, wish)
    for (const candidate of meant) {
      const name = model === undefined ? undefined : modelOf(view, candidate.provider, model)
      const { failure, ...next } = changed(view, candidate, { what, model: name }, now)
      if (failure !== undefined && (isUndecided(failure) || mayBeOfRequest(failure))) {
        undecided.set(candidate.id, failure)
        if (spared.has(candidate.id)) {
          const { until: _, restsMs: __, ...told } = next.supposed
          supposed.push({ ...told, fails: true })
          continue
        }
      }
      supposed.push(next.supposed)
      const of = providers.get(candidate.provider)
      if (of === undefined) continue
      const candidates = of.candidates.map((one) => (one.id === candidate.id ? next.candidate : one))
      providers.set(candidate.provider, { ...of, candidates })
    }
  }
  return { facts: { ...before, providers }, supposed, undecided }
}

/** Who is meant: `profile`, `provider`, or one of these behind a model and `@`. Names of profiles and of models may hold that sign, too. */
function meantBy(
  providers: AgentFacts['providers'],
  text: string,
): { candidates: readonly Candidate[]; model?: string } {
  const named = (id: string): readonly Candidate[] =>
    [...providers.values()].flatMap(({ candidates }) =>
      candidates.filter((one) => id === ALL || one.id === id || one.provider === id),
    )
  const whole = named(text)
  if (whole.length > 0) return { candidates: whole }
  for (let at = text.indexOf('@'); at > 0; at = text.indexOf('@', at + 1)) {
    const candidates = named(text.slice(at + 1))
    if (candidates.length > 0) return { candidates, model: text.slice(0, at) }
  }
  return { candidates: [] }
}

/** As the vendor is asked for it: an alias or a full name means the model behind it, anything else is the vendor's own name. */
function modelOf(view: View, provider: string, text: string): string {
  const { config } = view.facts()
  const ref = parseModelRef(text, { aliases: config.aliases, defaultProvider: provider })
  return ref.provider === provider ? ref.model : text
}

function changed(
  view: View,
  candidate: Candidate,
  { what, model }: { what: string; model: string | undefined },
  now: number,
): { candidate: Candidate; supposed: Supposed; failure?: Failure } {
  const { id, provider } = candidate
  if (model !== undefined && !OF_MODELS.has(what)) throw notOfModel(id, model, what)
  if (what === EXPIRED) {
    const { renewable: _, ...rest } = candidate
    const defect = { rule: 'expired', at: now } as const
    return { candidate: { ...rest, defect }, supposed: { id, what, class: EXPIRED } }
  }
  const met = failureOf(view, provider, what, now)
  const failure: Failure = model === undefined ? met : { ...met, scope: 'model' }
  const ladder = ladderOf(view.facts().config.cooldowns, provider)
  const event = { kind: 'failed', at: now, failure, ladder, model } as const
  const health = after(candidate.health, event)
  const until = marksHealth(failure) ? restsUntil(health, now, model) : 0
  return {
    candidate: { ...candidate, health },
    failure,
    supposed: {
      id,
      ...(model === undefined ? {} : { model }),
      what,
      class: failure.class,
      ...(until > now ? { until, restsMs: restsAhead(candidate.health, event) } : {}),
    },
  }
}

function failureOf(view: View, provider: string, what: string, now: number): Failure {
  const status = /^[1-5]\d{2}$/.test(what) ? Number(what) : undefined
  if (status !== undefined && status >= 300) {
    const judge = view.registry.find(provider, view.facts().config.providers.get(provider))
    if (judge !== undefined) return judge.classify({ status, header: () => undefined, body: '', now })
  }
  const word = Object.hasOwn(WORDS, what) ? WORDS[what] : undefined
  if (word !== undefined) return { ...word, detail: what }
  const known = [...Object.keys(WORDS), EXPIRED].join(', ')
  throw new AuthError(
    'usage',
    `--if takes a status from 300 on, or one of ${known}; "${printable(what, 40)}" is neither.`,
    {
      remedy: 'openclaw models explain --help',
    },
  )
}

function notOfModel(id: string, model: string, what: string): AuthError {
  return new AuthError(
    'usage',
    `--if: "${printable(what, 40)}" happens to all of ${printable(id)} and not to ${printable(model, 80)} alone; a model takes one of ${[...OF_MODELS].join(', ')}.`,
    { remedy: 'openclaw models explain --help' },
  )
}

function nobody(view: View, id: string, wish: string): AuthError {
  const where = `(${view.store.profiles.where()})`
  const flag = agentFlag(view, view.agentId)
  if (id === '') {
    const message = `--if takes <profile>=<what>, such as anthropic:work=429; "${printable(wish, 80)}" is not that.`
    return new AuthError('usage', message, { remedy: 'openclaw models explain --help' })
  }
  const known = [...view.facts().providers.values()].filter(({ candidates }) => candidates.length > 0)
  if (known.length === 0) {
    return new AuthError(
      'no_credential',
      `Agent ${view.agentId} has no account yet ${where}: nothing could happen to one.`,
      { remedy: `openclaw models auth add${flag}` },
    )
  }
  const ids = known.flatMap(({ candidates }) => candidates.map((one) => printable(one.id)))
  const more = ids.length > MOST_NAMED ? ` and ${ids.length - MOST_NAMED} more` : ''
  const vendors = known.map(({ provider }) => printable(provider)).join(', ')
  return new AuthError(
    'unknown_profile',
    `Agent ${view.agentId} has no credential "${printable(id, 80)}" ${where}. --if takes ${ids.slice(0, MOST_NAMED).join(', ')}${more}; all of a provider (${vendors}); or ${ALL}.`,
    { remedy: `openclaw models auth list${flag}` },
  )
}
