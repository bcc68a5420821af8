// A body as it came, but for thoughts that we have told its client from vendors of another dialect: the vendor who is asked now has never seen
// them, and refuses what it did not seal. A gateway that was started since knows nothing of
// what it translated before, so every body is searched.
import { parseExact, stringifyExact } from '../../dialects/exact.ts'
import { STAMP_MARK } from '../../dialects/seals.ts'
import type { Asked } from './splice.ts'

const MARK = Buffer.from(STAMP_MARK)

/** @returns the same where it holds nothing of ours */
export function withoutStamps(asked: Asked): Asked {
  if (!hasMark(asked.pieces)) return asked
  return {
    ...asked,
    withModel: (name) => {
      const named = asked.withModel(name)
      const text = cleanedText(Buffer.concat(named.pieces))
      return text === undefined ? named : { pieces: [text], bytes: text.byteLength }
    },
  }
}

/** Wherever the pieces are cut; nothing is copied but what stands at the cuts. */
function hasMark(pieces: readonly Uint8Array[]): boolean {
  const [only] = pieces
  if (only !== undefined && pieces.length === 1) return holdsMark(only)
  let before: Uint8Array = MARK.subarray(0, 0)
  return pieces.some((piece) => {
    const cut = Buffer.concat([before, piece.subarray(0, MARK.length)])
    before = Buffer.concat([before, piece.subarray(-MARK.length)]).subarray(-MARK.length)
    return cut.includes(MARK) || holdsMark(piece)
  })
}

function holdsMark({ buffer, byteOffset, byteLength }: Uint8Array): boolean {
  return Buffer.from(buffer, byteOffset, byteLength).includes(MARK)
}

function cleanedText(bytes: Buffer): Buffer | undefined {
  try {
    return Buffer.from(stringifyExact(cleaned(parseExact(bytes.toString('utf8')))))
  } catch {
    // What is no JSON, or nested without end, is the vendor's to refuse.
    return undefined
  }
}

/** Takes our stamps out of everything in a list: a thought as a whole, of anything else only the stamp. */
function cleaned(value: unknown): unknown {
  if (Array.isArray(value))
    return value.flatMap((entry) => (isStamped(entry) ? unstamped(entry) : [entry])).map(cleaned)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, cleaned(inner)]))
}

/** Where dialects keep seals; what a person says is said, whatever it begins with. */
const SEALS = ['signature', 'data', 'encrypted_content', 'thoughtSignature', 'thought_signature']
const THOUGHTS: ReadonlySet<unknown> = new Set(['thinking', 'redacted_thinking', 'reasoning', 'reasoning.encrypted'])

const isStamp = (name: string, value: unknown): boolean =>
  SEALS.includes(name) && typeof value === 'string' && value.startsWith(STAMP_MARK)

function isStamped(entry: unknown): entry is Record<string, unknown> {
  if (typeof entry !== 'object' || entry === null) return false
  return Object.entries(entry).some(([name, value]) => isStamp(name, value))
}

/** Some clients put the seal of a thought beside the call that came of it. */
function unstamped(entry: Record<string, unknown>): unknown[] {
  if (THOUGHTS.has(entry.type) || entry.thought === true) return []
  return [Object.fromEntries(Object.entries(entry).filter(([name, value]) => !isStamp(name, value)))]
}
