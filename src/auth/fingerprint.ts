// What a process sees of the variables that may hold keys, so that two processes can be compared without either showing what it holds.
import { createHmac } from 'node:crypto'
import type { Seen } from '../core/difference.ts'
import { keyVariables } from '../core/key-variables.ts'
import { Secret } from '../core/secret.ts'
import type { Registry } from '../providers/registry.ts'
import type { Home } from '../store/home.ts'
import { settingsOf } from './environment.ts'

const LENGTH = 16

/**
 * Every key variable of a provider that is set, with where the nearest value stands. The gateway's own secret is not among them: whoever
 * asks has shown it already.
 * @param salt chosen anew by whoever compares: without it fingerprints say nothing
 */
export function fingerprint(home: Home, registry: Registry, salt: string): Seen[] {
  const { settings, numbered } = settingsOf(home)
  const seen = new Map<string, Seen>()
  for (const { id, env } of registry.all()) {
    for (const { name } of keyVariables(id, env, numbered)) {
      if (seen.has(name)) continue
      const nearest = settings.find(({ get }) => (get(name)?.trim() ?? '') !== '')
      const value = nearest?.get(name)?.trim()
      if (nearest === undefined || value === undefined) continue
      const print = createHmac('sha256', salt).update(`${name}\n${value}`).digest('hex').slice(0, LENGTH)
      const label = new Secret(value).mask()
      seen.set(name, { name, provider: id, source: nearest.source(name).kind, label, fingerprint: print })
    }
  }
  return [...seen.values()]
}
