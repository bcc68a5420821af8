// What probes and monitors ask: alive, ready, counters. Without a token they learn nothing but yes or no.
import { waitsOf } from '../auth/wait.ts'
import { processFigures } from '../system/load.ts'
import type { Handler, House } from './house.ts'
import { replyJson, replyText } from './reply.ts'

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
  const text = house.metrics.render({ calls, waits, webSockets, lagMs, process: processFigures() })
  replyText(response, 200, 'text/plain; version=0.0.4; charset=utf-8', text)
}
