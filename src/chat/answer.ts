// The answer of one turn while it comes: text goes to the listener, and its ending is kept once it is over. Nothing of a failed turn is
// stored but the session's entry; of a stopped one, what was said until then.
import type { Access } from '../auth/acquire.ts'
import type { View } from '../auth/auth.ts'
import { type Descent, descend } from '../auth/descend.ts'
import { settle } from '../auth/settle.ts'
import type { CallSink, Refused, VendorCall } from '../auth/vendor-call.ts'
import { AuthError } from '../core/errors.ts'
import { type Failure, isUndecided } from '../core/failure.ts'
import { formatRef, type ModelRef } from '../core/model-ref.ts'
import { type ChatEvent, type ChatMessage, type ChatUsage, type CommandMark, NO_USAGE } from '../core/protocol.ts'
import type { Session } from '../core/session.ts'
import { verdictOf } from '../providers/verdict.ts'
import type { RawHeaders } from '../system/send.ts'
import { type DeltaReader, type Dialect, readDeltas } from './deltas.ts'
import type { Ending, Whole } from './ending.ts'
import { noticeBelow } from './notices.ts'
import type { Plan } from './plan.ts'
import { Refusal } from './refusal.ts'
import { brokenOff, endless, errorInStream, noEnd, refusedByAll, refusedRequest } from './trouble.ts'

/** A turn as it is put to one model. */
export type Put = { plan: Plan; dialect: Dialect; call: VendorCall }

export type AnswerParts = {
  view: View
  /** To the model that was asked for. */
  first: Put
  /** The same turn put to another model. @throws AuthError when it cannot be */
  putTo(ref: ModelRef): Put
  session: Session
  /** What was said before, oldest first. */
  history: readonly ChatMessage[]
  ending: Ending
  /** The same asked with less of what was said before, when that was too long for the model; undefined when nothing more can be left out. */
  shorter?(plan: Plan): Put | undefined
  /** The same without what was shown before; undefined when it was asked so already. */
  plainer?(plan: Plan): Put | undefined
  served?(by: { profile: string; model: string; attempts: number }): void
  runId: string
  listener: (event: ChatEvent) => void
}

/** What the kept text of a stopped answer ends with, for people and for the model. */
export const STOPPED = '\n\n[stopped here by the user]'

/** More than any model says, and less than a frame of the gateway holds; an answer without an end is ended here. */
const MAX_TEXT_CHARS = 1024 * 1024
/** With what it thinks and what its dialect says around the words, bytes. */
const MAX_HEARD_BYTES = 64 * 1024 * 1024
type Told = { message: ChatMessage; command?: CommandMark }
type EventBody = ChatEvent extends infer E ? (E extends ChatEvent ? Omit<E, 'runId' | 'sessionKey'> : never) : never

export class Answer implements CallSink {
  /** The last event; never rejects. */
  readonly done: Promise<ChatEvent>
  readonly #parts: AnswerParts
  /** To the model that was asked for. */
  #first: Put
  /** To the model that is asked now. */
  #put: Put
  #descent: Descent | undefined
  #resolve: (event: ChatEvent) => void = () => undefined
  #start: ((call: VendorCall) => { abort(): void }) | undefined
  #exchange: { abort(): void } | undefined
  #over = false
  #served: { access: Access; attempts: number } | undefined
  #reader: DeltaReader | undefined
  #text = ''
  #heardBytes = 0
  /** The vendor's refusal of the request itself, while it comes. */
  #refusal: Refusal | undefined

