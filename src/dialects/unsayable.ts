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
