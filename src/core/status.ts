// The report behind `models status`, its JSON (field names fixed by the reference) and its exit code. Pure; every face draws this one.
import { type Check, checkOf } from './check.ts'
import { type Config, DEFAULT_PROVIDER, modelsOf } from './config.ts'
import { type Expiry, formatRemaining, WARN_AFTER_MS } from './expiry.ts'
import { restsUntil, unusable } from './health.ts'
import { formatRef, type ModelRef, parseModelRef } from './model-ref.ts'
import {
  type Candidate,
  compareCandidates,
  defectOf,
  expiryOfCandidate,
  type ProviderFacts,
  placeOf,
  sourceLabel,
} from './order.ts'
import { pick } from './pick.ts'

/** What is known about one agent at one moment; `auth/resolve` collects it. */
export type AgentFacts = {
  agentId: string
  agentDir: string
  /** Whose credentials these are, when they are another agent's. */
  owner?: string
  storePath: string
  configPath: string
  config: Config
  providers: ReadonlyMap<string, ProviderFacts>
  /** What the login shell gave, when it is asked at all. */
  shellEnv?: { enabled: boolean; appliedKeys: readonly string[] }
}

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

export type ProfileExpiry = {
  profileId: string
  provider: string
  type: Candidate['kind']
  status: Expiry
  expiresAt?: number
  remainingMs?: number
  source: 'store'
  label: string
}

export type UnusableProfile = {
  profileId: string
  provider: string
  kind: 'cooldown' | 'disabled'
  reason: string
  until: number
  remainingMs: number
}

export type StatusReport = {
  configPath: string
  agentId?: string
  agentDir: string
  defaultModel: string
  resolvedDefault: string
  fallbacks: readonly string[]
  imageModel: string | null
  imageFallbacks: readonly string[]
  modelConfig?: { defaultSource: 'agent' | 'defaults'; fallbacksSource: 'agent' | 'defaults' }
  aliases: Record<string, string>
  allowed: readonly string[]
  auth: {
    storePath: string
    owner?: string
    shellEnvFallback: { enabled: boolean; appliedKeys: readonly string[] }
    providersWithOAuth: string[]
    missingProvidersInUse: string[]
    providers: ProviderReport[]
    unusableProfiles: UnusableProfile[]
    oauth: {
      warnAfterMs: number
      profiles: ProfileExpiry[]
      providers: { provider: string; status: Expiry; profiles: string[]; expiresAt?: number; remainingMs?: number }[]
    }
    probes?: unknown
  }
  check: Check
}

/** By code units: the same on every machine, and a locale's tables take longer to load than all the rest of a status. */
const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
const byProviderThenId = (a: Candidate, b: Candidate): number => byText(a.provider, b.provider) || byText(a.id, b.id)

/**
 * @param facts everything known of the agent
 * @param options.named whether the caller named the agent (the reference adds `agentId` only then)
 */
export function statusReport(facts: AgentFacts, now: number, options: { named: boolean }): StatusReport {
  const { config } = facts
  const models = modelsOf(config, facts.agentId)
  const ref = (text: string): ModelRef =>
    parseModelRef(text, { aliases: config.aliases, defaultProvider: DEFAULT_PROVIDER })
  const inUse = providersInUse(config, models, ref)
  const withCredentials = [...facts.providers.values()].filter((provider) => provider.candidates.length > 0)
  const stored = withCredentials.flatMap((p) => p.candidates.filter(isStored)).sort(byProviderThenId)
  const missing = [...inUse].filter((provider) => !isServed(facts.providers.get(provider), now)).sort()
  const expirable = stored.filter((candidate) => candidate.kind === 'oauth' || candidate.kind === 'token')
  return {
    configPath: facts.configPath,
    ...(options.named ? { agentId: facts.agentId } : {}),
    agentDir: facts.agentDir,
    defaultModel: models.primary,
    resolvedDefault: formatRef(ref(models.primary)),
    fallbacks: models.fallbacks,
    imageModel: config.image.primary ?? null,
    imageFallbacks: config.image.fallbacks,
    ...(options.named
      ? {
          modelConfig: {
            defaultSource: models.fromAgent.primary ? 'agent' : 'defaults',
            fallbacksSource: models.fromAgent.fallbacks ? 'agent' : 'defaults',
          },
        }
      : {}),
    aliases: Object.fromEntries(config.aliasNames),
    allowed: config.configured,
    auth: {
      storePath: facts.storePath,
      ...(facts.owner === undefined ? {} : { owner: facts.owner }),
      shellEnvFallback: facts.shellEnv ?? { enabled: false, appliedKeys: [] },
      providersWithOAuth: countByProvider(expirable),
      missingProvidersInUse: missing,
      providers: withCredentials.map((provider) => providerReport(facts, provider, now)),
      unusableProfiles: unusableProfiles(stored, now),
      oauth: {
        warnAfterMs: WARN_AFTER_MS,
        profiles: stored.map((candidate) => profileExpiry(candidate, now)),
        providers: providerExpiries(
          [...new Set([...withCredentials.map((p) => p.provider), ...missing])],
          stored,
          missing,
          now,
        ),
      },
    },
    check: checkOf(facts.providers, { inUse, missing, expirable }, now),
  }
}

