// Judges the head of a request before anything else does: one parse, from the raw list, for guard and router alike (V24, V33, V38, V39).
import type { IncomingRequest } from '../system/listen.ts'
import { isLoopback } from './address.ts'
import { isListedPath } from './routes.ts'
import { judgeHost, judgeSite, type Names } from './site.ts'

/** What is known of a request from its head. Nothing else looks at its headers. */
export type Head = {
  method: string
  path: string
  /** Without the question mark. */
  query: string
  /** As the client wrote it, lower case, with its port. */
  host: string
  address: string
  /** The peer is on another machine, or something in between says that somebody else is. */
  beyondLoopback: boolean
  /** From `authorization: Bearer`, `x-api-key` or `x-goog-api-key`. */
  token?: string
  cookie?: string
  /** Where the request comes from, as a browser says it: its page's origin, and what that is to us (`same-origin`, `none`: typed in or bookmarked, …). */
  origin?: string
  fetchSite?: string
  /** What the page shows beside its cookie, to prove that it is ours. */
  antiForgery?: string
  accept?: string
  acceptLanguage?: string
  contentType?: string
  contentEncoding?: string
  contentLength?: number
  chunked: boolean
  userAgent?: string
  /** The W3C trace context, unread. */
  traceParent?: string
  agentId?: string
  /** As the client wrote it: `<id>` or `<id>?`. */
  profile?: string
  /** Names a conversation; it may name a person, and is never written down. */
  sessionKey?: string
  anthropicVersion?: string
  /** Headers that may travel on to a vendor: lower-case names, flat. */
  forward: string[]
}

export type Refusal = {
  status: number
  code: string
  message: string
  remedy?: string
  retryAfterMs?: number
  /** Which field of the request, for dialects that name it apart. */
  param?: string
}

const FORWARDED = [
  'accept',
  'content-type',
  'anthropic-version',
  'anthropic-beta',
  'openai-beta',
  'idempotency-key',
  'traceparent',
]
/** Whoever adds these says that the request comes from elsewhere. */
const ELSEWHERE = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'cf-connecting-ip', 'true-client-ip']
/** A second one of these is an attempt to be read in two ways. */
const SINGLE = [
  'host',
  'origin',
  'authorization',
  'x-api-key',
  'x-goog-api-key',
  'content-length',
  'content-encoding',
  'content-type',
  'sec-fetch-site',
  'x-openclaw-anti-forgery',
  'x-openclaw-agent',
  'x-openclaw-agent-id',
  'x-openclaw-profile',
  'x-openclaw-session-key',
  'anthropic-version',
]

/** What is done with a header; `bit` tells those apart that may stand once only. */
type HeaderRule = { name: string; bit: number; isForwarded: boolean; saysElsewhere: boolean; isRead: boolean }

const READ = new Set([
  ...SINGLE,
  'accept',
  'accept-language',
  'cookie',
  'transfer-encoding',
  'user-agent',
  'traceparent',
])
/** Clients write the same few names in the same way: each spelling is looked at once. */
const RULES = new Map<string, HeaderRule>()
const MAX_RULES = 512

function ruleOf(written: string): HeaderRule {
  const known = RULES.get(written)
  if (known !== undefined) return known
  const name = written.toLowerCase()
  const single = SINGLE.indexOf(name)
  const rule = {
    name,
    bit: single < 0 ? 0 : 1 << single,
    isForwarded: FORWARDED.includes(name),
    saysElsewhere: ELSEWHERE.includes(name),
    isRead: READ.has(name),
  }
  if (RULES.size < MAX_RULES && written.length < 64) RULES.set(written, rule)
  return rule
}

const TARGET = /^[\x21\x22\x24-\x7e]*$/
/** Only Google's paths hold a colon, before what is asked of the model. */
const PATH = /^\/(?:[A-Za-z0-9._~\-/]*|v1beta\/models\/[A-Za-z0-9._~\-/:@]*)$/
const VISIBLE = /^[\t\x20-\x7e]*$/
const ABSOLUTE = /^http:\/\/([^/?]{1,300})/i

/**
 * Reads and judges.
 * @param options.headerCount, headerValue limits, see limits.ts
 * @returns the head, or why the request is refused; refused requests close their connection
 */
