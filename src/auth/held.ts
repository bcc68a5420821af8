// What no folder is moved away with: the things of a person, and of others, that lie in it.
import type { Layout } from '../store/layout.ts'
import { isWithin } from '../system/files.ts'
import type { System } from '../system/system.ts'

/** A path, and what it is, for people. */
export type Kept = readonly [path: string, what: string]

/** What belongs to the person at the keyboard. */
export function personal({ homeDir }: System, layout: Layout): Kept[] {
  return [
    [homeDir, 'the home directory'],
    [layout.expand('~'), 'the home directory'],
  ]
}

/** Why the folder stays where it is: it is, or holds, something of these; undefined when it does not. */
export function heldIn(folder: string, kept: readonly Kept[]): string | undefined {
  const found = kept.find(([path]) => isWithin(path, folder))
  return found === undefined ? undefined : `it is, or holds, ${found[1]}`
}
