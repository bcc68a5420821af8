// From a request to its handler: guard, route, token, capacity, in this order, every one of them from the same parsed head.
import type { IncomingRequest, OutgoingResponse } from '../system/listen.ts'
import { VERSION } from '../system/version.ts'
import { deniedRefusal } from './denied.ts'
import type { Principal } from './gate.ts'
import { type Refusal, readHead } from './guard.ts'
import { HANDLERS } from './handlers.ts'
import type { House } from './house.ts'
import { refuse } from './reply.ts'
import { type Dialect, findRoute } from './routes.ts'
import type { Names } from './site.ts'

/** Answers one request. */
export function serve(house: House, names: Names, request: IncomingRequest, response: OutgoingResponse): void {
  // A client that goes away in the middle of an answer is no event.
  response.on('error', ignore)
  const { head, refusal } = readHead(request, names, house.limits)
  const say = (dialect: Dialect, why: Refusal, headers: readonly string[] = []): void => {
    house.metrics.refused(why.code)
    refuse(response, dialect, why, { id: house.system.uuid(), close: true, headers })
  }
  if (head === undefined) {
    say('own', refusal)
    return
  }
  const route = findRoute(head.method, head.path)
  if (route === undefined) {
    say('own', { status: 404, code: 'no_route', message: 'There is nothing here.' })
    return
  }
  if (!('handler' in route)) {
    const allow = route.join(', ')
    say('own', { status: 405, code: 'wrong_method', message: `This path takes ${allow}.` }, ['allow', allow])
    return
  }
  const dialect = route.dialect === 'openai' && head.anthropicVersion !== undefined ? 'anthropic' : route.dialect
  // Nobody would read it, and nobody would look how slowly it comes.
  if (route.bodyBytes === 0 && (head.chunked || (head.contentLength ?? 0) > 0)) {
    say(dialect, { status: 413, code: 'too_large', message: 'This path takes no body.' })
    return
  }
  let principal: Principal | undefined
  if (route.scope !== 'public') {
    const admitted = house.gate.admit(head, request.socket)
    if (!('scopes' in admitted)) {
      say(dialect, deniedRefusal(admitted))
      return
    }
    if (!admitted.scopes.has(route.scope)) {
      say(dialect, { status: 403, code: 'out_of_scope', message: `This needs the scope "${route.scope}".` })
      return
    }
    principal = admitted
  }
  const full = route.scope === 'call' ? fullRefusal(house, principal, head.userAgent) : undefined
  if (full !== undefined) {
    say(dialect, full)
    return
  }
  const whenClosed: (() => void)[] = []
  response.on('close', () => {
    if (response.headersSent) house.metrics.request(route.path, response.statusCode)
    for (const close of whenClosed) close()
  })
  HANDLERS[route.handler]({ house, request, response, head, route, principal, whenClosed })
}

function ignore(this: OutgoingResponse): void {
  this.destroy()
}

const BUSY_MS = 1000

/** Why no new call is begun just now. */
function fullRefusal(
  house: House,
  principal: Principal | undefined,
  userAgent: string | undefined,
): Refusal | undefined {
  const busy = (message: string): Refusal => ({ status: 503, code: 'busy', message, retryAfterMs: BUSY_MS })
  if (house.isClosing) return busy('The gateway is stopping.')
  if (house.isOverloaded) return busy('The gateway has more to do than it can.')
  if (house.calls >= house.limits.calls) return busy('Too many calls are under way.')
  if ((house.callsBy.get(principal?.name ?? 'token') ?? 0) >= house.limits.callsPerPrincipal) {
    return busy('Too many calls of this token are under way.')
  }
  // Our own name in a request means that a provider's base URL points at a gateway: at this one, it would go round for ever (V25).
  if (userAgent?.startsWith('keyclaw/') === true) {
    return {
      status: 508,
      code: 'loop',
      message: `A gateway (keyclaw ${VERSION}) calls itself: the base URL of a provider points here.`,
      remedy: 'openclaw models status',
    }
  }
  return undefined
}
