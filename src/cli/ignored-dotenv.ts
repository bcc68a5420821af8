// A `.env` in the working directory is never read for keys (D8). Whoever keeps keys in one is told so, in one line.
import { join } from 'node:path'
import type { Auth } from '../auth/auth.ts'
import { keyVariables, numberedIn } from '../core/key-variables.ts'
import { parseDotenv } from '../system/env.ts'
import type { Terminal } from './terminal.ts'

const MAX_BYTES = 64 * 1024

/** The file and what it sets; undefined when there is none, or when it is the one that is read. */
export async function ignoredDotenv({
  home,
}: Auth): Promise<{ path: string; values: Map<string, string> } | undefined> {
  const { layout, system } = home
  const path = join(system.workingDir, '.env')
  if (path === layout.dotenv) return undefined
  let text: string | undefined
  try {
    text = (await system.files.read(path, MAX_BYTES))?.text
  } catch {
    return undefined // a folder, or nothing of ours: there is nothing to say about it
  }
  return text === undefined ? undefined : { path, values: parseDotenv(text) }
}

/** Says which keys are passed by, and where they would be read. */
export async function noteIgnoredDotenv(auth: Auth, terminal: Terminal): Promise<void> {
  const ignored = await ignoredDotenv(auth)
  if (ignored === undefined) return
  const set = [...ignored.values.keys()]
  const numbered = numberedIn(set)
  const known = new Set(
    auth.registry.all().flatMap(({ id, env }) => keyVariables(id, env, numbered).map((variable) => variable.name)),
  )
  const names = set.filter((name) => known.has(name))
  if (names.length === 0) return
  terminal.note(
    `Note: the .env of the working directory is ignored (${names.join(', ')}); keys are read from ${auth.home.layout.dotenv}.`,
  )
}
