// What clients' requests are read with. Each object has a table: what its fields mean, and which of them are left out on purpose. A field that
// stands in no table is refused by the name that the client gave it; a field without a value is not there.
import { EFFORTS, type Effort } from '../core/thinking.ts'
import type { Asking } from './neutral.ts'
import { named, Unsayable } from './unsayable.ts'

/** Reads one value. @param path of it from the body's root @throws Unsayable */
export type Read<T> = (value: unknown, path: string) => T
/** Of a field that must be there: it is told `undefined` where it is not. */
type Needed<T> = Read<T> & { readonly isNeeded: true }

/** An object's fields. */
export type Fields = Readonly<Record<string, unknown>>

/** What a field is read with; or, of one that is left out, why nobody misses it. */
export type Table = Readonly<Record<string, Read<unknown> | string>>

type Found<T extends Table> = {
  [K in keyof T as T[K] extends string ? never : K]: T[K] extends Needed<infer V>
    ? V
    : T[K] extends Read<infer V>
      ? V | undefined
      : never
}

const STRANGE = 'this field cannot be translated for the model that is asked'

/**
 * Reads an object by its table.
 * @param so.spell a field's name as the table has it, where clients spell it in several ways
 * @param so.strange why a field is refused that stands in no table
 */
export function object<T extends Table>(
  table: T,
  { spell, strange = STRANGE }: { spell?: (name: string) => string; strange?: string } = {},
): Read<Found<T>> {
  const rows = new Map(Object.entries(table))
  const needed = [...rows].flatMap(([name, row]) => (isNeeded(row) ? [[name, row] as const] : []))
  return (value, path) => {
    const found: Record<string, unknown> = {}
    for (const [written, one] of Object.entries(fields(value, path))) {
      if (one === undefined || one === null) continue
      const name = spell === undefined ? written : spell(written)
      const row = rows.get(name)
      if (row === undefined) throw new Unsayable(joined(path, written), strange)
      if (typeof row !== 'string') found[name] = row(one, joined(path, written))
    }
    for (const [name, row] of needed) if (found[name] === undefined) found[name] = row(undefined, joined(path, name))
    return found as Found<T>
  }
}

function isNeeded(row: Read<unknown> | string): row is Needed<unknown> {
  return typeof row !== 'string' && 'isNeeded' in row
}

/** Of a field that must be there. */
export function must<T>(read: Read<T>): Needed<T> {
  return Object.assign((value: unknown, path: string) => read(value, path), { isNeeded: true } as const)
}

/** What is made of what was read. */
export function into<A, B>(read: Read<A>, make: (read: A, path: string) => B): Read<B> {
  return (value, path) => make(read(value, path), path)
}

/** A list, one after the other. */
export function each<T>(read: Read<T>): Read<T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw new Unsayable(path, 'a list is expected')
    return value.map((one, at) => read(one, `${path}[${at}]`))
  }
}

/**
 * An object that says in one of its fields what it is; '' is one that does not say.
 * @param strange why something is refused that is none of these
 */
export function byKind<T>(
  kinds: Readonly<Record<string, Read<T>>>,
  strange: (kind: string) => string,
  field = 'type',
): Read<T> {
  const rows = new Map(Object.entries(kinds))
  return (value, path) => {
    const { [field]: kind, ...rest } = fields(value, path)
    const read = rows.get(kind === undefined || kind === null ? '' : typeof kind === 'string' ? kind : typeof kind)
    if (read === undefined) throw new Unsayable(joined(path, field), strange(named(kind)))
    return read(rest, path)
  }
}

/** What nobody else can be told, whatever it is. @param field of it that says so */
export function refused(why: string, field?: string): Read<never> {
  return (_value, path) => {
    throw new Unsayable(field === undefined ? path : joined(path, field), why)
  }
}

/** What nobody else can be told, but for the values that mean nothing. */
export function refusedBut(nothing: (value: unknown) => boolean, why: string): Read<undefined> {
  return (value, path) => {
    if (!nothing(value)) throw new Unsayable(path, why)
    return undefined
  }
}

/** Whether a list holds that word only. */
export function isAll(word: string): (value: unknown) => boolean {
  return (value) => Array.isArray(value) && value.every((one) => one === word)
}

/** One of a few words. */
export function word<T extends string>(...words: readonly T[]): Read<T> {
  const known: ReadonlySet<unknown> = new Set(words)
  const last = words.at(-1)
  const why = words.length === 1 ? `${last} is expected` : `${words.slice(0, -1).join(', ')} or ${last} is expected`
  return (value, path) => {
    if (known.has(value)) return value as T
    throw new Unsayable(path, why)
  }
}

export const fields: Read<Fields> = (value, path) => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
  throw new Unsayable(path, 'an object is expected')
}

export const text: Read<string> = (value, path) => {
  if (typeof value === 'string') return value
  throw new Unsayable(path, 'a text is expected')
}

export const number: Read<number> = (value, path) => {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw new Unsayable(path, 'a number is expected')
}

export const flag: Read<boolean> = (value, path) => {
  if (typeof value === 'boolean') return value
  throw new Unsayable(path, 'true or false is expected')
}

/** Whatever stands there. */
export const anything: Read<unknown> = (value) => value

const isEffort = (value: string): value is Effort => EFFORTS.includes(value as Effort)

export const effort: Read<Effort> = (value, path) => {
  const said = text(value, path)
  if (isEffort(said)) return said
  throw new Unsayable(path, 'no such effort is known')
}

export const verbosity: Read<NonNullable<Asking['verbosity']>> = word('low', 'medium', 'high')

/** `messages` and `content` are `messages.content`. */
function joined(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}
