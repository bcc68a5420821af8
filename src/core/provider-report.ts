// One provider in the report behind `models status`: what serves, what is stored, and what stands behind what.
import { cappedBy } from './cap.ts'
import { formatRemaining } from './expiry.ts'
import { unusable } from './health.ts'
import { type Candidate, compareCandidates, flawOf, type ProviderFacts, placeOf, sourceLabel } from './order.ts'
import { isPaused } from './pause.ts'
import { pick } from './pick.ts'

export type ProviderReport = {
  provider: string
  effective: { kind: 'profiles' | 'env' | 'models.json' | 'missing'; detail: string }
  profiles: { count: number; oauth: number; token: number; apiKey: number; labels: string[] }
  env?: { value: string; source: string }
  modelsJson?: { value: string; source: string }
  /** What the next call takes; null when nothing can be taken. */
  next: { id: string; source: string } | null
  /** Credentials that exist, but stand behind the effective one. */
  shadowed: { id: string; source: string; by: string }[]
}

/** Kept by us, not by the environment or the config. */
export function isStored(candidate: Candidate): boolean {
  return candidate.source.kind === 'profile'
}

/** Whether any credential of the provider would be taken by a call, now, after its rest, or once it is resumed. */
export function isServed(provider: ProviderFacts | undefined, now: number): boolean {
  return (
    provider?.candidates.some(
      (candidate) =>
        flawOf(candidate, now) === undefined &&
        candidate.behind === undefined &&
        placeOf(provider, candidate, now) >= 0,
    ) ?? false
  )
}

/**
 * @param storePath where the agent's profiles are kept
 * @param query.model what the next call would ask for, where that is known
 */
export function providerReport(
  storePath: string,
  provider: ProviderFacts,
  query: { now: number; model?: string },
): ProviderReport {
  const { now } = query
  const stored = provider.candidates.filter(isStored)
  const env = provider.candidates.find(({ source }) => FROM_ENVIRONMENT.has(source.kind))
  const fromConfig = provider.candidates.find(({ source }) => source.kind === 'config')
  const taken = pick(provider, query).candidate
  const next = taken ?? firstAfterRest(provider, query)
  const count = (kind: Candidate['kind']): number => stored.filter((candidate) => candidate.kind === kind).length
  return {
    provider: provider.provider,
    effective: effective(storePath, next),
    profiles: {
      count: stored.length,
      oauth: count('oauth'),
      token: count('token'),
      apiKey: count('api_key'),
      labels: stored.map((candidate) => `${candidate.id}=${candidate.label}${restSuffix(candidate, now)}`),
    },
    ...(env === undefined ? {} : { env: { value: env.label, source: sourceLabel(env.source) } }),
    ...(fromConfig === undefined
      ? {}
      : { modelsJson: { value: fromConfig.label, source: sourceLabel(fromConfig.source) } }),
    next: taken === undefined ? null : { id: taken.id, source: sourceLabel(taken.source) },
    shadowed:
      next === undefined
        ? []
        : provider.candidates
            .filter((candidate) => candidate !== next && !isStored(candidate))
            .map((candidate) => ({ id: candidate.id, source: sourceLabel(candidate.source), by: next.id })),
  }
}

const FROM_ENVIRONMENT: ReadonlySet<string> = new Set(['env', 'dotenv', 'shell'])

function restSuffix(candidate: Candidate, now: number): string {
  const { paused } = candidate
  if (isPaused(paused, now))
    return ` [paused${paused.until === undefined ? '' : ` ${formatRemaining(paused.until - now)}`}]`
  const rest = unusable(candidate.health, now)
  if (rest === undefined) return ''
  const left = formatRemaining(rest.until - now)
  return rest.kind === 'disabled' ? ` [disabled:${rest.reason} ${left}]` : ` [cooldown ${left}]`
}

/**
 * Everything rests, is paused or kept below the cap: the one that is back first; what a person set aside stands behind what comes back by itself,
 * and what is kept until the end of the day behind what only rests.
 */
export function firstAfterRest(provider: ProviderFacts, query: { now: number; model?: string }): Candidate | undefined {
  const { now } = query
  const isKept = (candidate: Candidate): boolean => cappedBy(provider, candidate, query) !== undefined
  return provider.candidates
    .filter(
      (candidate) =>
        flawOf(candidate, now) === undefined &&
        candidate.behind === undefined &&
        placeOf(provider, candidate, now) >= 0,
    )
    .sort(
      (a, b) =>
        Number(isPaused(a.paused, now)) - Number(isPaused(b.paused, now)) ||
        Number(isKept(a)) - Number(isKept(b)) ||
        compareCandidates(provider, a, b, query),
    )[0]
}

function effective(storePath: string, candidate: Candidate | undefined): ProviderReport['effective'] {
  if (candidate === undefined) return { kind: 'missing', detail: 'missing' }
  switch (candidate.source.kind) {
    case 'profile':
      return { kind: 'profiles', detail: storePath }
    case 'config':
      return { kind: 'models.json', detail: candidate.label }
    default:
      return { kind: 'env', detail: candidate.label }
  }
}
