// Finds out what would be used, touching nothing: the facts of one agent with their sources, and the decision that follows from them.
import { DEFAULT_PROVIDER, modelsOf } from '../core/config.ts'
import { bearerOf, type Credential, expiresAtOf, labelOf } from '../core/credential.ts'
import { expiryOf } from '../core/expiry.ts'
import { parseModelRef } from '../core/model-ref.ts'
import { type Candidate, type Defect, type ExplicitOrder, healthIdOf, type ProviderFacts } from '../core/order.ts'
import { explain, type Pick, type PickQuery, pick, soonestRecovery, type TraceLine } from '../core/pick.ts'
import type { Profile } from '../core/profile.ts'
import { endedBecause, lifeOf, type RenewalRecord, renewalNeed } from '../core/renewal.ts'
import type { Secret } from '../core/secret.ts'
import type { AgentFacts } from '../core/status.ts'
import type { MissingVariable } from '../core/substitute.ts'
import type { Provider } from '../providers/provider.ts'
import type { Registry } from '../providers/registry.ts'
import type { AgentStore, Home } from '../store/home.ts'
import type { WholeBook } from '../store/legacy-files.ts'
import type { ProfileBook } from '../store/profiles.ts'
import { appliedNames, environment, SENDABLE, settingsOf } from './environment.ts'

export type Resolution = Pick & {
  trace: TraceLine[]
  /** When the first resting candidate comes back, ms epoch; only when nothing can be taken. */
  soonestAt?: number
}

/**
 * The decision for the next call of the provider, with a line for every candidate. `acquire` takes exactly this candidate.
 * @param facts of the agent, as of now
 */
export function resolve(facts: AgentFacts, provider: string, query: PickQuery): Resolution {
  const known = facts.providers.get(provider) ?? { provider, candidates: [] }
  const decision = pick(known, query)
  const soonestAt = decision.candidate === undefined ? soonestRecovery(known, query) : undefined
  return { ...decision, trace: explain(known, query), ...(soonestAt === undefined ? {} : { soonestAt }) }
}

/**
 * Reads the agent's documents and the environment.
 * @param options.isWhole false: without what still stands in files of older layouts
 * @throws AuthError unreadable_store
 */
export async function collectFacts(
  home: Home,
  registry: Registry,
  agentId: string,
  { isWhole = true }: { isWhole?: boolean } = {},
): Promise<AgentFacts> {
  const store = home.agent(agentId)
  const reading = isWhole ? store.book() : store.profiles.read().then((book) => ({ ...book, ...NOTHING_OLDER }))
  const loading = store.health.load(reading.then(({ usage }) => usage))
  // What is wrong with the store itself is said first.
  loading.catch(() => undefined)
  const whole = await reading
  await loading
  const book = { ...whole, ...(await home.spool.applied(store.profiles.where(), whole)) }
  const hasLogins = book.profiles.some(({ credential }) => credential.kind === 'oauth')
  const renewals = hasLogins ? await store.renewals.read() : new Map<string, RenewalRecord>()
  return factsOf(home, registry, store, book, renewals)
}

const NOTHING_OLDER: Omit<WholeBook, keyof ProfileBook> = { older: [], from: new Map(), troubles: [] }

function factsOf(
  home: Home,
  registry: Registry,
  store: AgentStore,
  book: WholeBook,
  renewals: ReadonlyMap<string, RenewalRecord>,
): AgentFacts {
  const config = home.config()
  const now = home.system.now()
  const stored = book.profiles
  const fileOf = (id: string): string => book.from.get(id) ?? store.profiles.where()
  const models = modelsOf(config, store.agentId)
  const named = [models.primary, ...models.fallbacks, config.image.primary, ...config.image.fallbacks]
  const ids = new Set([
    ...registry.all().map(({ id }) => id),
    ...stored.map(({ provider }) => provider),
    ...book.foreign.map(({ provider }) => provider),
    ...config.providers.keys(),
    ...named.flatMap((text) =>
      text === undefined
        ? []
        : [parseModelRef(text, { aliases: config.aliases, defaultProvider: DEFAULT_PROVIDER }).provider],
    ),
  ])
  const variables = settingsOf(home)
  const providers = new Map<string, ProviderFacts>()
  for (const id of ids) {
    const provider = registry.find(id, config.providers.get(id))
    const settings = config.providers.get(id)
    const candidates = [
      ...stored
        .filter((profile) => profile.provider === id)
        .map((profile) =>
          storedCandidate(profile, store, {
            file: fileOf(profile.id),
            baseUrl: settings?.baseUrl ?? provider?.baseUrl,
            now,
            ...renewalOf(home, profile.credential, provider, renewals.get(profile.id)),
          }),
        ),
      ...book.foreign
        .filter((entry) => entry.provider === id)
        .map((entry) => foreignCandidate(entry, store, fileOf(entry.id))),
      ...(provider === undefined ? [] : environment(variables, home, store, provider, settings, now)),
    ]
    if (candidates.length === 0 && provider?.needsNoSecret === true && settings !== undefined) {
      candidates.push(bareCandidate(id, store))
    }
    const order = orderOf(home, store, book, id)
    providers.set(id, {
      provider: id,
      candidates: candidates.map((candidate) => marked(candidate, candidates, config.shared, settings?.missing)),
      ...(order === undefined ? {} : { order }),
    })
  }
  const all = [...providers.values()].flatMap(({ candidates }) => candidates)
  return {
    agentId: store.agentId,
    agentDir: store.agentDir,
    ...(store.owner === store.agentId ? {} : { owner: store.owner }),
    storePath: store.profiles.where(),
    configPath: home.configStore.where(),
    config,
    providers,
    usageOf: (candidate) => store.health.usage(healthIdOf(candidate)),
    ...(home.shell.isWanted() ? { shellEnv: { enabled: true, appliedKeys: appliedNames(home, all) } } : {}),
    ...(book.older.length + book.troubles.length === 0 ? {} : { older: olderOf(book) }),
  }
}

