// Installs a plugin: a copy of its folder below the state directory, whole or not at all. It is not enabled by that.
import { dirname, join, relative, sep } from 'node:path'
import { AuthError } from '../core/errors.ts'
import { isInside, MANIFEST, type PluginManifest } from '../core/plugin-manifest.ts'
import { printable } from '../core/profile.ts'
import { quoted } from '../core/quoted.ts'
import { filesBelow, readManifestIn } from '../providers/plugin-files.ts'
import type { Home } from '../store/home.ts'
import { codeOf } from '../system/files.ts'
import { shippedPlugins } from '../system/shipped.ts'

export type InstalledPlugin = {
  manifest: PluginManifest
  folder: string
  files: number
  /** Where the one that was there before lies now. */
  replaced?: string
}

const MOST_FILES = 500
const MOST_BYTES = 5 * 1024 * 1024
const LOCK_WAIT_MS = 5000

/**
 * @param path the plugin's folder, as a person wrote it
 * @param options.force puts one of the same id aside
 * @throws AuthError usage, unsafe, write_failed; then nothing has changed
 */
export async function installPlugin(
  home: Home,
  path: string,
  options: { force?: boolean } = {},
): Promise<InstalledPlugin> {
  const { system, layout, backend } = home
  const { files } = system
  const from = layout.expand(path)
  const refuse = (code: 'usage' | 'unsafe', why: string): AuthError =>
    new AuthError(code, `${from} was not installed: ${why}. Nothing was changed.`, {
      remedy: 'openclaw plugins install --help',
    })
  try {
    if ((await files.stat(from))?.isDirectory !== true) throw refuse('usage', 'it is no folder')
    const read = await readManifestIn(system, from)
    if ('complaint' in read) throw refuse('usage', read.complaint)
    const { manifest } = read
    const { id } = manifest
    if ((await files.stat(join(shippedPlugins(), id))) !== undefined) {
      throw refuse('usage', `a plugin called ${id} comes with this program`)
    }
    const copy = await readAll(home, from, refuse)
    return await backend.alone(join(layout.extensions, '.install'), { waitMs: LOCK_WAIT_MS }, async () => {
      const folder = join(layout.extensions, id)
      const stamp = `${new Date(system.now()).toISOString().replace(/[:.]/g, '-')}-${system.uuid().slice(0, 8)}`
      const isThere = (await files.stat(folder)) !== undefined
      if (isThere && options.force !== true) {
        throw new AuthError('usage', `A plugin ${id} is installed already (${folder}). Nothing was changed.`, {
          remedy: `openclaw plugins install --force ${quoted(from)}`,
        })
      }
      // A half of one, left by a kill, lies where nobody looks for plugins.
      const fresh = join(layout.extensions, `.installing-${stamp}`)
      for (const [name, text] of copy) {
        const to = join(fresh, name)
        await files.makeDir(dirname(to))
        await files.writeDurable(to, text)
      }
      const replaced = join(layout.trash, stamp, 'extensions', id)
      if (isThere) {
        await files.makeDir(dirname(replaced))
        await files.rename(folder, replaced)
      }
      await files.rename(fresh, folder)
      return { manifest, folder, files: copy.size, ...(isThere ? { replaced } : {}) }
    })
  } catch (error) {
    if (error instanceof AuthError) throw error
    throw new AuthError('write_failed', `${from} was not installed (${codeOf(error) || 'unknown'}).`, {
      remedy: `ls -ld ${quoted(from)} ${quoted(layout.stateDir)}`,
      cause: error,
    })
  }
}

/** All of it, before anything is written: text by its path below the folder. */
async function readAll(
  { system }: Home,
  from: string,
  refuse: (code: 'usage' | 'unsafe', why: string) => AuthError,
): Promise<Map<string, string>> {
  const copy = new Map<string, string>()
  let bytes = 0
  for await (const { path, stat } of filesBelow(system, from)) {
    const name = relative(from, path).split(sep).join('/')
    const shown = printable(name, 100)
    if (stat.isLink) throw refuse('unsafe', `${shown} is a symbolic link`)
    if (stat.isDirectory) continue
    if (!isInside(name)) throw refuse('unsafe', `${shown} has a name that is not plain, such as a hidden one`)
    bytes += stat.size
    if (copy.size >= MOST_FILES || bytes > MOST_BYTES) {
      throw refuse('usage', `it is larger than ${MOST_FILES} files or ${MOST_BYTES / 1024 / 1024} MB`)
    }
    const file = await system.files.read(path, MOST_BYTES)
    if (file === undefined || !file.isExact) throw refuse('usage', `${shown} is not text`)
    copy.set(name, file.text)
  }
  if (!copy.has(MANIFEST)) throw refuse('usage', `it holds no ${MANIFEST}`)
  return copy
}
