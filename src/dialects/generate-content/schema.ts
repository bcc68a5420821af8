// Google's own form of schemas, which is near to JSON Schema and not quite it: types in capitals, `nullable`, counts as texts.
import { each, type Fields, fields, object, type Table } from '../reading.ts'
import { Unsayable } from '../unsayable.ts'

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
  const { type, nullable, properties, items, anyOf, any_of: anyOfToo, ...rest } = fields(value, path)
  if (typeof type === 'string' && type !== 'TYPE_UNSPECIFIED') {
    const name = type.toLowerCase()
    out.type = nullable === true ? [name, 'null'] : name
  }
  if (isThere(properties)) {
    const inner = Object.entries(fields(properties, `${path}.properties`))
    out.properties = Object.fromEntries(
      inner.map(([name, one]) => [name, jsonSchemaOf(one, `${path}.properties.${name}`, depth + 1)]),
    )
  }
  if (isThere(items)) out.items = jsonSchemaOf(items, `${path}.items`, depth + 1)
  const options = anyOf ?? anyOfToo
  if (isThere(options)) {
    const choices = each((one, place) => jsonSchemaOf(one, place, depth + 1))(options, `${path}.anyOf`)
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

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null
}

function camel(name: string): string {
  return name.replace(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase())
}

/** An object whose fields may be written `inline_data` or `inlineData`: the vendor takes either. @param strange as in `object` */
export function camelled<T extends Table>(table: T, strange?: string): ReturnType<typeof object<T>> {
  return object(table, { spell: camel, ...(strange === undefined ? {} : { strange }) })
}
