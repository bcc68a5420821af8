// openclaw.json: read as JSON5, edited without losing a comment.
import jju from 'jju'
import { type Config, type ConfigIssue, readConfig } from '../core/config.ts'
import { AuthError } from '../core/errors.ts'
import type { Backend } from './backend.ts'
import { isObject, type JsonObject } from './document.ts'

export type ConfigStore = {
  where(): string
  /** @throws AuthError unreadable_config (not JSON5) or invalid_config (every issue with its path) */
  read(): Promise<Config>
  /** The value as written, for what the config means elsewhere: a copy. @throws AuthError unreadable_config */
  raw(): Promise<JsonObject>
  /** Changes the raw value in place. What was not touched keeps its bytes, comments among them. */
  change(edit: (draft: JsonObject) => void): Promise<void>
}

/** Opens the config kept under the key. */
export function openConfig(backend: Backend, key: string): ConfigStore {
  const where = (): string => backend.locate(key)
  return {
    where,
    read: async () => meaning((await backend.get(key))?.text, where()),
    raw: async () => {
      const text = (await backend.get(key))?.text ?? ''
      return text.trim() === '' ? {} : parse(text, where())
    },
    change: (edit) =>
      backend.change(key, (before) => {
        const text = before?.text ?? ''
        meaning(text === '' ? undefined : text, where())
        const draft = text.trim() === '' ? {} : parse(text, where())
        const unchanged = JSON.stringify(draft)
        edit(draft)
        if (JSON.stringify(draft) === unchanged) return undefined
        const next = text.trim() === '' ? `${JSON.stringify(draft, null, 2)}\n` : update(text, draft, where())
        complain(readConfig(draft).issues, where())
        return next
      }),
  }
}

function meaning(text: string | undefined, where: string): Config {
  const { config, issues } = readConfig(text === undefined || text.trim() === '' ? {} : parse(text, where))
  complain(issues, where)
  if (config === undefined) throw new Error('a config without issues has a meaning')
  return config
}

function complain(issues: readonly ConfigIssue[], where: string): void {
  if (issues.length === 0) return
  const list = issues.map(({ path, message }) => `${path === '' ? '(root)' : path}: ${message}`).join('; ')
  throw new AuthError('invalid_config', `${where} is not valid: ${list}.`, { remedy: `\${EDITOR:-vi} '${where}'` })
}

function parse(text: string, where: string): JsonObject {
  let value: unknown
  try {
    value = jju.parse(text.replace(/^\uFEFF/, ''), { mode: 'json5', reserved_keys: 'replace' })
  } catch (error) {
    const at =
      error instanceof Error && 'row' in error && 'column' in error
        ? ` (line ${error.row}, column ${error.column})`
        : ''
    throw new AuthError('unreadable_config', `${where} is not valid JSON5${at}. It was left as it is.`, {
      remedy: `\${EDITOR:-vi} '${where}'`,
    })
  }
  if (!isObject(value)) {
    throw new AuthError('unreadable_config', `${where} does not hold an object. It was left as it is.`, {
      remedy: `\${EDITOR:-vi} '${where}'`,
    })
  }
  return value
}

function update(text: string, draft: JsonObject, where: string): string {
  let next = ''
  let isMeant = false
  try {
    next = jju.update(text, draft, { mode: 'json5', reserved_keys: 'replace' })
    // The editor is a library: what it wrote must read back as what was meant.
    isMeant = JSON.stringify(sorted(parse(next, where))) === JSON.stringify(sorted(draft))
  } catch {
    // It stumbles over a few names, such as toString.
    isMeant = false
  }
  if (!isMeant) {
    throw new AuthError('write_failed', `${where} could not be edited safely; nothing was changed.`, {
      remedy: `\${EDITOR:-vi} '${where}'`,
    })
  }
  return next.endsWith('\n') ? next : `${next}\n`
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  )
}
