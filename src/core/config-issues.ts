// What can be wrong with a config file, each complaint with its path.
import type * as v from 'valibot'
import { type ConfigPath, formatPath, POISON, valueAt } from './config-path.ts'
import { isModelRef } from './model-ref.ts'

export type ConfigIssue = { path: string; message: string }

/** Where in a value that stands at the path a key is that is never allowed. */
export function findPoison(value: unknown, path: ConfigPath): ConfigPath | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  for (const key of Reflect.ownKeys(value)) {
    if (typeof key !== 'string') continue
    const here = [...path, key]
    if (POISON.has(key)) return here
    const found = findPoison((value as Record<string, unknown>)[key], here)
    if (found !== undefined) return found
  }
  return undefined
}

/** An issue, or, where one of several shapes was meant, what is wrong inside of it. */
export function issuesOf(issue: v.BaseIssue<unknown>, above: ConfigPath): ConfigIssue[] {
  const path = [...above, ...(issue.path ?? []).map(({ key }) => String(key))]
  const inside = (issue.issues ?? []).filter((part) => part.path !== undefined)
  if (inside.length > 0) return inside.flatMap((part) => issuesOf(part, path))
  return [{ path: formatPath(path), message: withoutValue(issue) }]
}

/** The complaint with the kind of what was found instead of the thing itself: people paste secrets where a list belongs, too. */
function withoutValue({ message, received, input }: v.BaseIssue<unknown>): string {
  return message.endsWith(received) ? message.slice(0, message.length - received.length) + kindOf(input) : message
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'string') return 'a text'
  if (typeof value === 'number') return 'a number'
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}

/** Names of models that cannot be read, each with its path; what has another shape than it should is the schema's business. */
export function refIssues(raw: unknown): ConfigIssue[] {
  const defaults: ConfigPath = ['agents', 'defaults']
  const models = childrenOf(raw, [...defaults, 'models'])
  const aliases = new Set(
    models.map(([, entry]) =>
      textOf(valueAt(entry, ['alias']))
        ?.trim()
        .toLowerCase(),
    ),
  )
  const isNamed = (text: string): boolean => aliases.has(text.trim().toLowerCase()) || isModelRef(text)
  const wrong = models.filter(([key]) => !isModelRef(key)).map(([key]) => [...defaults, 'models', key])
  const choices: ConfigPath[] = [
    [...defaults, 'model'],
    [...defaults, 'imageModel'],
    ...childrenOf(raw, ['agents', 'list']).map(([at]) => ['agents', 'list', at, 'model']),
  ]
  for (const path of choices) {
    const named = [
      path,
      [...path, 'primary'],
      ...childrenOf(raw, [...path, 'fallbacks']).map(([at]) => [...path, 'fallbacks', at]),
    ]
    for (const at of named) {
      const text = textOf(valueAt(raw, at))
      if (text !== undefined && !isNamed(text)) wrong.push([...at])
    }
  }
  return wrong.map((path) => ({ path: formatPath(path), message: 'a model is written provider/model, or as an alias' }))
}

/** What model parameters may say; anything else is passed over, as the reference does. */
const PARAMS: Readonly<Record<string, readonly string[]>> = {
  cacheRetention: ['none', 'short', 'long'],
  cacheControlTtl: ['5m', '1h'],
}

/** Texts that are no mistake of form, and that mean nothing where they stand. */
export function unreadValues(raw: unknown): { path: ConfigPath; message: string }[] {
  const models: ConfigPath = ['agents', 'defaults', 'models']
  return childrenOf(raw, models).flatMap(([model]) =>
    Object.entries(PARAMS).flatMap(([name, known]) => {
      const path = [...models, model, 'params', name]
      const text = textOf(valueAt(raw, path))
      if (text === undefined || known.includes(text)) return []
      return [{ path, message: `is none of ${known.map((word) => `"${word}"`).join(', ')}; it is kept, and not read` }]
    }),
  )
}

type Listed = { id: string; agentDir?: string | undefined }

/** Agents of one id, and agents that would keep their credentials in one file, each with its path; the first of them is none. */
export function repeatIssues(list: readonly Listed[]): ConfigIssue[] {
  const ids = new Set<string>()
  const owners = new Map<string, string>()
  return list.flatMap(({ id, agentDir }, at) => {
    if (ids.has(id)) return [{ path: `agents.list.${at}.id`, message: 'there is another agent of this id' }]
    ids.add(id)
    if (agentDir === undefined) return []
    const dir = plainDir(agentDir)
    const owner = owners.get(dir)
    owners.set(dir, owner ?? id)
    if (owner === undefined) return []
    const message = `this is the directory of agent ${owner}; to use its credentials, set auth.inherit to its id`
    return [{ path: `agents.list.${at}.agentDir`, message }]
  })
}

/** The directory without what makes no difference: /srv//a/./ is /srv/a. */
function plainDir(text: string): string {
  const [first = '', ...rest] = text.trim().split('/')
  return [first, ...rest.filter((step) => step !== '' && step !== '.')].join('/')
}

function childrenOf(raw: unknown, path: ConfigPath): [key: string, value: unknown][] {
  const value = valueAt(raw, path)
  return typeof value === 'object' && value !== null ? Object.entries(value) : []
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
