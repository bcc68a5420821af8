// Finds plugins on the disk, and looks at their files before any of them is run: whoever may write one runs what he likes as this user.
import { dirname, join, resolve } from 'node:path'
import { isPluginId, MANIFEST, type PluginManifest, readManifest } from '../core/plugin-manifest.ts'
import { printable } from '../core/profile.ts'
import type { Home } from '../store/home.ts'
import { codeOf, type FileStat } from '../system/files.ts'
import { shippedPlugins } from '../system/shipped.ts'
import type { System } from '../system/system.ts'

export type PluginPlace = 'bundled' | 'installed' | 'path'

/** One plugin as it lies there; nothing of it has been run. */
export type FoundPlugin = {
  /** That of the manifest, else the name of the folder. */
  id: string
  place: PluginPlace
  folder: string
  manifest?: PluginManifest
  /** Why it cannot be used, if so. */
  trouble?: string
}

const MANIFEST_BYTES = 64 * 1024
const MOST_FILES = 2000

/**
 * The plugins there are: bundled, installed, then those of the config's paths; of two with one id the first counts. The working directory
 * is no place for plugins.
 * @param only ids that are looked for; absent: all
 */
export async function findPlugins(
  { system, layout, config }: Home,
  only?: ReadonlySet<string>,
): Promise<FoundPlugin[]> {
  const places: [PluginPlace, string][] = []
  for (const [place, root] of [
    ['bundled', shippedPlugins()],
    ['installed', layout.extensions],
  ] as const) {
    const names = only === undefined ? await system.files.list(root) : [...only]
    for (const name of names.filter(isPluginId).sort()) {
      const stat = await system.files.stat(join(root, name))
      if (stat?.isDirectory === true || stat?.isLink === true) places.push([place, join(root, name)])
    }
  }
  // A relative path starts where the config lies, never where somebody happens to stand.
  for (const path of config().plugins.paths) {
    places.push(['path', path.startsWith('~') ? layout.expand(path) : resolve(layout.stateDir, path)])
  }
  const found = new Map<string, FoundPlugin>()
  for (const [place, folder] of places) {
    const plugin = await lookAt(system, place, folder)
    if (!found.has(plugin.id) && only?.has(plugin.id) !== false) found.set(plugin.id, plugin)
  }
  return [...found.values()]
}

async function lookAt(system: System, place: PluginPlace, folder: string): Promise<FoundPlugin> {
  const name = folder.slice(dirname(folder).length).replace(/^[\\/]/, '')
  const plain = { id: printable(name, 64), place, folder }
  try {
    // What was shipped with the program is trusted as the program is, whoever installed it.
    const unsafe = place === 'bundled' ? undefined : await complaintAboutFiles(system, folder)
    if (unsafe !== undefined) return { ...plain, trouble: unsafe }
    const read = await readManifestIn(system, folder)
    if ('complaint' in read) return { ...plain, trouble: read.complaint }
    const { manifest } = read
    if (place !== 'path' && manifest.id !== name) {
      return { ...plain, trouble: `its manifest says that it is ${manifest.id}, but its folder is ${plain.id}` }
    }
    return { id: manifest.id, place, folder, manifest }
  } catch (error) {
    return { ...plain, trouble: `${folder} cannot be read (${codeOf(error)})` }
  }
}

/** The manifest in a folder, whose module must be there too. */
export async function readManifestIn(
  { files }: System,
  folder: string,
): Promise<{ manifest: PluginManifest } | { complaint: string }> {
  const file = await files.read(join(folder, MANIFEST), MANIFEST_BYTES)
  if (file === undefined) return { complaint: `${folder} holds no ${MANIFEST}` }
  const read = readManifest(file.text)
  if ('complaint' in read) return read
  const main = await files.stat(join(folder, read.manifest.main))
  return main === undefined || main.isDirectory ? { complaint: `its main, ${read.manifest.main}, is not there` } : read
}

/** For group and others, and for others alone. */
const WRITABLE = 0o022
const WRITABLE_BY_OTHERS = 0o002
const STICKY = 0o1000

/** Why the code in the folder may not be this user's own: everything in it, and every folder on the way to it. */
async function complaintAboutFiles(system: System, folder: string): Promise<string | undefined> {
  if (system.platform === 'win32') return undefined
  const isForeign = ({ uid }: FileStat): boolean => uid !== system.uid && uid !== 0
  for (let above = dirname(folder); ; above = dirname(above)) {
    const stat = await system.files.stat(above)
    if (stat === undefined) return `${folder} is not there`
    if (isForeign(stat)) return `${above} belongs to another user (uid ${stat.uid})`
    const isOpen = (stat.mode & WRITABLE_BY_OTHERS) !== 0 && (stat.mode & STICKY) === 0 && !stat.isLink
    if (isOpen) return `${above} can be written by other users`
    if (above === dirname(above)) break
  }
  for await (const { path, stat } of filesBelow(system, folder)) {
    if (stat.isLink) return `${path} is a symbolic link`
    if (isForeign(stat)) return `${path} belongs to another user (uid ${stat.uid})`
    if ((stat.mode & WRITABLE) !== 0) return `${path} can be written by other users`
  }
  return undefined
}

/**
 * The folder itself and everything in it, links as links.
 * @throws Error EFBIG, when it holds too many files to be a plugin
 */
export async function* filesBelow({ files }: System, folder: string): AsyncGenerator<{ path: string; stat: FileStat }> {
  const open = [folder]
  let count = 0
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const stat = await files.stat(path)
    if (stat === undefined) continue
    count++
    if (count > MOST_FILES) throw Object.assign(new Error(`more than ${MOST_FILES} files`), { code: 'EFBIG' })
    yield { path, stat }
    const here = path
    if (stat.isDirectory) open.push(...(await files.list(path)).map((name) => join(here, name)))
  }
}
