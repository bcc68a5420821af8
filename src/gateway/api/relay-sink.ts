// The answer of one relayed call on the client's connection: head and pieces as they come, pauses both ways, and the next model when nobody
// could serve the one that was asked for.
import type { View } from '../../auth/auth.ts'
import { crossingNotice } from '../../auth/crossing.ts'
import { type Descent, descend } from '../../auth/descend.ts'
import type { CallSink, Refused, VendorCall } from '../../auth/vendor-call.ts'
import type { Conversation } from '../../core/conversation.ts'
import { formatRef, type ModelRef } from '../../core/model-ref.ts'
import type { ChatUsage } from '../../core/protocol.ts'
import { isCounting } from '../../providers/provider.ts'
import type { OutgoingResponse } from '../../system/listen.ts'
import type { Refusal } from '../guard.ts'
import type { House, Visit } from '../house.ts'
import { refusalOf, refuse } from '../reply.ts'
import { bookCall } from './book-call.ts'
import type { Held } from './bound.ts'
import { answerHeaders, translatedHeaders } from './headers.ts'
import { Heartbeat, refusalEvent, toldEvent } from './heartbeat.ts'
import { type Interpreted, issuerOf } from './interpreter.ts'
import { Pace } from './pace.ts'
import { refusedWish } from './profile-wish.ts'
import type { Asked } from './splice.ts'
import { StandIns } from './stand-ins.ts'
import { type Outcome, Tally } from './tally.ts'
import type { TranslatedAnswer } from './translated-answer.ts'

type Begun = Parameters<CallSink['begin']>[0]

