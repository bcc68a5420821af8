// What a dialect cannot say, or what is none of it: refused with the name of the field, never left out in silence.

/** The client is told in which field (`messages[2].content[0].source`), and why. */
export class Unsayable extends Error {
  /** JSON path from the body's root. */
  readonly path: string
  readonly why: string

  constructor(path: string, why: string) {
    super(path === '' ? why : `${path}: ${why}`)
    this.path = path
    this.why = why
  }
}

/** An object's fields. */
export type Fields = Readonly<Record<string, unknown>>

/** Fields that may be left out when a request is translated, each with the reason why nobody misses it. */
export type Hints = Readonly<Record<string, string>>

/**
 * Refuses the fields that nobody has read. Those without a value, and hints, may be left out.
 * @param rest what is left of an object when everything that is understood has been taken out
 * @param path of the object
 */
export function nothingElse(rest: Fields, path: string, hints: Hints = {}): void {
  for (const name in rest) {
    const value = rest[name]
    if (value === undefined || value === null || Object.hasOwn(hints, name)) continue
    throw new Unsayable(joined(path, name), 'this field cannot be translated for the model that is asked')
  }
}

/** @throws Unsayable for what is no object */
export function fieldsOf(value: unknown, path: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
  throw new Unsayable(path, 'an object is expected')
}

/** @throws Unsayable for what is no list; absent is an empty one */
export function listOf(value: unknown, path: string): readonly unknown[] {
  if (Array.isArray(value)) return value
  if (value === undefined || value === null) return []
  throw new Unsayable(path, 'a list is expected')
}

/** @throws Unsayable for what is no text */
export function textOf(value: unknown, path: string): string {
  if (typeof value === 'string') return value
  throw new Unsayable(path, 'a text is expected')
}

/** @returns undefined where there is none @throws Unsayable for something else */
export function maybeText(value: unknown, path: string): string | undefined {
  return value === undefined || value === null ? undefined : textOf(value, path)
}

/** @returns undefined where there is none @throws Unsayable for something else */
export function maybeNumber(value: unknown, path: string): number | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw new Unsayable(path, 'a number is expected')
}

/** @returns undefined where there is none @throws Unsayable for something else */
export function maybeFlag(value: unknown, path: string): boolean | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'boolean') return value
  throw new Unsayable(path, 'true or false is expected')
}

/** `messages` and `content` are `messages.content`. */
export function joined(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

/** An object without the fields that have no value: `{ a: 1, b: undefined }` is `{ a: 1 }`. */
export function known<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const out: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) out[name] = value
  return out as { [K in keyof T]: Exclude<T[K], undefined> }
}

/** A word of the client's, short enough for a sentence. */
export function named(type: unknown): string {
  return typeof type === 'string' ? type.slice(0, 60) : typeof type
}
