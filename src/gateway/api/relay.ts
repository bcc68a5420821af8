// A vendor's dialect relayed: the body is read as it comes, the model's name picks the provider, and the answer's bytes pass as they are.
// This is the path every token travels: no promises, no streams, one object per call.
import type { View } from '../../auth/auth.ts'
import { call } from '../../auth/call.ts'
import { unknownProvider } from '../../auth/refuse.ts'
import type { VendorCall } from '../../auth/vendor-call.ts'
import { modelRefIn, modelsOf } from '../../core/config.ts'
import { type Conversation, conversationOf } from '../../core/conversation.ts'
import { AuthError } from '../../core/errors.ts'
import type { ModelRef } from '../../core/model-ref.ts'
import type { PinWish } from '../../core/pick.ts'
import { BodyScan } from '../../core/scan.ts'
import { Unsayable } from '../../dialects/unsayable.ts'
import { type Endpoint, isCounting, type Provider } from '../../providers/provider.ts'
import type { Transport } from '../../system/send.ts'
import { takeBody } from '../body.ts'
import type { Refusal } from '../guard.ts'
import type { House, Visit } from '../house.ts'
import { refusalOf, refuse } from '../reply.ts'
import { agentNamed } from './agent-name.ts'
import { signOf } from './book-call.ts'
import { Held, TwoAccounts } from './bound.ts'
import { type Interpreted, interpreterFor, unsaidText } from './interpreter.ts'
import { profileWish } from './profile-wish.ts'
import { RelaySink } from './relay-sink.ts'
import { type Asked, readAsked } from './splice.ts'
import { withoutStamps } from './without-stamps.ts'

/** How a dialect differs from the other. */
export type DialectRules = {
  /** Headers the vendor insists on, added when the client left them out. */
  complete(forward: string[]): string[]
  /** Where something else than the body names the model: what is asked, or a sentence saying what is wrong. */
  asked?(visit: Visit, scan: BodyScan, pieces: readonly Uint8Array[], bytes: number): Asked | string
}

/** Takes a request of the endpoint and relays it. */
export function relay(visit: Visit, endpoint: Endpoint, rules: DialectRules): void {
  const { house, head } = visit
  if (head.contentEncoding !== undefined && head.contentEncoding !== 'identity') {
    sayNo(visit, { status: 415, code: 'unsupported_encoding', message: 'Bodies are taken uncompressed only.' }, true)
    return
  }
  const relayTo = (asked: Asked, agentId: string | undefined): void => {
    const view = agentId === undefined ? house.view : house.auth.peek(agentId)
    if (view !== undefined && house.transport !== undefined) {
      begin(visit, view, house.transport, endpoint, asked, rules)
      return
    }
    // The first call of an agent, or one that came while we were starting.
    open(house, agentId).then(
      ([opened, transport]) => safely(visit, () => begin(visit, opened, transport, endpoint, asked, rules)),
      (error: unknown) => sayNo(visit, asRefusal(house, error)),
    )
  }
  const scan = new BodyScan()
  const heard = (pieces: readonly Uint8Array[], bytes: number): void => {
    const asked = rules.asked?.(visit, scan, pieces, bytes) ?? readAsked(scan, pieces, bytes)
    if (typeof asked === 'string') {
      sayNo(visit, { status: 400, code: 'invalid_request', message: asked })
      return
    }
    // A header says it more plainly than the name of a model.
    const named = agentNamed(asked.model)
    const agentId = head.agentId ?? named?.agentId
    if (named !== undefined && endpoint !== 'count_tokens') {
      // Loaded by the first call of an agent's session.
      import('./session-turn.ts').then(
        ({ sessionTurn }) =>
          safely(visit, () => {
            if (!sessionTurn(visit, endpoint, asked, agentId)) relayTo(asked, agentId)
          }),
        (error: unknown) => sayNo(visit, asRefusal(house, error)),
      )
      return
    }
    relayTo(asked, agentId)
  }
  takeBody(visit, {
    piece: (chunk) => scan.push(chunk),
    refused: (refusal) => sayNo(visit, refusal, true),
    done: (pieces, bytes) => safely(visit, () => heard(pieces, bytes)),
  })
}

async function open({ auth, system }: House, agentId: string | undefined): Promise<[View, Transport]> {
  return await Promise.all([auth.view(auth.home.pickAgent(agentId)), system.transport()])
}

/** What went wrong before a vendor was asked, for the client; what nobody foresaw goes to the log. */
export function asRefusal(house: House, error: unknown): Refusal {
  if (error instanceof AuthError) {
    const status = error.code === 'unknown_agent' ? 404 : error.code === 'unknown_model' ? 400 : 500
    return refusalOf(error, status, house.system.now())
  }
  house.system.log.error('a call failed inside the gateway', {
    why: error instanceof Error ? error.message : 'unknown',
  })
  return { status: 500, code: 'internal', message: 'The gateway failed inside; its log says more.' }
}

function sayNo(visit: Visit, refusal: Refusal, close = false): void {
  const { house, response, route } = visit
  refuse(response, route.dialect, refusal, { id: house.system.uuid(), close })
}

