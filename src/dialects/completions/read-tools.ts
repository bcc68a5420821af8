// What both dialects of OpenAI say alike: which tool is to be called, and the form of an answer.
import type { Format, Tool, ToolChoice } from '../neutral.ts'
import { byKind, type Fields, fields, flag, into, must, object, type Read, text } from '../reading.ts'
import { known } from '../unsayable.ts'

const NAMED = { name: must(text), description: text, strict: flag }

/** A tool, as both describe it. */
export const TOOL = { ...NAMED, parameters: fields }
type Described = {
  name: string
  description: string | undefined
  parameters: Fields | undefined
  strict: boolean | undefined
}

export function toolOf({ name, description, parameters, strict }: Described): Tool {
  return known({ name, description, schema: parameters ?? { type: 'object', properties: {} }, isStrict: strict })
}

/** @param read the choice of one tool */
export const choosing =
  (read: Read<{ name: string }>): Read<ToolChoice> =>
  (value, path) => {
    if (value === 'auto' || value === 'none') return { must: value }
    if (value === 'required') return { must: 'any' }
    return { must: 'name', name: one(read)(value, path).name }
  }

const one = (read: Read<{ name: string }>): Read<{ name: string }> =>
  byKind({ function: read }, (kind) => `a choice of type "${kind}" cannot be translated`)

/** @param read of a schema with its name */
export const formats = (read: Read<Format>): Read<Format | undefined> =>
  byKind<Format | undefined>(
    {
      text: into(object({}), () => undefined),
      json_object: into(object({}), () => ({ kind: 'json' })),
      json_schema: read,
    },
    (kind) => `a format of type "${kind}" cannot be translated`,
  )

/** A schema with its name. */
export const named = into(
  object({ ...NAMED, name: text, schema: fields }),
  ({ name, description, schema = {}, strict }): Format =>
    known({ kind: 'schema', schema, name, description, isStrict: strict }),
)
