// One connection to a vendor: a question at a time, its answer as the bytes come, and then the next one. How long who waits for what stands in one
// wait for all of it.
import type { Socket } from 'node:net'
import { MalformedAnswer } from './answer-head.ts'
import { type AnswerListener, AnswerReader } from './answer-reader.ts'
import { PART_BYTES, partsOf } from './body-parts.ts'
import { Deadlines, type Wait } from './deadlines.ts'
import type { Origin } from './origin.ts'
import type { Answer, RawHeaders, TransportFailure } from './send.ts'
import { kindOf } from './trouble-kinds.ts'

/** A question in the bytes of HTTP/1.1. */
export type Question = {
  /** All in front of the body, its empty line included; latin1. */
  head: string
  body: readonly Uint8Array[]
  bodyBytes: number
  /** Until there is a connection, ms. */
  connectMs: number
  /** To the first byte of the answer, ms; it begins anew when a long body is out. */
  firstByteMs: number
  /** Between two pieces of the answer, ms. */
  idleMs: number
  /** Where it is asked. */
  on?: Connection
}

/** A body up to this size goes out in one piece with its head, bytes. */
const JOINED_BYTES = 16 * 1024
/** So long behind an answer nothing can have come that has not been read, ms. */
const FRESH_MS = 20
/** An idle line is asked for a sign of life, ms: who disappears without a word is noticed. */
const PROBE_AFTER_MS = 60_000

/** One clock for all connections. */
const deadlines = new Deadlines()

export class Connection implements AnswerListener {
  readonly #origin: Origin
  readonly #socket: Socket
  readonly #reader = new AnswerReader(this)
  readonly #wait: Wait
  #isOpen = false
  #isClosed = false
  #isPaused = false
  /** When it was last left by an answer, on the clock of `performance.now()`. */
  #freeAt = 0
  /** Until when it may wait for a question, ms epoch: the other clock stands still while a laptop sleeps, and no vendor does. */
  #keepUntil = 0
  /** An answer has ended here, and nothing was read since. */
  #isJustFree = false
  /** The question has begun to leave. */
  #isBegun = false
  /** All of the question is in the hands of the system, or waits there. */
  #isPut = false
  #question: Question | undefined
  #answer: Answer | undefined
  #answered = false
  /** How often somebody has been waited for anew. */
  #waits = 0

