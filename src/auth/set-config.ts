// Sets or takes out one value of openclaw.json: the whole result is checked before anything is written, and comments stay.
import { findPoison } from '../core/config.ts'
import { secretsIn } from '../core/config-keys.ts'
import { type ConfigPath, formatPath, putAt, removeAt, shellPath } from '../core/config-path.ts'
import { AuthError } from '../core/errors.ts'
import { looksMasked } from '../core/paste.ts'
import { printable } from '../core/profile.ts'
import type { ConfigStore } from '../store/config.ts'

/**
 * Refuses keys that are never allowed, and what `config get` shows in the place of a secret.
 * @throws AuthError usage, bad_secret
 */
export function checkConfigValue(path: ConfigPath, value: unknown): void {
  const poison = findPoison(value, path)
  if (poison !== undefined) {
    throw new AuthError('usage', `The key ${printable(formatPath(poison))} is not allowed; nothing was changed.`, {
      remedy: 'openclaw config set --help',
    })
  }
  const mask = secretsIn(value, path).find(({ text }) => looksMasked(text))
  if (mask === undefined) return
  throw new AuthError(
    'bad_secret',
    `${printable(formatPath(mask.path))} would get a mask in the place of a secret; nothing was changed.`,
    { remedy: `openclaw config set ${shellPath(mask.path)} --stdin` },
  )
}

/**
 * Sets the value at the path; works on a file that is not valid, as long as what becomes of it is.
 * @throws AuthError usage, bad_secret, unreadable_config, invalid_config; then nothing has changed
 */
export async function setConfig(store: ConfigStore, path: ConfigPath, value: unknown): Promise<void> {
  checkConfigValue(path, value)
  await store.mend((draft) => putAt(draft, path, value))
}

/**
 * Takes the value at the path out.
 * @returns whether there was one
 * @throws AuthError unreadable_config, invalid_config; then nothing has changed
 */
export async function unsetConfig(store: ConfigStore, path: ConfigPath): Promise<boolean> {
  let wasThere = false
  await store.mend((draft) => {
    wasThere = removeAt(draft, path)
  })
  return wasThere
}
