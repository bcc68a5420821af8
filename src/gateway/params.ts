// Parameters of WebSocket methods, read one by one; what is missing or of another kind is said by name, never by value.
import { AuthError } from '../core/errors.ts'

export type Params = Readonly<Record<string, unknown>>

const MAX_TEXT = 256 * 1024

/** @throws AuthError usage, when the parameter is there and no text */
export function optionalText(params: Params, name: string, max = MAX_TEXT): string | undefined {
  const value = params[name]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string' || value.length > max) throw wrong(name, `a text of at most ${max} characters`)
  return value
}

/** @throws AuthError usage, when the parameter is missing, empty or no text */
export function text(params: Params, name: string, max = MAX_TEXT): string {
  const value = optionalText(params, name, max)
  if (value === undefined || value.trim() === '') throw wrong(name, 'a text')
  return value
}

/** @returns undefined when it is not named, null when it is to be reset @throws AuthError usage */
export function resettable(params: Params, name: string): string | null | undefined {
  return params[name] === null ? null : optionalText(params, name, 400)
}

/** @throws AuthError usage */
export function count(params: Params, name: string, most: number): number {
  const value = params[name]
  if (value === undefined) return most
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) throw wrong(name, 'a number')
  return Math.min(value, most)
}

function wrong(name: string, expected: string): AuthError {
  return new AuthError('usage', `The parameter "${name}" must be ${expected}.`, {
    remedy: 'openclaw gateway call --help',
  })
}