export function readHead(
  request: IncomingRequest,
  names: Names,
  options: { headerCount: number; headerValue: number },
): { head: Head; refusal?: never } | { head?: never; refusal: Refusal } {
  const raw = request.rawHeaders
  if (raw.length > options.headerCount * 2)
    return refuse(431, 'too_many_headers', 'More headers than this gateway reads.')
  const address = request.socket.remoteAddress ?? ''
  const head: Head = {
    method: request.method ?? '',
    path: '',
    query: '',
    host: '',
    address,
    beyondLoopback: !isLoopback(address),
    chunked: false,
    forward: [],
  }
  let seen = 0
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const rule = ruleOf(raw[at] ?? '')
    if ((seen & rule.bit) !== 0) return refuse(400, 'bad_request', `The header ${rule.name} stands twice.`)
    seen |= rule.bit
    const complaint = takeHeader(head, rule, raw[at + 1] ?? '', options.headerValue)
    if (complaint !== undefined) return { refusal: complaint }
  }
  const refusal = judgeTarget(head, request.url ?? '') ?? judgeHost(head, names) ?? judgeSite(head, names)
  return refusal === undefined ? { head } : { refusal }
}

function takeHeader(
  head: Head,
  { name, isForwarded, saysElsewhere, isRead }: HeaderRule,
  value: string,
  longest: number,
): Refusal | undefined {
  if (isForwarded) {
    if (value.length > longest || !VISIBLE.test(value)) {
      return refuse(400, 'bad_request', `The header ${name} holds what cannot be sent on.`).refusal
    }
    forward(head.forward, name, value)
  }
  if (saysElsewhere) head.beyondLoopback = true
  if (!isRead) return undefined
  switch (name) {
    case 'host':
      head.host = value.toLowerCase()
      break
    case 'authorization':
      if (/^bearer /i.test(value)) head.token = value.slice(7).trim()
      break
    case 'x-api-key':
    case 'x-goog-api-key':
      head.token ??= value.trim()
      break
    case 'cookie':
      head.cookie = head.cookie === undefined ? value : `${head.cookie}; ${value}`
      break
    case 'origin':
      head.origin = value
      break
    case 'sec-fetch-site':
      head.fetchSite = value
      break
    case 'x-openclaw-anti-forgery':
      head.antiForgery = value
      break
    case 'accept':
      head.accept = value
      break
    case 'accept-language':
      head.acceptLanguage = value
      break
    case 'content-type':
      head.contentType = value
      break
    case 'content-encoding':
      head.contentEncoding = value
      break
    case 'content-length':
      head.contentLength = Number(value)
      break
    case 'transfer-encoding':
      head.chunked = true
      break
    case 'user-agent':
      head.userAgent = value
      break
    case 'traceparent':
      head.traceParent = value
      break
    case 'anthropic-version':
      head.anthropicVersion = value
      break
    case 'x-openclaw-profile':
      head.profile = value.trim()
      break
    case 'x-openclaw-session-key':
      head.sessionKey = value.trim()
      break
    case 'x-openclaw-agent':
    case 'x-openclaw-agent-id':
      if (head.agentId !== undefined && head.agentId !== value.trim()) {
        return refuse(400, 'bad_request', 'Two headers name two agents.').refusal
      }
      head.agentId = value.trim()
  }
  return undefined
}

/** A header that comes in several lines is one list. */
function forward(list: string[], name: string, value: string): void {
  for (let at = 0; at < list.length; at += 2) {
    if (list[at] !== name) continue
    list[at + 1] = `${list[at + 1]}, ${value}`
    return
  }
  list.push(name, value)
}

function judgeTarget(head: Head, target: string): Refusal | undefined {
  let rest = target
  if (!rest.startsWith('/')) {
    const [prefix = '', authority] = ABSOLUTE.exec(rest) ?? []
    if (authority === undefined || authority.toLowerCase() !== head.host) {
      return refuse(400, 'bad_request', 'The request is for another host than its Host header says.').refusal
    }
    rest = rest.slice(prefix.length)
    if (!rest.startsWith('/')) rest = `/${rest}`
  }
  const mark = rest.indexOf('?')
  head.path = mark < 0 ? rest : rest.slice(0, mark)
  head.query = mark < 0 ? '' : rest.slice(mark + 1)
  // A path of the table, alone, needs no further look.
  if (mark < 0 && isListedPath(head.path)) return undefined
  if (!TARGET.test(rest) || !PATH.test(head.path) || head.path.includes('//') || /\/\.\.?(?:\/|$)/.test(head.path)) {
    return refuse(400, 'bad_request', 'The path holds what no path of this gateway holds.').refusal
  }
  return undefined
}

function refuse(status: number, code: string, message: string): { refusal: Refusal } {
  return { refusal: { status, code, message } }
}