/** A mistake of ours over one call ends that call, and not the gateway. */
function safely(visit: Visit, work: () => void): void {
  try {
    work()
  } catch (error) {
    const refusal = asRefusal(visit.house, error)
    if (visit.response.headersSent) visit.response.destroy()
    else sayNo(visit, refusal)
  }
}

function begin(
  visit: Visit,
  view: View,
  transport: Transport,
  endpoint: Endpoint,
  asked: Asked,
  rules: DialectRules,
): void {
  const { house, response, head } = visit
  if (response.destroyed) return
  let ref: ModelRef
  let pin: PinWish | undefined
  let provider: Provider
  try {
    const { config } = view.facts()
    const name = agentNamed(asked.model) === undefined ? asked.model : modelsOf(config, view.agentId).primary
    ref = modelRefIn(config, view.agentId, name)
    provider = providerOf(view, ref, endpoint)
    if (head.profile !== undefined) pin = profileWish(view, ref.provider, head.profile)
  } catch (error) {
    sayNo(visit, asRefusal400(house, error))
    return
  }
  const isForeign = provider.endpoints[endpoint] === undefined
  if (isForeign && house.dialects === undefined) {
    loadDialects(house).then(
      () => safely(visit, () => begin(visit, view, transport, endpoint, asked, rules)),
      (error: unknown) => sayNo(visit, asRefusal(house, error)),
    )
    return
  }
  const { places, pieces } = asked
  const conversation = conversationOf({ endpoint, header: head.sessionKey, places, pieces }, house.seed)
  if (conversation !== undefined) {
    pin ??= house.pins.wish(view.agentId, ref.provider, conversation.key, house.system.monotonic())
  }
  const clean = withoutStamps(asked)
  const body = clean.withModel(ref.model)
  const plain: VendorCall = {
    provider: ref.provider,
    model: ref.model,
    endpoint,
    method: 'POST',
    body: body.pieces,
    bodyBytes: body.bytes,
    headers: rules.complete(head.forward),
    streaming: asked.streaming,
    from: fromOf(conversation, head.traceParent),
    for: 'program',
  }
  // What is rare is set when it is there: to spread it costs more than to build all the rest.
  if (pin !== undefined) plain.pin = pin
  if (head.query === 'beta=true') plain.query = '?beta=true'
  if (head.beyondLoopback) plain.beyondLoopback = true
  const held = isForeign ? undefined : Held.of(view, ref.provider, endpoint, asked)
  let request: VendorCall
  let spoken: Interpreted | undefined
  try {
    request = held?.on(plain) ?? plain
    spoken = isForeign ? speak(house, view, asked, request, provider, ref) : undefined
  } catch (error) {
    sayNo(visit, unsaid(house, error, endpoint, provider.label))
    return
  }
  const sink = new RelaySink(visit, view, clean, ref, request, { conversation, spoken, held })
  sink.start(call(view, transport, spoken?.request ?? request, sink))
}

/** @throws Unsayable */
function speak(
  house: House,
  view: View,
  asked: Asked,
  request: VendorCall,
  provider: Provider,
  ref: ModelRef,
): Interpreted {
  const interpreter = interpreterFor(house, asked, request)
  if (interpreter === undefined) throw new Unsayable('', 'this dialect is not translated')
  return interpreter.speak(view, request, provider, ref)
}

/** What the client said that the vendor cannot be told is the request's fault, and named. */
function unsaid(house: House, error: unknown, endpoint: Endpoint, label: string): Refusal {
  if (error instanceof TwoAccounts)
    return { status: 400, code: 'bound_to_account', message: `${error.message}.`, param: error.field }
  if (!(error instanceof Unsayable)) return asRefusal(house, error)
  const message = unsaidText(error, endpoint, label)
  return { status: 400, code: 'cannot_translate', message, ...(error.path === '' ? {} : { param: error.path }) }
}

async function loadDialects(house: House): Promise<void> {
  house.dialects ??= await import('../../dialects/dialects.ts')
}

function fromOf(
  conversation: Conversation | undefined,
  traceParent: string | undefined,
): NonNullable<VendorCall['from']> {
  const from: NonNullable<VendorCall['from']> = { face: 'api' }
  if (conversation !== undefined) from.session = signOf(conversation)
  if (traceParent !== undefined) from.traceParent = traceParent
  return from
}

/** What a model's name can be wrong with is the request's fault. */
function asRefusal400(house: House, error: unknown): Refusal {
  const refusal = asRefusal(house, error)
  return refusal.code === 'unknown_provider'
    ? { ...refusal, status: 404 }
    : { ...refusal, status: refusal.code === 'internal' ? 500 : 400 }
}

/** @throws AuthError unknown_provider, and wrong_dialect where nobody could translate */
function providerOf(view: View, ref: ModelRef, endpoint: Endpoint): Provider {
  const provider = view.registry.find(ref.provider, view.facts().config.providers.get(ref.provider))
  if (provider === undefined) throw unknownProvider(view, ref.provider)
  if (provider.endpoints[endpoint] !== undefined || !isCounting(endpoint)) return provider
  throw new AuthError(
    'wrong_dialect',
    `${provider.label} does not count tokens, and nobody else counts them as its models do. Name a model of another provider here.`,
    { remedy: 'openclaw models list' },
  )
}
