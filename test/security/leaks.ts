// Canaries: secrets that are nobody's, and the search for any piece of one of them, in whatever spelling, in whatever came out.
import { createHash } from 'node:crypto'

const PIECE = 12
const TAIL = 40

/** A secret of its own for every name: the prefix a vendor would give it, and a tail that occurs nowhere else. */
export function canary(name: string, prefix = ''): string {
  const digest = createHash('sha512').update(`canary of ${name}`).digest('base64')
  return `${prefix}${digest.replaceAll(/[^A-Za-z0-9]/g, '').slice(0, TAIL)}`
}

export type Leak = { canary: string; where: string; around: string }

export type Search = {
  /** How many secrets are searched for. */
  count(): number
  /** @param tailLength how much of the secret, from its end, is its own */
  add(name: string, secret: string, tailLength?: number): void
  /** Every place in the text where a piece of any canary stands. */
  leaks(where: string, text: string): Leak[]
  /** Names of the canaries that stand in the text as a whole. */
  whole(text: string): string[]
}

/** The spellings in which a secret may travel. */
function spellings(tail: string): string[] {
  const bytes = Buffer.from(tail)
  const base64 = [0, 1, 2].map((skip) => bytes.subarray(skip).toString('base64').replaceAll('=', '').slice(0, -2))
  return [
    tail,
    JSON.stringify(tail).slice(1, -1),
    encodeURIComponent(tail),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    [...tail].reverse().join(''),
    ...base64,
    ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
  ]
}

/** An empty search. */
export function createSearch(): Search {
  const pieces = new Map<string, string>()
  const secrets = new Map<string, string>()
  return {
    count: () => secrets.size,
    add(name, secret, tailLength = TAIL) {
      secrets.set(name, secret)
      for (const spelling of spellings(secret.slice(-tailLength))) {
        for (let at = 0; at + PIECE <= spelling.length; at++) pieces.set(spelling.slice(at, at + PIECE), name)
      }
    },
    leaks(where, text) {
      const found: Leak[] = []
      for (let at = 0; at + PIECE <= text.length; at++) {
        const name = pieces.get(text.slice(at, at + PIECE))
        if (name === undefined) continue
        found.push({ canary: name, where, around: text.slice(Math.max(0, at - 60), at + 20) })
        at += TAIL
      }
      return found
    },
    whole: (text) => [...secrets].filter(([, secret]) => text.includes(secret)).map(([name]) => name),
  }
}
