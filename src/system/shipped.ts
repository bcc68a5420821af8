// Files that are shipped with the program: built, they lie beside it; in the sources, somewhere near this folder.
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { System } from './system.ts'

const MAX_BYTES = 4 * 1024 * 1024

/**
 * One of them.
 * @param folders where it may lie, relative to the program; the first that has it is taken
 * @returns undefined when this build has none
 */
export async function readShipped(
  system: System,
  folders: readonly string[],
  name: string,
): Promise<string | undefined> {
  const here = dirname(fileURLToPath(import.meta.url))
  for (const folder of folders) {
    const file = await system.files.read(join(here, folder, name), MAX_BYTES)
    if (file !== undefined) return file.text
  }
  return undefined
}

/** A file of the pages for users; `index.json` is what is known of them. */
export function readShippedDocs(system: System, name: string): Promise<string | undefined> {
  return readShipped(system, ['docs', '../../dist/docs'], name)
}

/** The plugins that are shipped, a folder each; it need not exist. */
export function shippedPlugins(): string {
  return join(dirname(fileURLToPath(import.meta.url)), 'plugins')
}
