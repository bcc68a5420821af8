// Finds out what would be used, touching nothing: the facts of one agent with their sources, and the decision that follows from them.
import type { Cap } from '../core/cap.ts'
import { DEFAULT_PROVIDER, modelsOf } from '../core/config.ts'
import type { Fence } from '../core/fence.ts'
import { parseModelRef } from '../core/model-ref.ts'
import { type Candidate, type ExplicitOrder, healthIdOf, type ProviderFacts } from '../core/order.ts'
import { explain, type Pick, type PickQuery, pick, soonestRecovery, type TraceLine } from '../core/pick.ts'
import { priceFrom } from '../core/price.ts'
import type { Profile } from '../core/profile.ts'
import type { RenewalRecord } from '../core/renewal.ts'
import { keptUntil } from '../core/reserve.ts'
import type { AgentFacts } from '../core/status.ts'
import { headroomIn } from '../core/usage.ts'
import type { Registry } from '../providers/registry.ts'
import type { AgentStore, Home } from '../store/home.ts'
import type { WholeBook } from '../store/legacy-files.ts'
import type { ProfileBook } from '../store/profiles.ts'
import { budgetOf, capOf } from './budget.ts'
import { bareCandidate, foreignCandidate, marked, storedCandidate } from './candidate.ts'
import { appliedNames, environment, settingsOf } from './environment.ts'
import { withSlots } from './slots.ts'

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
  const read = isWhole ? store.book : async () => ({ ...(await store.profiles.read()), ...NOTHING_OLDER })
  const reading = home.spool.applied(store.profiles.where(), read)
  const loading = store.health.load(reading.then(({ usage }) => usage))
  // What is wrong with the store itself is said first.
  loading.catch(() => undefined)
  const book = await reading
  await loading
  const hasLogins = book.profiles.some(({ credential }) => credential.kind === 'oauth')
  const fence = await fenceOf(home)
  const cap = await dayCapOf(home)
  const renewals = hasLogins ? await store.renewals.read() : new Map<string, RenewalRecord>()
  return factsOf(home, registry, store, { book, renewals, fence, cap })
}

/**
 * The facts with what the store has of one profile by now, everything else as it was: for who knows that nothing else is of interest yet.
 * @param record of its renewals
 * @returns undefined where that is not enough, so that everything is to be read
 */
export function withProfile(
  { home, registry, store }: { home: Home; registry: Registry; store: AgentStore },
  facts: AgentFacts,
  profile: Profile,
  record: RenewalRecord | undefined,
): AgentFacts | undefined {
  const { config } = facts
  const id = profile.provider
  const known = facts.providers.get(id)
  const before = known?.candidates.find((one) => one.id === profile.id && one.source.kind === 'profile')
  if (known === undefined || before?.source.kind !== 'profile') return undefined
  if (known.candidates.some(({ behind }) => behind?.rule === 'same_as' && behind.of === profile.id)) return undefined
  const settings = config.providers.get(id)
  const provider = registry.find(id, settings)
  const baseUrl = settings?.baseUrl ?? provider?.baseUrl
  const next = storedCandidate(profile, { home, store, provider, baseUrl, file: before.source.file, record })
  const { takenAt } = before
  const fresh = {
    ...marked(next, [], config.shared, settings?.missing),
    ...(takenAt === undefined ? {} : { takenAt }),
    ...(before.ramps === undefined ? {} : { ramps: before.ramps }),
  }
  const candidate = withSlots(home, config, store.owner, fresh)
  const candidates = known.candidates.map((one) => (one === before ? candidate : one))
  return { ...facts, providers: new Map(facts.providers).set(id, { ...known, candidates }) }
}

const NOTHING_OLDER: Omit<WholeBook, keyof ProfileBook> = { older: [], from: new Map(), troubles: [] }

