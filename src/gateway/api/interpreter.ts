// A call whose client speaks another dialect than the vendor that is asked: its request in the vendor's words, once for each model that is
// asked, and whoever translates the answer. A call in one dialect never comes here.
import { createHash } from 'node:crypto'
import type { Access } from '../../auth/acquire.ts'
import type { View } from '../../auth/auth.ts'
import { priceOf } from '../../auth/metered.ts'
import type { Sent, VendorCall } from '../../auth/vendor-call.ts'
import { HOUR_BETA, type Retention, retentionFor } from '../../core/cache.ts'
import { cacheSettingsOf } from '../../core/config.ts'
import type { CredentialKind } from '../../core/credential.ts'
import type { ModelRef } from '../../core/model-ref.ts'
import { refuseDeep } from '../../dialects/depth.ts'
import type { dialectOf, nearestDialect } from '../../dialects/dialects.ts'
import { parseExact, stringifyExact } from '../../dialects/exact.ts'
import type { Asking, Dialect } from '../../dialects/neutral.ts'
import { hasSeals, unsealedFor } from '../../dialects/seals.ts'
import { Unsayable } from '../../dialects/unsayable.ts'
import type { Provider } from '../../providers/provider.ts'
import type { House } from '../house.ts'
import { TranslatedAnswer } from './translated-answer.ts'

/** What is loaded once a call needs it, or behind the start. */
export type Dialects = { dialectOf: typeof dialectOf; nearestDialect: typeof nearestDialect }

/** What the interpreter must know of the client's request. */
export type Heard = { pieces: readonly Uint8Array[]; headers: readonly string[]; streaming: boolean }

/** A request in the vendor's words. */
export type Interpreted = {
  request: VendorCall
  /** The dialect it is in now. */
  into: Dialect
  /** Who knows what the client said, for other models. */
  by: Interpreter
  /** Makes of the vendor's answer the client's. @param at epoch ms */
  answer(at: number): TranslatedAnswer
}

/** What a vendor of Messages insists on. */
const ANTHROPIC_VERSION = '2023-06-01'
/** Of the client's headers only what is about the call; the others are of its dialect. */
const KEPT = new Set(['traceparent', 'idempotency-key'])

/** Translates for one call. */
export class Interpreter {
  readonly #house: Pick<House, 'system'>
  readonly #dialects: Dialects
  readonly #client: Dialect
  readonly #heard: Heard
  /** Read once, whatever came of it. */
  #asking: Asking | Unsayable | undefined

  constructor(house: Pick<House, 'system'>, dialects: Dialects, client: Dialect, heard: Heard) {
    this.#house = house
    this.#dialects = dialects
    this.#client = client
    this.#heard = heard
  }

