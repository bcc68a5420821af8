// What a plugin says of itself before any of its code is run: openclaw.plugin.json.
import * as v from 'valibot'
import { printable } from './profile.ts'

export const MANIFEST = 'openclaw.plugin.json'

export type PluginManifest = {
  id: string
  name: string
  version?: string
  description?: string
  /** The module, below the plugin's folder, with `/`. */
  main: string
  /** Ids of the providers that it brings. */
  providers: readonly string[]
}

const ID = /^[a-z0-9][a-z0-9-]{0,63}$/
const PROVIDER_ID = /^[a-z0-9][a-z0-9._-]{0,63}$/
const PATH_PART = /^[\w@+-][\w@+.-]*$/

/** Whether the text can be a plugin's id, which is the name of its folder as well. */
export function isPluginId(text: string): boolean {
  return ID.test(text)
}

/** Whether a path stays below the folder it starts in: names apart by `/`, none of them hidden or a way up. */
export function isInside(path: string): boolean {
  return path.length <= 200 && path.split('/').every((part) => PATH_PART.test(part))
}

const Text = v.pipe(v.string(), v.maxLength(500))

const Schema = v.looseObject({
  id: v.pipe(v.string(), v.check(isPluginId, 'is lower-case letters, digits and -')),
  name: v.optional(Text),
  version: v.optional(Text),
  description: v.optional(Text),
  main: v.pipe(
    v.string(),
    v.check(isInside, 'is a path below the folder of the plugin'),
    v.check((path) => /\.m?js$/.test(path), 'ends with .mjs or .js'),
  ),
  providers: v.pipe(
    v.array(v.pipe(v.string(), v.regex(PROVIDER_ID, 'is lower-case letters, digits, - _ and .'))),
    v.minLength(1, 'names none'),
    v.maxLength(20, 'names too many'),
  ),
})

/** @returns what the manifest says, or what is wrong with it, in a few words */
export function readManifest(text: string): { manifest: PluginManifest } | { complaint: string } {
  let value: unknown
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch {
    return { complaint: `${MANIFEST} is not valid JSON` }
  }
  const parsed = v.safeParse(Schema, value)
  if (!parsed.success) {
    const [issue] = parsed.issues
    const where = v.getDotPath(issue)
    return { complaint: printable(`${MANIFEST}: ${where === null ? '' : `${where}: `}${issue.message}`, 200) }
  }
  const { id, name = id, version, description, main, providers } = parsed.output
  return {
    manifest: {
      id,
      name: printable(name, 80),
      main,
      providers: [...new Set(providers)],
      ...(version === undefined ? {} : { version: printable(version, 40) }),
      ...(description === undefined ? {} : { description: printable(description, 200) }),
    },
  }
}
