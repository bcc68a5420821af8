// What probes and monitors ask: alive, ready, counters. Without a token they learn nothing but yes or no.
import { budgetOf, capOf } from '../auth/budget.ts'
import { waitsOf } from '../auth/wait.ts'
import { agentIds } from '../core/config.ts'
import { processFigures } from '../system/load.ts'
import type { Handler, House } from './house.ts'
import type { Gauge } from './metrics.ts'
import { labelText } from './metrics-page.ts'
import { profileLabel } from './profile-label.ts'
import { replyJson, replyText } from './reply.ts'

/** Costs are counted in millionths of a dollar. */
const MICRO = 1_000_000

/** Alive. Answers even when everything else is refused. */
export const health: Handler = ({ response }) => replyJson(response, 200, { ok: true, status: 'live' })

/** Whether calls can be served, and what is missing. */
export const ready: Handler = ({ house, request, response, head }) => {
  const failing = failingOf(house)
  const isReady = failing.length === 0
  const principal = house.gate.admit(head, request.socket)
  const mayRead = 'scopes' in principal && principal.scopes.has('read')
  const details = { failing, uptimeMs: Math.round(house.system.now() - house.startedAt) }
  replyJson(response, isReady ? 200 : 503, { ready: isReady, ...(mayRead ? details : {}) })
}

/** One word for everything that keeps calls from being served. */
export function failingOf(house: House): string[] {
  const failing: string[] = []
  if (house.isClosing) failing.push('stopping')
  if (house.isOverloaded) failing.push('overloaded')
  if (house.transport === undefined || house.view === undefined) failing.push('starting')
  else {
    const { providers } = house.view.facts()
    const isServed = [...providers.values()].some(({ candidates }) =>
      candidates.some(({ defect, behind }) => defect === undefined && behind === undefined),
    )
    if (!isServed) failing.push('no_credential')
  }
  return failing
}

export const metrics: Handler = ({ house, response }) => {
  const { calls, webSockets, lagMs } = house
  const waits = waitsOf(house.auth.home)
  const gauges = [...restGauges(house), ...spendGauges(house)]
  const text = house.metrics.render({ calls, waits, webSockets, lagMs, process: processFigures(), gauges })
  replyText(response, 200, 'text/plain; version=0.0.4; charset=utf-8', text)
}

/** Who rests, of the agents that were asked for anything since the start. */
function restGauges({ auth, system }: House): Gauge[] {
  const now = system.now()
  return agentIds(auth.home.config()).flatMap((agent) => {
    const providers = auth.peek(agent)?.facts().providers.values() ?? []
    return [...providers].flatMap(({ provider, candidates }) =>
      candidates.flatMap(({ id, health: { cooldownUntil = 0, disabledUntil = 0 } }): Gauge[] => {
        const left = (Math.max(cooldownUntil, disabledUntil) - now) / 1000
        if (left <= 0) return []
        const kind = disabledUntil > cooldownUntil ? 'disabled' : 'cooldown'
        const labels = labelText({ agent, provider, profile: profileLabel(system, id), kind })
        return [['keyclaw_profile_rest_seconds', labels, left]]
      }),
    )
  })
}

/** Of money, as far as it is known in memory. */
function spendGauges({ auth: { home }, system }: House): Gauge[] {
  const cap = capOf(home)
  if (cap === undefined) return []
  const spent = budgetOf(home).spent(system.now())
  return [
    ['keyclaw_spend_today_usd', '', spent / MICRO],
    ['keyclaw_spend_cap_usd', '', cap / MICRO],
  ]
}
