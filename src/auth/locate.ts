// Every place that is looked at for a provider's credential, in order of precedence, and what it holds: the same facts and the same
// decision as a call. A kind of source that the facts bring shows up here by itself.
import { keyVariables } from '../core/key-variables.ts'
import { normaliseProvider } from '../core/model-ref.ts'
import { type Source, sourceRank } from '../core/order.ts'
import type { Rule, TraceLine } from '../core/pick.ts'
import type { View } from './auth.ts'
import { unknownProvider } from './refuse.ts'
import { resolve } from './resolve.ts'

/** What becomes of a credential: the next call takes it, or it is next in turn, or another one stands before it, or a rule forbids it. */
export type Use = 'used' | 'next' | 'shadowed' | 'passed_over'

export type Held = {
  id: string
  /** The profile, the variable or the path in the config. */
  name: string
  /** The secret masked. */
  label: string
  use: Use
  rule: Rule
  reason: string
  /** The candidate that stands before it. */
  by?: string
  /** When the rule stops to hold, ms epoch. */
  until?: number
}

export type Place = {
  kind: Source['kind']
  /** The config has two: its `env`, and the key of the provider, which may stand far behind it. */
  part?: 'env' | 'key'
  /** Absent: it is no file. */
  file?: string
  held: Held[]
  /** Names that are looked up there and are not set. */
  unset: string[]
}

export type Located = {
  agentId: string
  agentDir: string
  provider: string
  authStorePath: string
  /** What the next call takes; null when nothing can be taken. */
  used: { id: string; source: Source; label: string } | null
  places: Place[]
}

/**
 * @param text a provider, as a person writes it
 * @throws AuthError unknown_provider, when nothing is known of it and nothing kept for it
 */
export function locate(view: View, text: string): Located {
  const providerId = normaliseProvider(text)
  const facts = view.facts()
  const candidates = facts.providers.get(providerId)?.candidates ?? []
  const settings = facts.config.providers.get(providerId)
  const provider = view.registry.find(providerId, settings)
  if (provider === undefined && candidates.length === 0) throw unknownProvider(view, providerId)
  const { candidate: taken, trace } = resolve(facts, providerId, { now: view.home.system.now() })
  const names = keyVariables(providerId, provider?.env ?? [], []).map(({ name }) => name)
  const spots = standing(view, names, providerId)
  for (const candidate of candidates) spotOf(spots, candidate.source)
  spots.sort((a, b) => sourceRank(a.source) - sourceRank(b.source))
  for (const line of trace) {
    const candidate = candidates.find(({ id }) => id === line.id)
    if (candidate === undefined) continue
    const { place } = spotOf(spots, candidate.source)
    const name = nameOf(candidate.source)
    place.held.push({ id: line.id, name, label: candidate.label, ...useOf(line, taken?.id, candidate.behind?.of) })
    place.unset = place.unset.filter((other) => other !== name.replace(/#\d+$/, ''))
  }
  const places = spots.map(({ place }) => place)
  return {
    agentId: view.agentId,
    agentDir: view.store.agentDir,
    provider: providerId,
    authStorePath: view.store.profiles.where(),
    used: taken === undefined ? null : { id: taken.id, source: taken.source, label: taken.label },
    places,
  }
}

/** A place, and a source that lies there. */
type Spot = { source: Source; place: Place }

/** The places that are looked at even when they hold nothing. */
function standing({ home, store }: View, names: readonly string[], provider: string): Spot[] {
  const { config, dotenv } = home.layout
  const inEnv = names.map((name) => `env.${name}`)
  return [
    spotAt({ kind: 'profile', id: '', file: store.profiles.where() }),
    spotAt({ kind: 'env', name: '' }, names),
    spotAt({ kind: 'dotenv', name: '', file: dotenv }, names),
    spotAt({ kind: 'config', name: 'env.', file: config }, inEnv),
    spotAt({ kind: 'config', name: keyPath(provider), file: config }, [keyPath(provider)]),
  ]
}

function keyPath(provider: string): string {
  return `models.providers.${provider}.apiKey`
}

function spotAt(source: Source, unset: readonly string[] = []): Spot {
  const { kind } = source
  const part = partOf(source)
  const place: Place = { kind, ...(part === undefined ? {} : { part }), held: [], unset: [...unset] }
  if ('file' in source) place.file = source.file
  return { source, place }
}

function partOf(source: Source): Place['part'] {
  if (source.kind !== 'config') return undefined
  return source.name.startsWith('env.') ? 'env' : 'key'
}

function spotOf(spots: Spot[], source: Source): Spot {
  const file = 'file' in source ? source.file : undefined
  const known = spots.find(
    ({ place }) => place.kind === source.kind && place.file === file && place.part === partOf(source),
  )
  if (known !== undefined) return known
  const fresh = spotAt(source)
  spots.push(fresh)
  return fresh
}

function nameOf(source: Source): string {
  if ('name' in source) return source.name
  return 'id' in source ? source.id : '-'
}

function useOf(
  line: TraceLine,
  taken: string | undefined,
  behind: string | undefined,
): Omit<Held, 'id' | 'name' | 'label'> {
  const { verdict, rule, reason, until, source } = line
  const held = { rule, reason, ...(until === undefined ? {} : { until }) }
  if (verdict === 'taken') return { use: 'used', ...held }
  if (rule === 'same_as' || rule === 'shadowed') {
    return { use: 'shadowed', ...held, ...(behind === undefined ? {} : { by: behind }) }
  }
  if (verdict === 'passed_over') return { use: 'passed_over', ...held }
  if (source.kind === 'profile' || taken === undefined) return { use: 'next', ...held }
  return { use: 'shadowed', ...held, reason: `stands behind ${taken}, takes over when that is refused`, by: taken }
}