  /** Connects; what fails meanwhile is told to who has asked by then. */
  constructor(origin: Origin) {
    this.#origin = origin
    const socket = origin.open()
    this.#socket = socket
    this.#wait = deadlines.wait(Number.POSITIVE_INFINITY, () => this.#late())
    socket.setNoDelay(true)
    socket.setKeepAlive(true, PROBE_AFTER_MS)
    socket.once(origin.isTls ? 'secureConnect' : 'connect', () => this.#opened())
    socket.on('data', (piece) => this.#heard(piece))
    socket.on('end', () => this.#ended())
    socket.on('error', (error) => this.#close(kindOf(error)))
    socket.on('close', () => this.#close('reset'))
  }

  /** Asks; the answer hears nothing before this has returned. Only a connection that is new or idle may be asked. */
  ask(question: Question, answer: Answer): void {
    question.on = this
    this.#question = question
    this.#answer = answer
    this.#answered = false
    this.#isBegun = false
    if (!this.#isOpen) {
      this.#wait.restart(question.connectMs)
      return
    }
    this.#socket.ref()
    // The time that it might wait idle is over.
    this.#restart()
    // Of one that waited for long, or behind a standstill of ours, the end may wait to be read: it is read first.
    if (this.#isJustFree) setImmediate(() => setImmediate(() => this.#putStill(question)))
    else if (performance.now() - this.#freeAt < FRESH_MS) this.#put(question)
    else setImmediate(() => this.#putStill(question))
  }

  /** Whether an idle one may still be asked. */
  get isFit(): boolean {
    return Date.now() < this.#keepUntil
  }

  /** Ends the connection, if it is this question that is still asked. */
  abort(question: Question): void {
    if (this.#question === question) this.#close('cancelled')
  }

  /** Ends it, whatever it does. */
  close(): void {
    this.#close('cancelled')
  }

  head(status: number, headers: RawHeaders): void {
    this.#answered = true
    const question = this.#question
    // Whoever hears of it late must not let the next answer go on.
    this.#answer?.head(status, headers, () => {
      if (this.#question === question) this.#resume()
    })
  }

  data(chunk: Buffer): void {
    // Who hears it may end it, and what has ended waits for nobody.
    if (this.#answer?.data(chunk) !== false || this.#isPaused || this.#isClosed) return
    this.#isPaused = true
    // Whoever does not read makes nobody late.
    this.#wait.restart(Number.POSITIVE_INFINITY)
    this.#socket.pause()
  }

  whole(keepMs: number): void {
    const answer = this.#answer
    this.#answer = undefined
    this.#question = undefined
    this.#resume()
    // A question that was answered before it was out would leave its rest on the line.
    if (keepMs > 0 && this.#isPut && this.#socket.writableLength === 0 && this.#origin.keeps(this)) {
      this.#wait.restart(keepMs)
      this.#freeAt = performance.now()
      this.#keepUntil = Date.now() + keepMs
      // A vendor that closes without a word does so at once: that is read in the next turn, and nobody should be asking into it.
      this.#isJustFree = true
      setImmediate(settle, this)
      this.#socket.unref()
    } else this.#close('cancelled')
    try {
      answer?.end()
    } catch (mistake) {
      answer?.fail({ kind: 'malformed', answered: true, mistake })
    }
  }

  /** A turn has passed. */
  settled(): void {
    this.#isJustFree = false
  }

  #resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#restart()
    this.#socket.resume()
  }

  #opened(): void {
    this.#isOpen = true
    if (this.#question !== undefined) this.#put(this.#question)
  }

  #putStill(question: Question): void {
    if (this.#question === question) this.#put(question)
  }

  #put(question: Question): void {
    this.#isBegun = true
    this.#reader.begin()
    this.#restart()
    const { head, body, bodyBytes } = question
    const socket = this.#socket
    if (bodyBytes <= JOINED_BYTES) {
      const bytes = Buffer.allocUnsafe(head.length + bodyBytes)
      let at = bytes.write(head, 0, 'latin1')
      for (const piece of body) {
        bytes.set(piece, at)
        at += piece.byteLength
      }
      socket.write(bytes)
      this.#isPut = true
      return
    }
    this.#isPut = false
    socket.cork()
    socket.write(head, 'latin1')
    this.#putParts(question, partsOf(body))
    socket.uncork()
  }

  /** Silence is counted from what has left: a long question may take its time on the way, and a vendor that reads no more is late. */
  #putParts(question: Question, parts: Iterator<Uint8Array, undefined>): void {
    let waiting = 0
    const isOut = (error?: Error | null): void => {
      if (this.#question !== question || (error !== undefined && error !== null)) return
      if (!this.#answered) this.#restart()
      if (--waiting === 0 && !this.#isPut) this.#putParts(question, parts)
    }
    this.#socket.cork()
    for (let bytes = 0; bytes < PART_BYTES; ) {
      const part = parts.next().value
      this.#isPut = part === undefined
      if (part === undefined) break
      bytes += part.byteLength
      waiting++
      this.#socket.write(part, isOut)
    }
    this.#socket.uncork()
  }

  #heard(piece: Buffer): void {
    try {
      this.#reader.take(piece)
    } catch (error) {
      if (error instanceof MalformedAnswer) this.#close('malformed')
      else this.#close('malformed', error)
      return
    }
    // What is announced before the answer is no answer.
    if (!this.#answered) return
    if (!this.#isPaused) this.#restart()
  }

  #ended(): void {
    try {
      if (!this.#reader.finish()) this.#close('reset')
    } catch (error) {
      this.#close('malformed', error)
    }
  }

  #restart(): void {
    const question = this.#question
    if (question === undefined) return
    this.#waits++
    this.#wait.restart(this.#answered ? question.idleMs : question.firstByteMs)
  }

  #late(): void {
    const question = this.#question
    const waits = this.#waits
    if (question === undefined) {
      this.#close('timeout')
      return
    }
    // A process that stood still itself finds that time is over before it reads what came meanwhile, and sends what there was room for.
    setImmediate(() => {
      if (this.#question === question && this.#waits === waits && !this.#isPaused) this.#close('timeout')
    })
  }

  #close(kind: TransportFailure['kind'], mistake?: unknown): void {
    if (this.#isClosed) return
    this.#isClosed = true
    const answer = this.#answer
    const question = this.#question
    this.#answer = undefined
    this.#question = undefined
    this.#wait.end()
    this.#reader.stop()
    this.#socket.destroy()
    // What it was shown may be why it let go before there was a connection.
    if (!this.#isOpen && (kind === 'reset' || kind === 'tls')) this.#origin.session = undefined
    this.#origin.closed(this)
    if (answer === undefined || question === undefined) return
    // It ended while it was idle, and nobody has seen anything of the question.
    if (this.#isOpen && !this.#isBegun && kind !== 'cancelled') this.#origin.take().ask(question, answer)
    else answer.fail({ kind, answered: this.#answered, ...(mistake !== undefined && { mistake }) })
  }
}

function settle(connection: Connection): void {
  connection.settled()
}
