// One request to a played vendor and what all requests share; the headers and refusals that every answer is made with.
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { Account, Accounts } from './accounts.ts'
import type { Reply } from './delivery.ts'
import type { Faults } from './faults.ts'
import { asText, type JsonObject } from './json.ts'
import type { Logins } from './logins.ts'
import type { Records, RequestRecord } from './records.ts'
import type { Refusal, Vendor } from './vendor.ts'

/** A light answer, and how many tokens it has. */
export type Made = { body: Buffer | readonly string[]; length: number }

/** What all requests share. */
export type Stage = {
  accounts: Accounts
  logins: Logins
  faults: Faults
  /** Absent in the light mode: nothing is recorded, answers are made once and do not echo. */
  records: Records | undefined
  /** Light answers by dialect, model and form. */
  made: Map<string, Made>
  tokenDelayMs: number
  words: number | undefined
  now(): number
  /** Requests so far. */
  count: number
  /** Requests whose answer has not ended. */
  open: Set<Call>
}

export type Call = {
  stage: Stage
  vendor: Vendor
  method: string
  path: string
  query: string
  headers: IncomingHttpHeaders
  body: Buffer
  account: Account | undefined
  number: number
  res: ServerResponse
  /** The body, parsed; absent when it is none or need not be. */
  parsed: JsonObject | undefined
  scanned: { model: string; stream: boolean } | undefined
  record: RequestRecord | undefined
  /** Whether it was the sandbox that broke off. */
  cut: boolean
}

/** The model asked for, if any. */
export function modelOf({ scanned, parsed }: Call): string | undefined {
  return scanned?.model ?? asText(parsed?.model)
}

/** Names the request in headers and errors. */
export const requestId = ({ number }: Call): string => `req_sandbox_${number}`

/** Headers of every answer. */
export function head(call: Call): string[] {
  const { stage, vendor, account } = call
  const now = stage.now()
  const list = vendor.headers(requestId(call), stage.accounts.quota(account, now), now, account)
  list.push('x-sandbox', '1')
  if (account !== undefined) list.push('x-sandbox-account', account.name)
  return list
}

/** Headers of a JSON answer. */
export const json = (call: Call): string[] => [...head(call), 'content-type', 'application/json']
/** Headers of a stream. */
export const eventStream = (call: Call): string[] => [
  ...head(call),
  'content-type',
  'text/event-stream; charset=utf-8',
  'cache-control',
  'no-cache',
]

/** A refusal in the vendor's shape. */
export function refuse(call: Call, refusal: Refusal): Reply {
  const headers = json(call)
  if (refusal.retryAfterMs !== undefined) headers.push(...call.vendor.retryHeaders(refusal.retryAfterMs))
  const body = JSON.stringify(call.vendor.errorObject(refusal, requestId(call)))
  return { status: refusal.status, headers, body }
}
