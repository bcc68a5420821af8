// Google's own form of schemas, which is near to JSON Schema and not quite it: types in capitals, `nullable`, counts as texts.
import { type Fields, fieldsOf, listOf, Unsayable } from '../unsayable.ts'

const SAME = [
  ...['title', 'description', 'enum', 'required', 'pattern', 'default', 'minimum', 'maximum', 'format'],
  ...['additionalProperties', '$ref', '$defs', '$id', '$anchor', 'prefixItems', 'oneOf', 'const'],
]
const COUNTS = ['maxItems', 'minItems', 'minProperties', 'maxProperties', 'minLength', 'maxLength']
/** Left out; nobody misses them. */
const HINTS = ['propertyOrdering', 'property_ordering', 'example']
const DEEPEST = 64

/** @throws Unsayable for a field that JSON Schema has no word for */
export function jsonSchemaOf(value: unknown, path: string, depth = 0): Fields {
  if (depth > DEEPEST) throw new Unsayable(path, `schemas are read ${DEEPEST} levels deep`)
  const out: Record<string, unknown> = {}
  const { type, nullable, properties, items, anyOf, any_of: anyOfToo, ...rest } = fieldsOf(value, path)
  if (typeof type === 'string' && type !== 'TYPE_UNSPECIFIED') {
    const name = type.toLowerCase()
    out.type = nullable === true ? [name, 'null'] : name
  }
  if (properties !== undefined) {
    const inner = Object.entries(fieldsOf(properties, `${path}.properties`))
    out.properties = Object.fromEntries(
      inner.map(([name, one]) => [name, jsonSchemaOf(one, `${path}.properties.${name}`, depth + 1)]),
    )
  }
  if (items !== undefined) out.items = jsonSchemaOf(items, `${path}.items`, depth + 1)
  const options = anyOf ?? anyOfToo
  if (options !== undefined) {
    const choices = listOf(options, `${path}.anyOf`).map((one, at) =>
      jsonSchemaOf(one, `${path}.anyOf[${at}]`, depth + 1),
    )
    out.anyOf = nullable === true ? [...choices, { type: 'null' }] : choices
  }
  for (const [written, one] of Object.entries(rest)) {
    const name = written.startsWith('$') ? written : camel(written)
    if (one === undefined || one === null || HINTS.includes(written)) continue
    if (COUNTS.includes(name)) out[name] = Number(one)
    else if (SAME.includes(name)) out[name] = one
    else throw new Unsayable(`${path}.${written}`, 'this field cannot be translated for the model that is asked')
  }
  return out
}

/** `inline_data` is `inlineData`: the vendor takes either. */
export function camel(name: string): string {
  return name.replace(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase())
}

/** An object with the names of its fields in one spelling. @throws Unsayable for what is no object */
export function camelFields(value: unknown, path: string): Fields {
  return Object.fromEntries(Object.entries(fieldsOf(value, path)).map(([name, one]) => [camel(name), one]))
}
