// How an account is named to monitors, whose pages many can read: by the id of its profile, unless that holds somebody's address.
import { printable } from '../core/profile.ts'
import { Secret } from '../core/secret.ts'
import type { System } from '../system/system.ts'

const LONGEST = 120
const SIGN_DIGITS = 8

/**
 * The id, `anthropic:work`; of an id that holds an address the provider and a sign that is always the same, `openai-codex:~3f9a2c1b`: the first
 * digits of the SHA-256 of the id, by which its owner finds it.
 */
export function profileLabel({ fingerprint }: Pick<System, 'fingerprint'>, id: string): string {
  if (!id.includes('@')) return printable(id, LONGEST)
  const sign = fingerprint(new Secret(id)).slice(0, SIGN_DIGITS)
  return `${printable(id.slice(0, id.indexOf(':') + 1), LONGEST)}~${sign}`
}
