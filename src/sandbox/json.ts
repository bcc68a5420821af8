// Reading JSON of strangers: every step says what to do when the value is something else.

export type JsonObject = Readonly<Record<string, unknown>>

const NONE: JsonObject = {}

/** The value as an object; anything else becomes an empty one. */
export function asObject(value: unknown): JsonObject {
  return isObject(value) ? value : NONE
}

/** Whether the value is an object that is neither null nor a list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value as a list; anything else becomes an empty one. */
export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** The value when it is a string, else undefined. */
export function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** The value when it is a whole number of at least one, else undefined. */
export function asCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : undefined
}

/** Parses a body that ought to be one JSON object; undefined when it is not. */
export function parseObject(body: Buffer): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    return isObject(value) ? value : undefined
  } catch {
    return undefined // the vendor's own complaint about malformed JSON says it better
  }
}

/**
 * The text of a message's content in any of the dialects: a string, or blocks with texts and tool results in them.
 * @param content of a message, or of a block
 */
export function contentText(content: unknown): string {
  if (typeof content === 'string') return content
  const texts: string[] = []
  for (const entry of asList(content)) {
    const block = asObject(entry)
    const text = asText(block.text) ?? asText(block.output) ?? contentText(block.content)
    if (text !== '') texts.push(text)
  }
  return texts.join(' ')
}