  constructor(parts: AnswerParts) {
    this.#parts = parts
    this.#first = parts.first
    this.#put = parts.first
    this.done = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  /** @param start begins the call with this as its sink */
  run(start: (call: VendorCall) => { abort(): void }): void {
    if (this.#over) return
    this.#start = start
    try {
      const exchange = start(this.#put.call)
      if (this.#over) exchange.abort()
      else this.#exchange = exchange
    } catch (error) {
      this.#failed(error)
    }
  }

  abort(): void {
    if (this.#close()) void this.#stopped()
  }

  begin(answer: Parameters<CallSink['begin']>[0]): void {
    if (answer.isOfFirst === true) this.#put = this.#first
    this.#served = { access: answer.access, attempts: answer.attempts }
    if (answer.status < 300) {
      this.#reader = readDeltas(this.#put.dialect)
      const { access, attempts } = answer
      this.#parts.served?.({ profile: access.candidate.id, model: formatRef(this.#put.plan.ref), attempts })
    } else this.#refusal = new Refusal(answer.status, answer.headers)
  }

  data(chunk: Uint8Array): boolean {
    if (this.#over) return true
    if (this.#refusal !== undefined) {
      this.#refusal.push(chunk)
      return true
    }
    this.#heardBytes += chunk.byteLength
    const text = this.#reader?.push(chunk) ?? ''
    this.#text += text
    if (text !== '' && this.#parts.ending.isSpoken) this.#tell({ state: 'delta', text })
    const state = this.#reader?.state()
    if (this.#text.length > MAX_TEXT_CHARS || this.#heardBytes > MAX_HEARD_BYTES) this.#cut()
    else if (state?.is === 'failed') this.#failedInStream(state.body)
    return true
  }

  end(usage: () => ChatUsage): void {
    const { view } = this.#parts
    const { plan } = this.#put
    const served = this.#served
    if (this.#over || served === undefined) return
    if (this.#refusal !== undefined) {
      const { status, headers } = this.#refusal
      const failure = this.#judge(served.access, status, this.#refusal.text(), headers)
      if (this.#again(this.#parts.plainer?.(plan))) return
      if (failure.class === 'context_overflow' && this.#again(this.#parts.shorter?.(plan))) return
      const { tooLong } = this.#parts.ending
      this.#failed(refusedRequest(view, plan, this.#parts.session, served.access, failure, tooLong))
      return
    }
    this.#reader?.close()
    const state = this.#reader?.state()
    if (state?.is === 'failed') this.#failedInStream(state.body)
    else if (state?.is !== 'complete') this.#failed(noEnd(view, this.#parts.session, served.access))
    else if (this.#close()) void this.#finished(served.access, served.attempts, usage(), state.isCut === true)
  }

  /** Asks again with less, once the refused call is over. @returns false when nothing more can be left out */
  #again(put: Put | undefined): boolean {
    const start = this.#start
    if (put === undefined || start === undefined) return false
    if (this.#put === this.#first) this.#first = put
    this.#put = put
    this.#refusal = undefined
    this.#served = undefined
    void this.#parts.view.home.system.sleep(0).then(() => this.run(start))
    return true
  }

  broken(failure: Failure): void {
    const { view, session } = this.#parts
    if (this.#served !== undefined) this.#failed(brokenOff(view, session, this.#served.access, failure))
  }

  /** The same turn for the next model of the chain. */
  otherwise(refused: Refused): VendorCall | undefined {
    if (this.#over) return undefined
    const { view, putTo } = this.#parts
    this.#descent ??= descend(view, this.#first.plan.ref)
    let put: Put | undefined
    this.#descent.next(refused, (ref) => {
      try {
        put = putTo(ref)
        return undefined
      } catch (error) {
        if (error instanceof AuthError) return `cannot be talked to: ${error.message.replace(/\.$/, '')}`
        throw error
      }
    })
    if (put === undefined) return undefined
    this.#put = put
    return put.call
  }

  hold(): () => VendorCall {
    return () => {
      this.#descent = undefined
      this.#put = this.#first
      return this.#put.call
    }
  }

  refused(refused: Refused): void {
    this.#failed(refusedByAll(this.#first.plan, this.#parts.session, this.#descent?.end(refused) ?? refused))
  }

  /** What was said is an answer, however long the vendor would have gone on. */
  #cut(): void {
    const { view, session } = this.#parts
    const served = this.#served
    if (served === undefined) return
    if (this.#text === '') this.#failed(endless(view, session, served.access))
    else if (this.#close()) void this.#finished(served.access, served.attempts, NO_USAGE, true)
  }

  /** An error inside a good answer is judged like any other; it comes too late for another account. */
  #failedInStream(body: string): void {
    const served = this.#served
    if (served === undefined) return
    const { view, session } = this.#parts
    const failure = this.#judge(served.access, 200, body, [])
    // A vendor's trouble is not the account's: that would need another account's success to prove it.
    if (!isUndecided(failure)) settle(view, served.access, { ok: false, failure }, view.home.system.now())
    this.#failed(errorInStream(view, session, served.access, failure))
  }

  #judge(access: Access, status: number, body: string, headers: RawHeaders): Failure {
    return verdictOf(access.provider, { status, headers, body, now: this.#parts.view.home.system.now() })
  }

  /** Nothing that comes later counts. @returns false when the turn was over already */
  #close(): boolean {
    if (this.#over) return false
    this.#over = true
    this.#exchange?.abort()
    return true
  }

  async #finished(access: Access, attempts: number, usage: ChatUsage, isCut: boolean): Promise<void> {
    const { view, session } = this.#parts
    const [asked, ref] = [this.#first.plan.ref, this.#put.plan.ref]
    const below = noticeBelow(view, session, { asked, ref, access, usage })
    await this.#kept({ text: this.#text, isCut }, usage, (told) => ({
      state: 'final',
      ...told,
      ...(isCut ? { isCut } : {}),
      servedBy: access.candidate.id,
      model: formatRef(ref),
      ...(this.#put === this.#first ? {} : { insteadOf: formatRef(asked) }),
      ...below,
      attempts,
      usage,
    }))
  }

  async #stopped(): Promise<void> {
    if (this.#text === '' || !this.#parts.ending.isSpoken) return this.#last({ state: 'aborted' })
    await this.#kept({ text: this.#text + STOPPED, isCut: false }, NO_USAGE, ({ message }) => ({
      state: 'aborted',
      message,
    }))
  }

  /** Stores the answer, then tells its end: whoever hears `final` finds it in the transcript. */
  async #kept(answer: Omit<Whole, 'at'>, usage: ChatUsage, event: (told: Told) => EventBody): Promise<void> {
    const { view, history, ending } = this.#parts
    let told: Told
    try {
      told = await ending.keep(
        { ...answer, at: view.home.system.now() },
        {
          candidate: this.#served?.access.candidate,
          ref: this.#put.plan.ref,
          isStandIn: this.#put !== this.#first || this.#served?.access.standsIn === true,
          usage,
          history,
        },
      )
    } catch (error) {
      return this.#last({ state: 'error', error: this.#errorBody(error) })
    }
    this.#last(event(told))
  }

  #failed(error: unknown): void {
    if (this.#close()) this.#last({ state: 'error', error: this.#errorBody(error) })
  }

  #errorBody(error: unknown): { code: string; message: string; remedy?: string } {
    const { log } = this.#parts.view.home.system
    if (error instanceof AuthError) {
      const told = this.#parts.ending.failed(error)
      return { ...told.toJSON(), message: log.scrub(told.message) }
    }
    log.error('a turn failed in an unforeseen way', { why: error instanceof Error ? error.message : 'unknown' })
    return { code: 'upstream', message: 'The turn failed in a way nobody foresaw; the log says more.' }
  }

  #tell(body: EventBody): ChatEvent {
    const event: ChatEvent = { runId: this.#parts.runId, sessionKey: this.#parts.session.key, ...body }
    this.#parts.listener(event)
    return event
  }

  #last(body: EventBody): void {
    this.#resolve(this.#tell(body))
  }
}
