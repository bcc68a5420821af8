// The answer of one relayed call on the client's connection: head and pieces as they come, pauses both ways, and the next model when nobody
// could serve the one that was asked for.
import type { View } from '../../auth/auth.ts'
import { crossingNotice } from '../../auth/crossing.ts'
import { type Descent, descend } from '../../auth/descend.ts'
import type { CallSink, Refused, VendorCall } from '../../auth/vendor-call.ts'
import type { Conversation } from '../../core/conversation.ts'
import { formatRef, type ModelRef } from '../../core/model-ref.ts'
import type { Candidate } from '../../core/order.ts'
import type { ChatUsage } from '../../core/protocol.ts'
import type { OutgoingResponse } from '../../system/listen.ts'
import type { Timer } from '../../system/system.ts'
import type { Refusal } from '../guard.ts'
import type { House, Visit } from '../house.ts'
import { refusalOf, refuse } from '../reply.ts'
import { bookCall } from './book-call.ts'
import { answerHeaders } from './headers.ts'
import { Heartbeat, refusalEvent, toldEvent } from './heartbeat.ts'
import { keptFrom, refusedWish, wishAt } from './profile-wish.ts'
import type { Asked } from './splice.ts'

/** Puts the answer of one call on the client's connection. */
export class RelaySink implements CallSink {
  readonly #house: House
  readonly #visit: Visit
  readonly #response: OutgoingResponse
  readonly #view: View
  readonly #asked: Asked
  readonly #ref: ModelRef
  readonly #request: VendorCall
  #provider: string
  #descent: Descent | undefined
  /** `provider/model`, once it is another one than was asked for. */
  #instead: string | undefined
  #exchange: { abort(): void } | undefined
  #resume: (() => void) | undefined
  #attempts = 0
  #status: number | undefined
  #profile: string | undefined
  readonly #startedAt: number
  #isOver = false
  #hasData = false
  #stalled: Timer | undefined
  readonly #who: string
  /** Once the call of a stream was held. */
  #heartbeat: Heartbeat | undefined
  /** A refusal of the vendor that comes when the stream has begun already. */
  #told: Uint8Array[] | undefined
  readonly #conversation: Conversation | undefined

