// What is known of the keys of openclaw.json, read from the published JSON Schema: which there are, which hold secrets, what they take.
import type { ConfigPath } from './config-path.ts'
import { ConfigSchema } from './config-schema.ts'
import { type JsonSchema, toJsonSchema } from './json-schema.ts'
import { Secret } from './secret.ts'

let made: JsonSchema | undefined

/** The JSON Schema of openclaw.json, as it is published. */
export function configJsonSchema(): JsonSchema {
  made ??= {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'openclaw.json',
    description: 'The configuration of openclaw, JSON5. Keys that are not named here are kept, and not read.',
    ...toJsonSchema(ConfigSchema),
  }
  return made
}

/** What the schema says of one step below: nothing, when the key is unknown. */
function below(schemas: readonly JsonSchema[], step: string): JsonSchema[] {
  return schemas.flatMap((schema) => {
    const { properties = {}, additionalProperties, items, anyOf = [] } = schema
    const own = Object.hasOwn(properties, step) ? properties[step] : additionalProperties
    const item = /^\d+$/.test(step) ? items : undefined
    return [...(own === undefined ? [] : [own]), ...(item === undefined ? [] : [item]), ...below(anyOf, step)]
  })
}

/** What may stand at the path, each alternative by itself; nothing, when the path is unknown. */
export function schemasAt(path: ConfigPath): JsonSchema[] {
  let schemas = [configJsonSchema()]
  for (const step of path) schemas = below(schemas, step)
  return schemas
}

/** Names of keys below the path that are known. */
export function namesBelow(path: ConfigPath): string[] {
  const alternatives = schemasAt(path).flatMap((schema) => [schema, ...(schema.anyOf ?? [])])
  return [...new Set(alternatives.flatMap(({ properties = {} }) => Object.keys(properties)))]
}

/** Names under which other programs keep secrets in this file; `maxTokens` is a number of tokens. */
const SECRET_NAME =
  /token(?!s)|password|passwd|passphrase|secret|api[-_]?key|private[-_]?key|credential|authorization|cookie|^(?:key|access|refresh)$/i

/** How a secret at the path is known: the definition says so of it or of what it stands in, or, for a key we do not know, its name. */
function secrecyAt(path: ConfigPath): 'defined' | 'named' | undefined {
  let schemas = [configJsonSchema()]
  for (const [at, step] of path.entries()) {
    schemas = below(schemas, step)
    if (schemas.some(({ writeOnly }) => writeOnly === true)) return 'defined'
    if (schemas.length === 0) return path.slice(at).some((name) => SECRET_NAME.test(name)) ? 'named' : undefined
  }
  return undefined
}

/** Whether a text at the path is a secret. */
export function isSecretPath(path: ConfigPath): boolean {
  return secrecyAt(path) !== undefined
}

function isSecret(leaf: unknown, path: ConfigPath): leaf is string | number {
  if (typeof leaf === 'string') return isSecretPath(path) && !isReference(leaf)
  return typeof leaf === 'number' && secrecyAt(path) === 'defined'
}

/** Whether a text names a variable instead of being the secret itself. */
export function isReference(text: string): boolean {
  return /^\$\{[A-Z_][A-Z0-9_]*\}$/.test(text)
}

/** Calls with every value that is no object and no list, and its path. */
function leaves(value: unknown, path: ConfigPath, see: (leaf: unknown, path: ConfigPath) => void): void {
  if (typeof value !== 'object' || value === null) see(value, path)
  else for (const [name, child] of Object.entries(value)) leaves(child, [...path, name], see)
}

/** Paths of the secrets in a value that is to stand at the path; references are none. */
export function secretsIn(value: unknown, path: ConfigPath): { path: ConfigPath; text: string }[] {
  const found: { path: ConfigPath; text: string }[] = []
  leaves(value, path, (leaf, at) => {
    if (isSecret(leaf, at)) found.push({ path: at, text: String(leaf) })
  })
  return found
}

/** Every place where a secret stands or is named, and by which variable; never what stands there. */
export function secretPlaces(value: unknown): { path: ConfigPath; variable?: string }[] {
  const found: { path: ConfigPath; variable?: string }[] = []
  leaves(value, [], (leaf, path) => {
    if (typeof leaf === 'string' && leaf !== '' && isSecretPath(path)) {
      found.push({ path, ...(isReference(leaf) ? { variable: leaf.slice(2, -1) } : {}) })
    } else if (leaf !== '' && isSecret(leaf, path)) found.push({ path })
  })
  return found
}

/**
 * A copy that can be shown: secrets are masked, references are not.
 * @param options.scrub replaces what looks like a secret in any other text
 */
export function masked(value: unknown, path: ConfigPath, options: { scrub: (text: string) => string }): unknown {
  if (Array.isArray(value)) return value.map((item, at) => masked(item, [...path, String(at)], options))
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([name, child]) => [options.scrub(name), masked(child, [...path, name], options)]),
    )
  }
  if (isSecret(value, path)) return new Secret(String(value)).mask()
  return typeof value === 'string' && !isSecretPath(path) ? options.scrub(withoutUser(value)) : value
}

/** A user and a password in an address are nobody's to read, either. */
function withoutUser(text: string): string {
  return text.replace(/\/\/[^/@\s]+@/g, '//****@')
}

/** Paths of keys that are not in the definition; what stands below one is not named again. */
export function unknownKeys(value: unknown, path: ConfigPath = []): ConfigPath[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, child]) => {
    const here = [...path, name]
    const schemas = schemasAt(here)
    if (schemas.length === 0) return [here]
    // What may be anything holds no unknown keys.
    if (schemas.some(({ type, anyOf }) => type === undefined && anyOf === undefined)) return []
    return unknownKeys(child, here)
  })
}

/** Whether a text belongs at the path where a number or `true` was read: the key takes texts, and not what was read. */
export function takesText(path: ConfigPath, read: 'number' | 'boolean'): boolean {
  if (secrecyAt(path) === 'defined') return true
  const types = schemasAt(path).flatMap(({ type, anyOf = [] }) => [type, ...anyOf.map((one) => one.type)])
  const fits = read === 'boolean' ? types.includes('boolean') : types.includes('number') || types.includes('integer')
  return types.includes('string') && !fits
}
