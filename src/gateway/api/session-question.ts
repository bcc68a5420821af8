// A client's request as one turn of an agent's session: which session it names, what is said last, and what the answer is to be like. What was said
// before stands in the session, so that the rest of the client's messages is not looked at. Pure.
import { createHash } from 'node:crypto'
import type { Offer } from '../../chat/enclosed.ts'
import { refuseDeep } from '../../dialects/depth.ts'
import type { Asking, Dialect, UserPart } from '../../dialects/neutral.ts'
import { joinedText } from '../../dialects/turns.ts'
import { Unsayable } from '../../dialects/unsayable.ts'

export type Fields = Readonly<Record<string, unknown>>

/** The conversation that is meant. `isNamed`: by the header, which nobody sends by habit. */
export type SessionName = { name: string; isNamed: boolean }

/** What the turn says. */
export type SessionQuestion = {
  message: string
  offers: readonly Offer[]
  /** For this turn alone. */
  instructions: string | undefined
  /** Everything beside what is said. */
  asking: Asking
}

/** Where a dialect has what was said. */
const SAID: Readonly<Record<string, string>> = {
  messages: 'messages',
  chat_completions: 'messages',
  responses: 'input',
  generate_content: 'contents',
}
const INSTRUCTING: ReadonlySet<unknown> = new Set(['system', 'developer'])
/** What Claude Code writes there names a session of its own, whose every request is whole. */
const OWN_SESSION = /^_session_[0-9a-f-]{36}$/
const OWN_SESSION_CHARS = 45
/** What may stand in the key of a session. */
const PLAIN = /^[A-Za-z0-9_.@+-]{1,180}$/

/**
 * The header says it plainly; else who uses the client's program has one conversation.
 * @param header `x-openclaw-session-key`
 * @returns nothing where no session is named: the request is the whole conversation then
 */
export function sessionNamed(endpoint: string, header: string | undefined, body: Fields): SessionName | undefined {
  if (header !== undefined && header !== '') return { name: header, isNamed: true }
  const metadata = isFields(body.metadata) ? body.metadata : {}
  const user = endpoint === 'messages' ? metadata.user_id : endpoint === 'generate_content' ? undefined : body.user
  if (typeof user !== 'string' || user === '' || isOwnSession(user)) return undefined
  const dialect = endpoint === 'messages' ? 'anthropic' : 'openai'
  return { name: `${dialect}-user:${plainName(user)}`, isNamed: false }
}

function isOwnSession(user: string): boolean {
  return user.endsWith('}') || OWN_SESSION.test(user.slice(-OWN_SESSION_CHARS))
}

/** What cannot be a key stands there as a sign of itself, the same every time. */
function plainName(user: string): string {
  return PLAIN.test(user) ? user : createHash('sha256').update(user).digest('hex').slice(0, 32)
}

/** Whether the client's program runs tools, now or before: then it leads the conversation itself. */
export function bringsTools(endpoint: string, body: Fields): boolean {
  const { tools, functions } = body
  if ([tools, functions].some((list) => Array.isArray(list) && list.length > 0)) return true
  return (listIn(endpoint, body) ?? []).some((one) => isFields(one) && isOfTools(one))
}

function isOfTools({ role, type, content, parts, tool_calls }: Fields): boolean {
  if (role === 'tool' || role === 'function' || (Array.isArray(tool_calls) && tool_calls.length > 0)) return true
  if (type === 'function_call' || type === 'function_call_output') return true
  const shown = Array.isArray(content) ? content : Array.isArray(parts) ? parts : []
  return shown.some(
    (part) =>
      isFields(part) &&
      (part.type === 'tool_use' ||
        part.type === 'tool_result' ||
        part.functionCall !== undefined ||
        part.functionResponse !== undefined),
  )
}