  constructor(
    visit: Visit,
    view: View,
    asked: Asked,
    ref: ModelRef,
    request: VendorCall,
    conversation: Conversation | undefined,
  ) {
    this.#conversation = conversation
    this.#visit = visit
    this.#view = view
    this.#asked = asked
    this.#ref = ref
    this.#request = request
    this.#house = visit.house
    this.#startedAt = visit.house.system.monotonic()
    this.#response = visit.response
    this.#provider = this.#labelOf(ref.provider)
    this.#who = visit.principal?.name ?? 'token'
    this.#house.calls++
    this.#house.callsBy.set(this.#who, (this.#house.callsBy.get(this.#who) ?? 0) + 1)
    visit.whenClosed.push(() => this.#clientGone())
  }

  start(exchange: { abort(): void }): void {
    this.#exchange = exchange
    if (this.#response.destroyed && !this.#isOver) this.#clientGone()
  }

  begin(answer: Parameters<CallSink['begin']>[0]): void {
    const response = this.#response
    if (answer.isOfFirst === true) {
      this.#instead = undefined
      this.#provider = this.#labelOf(this.#ref.provider)
    }
    this.#attempts = answer.attempts
    this.#status = answer.status
    this.#profile = answer.access.candidate.id
    this.#heartbeat?.stop()
    // What the client waits for goes out first.
    if (answer.status < 300 && answer.access.standsIn !== true)
      queueMicrotask(() => this.#keepTo(answer.access.candidate))
    if (response.destroyed) return
    this.#resume = answer.resume
    if (this.#heartbeat?.hasBegun === true) {
      if (answer.status >= 300) this.#told = []
      return
    }
    response.writeHead(
      answer.status,
      answerHeaders(answer.status, answer.headers, {
        servedBy: answer.access.candidate.id,
        attempts: answer.attempts,
        instead: this.#instead,
        notice: crossingNotice(answer.access),
        traceId: answer.traceId,
      }),
    )
    // Head and first piece often come together, and then leave together; a head that comes alone must not wait for the piece.
    queueMicrotask(() => {
      if (this.#asked.streaming && !this.#hasData && !this.#isOver && !response.destroyed) response.flushHeaders()
    })
  }

  /** The conversation keeps to the profile that served it. What stands in the environment is nobody's account: a stored one goes before it. */
  #keepTo({ id, provider, source }: Candidate): void {
    if (this.#conversation === undefined || source.kind !== 'profile') return
    const now = this.#house.system.monotonic()
    this.#house.pins.served(this.#view.agentId, provider, this.#conversation.key, id, now)
  }

  data(chunk: Uint8Array): boolean {
    // The client went away between two pieces of one read.
    if (this.#response.destroyed) return true
    this.#hasData = true
    if (this.#told !== undefined) {
      this.#told.push(Uint8Array.from(chunk))
      return true
    }
    if (this.#response.write(chunk)) return true
    this.#response.once('drain', () => this.#drained())
    this.#watchStall()
    return false
  }

  end(usage: () => ChatUsage): void {
    if (this.#told === undefined) this.#response.end()
    else this.#endWith(this.#told)
    this.#finish('served')
    this.#house.metrics.tokens(this.#provider, () => {
      const by = { profile: this.#profile, model: this.#instead ?? formatRef(this.#ref) }
      return bookCall(this.#view, this.#request, this.#conversation, by, usage())
    })
  }

  broken(): void {
    this.#finish('broken')
    if (this.#response.headersSent) {
      // The client must see that the answer is not whole.
      this.#response.destroy()
      return
    }
    const refusal = {
      status: 502,
      code: 'upstream',
      message: 'The vendor sent an answer that cannot be passed on.',
    } as const
    refuse(this.#response, this.#visit.route.dialect, refusal, { id: this.#house.system.uuid() })
  }

  /** The next model of the chain that takes the call as it is. Counts of tokens are the model's own, so that nobody else gives them. */
  otherwise(refused: Refused): VendorCall | undefined {
    if (this.#response.destroyed || this.#request.endpoint === 'count_tokens') return undefined
    this.#descent ??= descend(this.#view, this.#ref)
    const ref = this.#descent.next(refused, (other) => this.#unfit(other))
    if (ref === undefined) return undefined
    this.#instead = formatRef(ref)
    this.#provider = this.#labelOf(ref.provider)
    const { pieces, bytes } = this.#asked.withModel(ref.model)
    const request = { ...wishAt(this.#request, ref.provider), model: ref.model, body: pieces, bodyBytes: bytes }
    if (request.pin !== undefined || this.#conversation === undefined) return request
    const now = this.#house.system.monotonic()
    const pin = this.#house.pins.wish(this.#view.agentId, ref.provider, this.#conversation.key, now)
    return pin === undefined ? request : { ...request, pin }
  }

  hold(): () => VendorCall {
    if (this.#asked.streaming) {
      this.#heartbeat ??= new Heartbeat(this.#response, this.#request.endpoint, this.#house.system)
      this.#heartbeat.start()
    }
    return () => {
      this.#descent = undefined
      this.#instead = undefined
      this.#provider = this.#labelOf(this.#ref.provider)
      return this.#request
    }
  }

  /** The vendor's own words, in a stream that has begun. */
  #endWith(pieces: readonly Uint8Array[]): void {
    const { endpoint } = this.#request
    const message = `The vendor refused the request with status ${this.#status}.`
    const refusal: Refusal = { status: this.#status ?? 502, code: 'upstream', message }
    const instead = (): string => refusalEvent(endpoint, this.#visit.route.dialect, refusal, this.#house.system.uuid())
    this.#response.end(toldEvent(endpoint, Buffer.concat(pieces).toString('utf8'), instead))
  }

  #unfit({ provider }: ModelRef): string | undefined {
    const kept = keptFrom(this.#request, provider)
    if (kept !== undefined) return kept
    const known = this.#view.registry.find(provider, this.#view.facts().config.providers.get(provider))
    if (known === undefined) return 'is of a provider that nobody knows'
    if (known.endpoints[this.#request.endpoint] !== undefined) return undefined
    return `would need a translation: ${known.label} does not speak this dialect`
  }

  /** A vendor that exists in the config only is not a label. */
  #labelOf(provider: string): string {
    return this.#house.auth.registry.get(provider)?.id ?? 'other'
  }

  refused(last: Refused): void {
    const { status, error, attempts, failure, traceId } = refusedWish(this.#request, this.#descent?.end(last) ?? last)
    const { dialect } = this.#visit.route
    // Only Anthropic knows 529.
    const seen = status === 529 && dialect !== 'anthropic' ? 503 : status
    this.#attempts = attempts
    this.#status = seen
    this.#finish(failure?.class === 'cancelled' ? 'cancelled' : 'refused')
    const refusal = refusalOf(error, seen, this.#house.system.now())
    const id = this.#house.system.uuid()
    if (this.#heartbeat?.hasBegun === true) {
      this.#response.end(refusalEvent(this.#request.endpoint, dialect, refusal, id))
      return
    }
    refuse(this.#response, dialect, refusal, {
      id,
      headers: [
        'x-openclaw-attempts',
        String(attempts),
        ...(traceId === undefined ? [] : ['x-openclaw-trace', traceId]),
      ],
    })
  }

  #drained(): void {
    this.#stalled?.cancel()
    this.#stalled = undefined
    this.#resume?.()
  }

  /** The vendor is paused; a client that takes nothing any more is cut off. */
  #watchStall(): void {
    if (this.#stalled !== undefined) return
    const response = this.#response
    const waiting = response.writableLength
    this.#stalled = this.#house.system.timer(this.#house.limits.clientIdleMs, () => {
      this.#stalled = undefined
      if (this.#isOver && response.writableFinished) return
      if (response.writableLength >= waiting) response.destroy()
      else this.#watchStall()
    })
  }

  #clientGone(): void {
    this.#stalled?.cancel()
    if (this.#isOver) return
    this.#finish('cancelled')
    this.#exchange?.abort()
  }

  #finish(outcome: 'served' | 'refused' | 'broken' | 'cancelled'): void {
    const { metrics, system, callsBy } = this.#house
    if (this.#isOver) return
    this.#isOver = true
    this.#heartbeat?.stop()
    metrics.call(this.#provider, outcome, this.#attempts)
    this.#house.calls--
    callsBy.set(this.#who, (callsBy.get(this.#who) ?? 1) - 1)
    system.log.info('a call', {
      route: this.#visit.route.path,
      profile: this.#profile,
      status: this.#status,
      outcome,
      ms: Math.round(system.monotonic() - this.#startedAt),
    })
  }
}
