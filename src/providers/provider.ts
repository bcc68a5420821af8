// The contract of a vendor as the program knows it. Built-in vendors and plugins fulfil the same one; its suite is test/contract/provider.ts.
import type { BillingByKind } from '../core/billing.ts'
import type { Account, Credential, CredentialKind, OAuth } from '../core/credential.ts'
import type { Failure } from '../core/failure.ts'
import type { ChatUsage } from '../core/protocol.ts'
import type { Secret } from '../core/secret.ts'
import type { UsageHeaders } from '../core/usage.ts'
import type { Attempt } from '../oauth/authorize.ts'
import type { Machine } from '../oauth/endpoint.ts'
import type { Verdict } from '../oauth/token.ts'

/** What a client may ask of a vendor; the dialect goes with the endpoint. */
export type Endpoint =
  | 'messages'
  | 'count_tokens'
  | 'chat_completions'
  | 'responses'
  | 'generate_content'
  | 'count_content'
  | 'models'

/** Where tokens are counted: no model says anything, and none stands in for another, because each counts in its own way. */
export function isCounting(endpoint: Endpoint): boolean {
  return endpoint === 'count_tokens' || endpoint === 'count_content'
}

/** One header of an answer, or undefined. Names in lower case. */
export type HeaderLookup = (name: string) => string | undefined

/** What a vendor refused with. The body is at most a few kilobytes. */
export type Refusal = { status: number; header: HeaderLookup; body: string; now: number }

/** Why a pasted text cannot be this kind of secret, and which door of which provider would take it, if another one would. */
export type SecretComplaint = {
  message: string
  door?: 'paste-api-key' | 'paste-token' | 'setup-token' | 'login'
  provider?: string
}

/** Reads usage from the passing pieces of an answer, without holding on to them. */
export type UsageReader = {
  /** @param chunk the bytes as they pass */
  push(chunk: Uint8Array): void
  /** Counts seen so far. */
  usage(): ChatUsage
}

/** What the functions of a login are given. */
export type LoginRoom = { machine: Machine; env: Readonly<Record<string, string | undefined>>; signal: AbortSignal }

/** What a login gave, not stored yet; or why it gave nothing. */
export type Outcome = { kind: 'granted'; credential: Credential } | Exclude<Verdict, { kind: 'granted' }>

type Named = {
  /** For `--method`. */
  id: string
  /** For menus. */
  label: string
}

/** A secret that the person brings: the prompt of that door takes it. */
export type SecretMethod = Named & {
  kind: 'key' | 'paste'
  door: 'paste-api-key' | 'paste-token' | 'setup-token'
  /** What it looks like, where that is not as `keyHint` says: `sk-ant-oat01-…`. */
  hint?: string
}

/** The person agrees in a browser, which comes back to this machine, or whose last address is pasted. */
export type BrowserMethod = Named & {
  kind: 'oauth-browser'
  /** As registered with the vendor, in order of preference; port 0 is any. */
  redirects: readonly string[]
  /** The address to open. */
  address(room: LoginRoom, attempt: Attempt, redirectUri: string): Promise<string>
  /** Sends the code, once. */
  exchange(room: LoginRoom, code: Secret, attempt: Attempt, redirectUri: string): Promise<Outcome>
}

/** The person types a code on any device. */
export type DeviceMethod = Named & {
  kind: 'device'
  /** @throws AuthError upstream, when the vendor gives no code */
  open(room: LoginRoom): Promise<DeviceLogin>
}

/** A device login under way. */
export type DeviceLogin = {
  userCode: string
  /** Where it is typed. */
  url: string
  lifeMs: number
  /** Until somebody has agreed, or the code has ended. */
  wait(): Promise<Outcome>
}

/** Ways in that need the vendor; a secret is only pasted. */
export type OnlineMethod = BrowserMethod | DeviceMethod

export type LoginMethod = SecretMethod | OnlineMethod

/** Whether the method is a login at the vendor. */
export function isOnline(method: LoginMethod): method is OnlineMethod {
  return method.kind === 'oauth-browser' || method.kind === 'device'
}

