// Finds and reads the files that the rules look at.
import { execFile } from 'node:child_process'
import * as fs from 'node:fs/promises'
import * as path from 'node:path'
import { promisify } from 'node:util'

const SKIPPED = new Set(['node_modules', 'dist', 'coverage'])

/**
 * Paths of all files below some folders of a project, relative to it, with `/`, sorted. Hidden files and built ones are left out.
 * @param {string} root
 * @param {string[]} folders
 * @param {RegExp} [pattern] only paths that match
 * @returns {Promise<string[]>}
 */
export async function list(root, folders, pattern = /./) {
  const found = []
  const walk = async (folder) => {
    const entries = await fs.readdir(path.join(root, folder), { withFileTypes: true }).catch((error) => {
      if (error.code === 'ENOENT') return []
      throw error
    })
    for (const entry of entries) {
      if (entry.name.startsWith('.') || SKIPPED.has(entry.name)) continue
      const name = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory()) await walk(name)
      else if (entry.isFile() && pattern.test(name)) found.push(name)
    }
  }
  for (const folder of folders) await walk(folder)
  return found.sort()
}

/**
 * Reads every source file below some folders.
 * @param {string} root
 * @param {string[]} folders
 * @param {RegExp} [pattern]
 * @returns {Promise<{ name: string, text: string }[]>}
 */
export async function sources(root, folders, pattern = /\.(ts|mts|tsx)$/) {
  const names = await list(root, folders, pattern)
  return Promise.all(names.map(async (name) => ({ name, text: await fs.readFile(path.join(root, name), 'utf8') })))
}

/**
 * The files a commit would hold: what git tracks or would add. Outside a repository: all files.
 * @param {string} root
 * @returns {Promise<string[]>}
 */
export async function tracked(root) {
  const inside = await fs.stat(path.join(root, '.git')).catch(() => undefined)
  if (inside === undefined) return list(root, [''])
  const { stdout } = await promisify(execFile)('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
    cwd: root,
    maxBuffer: 1 << 26,
  })
  return stdout.split('\0').filter((name) => name !== '')
}