function isStored(candidate: Candidate): boolean {
  return candidate.source.kind === 'profile'
}

function providersInUse(
  config: Config,
  models: { primary: string; fallbacks: readonly string[] },
  ref: (text: string) => ModelRef,
): Set<string> {
  const texts = [models.primary, ...models.fallbacks, ...config.image.fallbacks]
  if (config.image.primary !== undefined) texts.push(config.image.primary)
  return new Set(texts.map((text) => ref(text).provider))
}

/** Whether any credential of the provider would be taken by a call, now or after its rest. */
export function isServed(provider: ProviderFacts | undefined, now: number): boolean {
  return (
    provider?.candidates.some(
      (candidate) =>
        defectOf(candidate, now) === undefined &&
        candidate.behind === undefined &&
        placeOf(provider, candidate, now) >= 0,
    ) ?? false
  )
}

function countByProvider(candidates: readonly Candidate[]): string[] {
  const counts = new Map<string, number>()
  for (const { provider } of candidates) counts.set(provider, (counts.get(provider) ?? 0) + 1)
  return [...counts].map(([provider, count]) => `${provider} (${count})`).sort()
}

const FROM_ENVIRONMENT: ReadonlySet<string> = new Set(['env', 'dotenv', 'shell'])

function restSuffix(candidate: Candidate, now: number): string {
  const rest = unusable(candidate.health, now)
  if (rest === undefined) return ''
  const left = formatRemaining(rest.until - now)
  return rest.kind === 'disabled' ? ` [disabled:${rest.reason} ${left}]` : ` [cooldown ${left}]`
}

function providerReport(facts: AgentFacts, provider: ProviderFacts, now: number): ProviderReport {
  const stored = provider.candidates.filter(isStored)
  const env = provider.candidates.find(({ source }) => FROM_ENVIRONMENT.has(source.kind))
  const fromConfig = provider.candidates.find(({ source }) => source.kind === 'config')
  const taken = pick(provider, { now }).candidate
  const next = taken ?? firstAfterRest(provider, now)
  const count = (kind: Candidate['kind']): number => stored.filter((candidate) => candidate.kind === kind).length
  return {
    provider: provider.provider,
    effective: effective(facts, next),
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

function firstAfterRest(provider: ProviderFacts, now: number): Candidate | undefined {
  return provider.candidates
    .filter(
      (candidate) =>
        defectOf(candidate, now) === undefined &&
        candidate.behind === undefined &&
        placeOf(provider, candidate, now) >= 0,
    )
    .sort((a, b) => compareCandidates(provider, a, b, now))[0]
}

function effective(facts: AgentFacts, candidate: Candidate | undefined): ProviderReport['effective'] {
  if (candidate === undefined) return { kind: 'missing', detail: 'missing' }
  switch (candidate.source.kind) {
    case 'profile':
      return { kind: 'profiles', detail: facts.storePath }
    case 'config':
      return { kind: 'models.json', detail: candidate.label }
    default:
      return { kind: 'env', detail: candidate.label }
  }
}

function unusableProfiles(stored: readonly Candidate[], now: number): UnusableProfile[] {
  return stored
    .filter((candidate) => restsUntil(candidate.health, now) > 0)
    .flatMap((candidate) => {
      const rest = unusable(candidate.health, now)
      if (rest === undefined) return []
      return [{ profileId: candidate.id, provider: candidate.provider, ...rest, remainingMs: rest.until - now }]
    })
    .sort((a, b) => a.until - b.until)
}

function profileExpiry(candidate: Candidate, now: number): ProfileExpiry {
  return {
    profileId: candidate.id,
    provider: candidate.provider,
    type: candidate.kind,
    status: expiryOfCandidate(candidate, now),
    ...(candidate.expiresAt === undefined
      ? {}
      : { expiresAt: candidate.expiresAt, remainingMs: candidate.expiresAt - now }),
    source: 'store',
    label: candidate.label,
  }
}

const WORST_FIRST: readonly Expiry[] = ['expired', 'missing', 'expiring', 'ok', 'static']

function providerExpiries(
  providers: readonly string[],
  stored: readonly Candidate[],
  missing: readonly string[],
  now: number,
): StatusReport['auth']['oauth']['providers'] {
  return [...providers].sort().map((provider) => {
    const own = stored.filter((candidate) => candidate.provider === provider)
    const expirable = own.filter((candidate) => candidate.kind === 'oauth' || candidate.kind === 'token')
    const ends = expirable.flatMap(({ expiresAt }) => (expiresAt === undefined ? [] : [expiresAt]))
    const soonest = ends.length === 0 ? undefined : Math.min(...ends)
    const worst = WORST_FIRST.find((status) =>
      expirable.some((candidate) => expiryOfCandidate(candidate, now) === status),
    )
    return {
      provider,
      status: worst ?? (missing.includes(provider) ? 'missing' : 'static'),
      profiles: own.map(({ id }) => id),
      ...(soonest === undefined ? {} : { expiresAt: soonest, remainingMs: soonest - now }),
    }
  })
}
