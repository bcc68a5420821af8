// Every place that is looked at for a provider's credential, in order of precedence, and what it holds: the same facts and the same
// decision as a call. A kind of source that the facts bring shows up here by itself.
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
  /** Absent: it is no file. */
  file?: string
  held: Held[]
  /** Names that are looked up there and are not set. */
  unset: string[]
  /** Names that are written there, but give nothing: what they refer to is not set. */
  blank: string[]
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
  const places: Place[] = standing(view, provider?.env ?? [], providerId)
  for (const candidate of candidates) placeOf(places, candidate.source)
  places.sort((a, b) => sourceRank(a.kind) - sourceRank(b.kind))
  for (const line of trace) {
    const candidate = candidates.find(({ id }) => id === line.id)
    if (candidate === undefined) continue
    const place = placeOf(places, candidate.source)
    const name = nameOf(candidate.source)
    place.held.push({ id: line.id, name, label: candidate.label, ...useOf(line, taken?.id, candidate.behind?.of) })
    place.unset = place.unset.filter((other) => other !== name)
  }
  markBlank(places, `models.providers.${providerId}.apiKey`, settings?.apiKey)
  return {
    agentId: view.agentId,
    agentDir: view.store.agentDir,
    provider: providerId,
    authStorePath: view.store.profiles.where(),
    used: taken === undefined ? null : { id: taken.id, source: taken.source, label: taken.label },
    places,
  }
}

/** The places that are looked at even when they hold nothing. */
function standing({ home, store }: View, names: readonly string[], provider: string): Place[] {
  const { config, dotenv } = home.layout
  return [
    { kind: 'profile', file: store.profiles.where(), held: [], unset: [], blank: [] },
    { kind: 'env', held: [], unset: [...names], blank: [] },
    { kind: 'dotenv', file: dotenv, held: [], unset: [...names], blank: [] },
    {
      kind: 'config',
      file: config,
      held: [],
      unset: [...names.map((name) => `env.${name}`), `models.providers.${provider}.apiKey`],
      blank: [],
    },
  ]
}

/** A key in the config that became no candidate names a variable that nothing sets. */
function markBlank(places: readonly Place[], name: string, written: string | undefined): void {
  if (written === undefined) return
  for (const place of places) {
    if (!place.unset.includes(name)) continue
    place.unset = place.unset.filter((other) => other !== name)
    place.blank.push(name)
  }
}

function placeOf(places: Place[], source: Source): Place {
  const file = 'file' in source ? source.file : undefined
  const known = places.find((place) => place.kind === source.kind && place.file === file)
  if (known !== undefined) return known
  const fresh: Place = { kind: source.kind, ...(file === undefined ? {} : { file }), held: [], unset: [], blank: [] }
  places.push(fresh)
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