function olderOf({ older, troubles }: WholeBook): NonNullable<AgentFacts['older']> {
  const isPending = older.some(({ taken }) => taken.some(({ verdict }) => verdict !== 'done'))
  return { isPending, troubles: troubles.map(({ error }) => error) }
}

/** What the agent's own file says beats the config. */
function orderOf(home: Home, store: AgentStore, book: ProfileBook, provider: string): ExplicitOrder | undefined {
  const own = book.order.get(provider)
  if (own !== undefined) return { ids: own, from: 'agent', file: store.profiles.where() }
  const shared = home.config().authOrder.get(provider)
  if (shared === undefined || shared.length === 0) return undefined
  return { ids: shared, from: 'config', file: home.configStore.where() }
}

/** Whether a login renews itself, or why it does not any more. */
function renewalOf(
  home: Home,
  credential: Credential,
  provider: Provider | undefined,
  record: RenewalRecord | undefined,
): { renewable?: true; endedBecause?: string; lifeMs?: number } {
  if (credential.kind !== 'oauth' || credential.refresh === undefined || credential.refresh.isBlank()) return {}
  const reason =
    record?.claim?.state === 'refused' ? endedBecause(record, home.system.fingerprint(credential.refresh)) : undefined
  const life = lifeOf(record, credential.expiresAt)
  return {
    ...(life === undefined ? {} : { lifeMs: life }),
    ...(reason !== undefined ? { endedBecause: reason } : provider?.renew === undefined ? {} : { renewable: true }),
  }
}

type Standing = {
  file: string
  baseUrl: string | undefined
  now: number
  renewable?: true
  endedBecause?: string
  lifeMs?: number
}

function storedCandidate(profile: Profile, store: AgentStore, standing: Standing): Candidate {
  const { file, now, renewable, lifeMs } = standing
  const { credential } = profile
  const secret = bearerOf(credential)
  const expiresAt = expiresAtOf(credential)
  const defect = defectOfStored(profile, secret, standing) ?? endedDefect(standing, secret, expiresAt)
  return {
    id: profile.id,
    provider: profile.provider,
    kind: credential.kind,
    source: { kind: 'profile', id: profile.id, file },
    label: labelOf(credential),
    expiry: expiryOf(credential, now),
    health: store.health.get(profile.id),
    ...(secret === undefined ? {} : { secret }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(renewable === undefined ? {} : { renewable }),
    ...(lifeMs === undefined ? {} : { lifeMs }),
    ...(profile.paused === undefined ? {} : { paused: profile.paused }),
    ...(defect === undefined ? {} : { defect }),
  }
}

/** A login that cannot be renewed serves as long as its last token does. */
function endedDefect(
  { endedBecause: reason, lifeMs, now }: Standing,
  access: Secret | undefined,
  expiresAt: number | undefined,
): Defect | undefined {
  if (reason === undefined) return undefined
  return renewalNeed({ access, expiresAt, lifeMs }, now) === 'due' ? { rule: 'login_ended', reason } : undefined
}

function defectOfStored(profile: Profile, secret: Secret | undefined, standing: Standing): Defect | undefined {
  const { baseUrl, renewable, endedBecause: reason } = standing
  if (baseUrl === undefined) return { rule: 'unknown_provider' }
  // What is missing may come with a renewal; what cannot come any more is said by the end of the login.
  if (secret === undefined) return renewable === true || reason !== undefined ? undefined : { rule: 'blank' }
  if (!SENDABLE.test(secret.reveal())) return { rule: 'unsendable' }
  if (profile.origin !== undefined && new URL(baseUrl).origin !== profile.origin) {
    return { rule: 'wrong_origin', origin: profile.origin, baseUrl }
  }
  return undefined
}

function foreignCandidate(entry: ProfileBook['foreign'][number], store: AgentStore, file: string): Candidate {
  return {
    id: entry.id,
    provider: entry.provider,
    kind: 'unknown',
    source: { kind: 'profile', id: entry.id, file },
    label: `(${entry.type})`,
    expiry: 'static',
    health: store.health.get(entry.id),
    defect: { rule: 'unknown_kind', type: entry.type },
  }
}

function bareCandidate(provider: string, store: AgentStore): Candidate {
  const id = `${provider}:none`
  return {
    id,
    provider,
    kind: 'api_key',
    source: { kind: 'none' },
    label: 'none',
    expiry: 'static',
    health: store.health.get(id),
  }
}

function marked(
  candidate: Candidate,
  all: readonly Candidate[],
  shared: ReadonlySet<string>,
  missing: MissingVariable | undefined,
): Candidate {
  const { secret } = candidate
  const twin =
    candidate.source.kind === 'profile' || secret === undefined || candidate.behind !== undefined
      ? undefined
      : all.find((other) => other.source.kind === 'profile' && other.secret?.equals(secret) === true)
  const isSubscription = candidate.kind === 'token' || candidate.kind === 'oauth'
  return {
    ...candidate,
    // Without its settings the provider may be another one, and what is sent there a gift.
    ...(missing === undefined ? {} : { defect: { rule: 'missing_variable' as const, ...missing } }),
    ...(twin === undefined ? {} : { behind: { rule: 'same_as' as const, of: twin.id } }),
    ...(isSubscription && !shared.has(candidate.id) ? { ownerOnly: true as const } : {}),
  }
}
