// What the subcommands of `config` begin with: which file is meant, and what is said when nothing stands at a path.
import type { Command } from 'commander'
import { namesBelow, schemasAt } from '../../core/config-keys.ts'
import { type ConfigPath, formatPath, shellPath } from '../../core/config-path.ts'
import { AuthError } from '../../core/errors.ts'
import { nearest } from '../../core/nearest.ts'
import { printable } from '../../core/profile.ts'
import type { ConfigStore } from '../../store/config.ts'
import { configFile } from '../../store/config-file.ts'
import type { CommonFlags, Invocation } from '../invocation.ts'

/** The file that the flags mean. @throws AuthError usage */
export function opened(invocation: Invocation, self: Command): { store: ConfigStore; flags: CommonFlags } {
  const flags = self.optsWithGlobals<CommonFlags>()
  if (flags.agent !== undefined) {
    throw new AuthError('usage', 'There is one configuration for all agents; config takes no --agent.', {
      remedy: 'openclaw config --help',
    })
  }
  const profile = flags.profile ?? (flags.dev === true ? 'dev' : undefined)
  return { store: configFile(invocation.system, profile === undefined ? {} : { profile }), flags }
}

/** Nothing stands at the path. */
export function notSet(store: ConfigStore, path: ConfigPath): AuthError {
  const schemas = schemasAt(path)
  const fallback = schemas.find((schema) => schema.default !== undefined)?.default
  const about =
    schemas.length === 0
      ? ` There is no such key${guess(path)}.`
      : fallback === undefined
        ? ''
        : ` Its default is ${JSON.stringify(fallback)}.`
  return new AuthError('not_set', `${printable(formatPath(path))} is not set in ${store.where()}.${about}`, {
    remedy: 'openclaw config get',
  })
}

/** ` (did you mean gateway.port?)`, at the first step that is unknown. */
function guess(path: ConfigPath): string {
  const at = path.findIndex((_, index) => schemasAt(path.slice(0, index + 1)).length === 0)
  const meant = nearest(path[at] ?? '', namesBelow(path.slice(0, at)))
  return meant === undefined ? '' : ` (did you mean ${shellPath([...path.slice(0, at), meant])}?)`
}

/** What is said of a key that is not in the definition. */
export function aboutUnknown(path: ConfigPath): string {
  return `not a key we know${guess(path)}; it is kept, and not read`
}

/** The same as a line of its own. */
export function unknownNote(path: ConfigPath): string {
  return `Note: ${printable(formatPath(path))}: ${aboutUnknown(path)}`
}