/** @throws Unsayable, with the client's name of the field */
export function readQuestion(client: Dialect, body: Fields): SessionQuestion {
  refuseDeep(body)
  const field = SAID[client.name] ?? 'messages'
  const asking = readLast(client, body, field)
  const turn = asking.turns.at(-1)
  if (turn?.role !== 'user')
    throw new Unsayable(
      field,
      'the last message of a turn of a session is what the user says; what was said before is kept there',
    )
  const first = asking.turns[0]
  const texts = turn.parts.filter((part) => part.kind === 'text')
  return {
    message: joinedText(texts),
    offers: turn.parts.flatMap((part) => offerOf(part, field)),
    instructions: first?.role === 'system' ? joinedText(first.parts) : undefined,
    asking,
  }
}

/** Reads the instructions and the last message; errors name the places of the whole. */
function readLast(client: Dialect, body: Fields, field: string): Asking {
  const list = listIn(client.name, body)
  if (list === undefined) return client.readRequest({ ...body, previous_response_id: undefined })
  const last = list.length - 1
  const kept = list.flatMap((one, at) =>
    at === last || (isFields(one) && INSTRUCTING.has(one.role)) ? [{ one, at }] : [],
  )
  // The session goes on from its own last answer.
  const shorter = { ...body, previous_response_id: undefined, [field]: kept.map(({ one }) => one) }
  try {
    return client.readRequest(shorter)
  } catch (error) {
    if (!(error instanceof Unsayable)) throw error
    const [found, number] = /^\w+\[(\d+)\]/.exec(error.path) ?? []
    const at = kept[Number(number)]?.at
    if (found === undefined || at === undefined || !error.path.startsWith(field)) throw error
    throw new Unsayable(`${field}[${at}]${error.path.slice(found.length)}`, error.why)
  }
}

function offerOf(part: UserPart, field: string): Offer[] {
  switch (part.kind) {
    case 'text':
      return []
    case 'result':
      throw new Unsayable(field, 'nobody runs tools in the sessions of an agent')
    default: {
      const { kind, source } = part
      const name = part.kind === 'document' && part.name !== undefined ? { name: part.name } : {}
      if (source.by === 'url') {
        const what = kind === 'image' ? 'pictures' : 'documents'
        throw new Unsayable(
          field,
          `a session keeps its ${what}, so their bytes are needed here (data:…;base64,…), not an address`,
        )
      }
      if (source.by === 'text')
        return [{ kind, mediaType: 'text/plain', ...name, load: async () => Buffer.from(source.text) }]
      const { mediaType, base64 } = source
      return [{ kind, mediaType: mediaType.toLowerCase(), ...name, load: async () => Buffer.from(base64, 'base64') }]
    }
  }
}

/** What a vendor's request has beside what is said, and beside what a turn says itself. */
const OWN: ReadonlySet<string> = new Set([
  ...[
    'model',
    'messages',
    'input',
    'contents',
    'system',
    'systemInstruction',
    'instructions',
    'stream',
    'stream_options',
  ],
  ...['store', 'include', 'prompt_cache_key', 'metadata', 'user', 'safety_identifier'],
])

/**
 * Further fields of the vendor's request, as the client wishes.
 * @param into the vendor's dialect
 * @throws Unsayable, with the client's name of the field
 */
export function wishedFields(
  client: Dialect,
  into: Dialect,
  asking: Asking,
  to: { provider: string; model: string; maxOutput: number | undefined },
): Fields {
  const { userId: _, cacheKey: __, ...wishes } = asking
  const sample: Asking = { ...wishes, turns: [{ role: 'user', parts: [{ kind: 'text', text: '.' }] }] }
  let written: Fields
  try {
    written = into.writeRequest(sample, { ...to, isStreaming: true })
  } catch (error) {
    if (!(error instanceof Unsayable)) throw error
    const own: Readonly<Record<string, string>> = client.fields
    throw new Unsayable(own[error.path] ?? error.path, error.why)
  }
  // Some dialects insist on a limit; a turn has its own unless somebody wishes for another.
  const hasLimit = asking.maxTokens !== undefined || asking.reasoning !== undefined
  return Object.fromEntries(
    Object.entries(written).filter(([name]) => !OWN.has(name) && (name !== 'max_tokens' || hasLimit)),
  )
}

function listIn(endpoint: string, body: Fields): readonly unknown[] | undefined {
  const list = body[SAID[endpoint] ?? 'messages']
  return Array.isArray(list) ? list : undefined
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
