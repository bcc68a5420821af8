// A body with the name of its model replaced and every other byte as it was.
import type { BodyScan, FoundModel } from '../../core/scan.ts'
import type { Places } from '../../core/scan-keys.ts'

/** A body ready to travel. */
export type Body = { pieces: readonly Uint8Array[]; bytes: number }

/** What the request asks for, and how to get its body with another model's name in it. */
export type Asked = {
  model: string
  streaming: boolean
  /** Where the values stand that tell one conversation from another, in `pieces`; none of a body that had to be parsed. */
  places: Places
  pieces: readonly Uint8Array[]
  /** Names may stand in the body in disguise, or twice. */
  isOdd?: boolean
  withModel(name: string): Body
}

/**
 * Reads what a client asks for.
 * @param scan has seen all pieces
 * @returns a sentence saying what is wrong, for a body that is no JSON object with a model
 */
export function readAsked(scan: BodyScan, pieces: readonly Uint8Array[], bytes: number): Asked | string {
  const found = scan.end()
  if (!found.sure) return readParsed(pieces)
  const { model, stream } = found
  if (model === undefined) return NO_MODEL
  return {
    model: model.value,
    streaming: stream,
    places: scan.places,
    pieces,
    isOdd: scan.isOdd,
    withModel: (name) => splice(pieces, bytes, model, name),
  }
}

const NO_MODEL = 'model: a string is required, for example "anthropic/claude-opus-4-6"'

/** The rare body: a key stands twice, or its name is escaped. What the vendor gets then has one reading only. */
function readParsed(pieces: readonly Uint8Array[]): Asked | string {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces)))
  } catch {
    // The parser's words would quote the body.
    return 'The request body is not valid JSON.'
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return 'The request body is not a JSON object.'
  const { model, stream } = value as Record<string, unknown>
  if (typeof model !== 'string') return NO_MODEL
  return {
    model,
    streaming: stream === true,
    places: {},
    pieces,
    isOdd: true,
    withModel: (name) => {
      const text = Buffer.from(JSON.stringify({ ...value, model: name }))
      return { pieces: [text], bytes: text.byteLength }
    },
  }
}

function splice(pieces: readonly Uint8Array[], bytes: number, found: FoundModel, name: string): Body {
  if (found.value === name) return { pieces, bytes }
  const value = written(name)
  const out: Uint8Array[] = []
  let from = 0
  for (const piece of pieces) {
    const to = from + piece.byteLength
    if (to <= found.start || from >= found.end) out.push(piece)
    else {
      if (from < found.start) out.push(piece.subarray(0, found.start - from))
      // The value may lie across pieces: its replacement goes where it begins.
      if (from <= found.start) out.push(value)
      if (to > found.end) out.push(piece.subarray(found.end - from))
    }
    from = to
  }
  return { pieces: out, bytes: bytes - (found.end - found.start) + value.byteLength }
}

const WRITTEN = new Map<string, Buffer>()
const MAX_WRITTEN = 256

/** The name as JSON; a gateway hears the same few again and again. */
function written(name: string): Buffer {
  const known = WRITTEN.get(name)
  if (known !== undefined) return known
  const made = Buffer.from(JSON.stringify(name))
  if (WRITTEN.size < MAX_WRITTEN) WRITTEN.set(name, made)
  return made
}