  /**
   * The request as it goes to a model whose vendor lacks the client's endpoint.
   * @param request the call in the client's dialect
   * @throws Unsayable, with the client's name of the field
   */
  speak(view: View, request: VendorCall, provider: Provider, ref: ModelRef): Interpreted {
    const into = this.#dialects.nearestDialect(this.#client.name, (name) => provider.endpoints[name] !== undefined)
    if (into === undefined) throw new Unsayable('', `${provider.label} speaks no dialect that is translated`)
    const asking = this.#read()
    const isStreaming = asking.isStreaming || provider.onlyStreams === true
    const maxOutput = priceOf(view, ref.provider, ref.model)?.maxOutput
    const { asked, api } = cacheSettingsOf(view.facts().config, ref)
    const written = new Map<string, Sent>()
    /** As an account may see it, and as long as the vendor keeps it for that account (D4). */
    const sentFor = (issuer: string, kind: CredentialKind | 'unknown'): Sent => {
      const retention =
        into.name === 'messages' ? retentionFor(asked, { provider: ref.provider, kind, api }).retention : 'none'
      const key = `${hasSeals(asking) ? issuer : ''} ${retention}`
      const known = written.get(key)
      if (known !== undefined) return known
      const to = { provider: provider.id, model: ref.model, maxOutput, isStreaming, retention }
      const body = Buffer.from(this.#named(() => stringifyExact(into.writeRequest(unsealedFor(asking, issuer), to))))
      const sent = { body: [body], bodyBytes: body.byteLength, headers: this.#headers(into, isStreaming, retention) }
      written.set(key, sent)
      return sent
    }
    // What is asked of an account because of its own words is not said in these.
    const { query: _, sentBy: _own, bound: _bound, ...rest } = request
    const client = this.#client
    return {
      request: {
        ...rest,
        endpoint: into.name,
        // What cannot be said is refused now.
        ...sentFor('', 'api_key'),
        streaming: isStreaming,
        sentBy: (access) => sentFor(issuerOf(access), access.candidate.kind),
      },
      into,
      by: this,
      answer: (at) =>
        new TranslatedAnswer(into, client, {
          asking,
          isStreaming,
          at,
          name: this.#house.system.uuid().slice(0, 8),
          mistake: (error) => logMistake(this.#house, provider.id, error),
        }),
    }
  }

  #read(): Asking {
    this.#asking ??= this.#named(() => readAsking(this.#client, this.#heard), true)
    if (this.#asking instanceof Unsayable) throw this.#asking
    return this.#asking
  }

  /** Fields of the neutral form get the name that the client gave them. @param keeps what is thrown is what is returned */
  #named<T>(work: () => T): T
  #named<T>(work: () => T, keeps: true): T | Unsayable
  #named<T>(work: () => T, keeps = false): T | Unsayable {
    try {
      return work()
    } catch (error) {
      if (!(error instanceof Unsayable)) throw error
      if (keeps) return error
      const own: Readonly<Record<string, string>> = this.#client.fields
      throw new Unsayable(own[error.path] ?? error.path, error.why)
    }
  }

  #headers(into: Dialect, isStreaming: boolean, retention: Retention): readonly string[] {
    const headers = [
      'content-type',
      'application/json',
      'accept',
      isStreaming ? 'text/event-stream' : 'application/json',
    ]
    if (into.name === 'messages') headers.push('anthropic-version', ANTHROPIC_VERSION)
    if (retention === 'long') headers.push('anthropic-beta', HOUR_BETA)
    const { headers: own } = this.#heard
    for (let at = 0; at + 1 < own.length; at += 2) {
      if (KEPT.has(own[at] ?? '')) headers.push(own[at] ?? '', own[at + 1] ?? '')
    }
    return headers
  }
}

/** By which the seals of an account are known to be its own: of a login whoever it is of, else the profile. */
export function issuerOf({ candidate }: Access): string {
  const { provider, id, account } = candidate
  const who = account?.accountId ?? account?.email ?? id
  return createHash('sha256').update(`${provider} ${who}`).digest('hex').slice(0, 16)
}

/** Nobody translates for an endpoint that is no conversation, or before the dialects are loaded. */
export function interpreterFor(
  house: Pick<House, 'dialects' | 'system'>,
  { pieces, streaming }: { pieces: readonly Uint8Array[]; streaming: boolean },
  { endpoint, headers }: VendorCall,
): Interpreter | undefined {
  const { dialects } = house
  const client = dialects?.dialectOf(endpoint)
  return client === undefined || dialects === undefined
    ? undefined
    : new Interpreter(house, dialects, client, { pieces, headers, streaming })
}

function readAsking(client: Dialect, { pieces, streaming }: Heard): Asking {
  let value: unknown
  try {
    value = parseExact(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces)))
  } catch {
    // The parser's words would quote the body.
    throw new Unsayable('', 'the request body is not valid JSON')
  }
  refuseDeep(value)
  // Some say in their path whether they stream.
  return { ...client.readRequest(value), isStreaming: streaming }
}

/** Why a request cannot be asked of a model of the vendor, as one sentence. */
export function unsaidText(error: Unsayable, client: string, label: string): string {
  const where = error.path === '' ? '' : `${error.path}: `
  return `${where}${error.why}. ${label} does not speak ${TITLES[client] ?? client}, so the request has to be translated.`
}

const TITLES: Readonly<Record<string, string>> = {
  messages: 'Anthropic Messages',
  chat_completions: 'Chat Completions',
  responses: 'Responses',
  generate_content: 'generateContent',
}

/** What people call the dialect of an endpoint. */
export function titleOf(endpoint: string): string {
  return TITLES[endpoint] ?? endpoint.replace('_', ' ')
}

/** What nobody foresaw of a translation is a mistake of ours: the call ends as if the vendor had made it, and the log says whose it was. */
export function logMistake({ system }: Pick<House, 'system'>, provider: string, error: unknown): void {
  const why = error instanceof Error ? error.message : 'unknown'
  system.log.error('a translation failed inside', { provider, why })
}