/** Puts the answer of one call on the client's connection. */
export class RelaySink implements CallSink {
  readonly #house: House
  readonly #visit: Visit
  readonly #response: OutgoingResponse
  readonly #view: View
  readonly #asked: Asked
  readonly #ref: ModelRef
  /** As it is in the client's dialect. */
  readonly #request: VendorCall
  /** Where the vendor of the model asked for speaks another one; and the same of the model that is asked now. */
  readonly #firstSpoken: Interpreted | undefined
  #spoken: Interpreted | undefined
  #answer: TranslatedAnswer | undefined
  /** Of an answer that goes out as a whole, with its head. */
  #begun: Begun | undefined
  #provider: string
  #descent: Descent | undefined
  /** `provider/model`, once it is another one than was asked for. */
  #instead: string | undefined
  #exchange: { abort(): void } | undefined
  #hasData = false
  isBroken = false
  readonly #pace: Pace
  readonly #tally: Tally
  readonly #standIns: StandIns
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
    about: { conversation: Conversation | undefined; spoken: Interpreted | undefined; held: Held | undefined },
  ) {
    const { conversation, spoken, held } = about
    this.#firstSpoken = spoken
    this.#standIns = new StandIns(visit.house, view, asked, request, spoken?.by, held)
    this.#spoken = spoken
    this.#conversation = conversation
    this.#visit = visit
    this.#view = view
    this.#asked = asked
    this.#ref = ref
    this.#request = request
    this.#house = visit.house
    this.#response = visit.response
    const { system, limits } = visit.house
    this.#pace = new Pace(visit.response, system, limits.clientIdleMs, () => this.#tally.isOver)
    this.#provider = this.#labelOf(ref.provider)
    this.#tally = new Tally(visit)
    visit.whenClosed.push(() => this.#clientGone())
  }

  start(exchange: { abort(): void }): void {
    this.#exchange = exchange
    if (this.#response.destroyed && !this.#tally.isOver) this.#clientGone()
  }

  begin(answer: Begun): void {
    const response = this.#response
    if (answer.isOfFirst === true) this.#first()
    this.#tally.status = answer.status
    this.#tally.profile = answer.access.candidate.id
    this.#heartbeat?.stop()
    // What the client waits for goes out first.
    if (answer.status < 300) queueMicrotask(() => this.#keepTo(answer.access))
    if (response.destroyed) return
    this.#pace.resume = answer.resume
    this.#answer = this.#spoken?.answer(this.#house.system.now())
    this.#answer?.begin(answer.status, issuerOf(answer.access))
    if (this.#heartbeat?.hasBegun === true) {
      if (answer.status >= 300 && this.#answer === undefined) this.#told = []
      return
    }
    const headers = this.#headers(answer)
    if (this.#answer === undefined) response.writeHead(answer.status, headers)
    else if (this.#answer.isLive) response.writeHead(answer.status, translatedHeaders(headers, this.#spoken?.into.name))
    else this.#begun = answer
    if (this.#begun !== undefined) return
    // Head and first piece often come together, and then leave together; a head that comes alone must not wait for the piece.
    queueMicrotask(() => {
      if (this.#asked.streaming && !this.#hasData && !this.#tally.isOver && !response.destroyed) response.flushHeaders()
    })
  }

  #headers(answer: Begun): string[] {
    return answerHeaders(answer.status, answer.headers, {
      servedBy: answer.access.candidate.id,
      attempts: answer.attempts,
      instead: this.#instead,
      notice: crossingNotice(answer.access),
      traceId: answer.traceId,
    })
  }

  /** Back to the model that was asked for. */
  #first(): void {
    this.#instead = undefined
    this.#spoken = this.#firstSpoken
    this.#standIns.first()
    this.#provider = this.#labelOf(this.#ref.provider)
  }

  /** The conversation keeps to the profile that served it. What stands in the environment is nobody's account: a stored one goes before it. */
  #keepTo({ candidate, standsIn }: Begun['access']): void {
    const { id, provider, source } = candidate
    this.#standIns.served(candidate)
    if (standsIn === true || this.#conversation === undefined || source.kind !== 'profile') return
    const now = this.#house.system.monotonic()
    this.#house.pins.served(this.#view.agentId, provider, this.#conversation.key, id, now)
  }

  data(chunk: Uint8Array): boolean {
    // The client went away between two pieces of one read, or has heard all it will.
    if (this.#response.destroyed || this.isBroken) return true
    this.#hasData = true
    if (this.#told !== undefined) {
      this.#told.push(Uint8Array.from(chunk))
      return true
    }
    if (this.#answer === undefined) return this.#pace.write(chunk)
    const text = this.#answer.push(chunk)
    if (this.#answer.isBroken) this.#breakOff(this.#answer, text)
    return this.isBroken || text === '' || this.#pace.write(text)
  }

  /** Nothing that still comes of the vendor changes the answer: its client need not wait, and nobody pays for more. @param text its last words */
  #breakOff(answer: TranslatedAnswer, text: string): void {
    this.isBroken = true
    const exchange = this.#exchange
    // The connection is of use again only where the end has come along.
    queueMicrotask(() => exchange?.abort())
    this.#endTranslated(answer, text)
    this.#finish('broken')
  }

  end(usage: () => ChatUsage): void {
    if (this.isBroken) return
    if (this.#answer !== undefined) this.#endTranslated(this.#answer)
    else if (this.#told === undefined) this.#response.end()
    else this.#endWith(this.#told)
    this.#finish(this.isBroken ? 'broken' : 'served')
    this.#house.metrics.behind(() => {
      const by = { profile: this.#tally.profile, model: this.#instead ?? formatRef(this.#ref) }
      bookCall(this.#view, this.#request, this.#conversation, by, usage())
    })
  }

  broken(): void {
    if (this.#tally.isOver) return
    this.#finish('broken')
    if (this.#response.headersSent) {
      // The client must see that the answer is not whole.
      this.#response.destroy()
      return
    }
    const message = 'The vendor sent an answer that cannot be passed on.'
    const refusal: Refusal = { status: 502, code: 'upstream', message }
    refuse(this.#response, this.#visit.route.dialect, refusal, { id: this.#house.system.uuid() })
  }

  /** The next model of the chain that takes the call as it is. Counts of tokens are the model's own, so that nobody else gives them. */
  otherwise(refused: Refused): VendorCall | undefined {
    if (this.#response.destroyed || isCounting(this.#request.endpoint)) return undefined
    if (refused.failure?.lacks !== undefined) return this.#standIns.without(refused, this.#spoken?.request)
    this.#descent ??= descend(this.#view, this.#ref)
    const ref = this.#descent.next(refused, (other) => {
      const fit = this.#standIns.fit(other)
      if (typeof fit === 'string') return fit
      this.#spoken = fit
      return undefined
    })
    if (ref === undefined) return undefined
    this.#instead = formatRef(ref)
    this.#provider = this.#labelOf(ref.provider)
    const request = this.#spoken?.request ?? this.#standIns.asIs(ref)
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
      this.#first()
      return this.#spoken?.request ?? this.#request
    }
  }

  /** @param text its last words, where they have been said */
  #endTranslated(answer: TranslatedAnswer, text?: string): void {
    const response = this.#response
    if (answer.isLive || this.#begun === undefined) {
      response.end(text ?? (answer.isLive ? answer.close() : answer.event()))
      this.isBroken = answer.isBroken
      return
    }
    const { status, body } = answer.whole(this.#house.system.uuid())
    // What the vendor refuses is told as it is.
    this.isBroken = answer.isBroken && this.#begun.status < 300
    this.#tally.status = status
    const headers = translatedHeaders(this.#headers(this.#begun), this.#spoken?.into.name, Buffer.byteLength(body))
    response.writeHead(status, headers)
    response.end(body)
  }

  /** The vendor's own words, in a stream that has begun. */
  #endWith(pieces: readonly Uint8Array[]): void {
    const { endpoint } = this.#request
    const message = `The vendor refused the request with status ${this.#tally.status}.`
    const refusal: Refusal = { status: this.#tally.status ?? 502, code: 'upstream', message }
    const instead = (): string => refusalEvent(endpoint, this.#visit.route.dialect, refusal, this.#house.system.uuid())
    this.#response.end(toldEvent(endpoint, Buffer.concat(pieces).toString('utf8'), instead))
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
    this.#tally.status = seen
    this.#finish(failure?.class === 'cancelled' ? 'cancelled' : 'refused')
    const refusal = refusalOf(error, seen, this.#house.system.now(), this.#standIns.boundField)
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

  #clientGone(): void {
    this.#pace.end()
    if (this.#tally.isOver) return
    this.#finish('cancelled')
    this.#exchange?.abort()
  }

  #finish(outcome: Outcome): void {
    this.#heartbeat?.stop()
    this.#tally.finish(outcome, this.#provider)
  }
}
