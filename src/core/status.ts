// The report behind `models status`, its JSON (field names fixed by the reference) and its exit code. Pure; every face draws this one.
import { type CacheReport, cacheReport } from './cache.ts'
import { type Check, checkOf } from './check.ts'
import { type Config, cacheSettingsOf, DEFAULT_PROVIDER, modelsOf } from './config.ts'
import type { AuthError } from './errors.ts'
import { type Expiry, WARN_AFTER_MS } from './expiry.ts'
import { restsUntil, unusable } from './health.ts'
import type { ModelLists } from './model-list.ts'
import { formatRef, type ModelRef, parseModelRef } from './model-ref.ts'
import { type Candidate, expiryOfCandidate, type ProviderFacts } from './order.ts'
import { isPaused } from './pause.ts'
import { pick } from './pick.ts'
import { firstAfterRest, isServed, isStored, type ProviderReport, providerReport } from './provider-report.ts'
import type { Usage } from './usage.ts'
import { type UsageReport, usageReport } from './usage-report.ts'

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
  /** What the vendor said last of the limits of a credential; looked up when it is asked for. */
  usageOf(candidate: Candidate): Usage | undefined
  /** Which models the providers have, as they said last. */
  modelLists?(): ModelLists
  /** What the login shell gave, when it is asked at all. */
  shellEnv?: { enabled: boolean; appliedKeys: readonly string[] }
  /** Files of older layouts: whether something in them waits to be taken over, and those that cannot be read. */
  older?: { isPending: boolean; troubles: readonly AuthError[] }
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
  /** A login that renews itself, so that the end of its token is no end. */
  renewable?: true
}

export type UnusableProfile = {
  profileId: string
  provider: string
  kind: 'cooldown' | 'disabled'
  reason: string
  until: number
  remainingMs: number
}

/** A profile that serves, but not this model for now. */
export type RestingModel = UnusableProfile & { model: string }

/** Set aside by a person; its health, beside it, may be anything. */
export type PausedProfile = { profileId: string; provider: string; until?: number; remainingMs?: number }

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
    pausedProfiles: PausedProfile[]
    restingModels: RestingModel[]
    oauth: {
      warnAfterMs: number
      profiles: ProfileExpiry[]
      providers: { provider: string; status: Expiry; profiles: string[]; expiresAt?: number; remainingMs?: number }[]
    }
    /** How much of their limits the accounts have used, as their vendors said last. */
    usage: UsageReport
    probes?: unknown
  }
  check: Check
  /** What turns with the default model get of the vendor's prompt cache; null where that is the vendor's own affair. */
  promptCache: CacheReport | null
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
  const first = ref(models.primary)
  const asked = (provider: string): { now: number; model?: string } =>
    provider === first.provider ? { now, model: first.model } : { now }
  const expirable = stored.filter((candidate) => candidate.kind === 'oauth' || candidate.kind === 'token')
  return {
    configPath: facts.configPath,
    ...(options.named ? { agentId: facts.agentId } : {}),
    agentDir: facts.agentDir,
    defaultModel: models.primary,
    resolvedDefault: formatRef(first),
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
      providers: withCredentials.map((provider) => providerReport(facts.storePath, provider, asked(provider.provider))),
      unusableProfiles: unusableProfiles(stored, now),
      usage: usageOf(facts, now),
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
      pausedProfiles: pausedProfiles(stored, now),
      restingModels: restingModels(stored, now),
    },
    check: checkOf(facts.providers, { inUse, missing, expirable }, now),
    promptCache: promptCacheOf(facts, first, now),
  }
}

/** Of every credential, wherever it is kept. */
export function usageOf(facts: AgentFacts, now: number): UsageReport {
  const all = [...facts.providers.values()].flatMap(({ candidates }) => candidates).sort(byProviderThenId)
  return usageReport(all, facts.usageOf, now)
}

/** Of the default model, by the credential that would be taken now, or after its rest. */
function promptCacheOf({ config, providers }: AgentFacts, ref: ModelRef, now: number): CacheReport | null {
  const provider = providers.get(ref.provider)
  const query = { now, model: ref.model }
  const taken =
    provider === undefined ? undefined : (pick(provider, query).candidate ?? firstAfterRest(provider, query))
  return cacheReport(cacheSettingsOf(config, ref), ref, taken?.kind)
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

function countByProvider(candidates: readonly Candidate[]): string[] {
  const counts = new Map<string, number>()
  for (const { provider } of candidates) counts.set(provider, (counts.get(provider) ?? 0) + 1)
  return [...counts].map(([provider, count]) => `${provider} (${count})`).sort()
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

/** Beside those that rest as a whole: which models rest within which profile, soonest recovery first. */
export function restingModels(candidates: readonly Candidate[], now: number): RestingModel[] {
  return candidates
    .flatMap(({ id, provider, health }) =>
      Object.entries(health.models ?? {}).flatMap(([model, part]): RestingModel[] => {
        const rest = unusable(part, now)
        return rest === undefined ? [] : [{ profileId: id, provider, model, ...rest, remainingMs: rest.until - now }]
      }),
    )
    .sort((a, b) => a.until - b.until)
}

function pausedProfiles(stored: readonly Candidate[], now: number): PausedProfile[] {
  return stored.flatMap(({ id, provider, paused }) => {
    if (!isPaused(paused, now)) return []
    const ends = paused.until === undefined ? {} : { until: paused.until, remainingMs: paused.until - now }
    return [{ profileId: id, provider, ...ends }]
  })
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
    ...(candidate.renewable === true ? { renewable: true } : {}),
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