export type Provider = {
  id: string
  label: string
  /** Where requests go unless the config says otherwise; may hold a path. */
  baseUrl: string
  /** Path below the base URL for each endpoint the vendor has; `{model}` in it stands for the name of the model. */
  endpoints: Readonly<Partial<Record<Endpoint, string>>>
  /** The same for streams, of endpoints that have another path for them. */
  streams?: Readonly<Partial<Record<Endpoint, string>>>
  /** Environment variables that may hold its secret, first wins; a name with OAUTH_TOKEN holds a bearer. */
  env: readonly string[]
  /**
   * How its list of models is asked for, where that is not plain: what the query says, and the headers that it insists on; `after` is the name under which
   * the query is told the last model of the page before, where it is not that of OpenAI's lists.
   * @internal
   */
  listing?: { query: string; headers?: readonly string[]; after?: string }
  /** What a key looks like, for prompts: `sk-ant-api03-…`. */
  keyHint?: string
  /** How its credentials are paid for, where that is not as usual: keys by use, tokens and logins by a subscription. */
  billing?: BillingByKind
  /** It answers in streams only; whoever wants the whole has it gathered. */
  onlyStreams?: true
  /** A local server that takes calls without a secret. */
  needsNoSecret?: true
  /** Ways to log in, the best first; absent: an API key and nothing else. */
  login?: readonly LoginMethod[]
  /** Whose a login is, read from the tokens themselves: for profiles that other programs wrote. */
  whose?(credential: OAuth): Account
  /** Takes the tokens of a login back at the vendor. @returns whether it said so */
  revoke?(room: LoginRoom, credential: OAuth): Promise<boolean>
  /** Path of a free call that proves a credential, below the base URL. */
  probePath?: string
  /** @returns a complaint, or undefined when the text may be such a secret */
  complain(kind: 'api_key' | 'token', text: string): SecretComplaint | undefined
  /**
   * Headers that carry the secret, name and value alternating, and the betas it needs.
   * @param endpoint that is asked, for vendors who take the secret elsewhere at one of theirs
   */
  sign(kind: CredentialKind, secret: Secret, endpoint?: Endpoint): readonly string[]
  /** A refused answer -> whose fault, and until when. A 402 or a 429 is never the request's. Pure. */
  classify(refusal: Refusal): Failure
  readUsage(endpoint: Endpoint, streaming: boolean): UsageReader
  /** The headers by which it tells how much of an account's limits is used. */
  usageHeaders?: UsageHeaders
  /**
   * Redeems the refresh token of a login, once; absent where a login that has ended needs a person. Only what came back is set in the answer.
   */
  renew?(room: LoginRoom, login: OAuth): Promise<Outcome>
}

/** The way in that nearly every vendor has. */
export const KEY_METHOD: LoginMethod = { id: 'api-key', label: 'API key', kind: 'key', door: 'paste-api-key' }

/** Every way to get a credential of the provider. */
export function loginMethods(provider: Pick<Provider, 'login'>): readonly LoginMethod[] {
  return provider.login ?? [KEY_METHOD]
}

/**
 * The path of a call, below the base URL.
 * @param call.model whatever a client wrote: it cannot leave its place in the path
 */
export function pathOf(
  { endpoints, streams }: Pick<Provider, 'endpoints' | 'streams'>,
  { endpoint, streaming, model }: { endpoint: Endpoint; streaming: boolean; model?: string | undefined },
): string {
  const path = (streaming ? streams?.[endpoint] : undefined) ?? endpoints[endpoint] ?? ''
  // Nearly every vendor is told the model in the body.
  return path.includes(MODEL) ? path.replace(MODEL, () => encodeURIComponent(model ?? '')) : path
}

const MODEL = '{model}'

/** Comma lists that are merged with the client's own value instead of replacing it. */
export const MERGED_HEADERS: ReadonlySet<string> = new Set(['anthropic-beta'])
