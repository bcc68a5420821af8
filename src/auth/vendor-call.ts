// What a call to a vendor is, and who hears how it goes: the words between those who ask and the attempts.
import type { AuthError } from '../core/errors.ts'
import type { Failure } from '../core/failure.ts'
import type { BoundTo } from '../core/issued.ts'
import type { CallFace } from '../core/ledger.ts'
import type { PickQuery, PinWish } from '../core/pick.ts'
import type { ChatUsage } from '../core/protocol.ts'
import type { Asker } from '../core/reserve.ts'
import type { Endpoint } from '../providers/provider.ts'
import type { Exchange, RawHeaders } from '../system/send.ts'
import type { Access } from './acquire.ts'
import type { Failures } from './failures.ts'

export type VendorCall = {
  provider: string
  /** As the vendor is asked for it; absent: of none. */
  model?: string
  endpoint: Endpoint
  method: 'GET' | 'POST'
  /** What comes behind the endpoint's path: `?limit=1`. */
  query?: string
  body?: readonly Uint8Array[]
  bodyBytes: number
  /** The client's headers that may travel, lower-case names, flat. */
  headers: readonly string[]
  streaming: boolean
  pin?: PinWish
  /** The caller is on another machine (D13). */
  beyondLoopback?: boolean
  /** Where it comes from, for the ledger, with the conversation as it may be written down, and the W3C trace context that its client sent. Absent: it is not noted. */
  from?: { face: CallFace; session?: string; traceParent?: string }
  /** Who asks, where something may be kept from them; absent: chat. */
  for?: Asker
  /** Asked at each attempt, where what is sent depends on who signs it (D4). @param request this one */
  sentBy?(access: Access, request: VendorCall): Sent
  /** Only one account can open what the request holds. */
  bound?: BoundTo
}

/** Counts of tokens and lists of models are free. */
const BILLED: ReadonlySet<Endpoint> = new Set(['messages', 'chat_completions', 'responses', 'generate_content'])

/** Whether what is asked there has its price, where it is billed by use. */
export function isBilled(endpoint: Endpoint): boolean {
  return BILLED.has(endpoint)
}

/** Who may serve the call now. @param tried those who were asked already */
export function queryOf(
  { model, pin, beyondLoopback, for: asker, endpoint, bound }: VendorCall,
  now: number,
  tried: ReadonlySet<string>,
): PickQuery {
  const query: PickQuery = { now, tried }
  if (model !== undefined) query.model = model
  if (pin !== undefined) query.pin = pin
  if (beyondLoopback === true) query.beyondLoopback = true
  if (asker !== undefined) query.for = asker
  if (bound !== undefined) query.bound = bound
  if (!isBilled(endpoint)) query.isFree = true
  return query
}

/** What is sent, beside where to and who signs. */
export type Sent = Pick<VendorCall, 'body' | 'bodyBytes' | 'headers'>

export type Refused = {
  /** HTTP status for the client. */
  status: number
  error: AuthError
  failure?: Failure
  /** Whose answer it was, where one decides. */
  by?: string
  attempts: number
  /** By which the ledger knows the call. */
  traceId?: string
}

export type CallSink = {
  /** The client has heard that what came is no answer, or broke off: the call is over, and has not been served. */
  readonly isBroken?: boolean
  /**
   * The answer that will be relayed begins; it may still be the vendor's refusal of the request itself.
   * @param answer.isOfFirst it is that of the call asked for, although another one came to stand in its place since
   */
  begin(answer: {
    status: number
    headers: RawHeaders
    access: Access
    attempts: number
    /** By which the ledger knows the call. */
    traceId?: string | undefined
    resume: () => void
    isOfFirst?: boolean
  }): void
  /** @returns false to pause the vendor until `resume()` */
  data(chunk: Uint8Array): boolean
  /** @param usage counts what passed; asked after the last byte has gone out, the client need not wait for it */
  end(usage: () => ChatUsage): void
  /** The answer broke off after it had begun. */
  broken(failure: Failure): void
  /**
   * No profile could serve, or the account lacks something that was sent, and nothing has been written: another call in its place, such as that of the
   * next model. Asked again when that is refused, too. Absent: there is none.
   */
  otherwise?(refused: Refused): VendorCall | undefined
  /**
   * No profile could serve, and somebody is soon back: the call is held. Absent: it is refused instead.
   * @returns asked when the time has come: the call that it began with
   */
  hold?(): () => VendorCall
  /** No profile could serve, and there is nothing else: nothing has been written. */
  refused(refused: Refused): void
}

/** The call that an attempt belongs to, as the attempt reports to it. */
export type Run = {
  /** Made so far, this one included. */
  readonly attempts: number
  /** By which the ledger knows the call. */
  readonly traceId: string | undefined
  /** Of the attempt that is under way. */
  readonly exchange: Exchange | undefined
  /** What the profiles asked before have failed with. */
  readonly failures: Failures
  served(access: Access): void
  elsewhere(access: Access, failure: Failure, relay: () => void): void
  failed(access: Access, judge: (now: number) => Failure): void
  /** A mistake of ours ends the call. @param failure what the client's answer broke off with, where it has begun */
  broken(mistake: unknown, failure?: Failure): void
}
