// The credential plane opened: one home, its providers, and a live view per agent. The verbs beside this file work on it.
import type { Health } from '../core/health.ts'
import { type Candidate, healthIdOf } from '../core/order.ts'
import type { Profile } from '../core/profile.ts'
import { rampsWithout } from '../core/ramp.ts'
import { endedBecause, type RenewalRecord } from '../core/renewal.ts'
import type { AgentFacts } from '../core/status.ts'
import type { LoadedPlugins } from '../providers/plugin.ts'
import { createRegistry, type Registry } from '../providers/registry.ts'
import { type AgentStore, type Home, openHome } from '../store/home.ts'
import type { System } from '../system/system.ts'
import { closeBudget } from './budget.ts'
import { wantedNames } from './environment.ts'
import { followAccounts } from './issuers.ts'
import { toldStores } from './neighbours.ts'
import { collectFacts, withProfile } from './resolve.ts'
import { callWaiting } from './wait.ts'
import { loginsOf, watch } from './watch.ts'

/** What is known of one agent, kept in memory: no call opens a file. */
export type View = {
  agentId: string
  store: AgentStore
  home: Home
  registry: Registry
  facts(): AgentFacts
  /** Reads everything of this agent anew. @throws AuthError; the facts before stay in force */
  reload(): Promise<void>
  /** Takes over what was just read of one profile; everything is read anew only where that changes more than this profile. */
  adopt(profile: Profile, record: RenewalRecord | undefined): Promise<void>
  /** Reads health alone anew: our own marks come back this way every second, and must cost the calls nothing. */
  reloadHealth(): Promise<void>
  /** The view of another agent, where somebody has opened it or is about to. */
  opened(agentId: string): View | Promise<View> | undefined
}

export type Auth = {
  home: Home
  registry: Registry
  /** Those that the config enables, and what is wrong with them. */
  plugins: LoadedPlugins
  /**
   * @param options.asksShell false for whoever needs no credential: the login shell, where it is wanted, may take its time
   * @throws AuthError unknown_agent, unreadable_store
   */
  view(agentId: string, options?: { asksShell?: boolean }): Promise<View>
  /** The view when it is open already; the request path asks this one. */
  peek(agentId: string): View | undefined
  /**
   * Keeps every open view current while others change the files.
   * @param reloaded called after the config was read anew: agents may have come, gone, or been pointed elsewhere
   * @returns stops
   */
  watch(reloaded?: () => Promise<void>): { close(): void }
  /** Writes what is pending. */
  flush(): Promise<void>
  /** One line for the person, about something that was done on the way. */
  tell(line: string): void
}

/**
 * Opens the credential plane on a machine. Reads; writes nothing.
 * @param options.profile a second installation beside the first (`--profile`)
 * @param options.tell hears what was done on the way; absent: the log does
 */
export async function createAuth(
  system: System,
  { tell = (line) => system.log.info(line), ...options }: { profile?: string; tell?: (line: string) => void } = {},
): Promise<Auth> {
  const home = await openHome(system, options)
  const { registry, plugins } = await registryWith(home)
  const views = new Map<string, View>()
  const opening = new Map<string, Promise<View>>()

  const open = async (agentId: string, asksShell: boolean): Promise<View> => {
    const store = home.agent(agentId)
    if (store.owner !== agentId) {
      const borrowed = borrowedView(store, await viewOf(store.owner, { asksShell }))
      views.set(agentId, borrowed)
      return borrowed
    }
    if (asksShell) await home.askShell(wantedNames(registry))
    let facts = await collectFacts(home, registry, agentId)
    hideSecrets(system, facts)
    const read = async (): Promise<void> => {
      if (asksShell) await home.askShell(wantedNames(registry))
      const next = await collectFacts(home, registry, agentId)
      carryTurns(facts, next)
      followAccounts({ store }, home, facts, next)
      hideSecrets(system, next)
      facts = next
    }
    const adopt = (profile: Profile, record: RenewalRecord | undefined): Promise<void> => {
      const next = withProfile({ home, registry, store }, facts, profile, record)
      if (next === undefined) return read()
      hideSecrets(system, next)
      facts = next
      return Promise.resolve()
    }
    const readHealth = async (): Promise<void> => {
      const wasOld = store.health.isOld()
      await store.health.load()
      if (wasOld || store.health.isOld() || (await hasLoginEnded(home, store, facts))) return read()
      for (const { candidates } of facts.providers.values()) {
        for (const candidate of candidates) {
          const health = store.health.get(healthIdOf(candidate))
          // What is the same stays the same object: the calls' compiled code rests on it.
          if (JSON.stringify(candidate.health) === JSON.stringify(health)) continue
          easeIn(candidate, candidate, health)
          candidate.health = health
        }
      }
    }
    let reading: Promise<void> = Promise.resolve()
    // One after the other: a slow old reading must not replace a quick new one.
    const inTurn = (work: () => Promise<void>): Promise<void> => {
      reading = reading.then(work, work)
      const read = reading
      read.then(
        () => callWaiting(home),
        () => undefined,
      )
      return read
    }
    const view: View = {
      agentId,
      store,
      home,
      registry,
      facts: () => facts,
      reload: () => inTurn(read),
      adopt: (profile, record) => inTurn(() => adopt(profile, record)),
      reloadHealth: () => inTurn(readHealth),
      opened: (other) => views.get(other) ?? opening.get(other),
    }
    views.set(agentId, view)
    return view
  }

  const viewOf: Auth['view'] = (agentId, { asksShell = true } = {}) => {
    const ready = views.get(agentId)
    if (ready !== undefined) return Promise.resolve(ready)
    const running = opening.get(agentId) ?? open(agentId, asksShell).finally(() => opening.delete(agentId))
    opening.set(agentId, running)
    return running
  }

  const auth: Auth = {
    home,
    registry,
    plugins,
    tell,
    peek: (agentId) => views.get(agentId),
    view: viewOf,
    watch: (reloaded) => watch(auth, views, reloaded),
    flush: async () => {
      const absorbed = async (): Promise<void> => {
        if (home.spool.isUnsafe()) for (const { store } of views.values()) await home.spool.absorb(store.profiles)
      }
      const stores = new Set([...[...views.values()].map(({ store }) => store), ...toldStores(home)])
      const written = [...stores].flatMap(({ health, cacheTurns, ledger }) => [
        health.flush(),
        cacheTurns.flush(),
        ledger.flush(),
      ])
      // What cannot be written costs the others nothing.
      const done = await Promise.allSettled([absorbed(), closeBudget(home), ...written])
      const failed = done.find((one) => one.status === 'rejected')
      if (failed !== undefined) throw failed.reason
    },
  }
  return auth
}

