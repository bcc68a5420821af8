// The forms that Google's dialect checks field by field, played: no name that it does not know, and of schemas only the part that it knows.
import { asList, asObject, asText, isObject, type JsonObject } from './json.ts'

const SCHEMA = [
  ...['type', 'format', 'title', 'description', 'nullable', 'enum', 'maxItems', 'minItems', 'properties', 'required'],
  ...['minProperties', 'maxProperties', 'minLength', 'maxLength', 'pattern', 'example', 'anyOf', 'propertyOrdering'],
  ...['default', 'items', 'minimum', 'maximum'],
]
const DECLARATION = ['name', 'description', 'parameters', 'parametersJsonSchema', 'response', 'behavior']
const NAME = /^[A-Za-z_][\w.:-]{0,127}$/

/** The complaint about a field that is none, or undefined. */
export function unknownIn(value: JsonObject, known: readonly string[], where: string): string | undefined {
  const name = Object.keys(value).find((one) => !known.includes(one))
  if (name === undefined) return undefined
  const at = where === '' ? '' : ` at '${where}'`
  return `Invalid JSON payload received. Unknown name "${name}"${at}: Cannot find field.`
}

/** What is wrong with the declaration of a function, or undefined. */
export function wrongDeclaration(declaration: JsonObject, where: string): string | undefined {
  const unknown = unknownIn(declaration, DECLARATION, where)
  if (unknown !== undefined) return unknown
  if (!NAME.test(asText(declaration.name) ?? '')) {
    return `* GenerateContentRequest.${where}.name: Invalid function name. Must start with a letter or an underscore.`
  }
  const { parameters, parametersJsonSchema } = declaration
  if (parameters !== undefined && parametersJsonSchema !== undefined) {
    return `Sandbox: ${where} holds both parameters and parametersJsonSchema`
  }
  return parameters === undefined ? undefined : wrongSchema(asObject(parameters), `${where}.parameters`)
}

function wrongSchema(schema: JsonObject, where: string): string | undefined {
  const unknown = unknownIn(schema, SCHEMA, where)
  if (unknown !== undefined) return unknown
  const inner: [unknown, string][] = [
    ...Object.entries(asObject(schema.properties)).map(([name, one]): [unknown, string] => [
      one,
      `${where}.properties[${name}]`,
    ]),
    ...asList(schema.anyOf).map((one, at): [unknown, string] => [one, `${where}.any_of[${at}]`]),
    ...(isObject(schema.items) ? [[schema.items, `${where}.items`] as [unknown, string]] : []),
  ]
  for (const [one, place] of inner) {
    const wrong = wrongSchema(asObject(one), place)
    if (wrong !== undefined) return wrong
  }
  return undefined
}
