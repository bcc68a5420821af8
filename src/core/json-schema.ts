// A valibot schema as JSON Schema (draft 2020-12): the constructs that config-schema.ts uses. One that is not known here is an error, so
// that the published document never says less than the definition.
import type { GenericSchema } from 'valibot'
import type { KeyFacts } from './schema-parts.ts'

export type JsonSchema = {
  $schema?: string
  title?: string
  description?: string
  type?: 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean'
  enum?: readonly string[]
  default?: string | number | boolean
  minimum?: number
  maximum?: number
  properties?: Record<string, JsonSchema>
  required?: string[]
  additionalProperties?: JsonSchema
  /** Its title is what the names of a record are. */
  propertyNames?: { title: string }
  items?: JsonSchema
  anyOf?: JsonSchema[]
  /** A secret. */
  writeOnly?: true
}

/** A schema or an action as valibot builds it: as much of it as is read here. */
type Part = {
  kind: string
  type: string
  pipe?: readonly Part[]
  wrapped?: Part
  entries?: Readonly<Record<string, Part>>
  rest?: Part
  item?: Part
  value?: Part
  options?: readonly unknown[]
  requirement?: unknown
  description?: string
  metadata?: KeyFacts
}

/**
 * The schema as JSON Schema.
 * @throws Error, when it holds a construct that cannot be told
 */
export function toJsonSchema(schema: GenericSchema): JsonSchema {
  return told(schema as unknown as Part)
}

function told(part: Part): JsonSchema {
  const [first, ...actions] = part.pipe ?? []
  if (first === undefined) return plain(part)
  return actions.reduce((schema, action) => acted(schema, action), told(first))
}

function plain(part: Part): JsonSchema {
  switch (part.type) {
    case 'string':
    case 'number':
    case 'boolean':
      return { type: part.type }
    case 'unknown':
      return {}
    case 'optional':
      return told(inside(part.wrapped))
    case 'picklist':
      return { type: 'string', enum: (part.options ?? []).map(String) }
    case 'union':
      return { anyOf: (part.options ?? []).map((option) => told(option as Part)) }
    case 'array':
      return { type: 'array', items: told(inside(part.item)) }
    case 'record':
      return { type: 'object', additionalProperties: told(inside(part.value)) }
    case 'loose_object':
    case 'object_with_rest':
      return object(part)
    default:
      throw new Error(`no JSON Schema is known for valibot's ${part.type}`)
  }
}

function object({ entries = {}, rest }: Part): JsonSchema {
  const names = Object.keys(entries)
  const required = names.filter((name) => entries[name]?.type !== 'optional')
  return {
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name, told(inside(entries[name]))])),
    ...(required.length === 0 ? {} : { required }),
    ...(rest === undefined ? {} : { additionalProperties: told(rest) }),
  }
}

function acted(schema: JsonSchema, action: Part): JsonSchema {
  if (action.kind === 'schema') return { ...schema, ...told(action) }
  switch (action.type) {
    case 'integer':
      return { ...schema, type: 'integer' }
    case 'min_value':
      return { ...schema, minimum: Number(action.requirement) }
    case 'max_value':
      return { ...schema, maximum: Number(action.requirement) }
    // A judgement by code; the description says in words what it wants.
    case 'check':
      return schema
    case 'description':
      return { ...schema, description: action.description ?? '' }
    case 'metadata':
      return { ...schema, ...factsOf(action.metadata ?? {}) }
    default:
      throw new Error(`no JSON Schema is known for valibot's ${action.type}`)
  }
}

function factsOf(facts: KeyFacts): JsonSchema {
  return {
    ...(facts.default === undefined ? {} : { default: facts.default }),
    ...(facts.each === undefined ? {} : { propertyNames: { title: facts.each } }),
    ...(facts.secret === undefined ? {} : { writeOnly: true }),
  }
}

function inside(part: Part | undefined): Part {
  if (part === undefined) throw new Error('a schema lacks its inner part')
  return part
}
