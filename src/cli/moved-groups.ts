// Groups of a messenger that have another id by now: the commands that say in the config what it said of the old one. Pure.
import type { MovedGroup } from '../core/channel-report.ts'
import { type ConfigPath, shellPath } from '../core/config-path.ts'
import { isObject, type JsonObject } from '../store/document.ts'

/** @param raw the config as it is written @returns commands for a shell, each to be run once; none where it no longer names the old id */
export function moveCommands(raw: JsonObject, accountId: string, { from, to }: MovedGroup): string[] {
  const places: ConfigPath[] = [
    ['channels', 'telegram', 'accounts', accountId, 'groups'],
    ['channels', 'telegram', 'groups'],
  ]
  const groups = places.flatMap((place) => {
    const rule = at(raw, [...place, from])
    return rule === undefined ? [] : [set([...place, to], rule), `openclaw config unset ${shellPath([...place, from])}`]
  })
  const { bindings } = raw
  const bound = (Array.isArray(bindings) ? bindings : []).flatMap((_, index) => {
    const path = ['bindings', String(index), 'match', 'peer', 'id']
    return String(at(raw, path)) === from ? [set(path, to)] : []
  })
  return [...groups, ...bound]
}

function at(value: unknown, path: ConfigPath): unknown {
  let found = value
  for (const step of path) {
    if (Array.isArray(found)) found = found[Number(step)]
    else if (isObject(found) && Object.hasOwn(found, step)) found = found[step]
    else return undefined
  }
  return found
}

function set(path: ConfigPath, value: unknown): string {
  return `openclaw config set ${shellPath(path)} '${JSON.stringify(value).replaceAll("'", "'\\''")}'`
}
