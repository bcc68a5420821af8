// A `.env` in the working directory is never read for keys (D8). Whoever keeps keys in one is told so, in one line.
import { join } from 'node:path'
import type { Auth } from '../auth/auth.ts'
import { keyVariables, numberedIn } from '../core/key-variables.ts'
import { parseDotenv } from '../system/env.ts'
import type { Terminal } from './terminal.ts'

const MAX_BYTES = 64 * 1024

/** Says which keys are passed by, and where they would be read. */
export async function noteIgnoredDotenv({ home, registry }: Auth, terminal: Terminal): Promise<void> {
  const { layout, system } = home
  const path = join(system.workingDir, '.env')
  if (path === layout.dotenv) return
  let text: string | undefined
  try {
    text = (await system.files.read(path, MAX_BYTES))?.text
  } catch {
    return // a folder, or nothing of ours: there is nothing to say about it
  }
  if (text === undefined) return
  const set = [...parseDotenv(text).keys()]
  const numbered = numberedIn(set)
  const known = new Set(
    registry.all().flatMap(({ id, env }) => keyVariables(id, env, numbered).map((variable) => variable.name)),
  )
  const names = set.filter((name) => known.has(name))
  if (names.length === 0) return
  terminal.note(
    `Note: the .env of the working directory is ignored (${names.join(', ')}); keys are read from ${layout.dotenv}.`,
  )
}
