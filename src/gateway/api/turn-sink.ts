// One turn of a session on the connection of a client: told in the client's dialect, as it comes or as a whole.
import type { AuthErrorCode } from '../../core/errors.ts'
import type { ChatEvent, ErrorBody } from '../../core/protocol.ts'
import type { Asking, Dialect, StreamWriter, Telling } from '../../dialects/neutral.ts'
import type { OutgoingResponse } from '../../system/listen.ts'
import type { Refusal } from '../guard.ts'
import type { House, Visit } from '../house.ts'
import { messageOf, refuse, replyJson, SAFE_HEADERS } from '../reply.ts'
import { readable, visible } from './headers.ts'
import { Heartbeat, refusalEvent } from './heartbeat.ts'
import { Pace } from './pace.ts'
import { type Outcome, Tally } from './tally.ts'

type Final = Extract<ChatEvent, { state: 'final' }>
type By = { profile: string; model: string; attempts: number }
/** `model`: as the client calls it; `planned`: the session's own, `provider/model`. */
type About = { key: string; model: string; planned: string; isStreaming: boolean; asking: Asking }

const STATUS: Readonly<Partial<Record<AuthErrorCode, number>>> = {
  ...{ usage: 400, wrong_dialect: 400, unknown_session: 400, unknown_profile: 400 },
  ...{ no_credential: 401, no_credential_for_profile: 401, login_required: 401, spend_not_allowed: 402 },
  ...{ unknown_agent: 404, unknown_model: 404, unknown_provider: 404 },
  ...{ busy: 409, interrupted: 409, no_available_profile: 429, upstream: 502 },
}

/** The status with which a client hears of an error. */
export function statusOf(code: string): number {
  return (STATUS as Readonly<Record<string, number>>)[code] ?? 500
}

export class TurnSink {
  readonly #house: House
  readonly #visit: Visit
  readonly #response: OutgoingResponse
  readonly #client: Dialect
  readonly #about: About
  readonly #tally: Tally
  readonly #pace: Pace
  readonly #heartbeat: Heartbeat
  readonly #write: StreamWriter
  readonly #at: number
  #runId = ''
  #by: By | undefined
  #isOpen = false

  constructor(visit: Visit, client: Dialect, about: About) {
    this.#visit = visit
    this.#house = visit.house
    this.#response = visit.response
    this.#client = client
    this.#about = about
    const { system, limits } = visit.house
    this.#at = Math.floor(system.now() / 1000)
    this.#tally = new Tally(visit)
    this.#pace = new Pace(visit.response, system, limits.clientIdleMs, () => this.#tally.isOver)
    this.#heartbeat = new Heartbeat(visit.response, client.name, system)
    this.#write = client.writer({ at: this.#at, wantsUsage: about.asking.wantsUsage })
    if (about.isStreaming) this.#heartbeat.start()
  }

  /** Before the first event. */
  begun(runId: string): void {
    this.#runId = runId
  }

  served(by: By): void {
    this.#by = by
    this.#tally.profile = by.profile
  }

  hear(event: ChatEvent): void {
    if (this.#tally.isOver || this.#response.destroyed) return
    switch (event.state) {
      case 'delta':
        if (this.#about.isStreaming) this.#more(event.text)
        return
      case 'final':
        this.#final(event)
        return
      case 'error':
        this.#failed(event.error)
        return
      case 'aborted':
        this.#failed({ code: 'interrupted', message: 'The turn was stopped.' })
        return
      case 'command':
    }
  }

  /** Nothing was begun. */
  refused(refusal: Refusal): void {
    this.#refuse(refusal, 'refused')
  }

  /** The client hears nothing more. */
  gone(): void {
    this.#pace.end()
    this.#finish('cancelled')
  }

  #more(text: string): void {
    if (!this.#isOpen) {
      this.#isOpen = true
      this.#heartbeat.stop()
      if (!this.#heartbeat.hasBegun) {
        const type = ['content-type', 'text/event-stream', 'cache-control', 'no-store', ...SAFE_HEADERS]
        this.#response.writeHead(200, [...type, ...this.#headers()])
      }
      this.#tally.status = 200
      this.#tell(
        { is: 'begin', id: this.#runId, model: this.#about.model },
        { is: 'open', at: 0, part: { kind: 'text' } },
      )
    }
    this.#tell({ is: 'piece', at: 0, text })
  }

  #tell(...tellings: Telling[]): void {
    const text = tellings.map((telling) => this.#write(telling)).join('')
    // The vendor is not paused: an answer of a chat is short, and everybody else who follows it would wait.
    if (text !== '') this.#pace.write(text)
  }

  #final({ message, usage, isCut, notice }: Final): void {
    const text = message.content.map((part) => part.text).join('')
    const stop = isCut === true ? 'length' : 'end'
    if (this.#about.isStreaming) {
      if (!this.#isOpen) this.#more(text)
      this.#tell({ is: 'close', at: 0 }, { is: 'usage', usage }, { is: 'stop', stop })
      this.#response.end(this.#write({ is: 'end' }))
    } else {
      const answered = {
        id: this.#runId,
        model: this.#about.model,
        parts: [{ kind: 'text' as const, text }],
        stop,
        usage,
      } as const
      const body = this.#client.writeAnswer(answered, { at: this.#at, wantsUsage: true })
      this.#tally.status = 200
      const more = notice === undefined ? [] : ['x-openclaw-notice', readable(notice)]
      replyJson(this.#response, 200, body, [...this.#headers(), ...more])
    }
    this.#finish('served')
  }

  #headers(): string[] {
    const { key, planned } = this.#about
    const session = ['x-openclaw-session-key', key]
    const by = this.#by
    if (by === undefined) return session
    const instead = by.model === planned ? [] : ['x-openclaw-model', visible(by.model)]
    const served = ['x-openclaw-served-by', visible(by.profile), 'x-openclaw-attempts', String(by.attempts)]
    return [...session, ...served, ...instead]
  }

  #failed({ code, message, remedy, until }: ErrorBody): void {
    const refusal = {
      ...{ status: statusOf(code), code, message },
      ...(remedy === undefined ? {} : { remedy }),
      ...(until === undefined ? {} : { retryAfterMs: Math.max(0, until - this.#house.system.now()) }),
    }
    this.#refuse(refusal, code === 'interrupted' ? 'cancelled' : this.#isOpen ? 'broken' : 'refused')
  }

  #refuse(refusal: Refusal, outcome: Outcome): void {
    const { route } = this.#visit
    const id = this.#house.system.uuid()
    this.#heartbeat.stop()
    if (this.#isOpen) {
      const { status, code } = refusal
      this.#response.end(this.#write({ is: 'fault', fault: { status, code, message: messageOf(refusal) } }))
    } else if (this.#heartbeat.hasBegun) {
      this.#response.end(refusalEvent(this.#client.name, route.dialect, refusal, id))
    } else {
      this.#tally.status = refusal.status
      refuse(this.#response, route.dialect, refusal, { id, headers: this.#headers() })
    }
    this.#finish(outcome)
  }

  #finish(outcome: Outcome): void {
    this.#heartbeat.stop()
    const provider = this.#by?.model.split('/')[0] ?? ''
    // A vendor that exists in the config only is not a label.
    this.#tally.finish(outcome, this.#house.auth.registry.get(provider)?.id ?? 'other')
  }
}
