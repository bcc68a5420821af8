// What a stream announces before its first content. Vendors tell of an overload inside a good answer; as long as nothing else was said, that
// is a refusal like any other. Bytes are looked at once, as they come, and nothing is parsed that is not tiny or an error.
import type { Endpoint } from './provider.ts'
import {
  begins,
  CR,
  DATA,
  EVENT,
  errorInChunk,
  errorOf,
  FAILED,
  hasPlainChunks,
  LF,
  nameIn,
  parsed,
  record,
  typeOf,
} from './stream-error.ts'

/**
 * What a stream has told so far: nothing but its opening; something that a client may use, or that we do not know; or an error first, whose
 * JSON reads like the body of a refusal.
 */
export type Found = 'opening' | 'content' | { error: string }

/**
 * The Responses dialect repeats instructions and tools in its first two events, some ten kilobytes each for a client that brings many. Of a
 * stream that hides its beginning behind more than this, nothing is expected any more.
 */
const MOST_HELD_BYTES = 128 * 1024
/** The first chunk of a chat is some 300 bytes; a longer one has something to say. */
const MAX_CHUNK_BYTES = 4096

const COLON = 0x3a
const QUOTE = 0x22
const EMPTY = Buffer.alloc(0)
const OTHER_FIELDS = [Buffer.from('id:'), Buffer.from('retry:')]
/** A block that begins without anything in it; a tool has its name. */
const BLANK_BLOCKS = [/"text":\s?""/, /"thinking":\s?""/]
const SAID = /"content":\s?"[^"]/
const CLOSES = /"finish_reason":\s?"/
/** The first chunk of nearly every chat. */
const WHO_SPEAKS = /"delta":\{"role":"assistant","content":(?:""|null)(?:,"refusal":null)?\}/

const BEGUN = 'content_block_start'
/** Events that only announce, in the two dialects that name theirs. */
const OPENING: ReadonlySet<string> = new Set([
  'message_start',
  'ping',
  'response.created',
  'response.queued',
  'response.in_progress',
  'response.output_item.added',
  'response.content_part.added',
  'response.reasoning_summary_part.added',
  'codex.rate_limits',
])

/**
 * What content looks like, and what stands in every error. A name stands behind a line feed, which no JSON holds as it is; nor can a key
 * stand within a text, where its quotes are escaped. Responses repeats the request first, so that reading is quicker than searching.
 */
const MARKS: Readonly<Partial<Record<Endpoint, { content: Buffer; error: Buffer }>>> = {
  messages: { content: Buffer.from('\nevent: content_block_delta\n'), error: Buffer.from('"error"') },
  chat_completions: { content: Buffer.from('"content":"'), error: Buffer.from('error') },
}

/** Whether content stands in a first piece and no error before it, by two quick searches; false says nothing. */
function isPlain(endpoint: Endpoint, bytes: Buffer): boolean {
  const marks = MARKS[endpoint]
  if (marks === undefined) return false
  const { content, error } = marks
  let at = bytes.indexOf(content)
  // The chunk that says who speaks has a content, which is empty.
  if (at >= 0 && isEmpty(endpoint, bytes, at)) at = bytes.indexOf(content, at + content.length)
  return at >= 0 && !isEmpty(endpoint, bytes, at) && bytes.lastIndexOf(error, at) < 0
}

function isEmpty(endpoint: Endpoint, bytes: Buffer, at: number): boolean {
  const after = at + (MARKS[endpoint]?.content.length ?? 0)
  return endpoint === 'chat_completions' && (after >= bytes.length || bytes[after] === QUOTE)
}

/** The streams whose beginning is held back: of conversations, in the dialects that we know. */
export function hasOpening(endpoint: Endpoint): boolean {
  return endpoint === 'messages' || endpoint === 'responses' || hasPlainChunks(endpoint)
}

/**
 * The opening of a stream is held so long for its first content, from its head on, ms. A vendor that has no room says so within a second; and
 * who waits for a model that thinks sees two seconds later, and not a minute, that it does.
 */
export const OPENING_MS = 2000

