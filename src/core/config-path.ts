// Paths into openclaw.json: `gateway.port`, `agents.list[0].id`, `agents.defaults.models["openai/gpt-5.1"].alias`.
import { AuthError } from './errors.ts'
import { printable } from './profile.ts'
import { quoted } from './quoted.ts'

/** Names and indices from the root to a value. */
export type ConfigPath = readonly string[]

/** Keys that would change the prototype of an object on the way; refused wherever they stand. */
export const POISON: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

const PLAIN = /^[^.[\]"']+/
const INDEX = /^\[(\d{1,9})\]/
const DOUBLE = /^\["((?:[^"\\]|\\.)*)"\]/
const SINGLE = /^\['((?:[^'\\]|\\.)*)'\]/
const MOST_TEXT = 1024

/**
 * Reads a path as a person types it.
 * @throws AuthError usage
 */
export function parsePath(text: string): ConfigPath {
  if (text.length > MOST_TEXT) throw wrong(text, 'is too long')
  const path: string[] = []
  for (let rest = text; rest !== ''; ) {
    const bracket = INDEX.exec(rest) ?? DOUBLE.exec(rest) ?? SINGLE.exec(rest)
    const dot = path.length > 0 && rest.startsWith('.') ? 1 : 0
    const found = bracket ?? (path.length === 0 || dot === 1 ? PLAIN.exec(rest.slice(dot)) : null)
    if (found === null) throw wrong(text, `cannot be read from "${printable(rest, 40)}" on`)
    const name = found[1]?.replaceAll(/\\(.)/g, '$1') ?? found[0]
    if (POISON.has(name)) throw wrong(text, `names ${name}, which is not allowed`)
    path.push(name)
    rest = rest.slice(found[0].length + (bracket === null ? dot : 0))
  }
  if (path.length === 0) throw wrong(text, 'is empty')
  return path
}

function wrong(text: string, why: string): AuthError {
  return new AuthError(
    'usage',
    `The path ${printable(text, 80)} ${why}. Names are separated by dots; one with a dot inside is written ["in.quotes"].`,
    { remedy: 'openclaw config get --help' },
  )
}

/** The path in the form that parsePath reads. */
export function formatPath(path: readonly (string | number)[]): string {
  let text = ''
  for (const step of path.map(String)) {
    const isPlain = PLAIN.exec(step)?.[0] === step
    if (!isPlain) text += `["${step.replaceAll(/["\\]/g, '\\$&')}"]`
    else text += text === '' ? step : `.${step}`
  }
  return text
}

/** The path as one word of a shell's command line. */
export function shellPath(path: ConfigPath): string {
  const text = formatPath(path)
  return /^[\w.:@/-]+$/.test(text) ? text : quoted(text)
}

/** The value at the path; undefined when there is none. */
export function valueAt(root: unknown, path: ConfigPath): unknown {
  let value = root
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as Record<string, unknown>)[step]
  }
  return value
}

/**
 * Puts a value at the path, making objects on the way.
 * @throws AuthError usage, when something else than an object or a list stands in the way
 */
export function putAt(root: object, path: ConfigPath, value: unknown): void {
  const { holder, last } = holderOf(root, path)
  if (Array.isArray(holder) && last === String(holder.length)) holder.push(value)
  else (holder as Record<string, unknown>)[last] = value
}

function holderOf(root: object, path: ConfigPath): { holder: object; last: string } {
  let holder = root
  for (const [at, step] of path.entries()) {
    if (Array.isArray(holder) && !(Number(step) <= holder.length && /^(?:0|[1-9]\d*)$/.test(step))) {
      throw inTheWay(path.slice(0, at), `is a list of ${holder.length}; "${printable(step, 40)}" is no place in it`)
    }
    if (at === path.length - 1) return { holder, last: step }
    let next = Object.hasOwn(holder, step) ? (holder as Record<string, unknown>)[step] : undefined
    if (next === undefined) {
      next = {}
      putAt(holder, [step], next)
    }
    if (typeof next !== 'object' || next === null) {
      throw inTheWay(path.slice(0, at + 1), 'holds a single value, so there is nothing below it')
    }
    holder = next
  }
  throw new Error('a path has a last step')
}

function inTheWay(path: ConfigPath, why: string): AuthError {
  return new AuthError('usage', `${formatPath(path)} ${why}; nothing was changed.`, {
    remedy: `openclaw config get ${shellPath(path)}`,
  })
}

/** Takes the value at the path away. @returns whether there was one */
export function removeAt(root: object, path: ConfigPath): boolean {
  const holder = valueAt(root, path.slice(0, -1))
  const last = path.at(-1) ?? ''
  if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, last)) return false
  if (Array.isArray(holder)) {
    if (!/^\d+$/.test(last)) return false
    holder.splice(Number(last), 1)
  } else delete (holder as Record<string, unknown>)[last]
  return true
}
