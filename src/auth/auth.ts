// The credential plane opened: one home, its providers, and a live view per agent. The verbs beside this file work on it.
import { hasAgent } from '../core/config.ts'
import { healthIdOf } from '../core/order.ts'
import type { AgentFacts } from '../core/status.ts'
import { createRegistry, type Registry } from '../providers/registry.ts'
import { type AgentStore, type Home, openHome } from '../store/home.ts'
import type { System } from '../system/system.ts'
import { wantedNames } from './environment.ts'
import { collectFacts } from './resolve.ts'

/** What is known of one agent, kept in memory: no call opens a file. */
export type View = {
  agentId: string
  store: AgentStore
  home: Home
  registry: Registry
  facts(): AgentFacts
  /** Reads everything of this agent anew. @throws AuthError; the facts before stay in force */
  reload(): Promise<void>
  /** Reads health alone anew: our own marks come back this way every second, and must cost the calls nothing. */
  reloadHealth(): Promise<void>
}

export type Auth = {
  home: Home
  registry: Registry
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
}

/**
 * Opens the credential plane on a machine. Reads; writes nothing.
 * @param options.profile a second installation beside the first (`--profile`)
 */
export async function createAuth(system: System, options: { profile?: string } = {}): Promise<Auth> {
  const home = await openHome(system, options)
  const registry = createRegistry()
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
      hideSecrets(system, next)
      facts = next
    }
    const readHealth = async (): Promise<void> => {
      const before = store.health.legacy().length
      await store.health.load()
      if (before > 0 || store.health.legacy().length > 0) return read()
      for (const { candidates } of facts.providers.values()) {
        for (const candidate of candidates) {
          const health = store.health.get(healthIdOf(candidate))
          // What is the same stays the same object: the calls' compiled code rests on it.
          if (JSON.stringify(candidate.health) !== JSON.stringify(health)) candidate.health = health
        }
      }
    }
    let reading: Promise<void> = Promise.resolve()
    // One after the other: a slow old reading must not replace a quick new one.
    const inTurn = (work: () => Promise<void>): Promise<void> => {
      reading = reading.then(work, work)
      return reading
    }
    const view: View = {
      agentId,
      store,
      home,
      registry,
      facts: () => facts,
      reload: () => inTurn(read),
      reloadHealth: () => inTurn(readHealth),
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

  return {
    home,
    registry,
    peek: (agentId) => views.get(agentId),
    view: viewOf,
    watch: (reloaded) => watchHome(home, views, reloaded),
    flush: async () => {
      await Promise.all([...views.values()].map((view) => view.store.health.flush()))
    },
  }
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

function hideSecrets(system: System, facts: AgentFacts): void {
  for (const { candidates } of facts.providers.values()) {
    for (const { secret } of candidates) if (secret !== undefined) system.log.hide(secret)
  }
}

/** Which credential was handed out when is this process's own knowledge; a reload must not forget it. */
function carryTurns(before: AgentFacts, next: AgentFacts): void {
  for (const [provider, { candidates }] of next.providers) {
    for (const candidate of candidates) {
      const same = before.providers.get(provider)?.candidates.find((one) => healthIdOf(one) === healthIdOf(candidate))
      const takenAt = same?.takenAt
      if (takenAt !== undefined) candidate.takenAt = takenAt
    }
  }
}

/** Agents that use another one's credentials follow that one's view. */
function isOwn({ store, agentId }: View): boolean {
  return store.owner === agentId
}

function watchHome(
  home: Home,
  views: Map<string, View>,
  reloaded: (() => Promise<void>) | undefined,
): { close(): void } {
  const { backend, layout, system } = home
  let running = Promise.resolve()
  const told =
    (what: string) =>
    (error: unknown): void =>
      system.log.error('a change could not be read; what was known before stays in force', {
        what,
        why: error instanceof Error ? error.message : 'unknown',
      })
  const reload = (what: string, work: () => Promise<void>): void => {
    running = running.then(work).catch(told(what))
  }
  const watches = [
    backend.notice([layout.config, layout.dotenv], (key) =>
      reload(key, async () => {
        await system.sleep(SETTLE_MS)
        await home.reload()
        for (const view of [...views.values()]) {
          const isSame = hasAgent(home.config(), view.agentId) && home.agent(view.agentId) === view.store
          // Gone, or pointed at other credentials: opened anew when somebody asks for it.
          if (!isSame) views.delete(view.agentId)
          // The store of one agent is no reason to leave the others as they were.
          else if (isOwn(view)) await view.reload().catch(told(view.store.profiles.where()))
        }
        await reloaded?.()
      }),
    ),
  ]
  const watched = new Set<string>()
  const follow = (): void => {
    for (const view of views.values()) {
      const { agentId } = view
      const profiles = layout.profiles(agentId)
      if (watched.has(profiles) || !isOwn(view)) continue
      watched.add(profiles)
      watches.push(
        backend.notice([profiles, layout.cache(agentId)], (key) =>
          reload(key, async () => {
            const open = views.get(agentId)
            await (key === profiles ? open?.reload() : open?.reloadHealth())
          }),
        ),
      )
    }
  }
  follow()
  let timer = system.timer(FOLLOW_EVERY_MS, again)
  function again(): void {
    follow()
    timer = system.timer(FOLLOW_EVERY_MS, again)
  }
  return {
    close: () => {
      timer.cancel()
      for (const watch of watches) watch.close()
    },
  }
}

/** An editor may empty a file before it fills it; what was read in between would hold until the next change, were that one unreadable. */
const SETTLE_MS = 100

/** Views open at the first call of an agent; they are followed from the next look on. */
const FOLLOW_EVERY_MS = 500
