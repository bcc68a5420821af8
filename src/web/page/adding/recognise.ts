// What somebody pasted, told from how it begins, while it is typed. Only a hint: the gateway decides, and refuses the wrong kind in words.
import type { ProviderChoice } from '../../../core/protocol.ts'

export type Recognised =
  | { kind: 'one'; provider: string; method: string; tail: string }
  /** Several vendors' secrets begin like this. */
  | { kind: 'several'; providers: readonly string[] }
  | { kind: 'unknown' }

const ASSIGNMENT = /^(?:export\s+|set\s+|\$env:)?[A-Za-z_][A-Za-z0-9_]{1,100}\s*=\s*/
const HEADER = /^(?:(?:authorization\s*:\s*)?bearer\s+|x-api-key\s*:\s*)/i
/** Less says nothing. */
const SHORTEST = 8
const TAIL = 4

/**
 * @param text as it stands in the field
 * @returns undefined while there is too little of it
 */
export function recognise(text: string, providers: readonly ProviderChoice[]): Recognised | undefined {
  const bare = bareOf(text)
  if (bare.length < SHORTEST) return undefined
  const known = providers.flatMap((provider) =>
    provider.methods.flatMap(({ id, kind, begins }) =>
      kind === 'secret' && begins !== undefined && bare.startsWith(begins)
        ? [{ provider: provider.id, method: id, begins }]
        : [],
    ),
  )
  const longest = Math.max(0, ...known.map(({ begins }) => begins.length))
  const best = known.filter(({ begins }) => begins.length === longest)
  const [first] = best
  if (first === undefined) return { kind: 'unknown' }
  if (best.length > 1) return { kind: 'several', providers: best.map(({ provider }) => provider) }
  return { kind: 'one', provider: first.provider, method: first.method, tail: bare.slice(-TAIL) }
}

/** Without what people copy along with it. */
function bareOf(text: string): string {
  const value = text.trim().replace(ASSIGNMENT, '').replace(HEADER, '').replace(/;$/, '').trim()
  return /^(["'`]).*\1$/s.test(value) ? value.slice(1, -1).trim() : value
}
