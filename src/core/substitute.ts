// `${VARIABLE}` in the config: what it becomes, and what is left out when the variable is not set (D7). Only ever read: nothing of it is written back.
import { printable } from './profile.ts'

/** The value of a variable, or undefined when it is not set. */
export type Variables = (name: string) => string | undefined

/** A variable that is not set, and the place in the config that names it. */
export type MissingVariable = { name: string; path: string }

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
  const walk = (value: unknown, path: readonly string[]): unknown => {
    if (typeof value === 'string') {
      const told = (name: string): void => void missing.push({ name, path: path.join('.') })
      // An order without its first name is another order, and one without any is none: the name stays, and nobody has it.
      return expand(value, lookup, told) ?? (path[0] === 'auth' && path[1] === 'order' ? value : LEFT_OUT)
    }
    if (typeof value !== 'object' || value === null) return value
    const parts = Object.entries(value).map(([key, part]) => [key, walk(part, [...path, key])] as const)
    if (parts.some(([key, part]) => part === LEFT_OUT && isNeeded(path, key))) return LEFT_OUT
    const kept = parts.filter(([, part]) => part !== LEFT_OUT)
    return Array.isArray(value) ? kept.map(([, part]) => part) : Object.fromEntries(kept)
  }
  return { value: walk(raw, []), missing }
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
  const open = new Set<string>()
  const lookup = (name: string): string | undefined => {
    const set = filled(outer(name))
    const text = own.get(name)
    if (set !== undefined || text === undefined || open.has(name)) return set
    open.add(name)
    const value = filled(expand(text, lookup, () => undefined))
    open.delete(name)
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

/** What a person is told of one. */
export function missingText({ name, path }: MissingVariable): string {
  return `${name} is not set, so ${printable(path, 120)} is not used`
}

function partOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)[key]
    : undefined
}

/** An agent without its own directory, or a profile without its provider, would be another one. */
function isNeeded([first, second, entry, more]: readonly string[], key: string): boolean {
  if (entry === undefined || more !== undefined) return false
  if (first === 'agents' && second === 'list') return key === 'id' || key === 'agentDir'
  return first === 'auth' && second === 'profiles' && key === 'provider'
}

function expand(text: string, lookup: Variables, missing: (name: string) => void): string | undefined {
  let isWhole = true
  const value = text.replace(REFERENCE, (all: string, escaped: string, name: string) => {
    if (escaped !== '') return all.slice(1)
    const found = lookup(name)
    if (found === undefined) {
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
