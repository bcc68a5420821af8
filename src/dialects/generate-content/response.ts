// What came of a call: a text everywhere else, and an object in Google's dialect.
import { objectIn } from '../frames.ts'

/** The object for a text: the one that the text is, or one with the text in it. */
export function writeResponse(text: string, isError: boolean): object {
  if (isError) return { error: text }
  const value = objectIn(text)
  // Read again, it must be the same text.
  const isObject = value !== undefined && !Array.isArray(value) && JSON.stringify(value) === text
  return isObject && plainOf(value) === undefined ? value : { output: text }
}

/** The text of an object, and whether it tells of a failure. */
export function readResponse(value: Readonly<Record<string, unknown>>): { text: string; isError: boolean } {
  return plainOf(value) ?? { text: JSON.stringify(value), isError: false }
}

/** Of an object that holds nothing but a text. */
function plainOf(value: Readonly<Record<string, unknown>>): { text: string; isError: boolean } | undefined {
  const [name, ...others] = Object.keys(value)
  if (others.length > 0 || (name !== 'output' && name !== 'error')) return undefined
  const text = value[name]
  return typeof text === 'string' ? { text, isError: name === 'error' } : undefined
}
