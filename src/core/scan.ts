// Finds the top-level `model` and `stream` of a JSON body while its pieces arrive, and where the values stand that tell one conversation from
// another: nothing is parsed, nothing joined, nothing copied. It vouches for the top level only; whoever gets the body judges what is inside.
// When in doubt it says so, and the body is parsed.
import { mayHide } from './plain-json.ts'
import { ascii, isListName, isPlaceName, isScalarEnd, isSpace, keyAt, type Places, unescaped } from './scan-keys.ts'

/** Where the value of `model` stands, quotes included, in bytes from the start of the body. */
export type FoundModel = { value: string; start: number; end: number }

export type Scanned =
  /** `model` is absent when the object has none, or one that is no string. */
  | { sure: true; model?: FoundModel; stream: boolean }
  /** Broken at the top level, or a key stands twice, or something rarer: only a parser can tell. */
  | { sure: false }

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const OPEN = 0x7b
const CLOSE = 0x7d
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d

/** The longest way to write one of our keys is six characters for each letter. */
const MAX_KEY = 40
const MAX_MODEL = 1024
const MAX_SCALAR = 64
const NEAR = 24
/** So many items of a list are told apart. */
const MOST_ITEMS = 4
const SCALAR = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/

type State =
  | 'start'
  | 'first_key'
  | 'key'
  | 'in_key'
  | 'colon'
  | 'value'
  | 'in_text'
  | 'nested'
  | 'in_nested_text'
  | 'scalar'
  | 'after'
  | 'over'
  | 'unsure'

const NONE: number[] = []

export class BodyScan {
  #state: State = 'start'
  /** Bytes of the pieces before the present one. */
  #before = 0
  #depth = 0
  /** The last byte was a backslash that escapes the next one. */
  #escaped = false
  #key = ''
  #text = ''
  #start = 0
  #model: FoundModel | undefined
  #stream = false
  #seenModel = false
  #seenStream = false
  /** Of the list under the present key: where its first items end. */
  #items: number[] = NONE
  /** Where values stand that tell one conversation from another, as far as the body has come; of a key that stands twice the last. */
  readonly places: Places = {}
  #isOdd = false

  /** Whether names may stand in the body in disguise, or twice, so that a search for them as they are could miss some. */
  get isOdd(): boolean {
    return this.#isOdd || this.#state !== 'over'
  }