/** The opening of one stream while it comes. */
export class Opening {
  readonly #endpoint: Endpoint
  /** What came so far, with room for more behind it. */
  #held: Buffer = EMPTY
  #length = 0
  /** Where the first line begins that has no end yet, and how far its end was looked for. */
  #line = 0
  #searched = 0
  /** Of the event that is being read. */
  #name: string | undefined

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint
  }

  /** Not to be called again once it has found something. @param chunk the bytes as they came */
  push(chunk: Uint8Array): Found {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    if (this.#length > 0) {
      this.#keep(bytes)
      return this.#read()
    }
    // Most often the first content is there already, and nothing needs to be copied.
    this.#held = bytes
    this.#length = bytes.length
    const found = isPlain(this.#endpoint, bytes) ? 'content' : this.#read()
    if (found === 'opening') {
      this.#held = EMPTY
      this.#length = 0
      this.#keep(bytes)
    }
    return found
  }

  /** The stream is over. @returns what its last line was, when nothing ended that */
  close(): Found {
    if (this.#line >= this.#length) return 'content'
    const found = this.#judge(this.#line, this.#length)
    return found === 'opening' ? 'content' : found
  }

  /** All that has come, as it came. */
  bytes(): Uint8Array {
    return this.#held.subarray(0, this.#length)
  }

  /** The piece belongs to the socket, so what is kept is copied. */
  #keep(bytes: Buffer): void {
    const length = this.#length + bytes.length
    if (length > this.#held.length) {
      const roomy = Buffer.allocUnsafe(Math.max(2 * length, 1024))
      this.#held.copy(roomy, 0, 0, this.#length)
      this.#held = roomy
    }
    bytes.copy(this.#held, this.#length)
    this.#length = length
  }

  #read(): Found {
    const held = this.#length === this.#held.length ? this.#held : this.#held.subarray(0, this.#length)
    for (let end = held.indexOf(LF, this.#searched); end >= 0; end = held.indexOf(LF, this.#line)) {
      const found = this.#judge(this.#line, end)
      if (found !== 'opening') return found
      this.#line = end + 1
    }
    this.#searched = this.#length
    return this.#length > MOST_HELD_BYTES ? 'content' : 'opening'
  }

  /** One line without its end. */
  #judge(from: number, end: number): Found {
    const held = this.#held
    const to = end > from && held[end - 1] === CR ? end - 1 : end
    if (to === from) {
      this.#name = undefined
      return 'opening'
    }
    if (begins(held, EVENT, from, to)) {
      const name = nameIn(held, from, to)
      this.#name = name
      if (hasPlainChunks(this.#endpoint)) return 'opening'
      return OPENING.has(name) || FAILED.has(name) || name === BEGUN ? 'opening' : 'content'
    }
    if (begins(held, DATA, from, to)) return this.#judgeData(from + DATA.length, to)
    // Proxies and OpenRouter keep a connection alive with comments.
    if (held[from] === COLON || OTHER_FIELDS.some((field) => begins(held, field, from, to))) return 'opening'
    return 'content'
  }

  #judgeData(from: number, to: number): Found {
    if (this.#name !== undefined && OPENING.has(this.#name)) return 'opening'
    const data = this.#held.subarray(from, to)
    if (this.#endpoint === 'chat_completions') {
      return this.#name === 'error' ? { error: data.toString('utf8') } : judgeChunk(data)
    }
    if (this.#endpoint === 'generate_content') {
      // Google announces nothing: its first chunk says something, or what is wrong.
      const error = errorInChunk(data)
      return error === undefined ? 'content' : { error }
    }
    const name = this.#name ?? typeOf(data)
    if (name === undefined) return 'content'
    if (FAILED.has(name)) return { error: errorOf(name, data) }
    if (name === BEGUN) return isBlankBlock(data) ? 'opening' : 'content'
    return OPENING.has(name) ? 'opening' : 'content'
  }
}

function isBlankBlock(data: Buffer): boolean {
  if (data.length > MAX_CHUNK_BYTES) return false
  const text = data.toString('latin1')
  return BLANK_BLOCKS.some((blank) => blank.test(text))
}

/** The data of a chat: an error, a chunk that says something, or the first one, which only says who speaks. */
function judgeChunk(data: Buffer): Found {
  const error = errorInChunk(data)
  if (error !== undefined) return { error }
  if (data.length > MAX_CHUNK_BYTES) return 'content'
  const text = data.toString('latin1')
  if (SAID.test(text)) return 'content'
  if (WHO_SPEAKS.test(text) && !CLOSES.test(text)) return 'opening'
  const value = parsed(data)
  const { choices } = record(value)
  // What filters think of the prompt comes in a chunk without choices.
  return Array.isArray(choices) && choices.every((choice) => isSilent(record(choice))) ? 'opening' : 'content'
}

function isSilent({ delta, finish_reason }: Record<string, unknown>): boolean {
  if (finish_reason !== undefined && finish_reason !== null) return false
  return Object.entries(record(delta)).every(
    ([part, said]) => part === 'role' || said === null || said === '' || (Array.isArray(said) && said.length === 0),
  )
}
