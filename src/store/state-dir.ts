// The usual state directory, made for a person who is about to put a file into it by hand.
import { dirname, join } from 'node:path'
import { codeOf } from '../system/files.ts'
import type { System } from '../system/system.ts'
import { ignoreInRepositories } from './files-backend.ts'
import type { Layout } from './layout.ts'

/**
 * Makes `~/.openclaw` where it is missing, for this user alone: `cat >> ~/.openclaw/.env` is what the documentation says next. One that somebody
 * named is made with the first write, as its name may be mistyped. What cannot be made is said by whoever needs it.
 */
export async function makeUsualStateDir(system: System, { stateDir, expand }: Layout): Promise<void> {
  const { files, log } = system
  try {
    if (stateDir !== join(expand('~'), '.openclaw')) return
    if ((await files.stat(stateDir)) !== undefined || (await files.stat(dirname(stateDir))) === undefined) return
    await files.makeDir(stateDir)
    await ignoreInRepositories(system, stateDir)
  } catch (error) {
    log.debug('the state directory was not made', { path: stateDir, code: codeOf(error) })
  }
}