  /** @param piece the next bytes of the body */
  push(piece: Uint8Array): void {
    let at = 0
    while (at < piece.length && this.#state !== 'unsure') at = this.#step(piece, at)
    this.#before += piece.length
  }

  /** What the whole body says. */
  end(): Scanned {
    if (this.#state !== 'over') return { sure: false }
    return this.#model === undefined
      ? { sure: true, stream: this.#stream }
      : { sure: true, stream: this.#stream, model: this.#model }
  }

  /** Takes one token, or what the piece holds of it. @returns where to go on */
  #step(piece: Uint8Array, at: number): number {
    switch (this.#state) {
      case 'in_key':
        return this.#takeText(piece, at, MAX_KEY, 'colon')
      case 'in_text':
        return this.#takeText(piece, at, this.#key === 'model' ? MAX_MODEL : 0, 'after')
      case 'nested':
        return this.#takeNested(piece, at)
      case 'in_nested_text': {
        const end = this.#endOfText(piece, at)
        if (end < 0) return piece.length
        this.#state = 'nested'
        return end + 1
      }
      case 'scalar':
        return this.#takeScalar(piece, at)
      default: {
        const byte = piece[at] ?? 0
        if (!isSpace(byte)) this.#state = this.#punctuation(byte, this.#before + at)
        // A scalar has no opening mark: its first byte is read again as a part of it.
        return this.#state === 'scalar' ? at : at + 1
      }
    }
  }

  /** The state after a byte that stands between the parts of the top level. */
  #punctuation(byte: number, position: number): State {
    switch (this.#state) {
      case 'start':
        return byte === OPEN ? 'first_key' : 'unsure'
      case 'first_key':
      case 'key':
        if (byte === CLOSE && this.#state === 'first_key') return 'over'
        this.#text = ''
        return byte === QUOTE ? 'in_key' : 'unsure'
      case 'colon':
        return byte === COLON ? 'value' : 'unsure'
      case 'value':
        this.#text = ''
        this.#start = position
        if (byte === QUOTE) return 'in_text'
        if (byte === OPEN || byte === OPEN_LIST) {
          this.#depth = 1
          this.#items = isListName(this.#key) ? [] : NONE
          return this.#noteOther('nested')
        }
        return 'scalar'
      case 'after':
        if (byte === COMMA) return 'key'
        return byte === CLOSE ? 'over' : 'unsure'
      default:
        return 'unsure'
    }
  }

  /** Goes to the end of a string, keeping up to `keep` of its characters. */
  #takeText(piece: Uint8Array, at: number, keep: number, next: 'colon' | 'after'): number {
    const end = this.#endOfText(piece, at)
    const stop = end < 0 ? piece.length : end
    if (next === 'colon' && end >= 0 && this.#text === '') {
      const key = keyAt(piece, at, end)
      if (key !== undefined) {
        this.#key = key
        this.#state = 'colon'
        return end + 1
      }
    }
    if (keep > 0 && this.#text.length <= keep) {
      // One character more than is of use tells "too long" from "just fits".
      this.#text += ascii(piece, at, Math.min(stop, at + keep + 1 - this.#text.length))
    }
    if (end < 0) return piece.length
    this.#state = next === 'colon' ? this.#readKey() : this.#readText(this.#before + end + 1)
    return end + 1
  }

  /** The closing quote at or after `at`, or -1. */
  #endOfText(piece: Uint8Array, at: number): number {
    let from = at
    if (this.#escaped) {
      this.#escaped = false
      from++
    }
    // Most strings end within a few bytes: asking the library costs more than looking.
    const near = Math.min(piece.length, from + NEAR)
    for (let i = from; i < near; i++) {
      const byte = piece[i]
      if (byte === QUOTE) return i
      if (byte !== BACKSLASH) continue
      // No name of ours is longer than that, so that its first escape stands here.
      this.#isOdd ||= mayHide(piece, i)
      break
    }
    for (;;) {
      const quote = piece.indexOf(QUOTE, from)
      const end = quote < 0 ? piece.length : quote
      let slashes = end
      while (slashes > from && piece[slashes - 1] === BACKSLASH) slashes--
      const isEscaped = ((end - slashes) & 1) === 1
      if (quote < 0) {
        this.#escaped = isEscaped
        return -1
      }
      if (!isEscaped) return quote
      from = quote + 1
    }
  }

  #readKey(): State {
    this.#key = this.#text
    if (this.#key.length > MAX_KEY) this.#key = ''
    else if (this.#key.includes('\\')) {
      const plain = unescaped(this.#key)
      // A known key in disguise.
      if (plain === undefined || plain === 'model' || plain === 'stream') return 'unsure'
      this.#key = plain
    }
    return 'colon'
  }

  #readText(end: number): State {
    if (this.#key !== 'model') {
      this.#notePlace(end, NONE)
      return this.#noteOther('after')
    }
    if (this.#seenModel || this.#text.length > MAX_MODEL) return 'unsure'
    this.#seenModel = true
    const value = unescaped(this.#text)
    if (value === undefined) return 'unsure'
    this.#model = { value, start: this.#start, end }
    return 'after'
  }

  #takeNested(piece: Uint8Array, at: number): number {
    let depth = this.#depth
    for (let i = at; i < piece.length; i++) {
      const byte = piece[i]
      if (byte === QUOTE) {
        // Most strings end in the same piece.
        const end = this.#endOfText(piece, i + 1)
        if (end < 0) {
          this.#depth = depth
          this.#state = 'in_nested_text'
          return piece.length
        }
        i = end
      } else if (byte === OPEN || byte === OPEN_LIST) depth++
      else if ((byte === CLOSE || byte === CLOSE_LIST) && --depth < 2) {
        if (this.#closed(depth, this.#before + i + 1)) return i + 1
      }
    }
    this.#depth = depth
    return piece.length
  }

  /** A bracket of the value closed. @param end behind it @returns whether it was the last */
  #closed(depth: number, end: number): boolean {
    if (depth === 0) {
      this.#state = 'after'
      this.#notePlace(end, this.#items)
      return true
    }
    if (this.#items !== NONE && this.#items.length < MOST_ITEMS) this.#items.push(end)
    return false
  }

  #notePlace(end: number, items: readonly number[]): void {
    if (!isPlaceName(this.#key)) return
    this.#isOdd ||= this.places[this.#key] !== undefined
    this.places[this.#key] = { start: this.#start, end, items }
  }

  #takeScalar(piece: Uint8Array, at: number): number {
    let end = at
    while (end < piece.length && !isScalarEnd(piece[end] ?? 0)) end++
    if (this.#text.length <= MAX_SCALAR) this.#text += ascii(piece, at, Math.min(end, at + MAX_SCALAR + 1))
    if (end === piece.length) return end
    if (this.#text.length > MAX_SCALAR || !SCALAR.test(this.#text)) this.#state = 'unsure'
    else this.#state = this.#noteOther('after')
    return end
  }

  /** A value that is no model's name stands under the present key. */
  #noteOther(next: State): State {
    if (this.#key === 'model') {
      if (this.#seenModel) return 'unsure'
      this.#seenModel = true
    } else if (this.#key === 'stream') {
      if (this.#seenStream) return 'unsure'
      this.#seenStream = true
      this.#stream = next === 'after' && this.#state === 'scalar' && this.#text === 'true'
    }
    return next
  }
}
