// A change of openclaw.json by somebody who has seen it: only on what was seen, and so that it can be taken back byte for byte.
import { AuthError } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import type { System } from '../system/system.ts'
import type { Auth } from './auth.ts'

/** What a change replaced. It may hold secrets, as the file does: in memory only. */
export type ConfigEdit = {
  /** The whole file before. */
  before: Secret
  /** The version that the change left. */
  after: string
}

/** Names a text of the file, whoever wrote it. */
export function configVersion(system: System, text: string | undefined): string {
  return system.fingerprint(new Secret(text ?? ''))
}

/**
 * Does the work with a credential plane whose config can only be changed as long as it is as it was seen.
 * @param seen the version that the person saw
 * @returns what the work gave, and what takes its changes back; nothing, when it changed nothing
 * @throws AuthError changed_meanwhile, and what the work throws
 */
export async function editConfig<T>(
  auth: Auth,
  seen: string,
  work: (auth: Auth) => Promise<T>,
): Promise<{ result: T; edit?: ConfigEdit }> {
  const { home } = auth
  // Some work makes directories first.
  await checkSeen(auth, seen)
  let expected = seen
  let edit: ConfigEdit | undefined
  const configStore = home.configStore.guarded({
    before: (text) => {
      const version = configVersion(home.system, text)
      // What was decided may not have reached the file, and is then done again.
      if (version !== expected && version !== seen) throw meanwhile(home.configStore.where())
    },
    change: (text, next) => {
      expected = configVersion(home.system, next)
      edit = { before: edit?.before ?? new Secret(text ?? ''), after: expected }
    },
  })
  const result = await work({ ...auth, home: { ...home, configStore } })
  return { result, ...(edit === undefined ? {} : { edit }) }
}

/** Refuses whoever saw another file than there is, before a work that begins with something else than the file. @throws AuthError changed_meanwhile */
export async function checkSeen({ home }: Auth, seen: string): Promise<void> {
  const text = await home.configStore.text()
  if (configVersion(home.system, text) !== seen) throw meanwhile(home.configStore.where())
}

/**
 * Puts back what a change replaced, where nobody has changed the file since.
 * @throws AuthError changed_meanwhile; then nothing has changed
 */
export async function undoEdit({ home }: Auth, { before, after }: ConfigEdit): Promise<void> {
  const text = before.reveal()
  // A file that was not there says the same as an empty object, and nothing deletes it.
  await home.configStore.replace(text === '' ? '{}\n' : text, (present) => {
    if (configVersion(home.system, present) !== after) {
      throw new AuthError(
        'changed_meanwhile',
        `${home.configStore.where()} was changed again since; taking this back would undo that, too. Nothing was changed.`,
        { remedy: 'openclaw config get' },
      )
    }
  })
  await home.reload()
}

function meanwhile(where: string): AuthError {
  return new AuthError(
    'changed_meanwhile',
    `${where} was changed meanwhile, in an editor or by a command. Nothing was changed; what it says now is shown here, so look and decide again.`,
    { remedy: 'openclaw config get' },
  )
}
