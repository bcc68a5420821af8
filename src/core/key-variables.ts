// Which variables may hold keys of a provider, one or several each, and which of them goes first.

export type KeyVariable = {
  name: string
  /** The lower goes first; keys of the same place take turns. */
  place: number
  /** Holds several, apart by commas, semicolons or blanks. */
  isList: boolean
  /** While it is set, no other variable of the provider counts. */
  isPinning: boolean
}

/** `X_API_KEY_FILE` and its like say where a key is, or what it is called; they hold none. */
const NO_KEY = /_(?:FILE|PATH|URL|COMMAND|CMD|HELPER|NAME|ID|MS)$/
const NUMBERED = '_API_KEY_'

/** The names among these that can be `<P>_API_KEY_*` of some provider: few of the many that are set. */
export function numberedIn(names: readonly string[]): string[] {
  return names.filter((name) => name.includes(NUMBERED) && !NO_KEY.test(name))
}

/**
 * `OPENCLAW_LIVE_<P>_KEY`, then `<P>_API_KEYS`, then the provider's own variables, then `<P>_API_KEY_*`.
 * @param env the provider's own, in their order; without any it takes nothing from the environment
 * @param numbered names that are set, see numberedIn
 */
export function keyVariables(id: string, env: readonly string[], numbered: readonly string[]): KeyVariable[] {
  if (env.length === 0) return []
  const prefixes = prefixesOf(id, env)
  const single = { isList: false, isPinning: false }
  const first: KeyVariable[] = [
    ...prefixes.map((prefix) => ({ name: `OPENCLAW_LIVE_${prefix}_KEY`, ...single, isPinning: true })),
    ...prefixes.map((prefix) => ({ name: `${prefix}_API_KEYS`, ...single, isList: true })),
    ...env.map((name) => ({ name, ...single })),
  ].map((variable, place) => ({ ...variable, place }))
  const more = numbered
    .filter((name) => !env.includes(name) && prefixes.some((prefix) => name.startsWith(prefix + NUMBERED)))
    // 2 before 10.
    .sort((a, b) => a.length - b.length || (a < b ? -1 : 1))
  return [...first, ...more.map((name) => ({ name, ...single, place: first.length }))]
}

/** What such a variable holds, in order, each once. */
export function keysIn(value: string, { isList }: KeyVariable): string[] {
  return [...new Set((isList ? value.split(/[\s,;]+/) : [value.trim()]).filter((text) => text !== ''))]
}

const known = new Map<string, readonly string[]>()

/** `KIMI` of `KIMI_API_KEY`, and the provider's own name. */
function prefixesOf(id: string, env: readonly string[]): readonly string[] {
  const found = known.get(id)
  if (found !== undefined) return found
  const own = env.filter((name) => name.endsWith('_API_KEY')).map((name) => name.slice(0, -'_API_KEY'.length))
  const prefixes = [...new Set([...own, id.toUpperCase().replace(/[^A-Z0-9]/g, '_')])]
  known.set(id, prefixes)
  return prefixes
}
