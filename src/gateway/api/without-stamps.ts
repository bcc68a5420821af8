// A body as it came, but for thoughts that we have told its client from vendors of another dialect: the vendor who is asked now has never seen
// them, and refuses what it did not seal. A gateway that was started since knows nothing of
// what it translated before, so every body is searched.
import { piecesHold } from '../../core/pieces.ts'
import { parseExact, stringifyExact } from '../../dialects/exact.ts'
import { STAMP_MARK } from '../../dialects/seals.ts'
import type { Asked } from './splice.ts'
import { unthinking, withoutEmptyTurns } from './without-thoughts.ts'

const MARK = Buffer.from(STAMP_MARK)

type Body = Readonly<Record<string, unknown>>

/** @returns the same where it holds nothing of ours */
export function withoutStamps(asked: Asked): Asked {
  if (!piecesHold(asked.pieces, MARK)) return asked
  return {
    ...asked,
    withModel: (name) => {
      const named = asked.withModel(name)
      const text = cleanedText(Buffer.concat(named.pieces))
      return text === undefined ? named : { pieces: [text], bytes: text.byteLength }
    },
  }
}

function cleanedText(bytes: Buffer): Buffer | undefined {
  try {
    return Buffer.from(stringifyExact(unthinking(cleaned(parseExact(bytes.toString('utf8'))) as Body)))
  } catch {
    // What is no JSON, or nested without end, is the vendor's to refuse.
    return undefined
  }
}

/** Takes our stamps out of everything in a list: a thought as a whole, of anything else only the stamp. */
function cleaned(value: unknown): unknown {
  if (Array.isArray(value))
    return withoutEmptyTurns(value.flatMap((entry) => (isStamped(entry) ? unstamped(entry) : [entry])).map(cleaned))
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
