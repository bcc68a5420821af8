// `${VARIABLE}` in the config: what it becomes, and what is left out when the variable is not set (D7). Only ever read: nothing of it is written back.
import { printable } from './profile.ts'

/** The value of a variable, or undefined when it is not set. */
export type Variables = (name: string) => string | undefined

/** A variable that is not set, and the place in the config that names it. */
export type MissingVariable = { name: string; path: string }

/** Characters that the variables of one text may come to, as many as a real one can hold: `${A}${A}` in a chain doubles with every link. */
const MOST_PUT_IN = 131_072

const LEFT_OUT = Symbol('left out')
const REFERENCE = /\$(\$?)\{([A-Z_][A-Z0-9_]*)\}/g

/**
 * Puts in the variables. A text that names one that is not set is left out, and with it the entry that cannot be without it; the rest holds.
 * @param raw the parsed config; it stays as it is
 * @param outer what is set outside of the config; it goes before the config's own `env`
 */
export function substitute(raw: unknown, outer: Variables): { value: unknown; missing: MissingVariable[] } {
  const missing: MissingVariable[] = []
  const lookup = variablesIn(raw, outer)
  /** Ids of agents that are left out, each with the variable it cannot be without. */
  const gone = new Map<string, string>()
  const walk = (value: unknown, path: readonly string[]): unknown => {
    if (typeof value === 'string') {
      const told = (name: string): void => void missing.push({ name, path: path.join('.') })
      const needed = namesAgent(path) ? gone.get(expand(value, lookup, () => undefined) ?? '') : undefined
      if (needed !== undefined) {
        told(needed)
        return LEFT_OUT
      }
      // An order without its first name is another order, and one without any is none: the name stays, and nobody has it.
      return expand(value, lookup, told) ?? (path[0] === 'auth' && path[1] === 'order' ? value : LEFT_OUT)
    }
    if (typeof value !== 'object' || value === null) return value
    const parts = Object.entries(value).map(([key, part]) => [key, walk(part, [...path, key])] as const)
    const lost = parts.find(([key, part]) => part === LEFT_OUT && isNeeded(path, key))
    if (lost !== undefined) {
      const [, id] = parts.find(([key]) => key === 'id') ?? []
      const place = [...path, lost[0]].join('.')
      const name = missing.find((one) => one.path.startsWith(place))?.name
      if (isAgent(path) && typeof id === 'string' && name !== undefined) gone.set(id, name)
      return LEFT_OUT
    }
    const kept = parts.filter(([, part]) => part !== LEFT_OUT)
    return Array.isArray(value) ? kept.map(([, part]) => part) : Object.fromEntries(kept)
  }
  for (;;) {
    const before = gone.size
    const value = walk(raw, [])
    if (gone.size === before) return { value, missing }
    // What names an agent that turned out to be left out is left out as well, also where it stands before that agent.
    missing.length = 0
  }
}

/**
 * What one text of the config stands for, so that those that are written differently can be compared; undefined when it names a variable
 * that is not set.
 */
export function valuesIn(raw: unknown, outer: Variables): (text: string) => string | undefined {
  const lookup = variablesIn(raw, outer)
  return (text) => expand(text, lookup, () => undefined)
}

function variablesIn(raw: unknown, outer: Variables): Variables {
  const own = envOf(raw)
  // A name that is being looked up stands for nothing: one that leads in a circle is not set.
  const known = new Map<string, string | undefined>()
  const lookup = (name: string): string | undefined => {
    const set = filled(outer(name))
    const text = own.get(name)
    if (set !== undefined || text === undefined) return set
    if (known.has(name)) return known.get(name)
    known.set(name, undefined)
    const value = filled(expand(text, lookup, () => undefined))
    known.set(name, value)
    return value
  }
  return lookup
}

/** The variables that the config sets itself, as they are written; those beside `vars` go before those in it. */
export function envOf(raw: unknown): Map<string, string> {
  const values = new Map<string, string>()
  const env = partOf(raw, 'env')
  for (const part of [env, partOf(env, 'vars')]) {
    if (typeof part !== 'object' || part === null) continue
    for (const [name, value] of Object.entries(part)) {
      if (typeof value === 'string' && value.trim() !== '' && !values.has(name)) values.set(name, value)
    }
  }
  return values
}

/** Whether a text names a variable; one of the meaning still does where nobody has set it. */
export function namesVariable(text: string): boolean {
  return text.search(REFERENCE) >= 0
}

/** What a person is told of one. */
export function missingText({ name, path }: MissingVariable): string {
  return `${name} is not set, so ${printable(path, 120)} is not used`
}

function partOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)[key]
    : undefined
}

/**
 * An agent without its own directory or without the one whose credentials it uses, or a profile without its provider, would be another one;
 * a binding without any part of it would answer other chats.
 */
function isNeeded(path: readonly string[], key: string): boolean {
  const [first, second, entry, part] = path
  if (first === 'bindings') return path.length > 1
  if (isAgent(path)) return key === 'id' || key === 'agentDir' || key === 'auth'
  if (isAgent(path.slice(0, -1)) && part === 'auth') return key === 'inherit'
  return first === 'auth' && second === 'profiles' && entry !== undefined && part === undefined && key === 'provider'
}

/** Whether an entry of the list of agents stands at the path. */
function isAgent(path: readonly string[]): boolean {
  return path.length === 3 && path[0] === 'agents' && path[1] === 'list'
}

/** Whether the text at the path is the id of an agent that stands elsewhere. */
function namesAgent(path: readonly string[]): boolean {
  if (path[0] === 'bindings') return path.length === 3 && path[2] === 'agentId'
  return path.length === 5 && isAgent(path.slice(0, 3)) && path[3] === 'auth' && path[4] === 'inherit'
}

function expand(text: string, lookup: Variables, missing: (name: string) => void): string | undefined {
  let isWhole = true
  let room = MOST_PUT_IN
  const value = text.replace(REFERENCE, (all: string, escaped: string, name: string) => {
    if (escaped !== '') return all.slice(1)
    if (room < 0) return ''
    const found = lookup(name)
    room -= found?.length ?? 0
    if (found === undefined || room < 0) {
      isWhole = false
      missing(name)
    }
    return found ?? all
  })
  return isWhole ? value : undefined
}

function filled(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === '' ? undefined : value
}
