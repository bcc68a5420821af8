// Signs of life on a stream whose call is held: before anything else is said, in the dialect's own form. Whatever is told afterwards is told
// within the stream that has thus begun, a refusal as an event of its own.
import type { Endpoint } from '../../providers/provider.ts'
import type { OutgoingResponse } from '../../system/listen.ts'
import type { System, Timer } from '../../system/system.ts'
import type { Refusal } from '../guard.ts'
import { bodyOf, SAFE_HEADERS } from '../reply.ts'
import type { Dialect } from '../routes.ts'

/** Clients give up on a silent connection after half a minute at the soonest; who is served before hears the vendor's own head. */
const EVERY_MS = 10_000

const PING = 'event: ping\ndata: {"type": "ping"}\n\n'
const COMMENT = ': waiting\n\n'

export class Heartbeat {
  readonly #response: OutgoingResponse
  readonly #sign: string
  readonly #system: System
  #timer: Timer | undefined
  /** The head is out, with status 200. */
  hasBegun = false

  constructor(response: OutgoingResponse, endpoint: Endpoint, system: System) {
    this.#response = response
    this.#sign = endpoint === 'messages' ? PING : COMMENT
    this.#system = system
  }

  start(): void {
    this.#timer ??= this.#system.timer(EVERY_MS, () => {
      this.#timer = undefined
      this.#beat()
    })
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #beat(): void {
    const response = this.#response
    if (response.destroyed) return
    if (!this.hasBegun) {
      this.hasBegun = true
      response.writeHead(200, ['content-type', 'text/event-stream', 'cache-control', 'no-store', ...SAFE_HEADERS])
    }
    // A client that does not read them needs no more of them.
    if (response.writableLength === 0) response.write(this.#sign)
    this.start()
  }
}

/** A refusal of our own as an event. @param id of the request */
export function refusalEvent(endpoint: Endpoint, dialect: Dialect, refusal: Refusal, id: string): string {
  return eventOf(endpoint, bodyOf(dialect, refusal, id))
}

/**
 * The vendor's refusal of the request as an event.
 * @param body as it came
 * @param instead what is said where that is no JSON
 */
export function toldEvent(endpoint: Endpoint, body: string, instead: () => string): string {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return instead()
  }
  return typeof value === 'object' && value !== null ? eventOf(endpoint, value) : instead()
}

function eventOf(endpoint: Endpoint, body: unknown): string {
  if (endpoint === 'chat_completions') return `data: ${JSON.stringify(body)}\n\n`
  // Google's own SDK throws for JSON that is no event, and takes an error in an event for an answer without words.
  if (endpoint === 'generate_content') return JSON.stringify(body)
  const { error } = body as { error?: { code?: unknown; message?: unknown; param?: unknown } }
  const said =
    endpoint === 'messages'
      ? body
      : {
          type: 'error',
          code: error?.code ?? null,
          message: error?.message ?? 'refused',
          param: error?.param ?? null,
          sequence_number: 0,
          // OpenAI's own SDK throws where it finds this, and nowhere else.
          error: error ?? null,
        }
  return `event: error\ndata: ${JSON.stringify(said)}\n\n`
}
