// A process that lives: its views follow the files, and its logins are renewed before they are needed.
import { hasAgent } from '../core/config.ts'
import { MINUTE_MS } from '../core/expiry.ts'
import type { Candidate } from '../core/order.ts'
import { renewalNeedOf } from '../core/pick.ts'
import type { AgentFacts } from '../core/status.ts'
import type { System, Timer } from '../system/system.ts'
import type { Auth, View } from './auth.ts'
import { budgetOf, capOf } from './budget.ts'
import { refresh } from './refresh.ts'

/** An editor may empty a file before it fills it; what was read in between would hold until the next change, were that one unreadable. */
const SETTLE_MS = 100

/** Logins that end soon are looked for about as often: processes that were started together do not stay in step. */
const RENEW_EVERY_MS = 30_000
const RENEW_SPREAD = 0.5

/** What can no longer be undone is cleared away as often. */
const PRUNE_EVERY_MS = 15 * MINUTE_MS

/** Views open at the first call of an agent; they are followed from the next look on. */
const FOLLOW_EVERY_MS = 500

/**
 * Keeps open views current while others change the files, and logins alive while nobody calls.
 * @param views by agent; those that are open later are followed, too
 * @param reloaded called after the config was read anew
 * @returns stops
 */
export function watch(
  auth: Auth,
  views: Map<string, View>,
  reloaded: (() => Promise<void>) | undefined,
): { close(): void } {
  const { home } = auth
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
  let closed = false
  let emptied: Timer | undefined
  const takeOver = (key: string): void =>
    reload(key, async () => {
      await system.sleep(SETTLE_MS)
      if (closed) return
      await home.reload()
      // A config that holds nothing counts only when it has stayed so: nobody else would look then.
      emptied?.cancel()
      const restMs = home.configRestMs()
      emptied = closed || restMs === undefined ? undefined : system.timer(restMs, () => takeOver(layout.config))
      for (const view of [...views.values()]) {
        const isSame = hasAgent(home.config(), view.agentId) && home.agent(view.agentId) === view.store
        // Gone, or pointed at other credentials: opened anew when somebody asks for it.
        if (!isSame) views.delete(view.agentId)
        // The store of one agent is no reason to leave the others as they were.
        else if (isOwn(view)) await view.reload().catch(told(view.store.profiles.where()))
      }
      await reloaded?.()
    })
  const watches = [backend.notice([layout.config, layout.dotenv, layout.modelLists], takeOver)]
  watches.push(
    backend.notice([layout.spendConsent], (key) =>
      reload(key, async () => {
        for (const view of [...views.values()].filter(isOwn)) await view.reload()
      }),
    ),
  )
  watches.push(
    backend.notice([layout.spendBook], (key) =>
      reload(key, async () => {
        if (capOf(home) !== undefined) await budgetOf(home).look()
      }),
    ),
  )
  const watched = new Set<string>()
  const follow = (): void => {
    for (const view of views.values()) {
      const { agentId } = view
      const profiles = layout.profiles(agentId)
      if (watched.has(profiles) || !isOwn(view)) continue
      watched.add(profiles)
      const cache = layout.cache(agentId)
      const older = view.store.legacy.places().map(({ path }) => path)
      watches.push(
        backend.notice([...new Set([profiles, cache, ...older])], (key) =>
          reload(key, async () => {
            const open = views.get(agentId)
            await (key === cache ? open?.reloadHealth() : open?.reload())
            if (open?.facts().older?.isPending !== true) return
            // A login that was carried to this machine, say.
            const { importLegacy } = await import('./import-legacy.ts')
            await importLegacy(auth, agentId, { isOptional: true })
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
  let renewing = system.timer(renewEvery(system), renew)
  async function renew(): Promise<void> {
    for (const view of views.values()) {
      if (!isOwn(view)) continue
      await renewAhead(view).catch((error: unknown) => {
        const why = error instanceof Error ? error.message : 'unknown'
        system.log.error('logins could not be looked after', { agent: view.agentId, why })
      })
    }
    if (!closed) renewing = system.timer(renewEvery(system), renew)
  }
  let pruning = system.timer(0, prune)
  async function prune(): Promise<void> {
    for (const { agentId, store } of [...views.values()].filter(isOwn)) {
      await store.changes.prune().catch((error: unknown) => {
        const why = error instanceof Error ? error.message : 'unknown'
        system.log.warn('what can no longer be undone could not be cleared away', { agent: agentId, why })
      })
    }
    if (!closed) pruning = system.timer(PRUNE_EVERY_MS, prune)
  }
  return {
    close: () => {
      closed = true
      emptied?.cancel()
      timer.cancel()
      renewing.cancel()
      pruning.cancel()
      for (const one of watches) one.close()
    },
  }
}

function renewEvery({ randomBytes }: System): number {
  const share = (randomBytes(1)[0] ?? 0) / 255
  return RENEW_EVERY_MS * (1 + RENEW_SPREAD * (share - 0.5))
}

/** Agents that use another one's credentials follow that one's view. */
function isOwn({ store, agentId }: View): boolean {
  return store.owner === agentId
}

/** The logins that renew themselves. */
export function loginsOf(facts: AgentFacts): Candidate[] {
  return [...facts.providers.values()].flatMap(({ candidates }) =>
    candidates.filter(({ renewable }) => renewable === true),
  )
}

/** Renews what ends soon although nobody calls: an account that rests, or waits for its turn, is alive when it is needed. */
async function renewAhead(view: View): Promise<void> {
  const { system, spool } = view.home
  if (spool.isUnsafe()) await spool.absorb(view.store.profiles)
  for (const login of loginsOf(view.facts())) {
    if (renewalNeedOf(login, system.now()) === 'later') continue
    const done = await refresh(view, login.id)
    if (done.kind !== 'live') {
      const why = done.kind === 'ended' ? done.reason : done.failure.detail
      system.log.warn('a login could not be renewed', { agent: view.agentId, profile: login.id, why })
    }
  }
}
