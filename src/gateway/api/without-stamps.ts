// A body as it came, but for thoughts that we have told its client from vendors of another dialect: the vendor who is asked now has never seen
// them, and refuses what it did not seal. A gateway that was started since knows nothing of
// what it translated before, so every body is searched.
import { piecesHold } from '../../core/pieces.ts'
import { parseExact, stringifyExact } from '../../dialects/exact.ts'
import { STAMP_MARK } from '../../dialects/seals.ts'
import type { Asked } from './splice.ts'

const MARK = Buffer.from(STAMP_MARK)

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
    return Buffer.from(stringifyExact(cleaned(parseExact(bytes.toString('utf8')))))
  } catch {
    // What is no JSON, or nested without end, is the vendor's to refuse.
    return undefined
  }
}

/** Takes out of every list what carries a stamp: a block, an item, a part. */
function cleaned(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((entry) => !isStamped(entry)).map(cleaned)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, cleaned(inner)]))
}

function isStamped(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Object.values(value).some((inner) => typeof inner === 'string' && inner.startsWith(STAMP_MARK))
}