function factsOf(
  home: Home,
  registry: Registry,
  store: AgentStore,
  {
    book,
    renewals,
    fence,
    cap,
  }: {
    book: WholeBook
    renewals: ReadonlyMap<string, RenewalRecord>
    fence: Fence | undefined
    cap: DayCap | undefined
  },
): AgentFacts {
  const config = home.config()
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
  const headroomOf = (candidate: Candidate, now: number): number =>
    headroomIn(store.health.usage(healthIdOf(candidate)), now)
  const { percent } = config.reserve
  const until = (candidate: Candidate, now: number): number =>
    keptUntil(store.health.usage(healthIdOf(candidate)), percent, now)
  const providers = new Map<string, ProviderFacts>()
  for (const id of ids) {
    const provider = registry.find(id, config.providers.get(id))
    const settings = config.providers.get(id)
    const candidates = [
      ...stored
        .filter((profile) => profile.provider === id)
        .map((profile) =>
          storedCandidate(profile, {
            home,
            store,
            provider,
            baseUrl: settings?.baseUrl ?? provider?.baseUrl,
            file: fileOf(profile.id),
            record: renewals.get(profile.id),
          }),
        ),
      ...book.foreign
        .filter((entry) => entry.provider === id)
        .map((entry) => foreignCandidate(entry, store, fileOf(entry.id))),
      ...(provider === undefined ? [] : environment(variables, home, store, provider, settings, home.system.now())),
    ]
    if (candidates.length === 0 && provider?.needsNoSecret === true && settings !== undefined) {
      candidates.push(bareCandidate(id, store))
    }
    const order = orderOf(home, store, book, id)
    providers.set(id, {
      provider: id,
      candidates: candidates.map((candidate) =>
        withSlots(home, config, store.owner, marked(candidate, candidates, config.shared, settings?.missing)),
      ),
      ...(order === undefined ? {} : { order }),
      ...(config.routing.get(id) === 'headroom' ? { headroomOf } : {}),
      ...(settings?.billing === undefined && provider?.billing === undefined
        ? {}
        : {
            billing: {
              ...provider?.billing,
              ...(settings?.billing === undefined ? {} : { api_key: settings.billing }),
            },
          }),
      ...(fence === undefined ? {} : { fence }),
      ...(cap === undefined
        ? {}
        : {
            cap: {
              ...cap,
              priceOf: (model: string) => priceFrom(settings?.prices, home.modelLists.known(), id, model),
            },
          }),
      ...(percent > 0 ? { reserve: { percent, until } } : {}),
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
    modelLists: home.modelLists.known,
    usageOf: (candidate) => store.health.usage(healthIdOf(candidate)),
    ...(home.shell.isWanted() ? { shellEnv: { enabled: true, appliedKeys: appliedNames(home, all) } } : {}),
    ...(book.older.length + book.troubles.length === 0 ? {} : { older: olderOf(book) }),
  }
}

/** What a person allows is read only where a person is asked; whatever cannot be read allows nothing. */
async function fenceOf(home: Home): Promise<Fence | undefined> {
  const { rule } = home.config().spend
  if (rule === 'allow') return undefined
  if (rule === 'never') return { rule }
  try {
    const consent = await home.spend.consent.read()
    return { rule, ...(consent === undefined ? {} : { openUntil: consent.until }) }
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown'
    home.system.log.warn('nothing is allowed to be spent: what a person allowed cannot be read', { why })
    return { rule }
  }
}

type DayCap = Omit<Cap, 'priceOf'>

/** The cap, with what stands against it at every moment. Whoever cannot read what was spent is refused when the call is to be paid for. */
async function dayCapOf(home: Home): Promise<DayCap | undefined> {
  const amount = capOf(home)
  if (amount === undefined) return undefined
  const budget = budgetOf(home)
  await budget.look().catch((error: unknown) => {
    const why = error instanceof Error ? error.message : 'unknown'
    home.system.log.warn('what was spent today cannot be read', { file: home.spend.book.where(), why })
  })
  return { amount, spent: (now) => budget.spent(now) }
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