/** Without enabled plugins nothing is loaded, not even what would load them. */
async function registryWith(home: Home): Promise<Pick<Auth, 'registry' | 'plugins'>> {
  const own = createRegistry()
  if (home.config().plugins.enabled.length === 0) {
    return { registry: own, plugins: { plugins: [], providers: [], findings: [] } }
  }
  const { loadPlugins } = await import('../providers/plugin.ts')
  const plugins = await loadPlugins(home, new Set(own.all().map(({ id }) => id)))
  return { registry: plugins.providers.length === 0 ? own : createRegistry(plugins.providers), plugins }
}

/** The view of an agent pointed at another one's credentials: the same candidates, so that a mark made through either is seen by both. */
function borrowedView(store: AgentStore, lender: View): View {
  const { agentId, agentDir, owner } = store
  let source = lender.facts()
  const borrow = (): AgentFacts => ({ ...source, agentId, agentDir, owner })
  let facts = borrow()
  return {
    ...lender,
    agentId,
    store,
    facts: () => {
      const next = lender.facts()
      if (next !== source) {
        source = next
        facts = borrow()
      }
      return facts
    },
  }
}

/** Whether another process found out that a login which still counts here cannot be renewed any more. */
async function hasLoginEnded(home: Home, store: AgentStore, facts: AgentFacts): Promise<boolean> {
  const logins = loginsOf(facts)
  if (logins.length === 0) return false
  const renewals = await store.renewals.read()
  const suspects = logins.filter(({ id }) => renewals.get(id)?.claim?.state === 'refused')
  if (suspects.length === 0) return false
  const { profiles } = await home.spool.applied(store.profiles.where(), store.profiles.read)
  return suspects.some(({ id }) => {
    const credential = profiles.find((profile) => profile.id === id)?.credential
    if (credential?.kind !== 'oauth' || credential.refresh === undefined) return true
    return endedBecause(renewals.get(id), home.system.fingerprint(credential.refresh)) !== undefined
  })
}

function hideSecrets(system: System, facts: AgentFacts): void {
  for (const { candidates } of facts.providers.values()) {
    for (const { secret } of candidates) if (secret !== undefined) system.log.hide(secret)
  }
}

/** An account whose rest a person or another process ended comes back little by little here, too; one that comes back goes on so. */
function easeIn(before: Candidate, next: Candidate, health: Health): void {
  const ramps = before.ramps ?? rampsWithout(before.health, health)
  if (ramps !== undefined) next.ramps = ramps
}

/** Which credential was handed out when is this process's own knowledge; a reload must not forget it. */
function carryTurns(before: AgentFacts, next: AgentFacts): void {
  for (const [provider, { candidates }] of next.providers) {
    for (const candidate of candidates) {
      const same = before.providers.get(provider)?.candidates.find((one) => healthIdOf(one) === healthIdOf(candidate))
      if (same !== undefined) easeIn(same, candidate, candidate.health)
      const takenAt = same?.takenAt
      if (takenAt !== undefined) candidate.takenAt = takenAt
    }
  }
}
