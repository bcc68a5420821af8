// The contract of a vendor as the program knows it. Built-in vendors and plugins fulfil the same one; its suite is test/contract/provider.ts.
import type { CredentialKind, OAuth } from '../core/credential.ts'
import type { Failure } from '../core/failure.ts'
import type { ChatUsage } from '../core/protocol.ts'
import type { RenewalAnswer } from '../core/renewal.ts'
import type { Secret } from '../core/secret.ts'
import type { OutgoingRequest } from '../system/send.ts'

/** What a client may ask of a vendor; the dialect goes with the endpoint. */
export type Endpoint = 'messages' | 'count_tokens' | 'chat_completions' | 'responses' | 'models'

/** One header of an answer, or undefined. Names in lower case. */
export type HeaderLookup = (name: string) => string | undefined

/** What a vendor refused with. The body is at most a few kilobytes. */
export type Refusal = { status: number; header: HeaderLookup; body: string; now: number }

/** Why a pasted text cannot be this kind of secret, and which door of which provider would take it, if another one would. */
export type SecretComplaint = {
  message: string
  door?: 'paste-api-key' | 'paste-token' | 'setup-token'
  provider?: string
}

/** Reads usage from the passing pieces of an answer, without holding on to them. */
export type UsageReader = {
  /** @param chunk the bytes as they pass */
  push(chunk: Uint8Array): void
  /** Counts seen so far. */
  usage(): ChatUsage
}

export type Provider = {
  id: string
  label: string
  /** Where requests go unless the config says otherwise; may hold a path. */
  baseUrl: string
  /** Path below the base URL for each endpoint the vendor has. */
  endpoints: Readonly<Partial<Record<Endpoint, string>>>
  /** Environment variables that may hold its secret, first wins; a name with OAUTH_TOKEN holds a bearer. */
  env: readonly string[]
  /** What a key looks like, for prompts: `sk-ant-api03-…`. */
  keyHint?: string
  /** A local server that takes calls without a secret. */
  needsNoSecret?: true
  /** Path of a free call that proves a credential, below the base URL. */
  probePath?: string
  /** @returns a complaint, or undefined when the text may be such a secret */
  complain(kind: 'api_key' | 'token', text: string): SecretComplaint | undefined
  /** Headers that carry the secret, name and value alternating, and the betas it needs. */
  sign(kind: CredentialKind, secret: Secret): readonly string[]
  /** A refused answer -> whose fault, and until when. A 402 or a 429 is never the request's. Pure. */
  classify(refusal: Refusal): Failure
  readUsage(endpoint: Endpoint, streaming: boolean): UsageReader
  /** How a login is renewed; absent where a credential that has ended needs a person. */
  renewal?: Renewal
}

/** The exchange that redeems a refresh token: what is sent and what the answer means, apart. */
export type Renewal = {
  /** @param variable the environment: the endpoint may be overridden there, by names the documentation tells */
  request(login: OAuth, variable: (name: string) => string | undefined): OutgoingRequest
  /** Pure. */
  judge(answer: Refusal): RenewalAnswer
}

/** Comma lists that are merged with the client's own value instead of replacing it. */
export const MERGED_HEADERS: ReadonlySet<string> = new Set(['anthropic-beta'])
