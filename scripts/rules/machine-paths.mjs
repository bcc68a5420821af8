// No committed text names a home directory of the machine it was written on.
import * as fs from 'node:fs/promises'
import * as path from 'node:path'
import { tracked } from './files.mjs'

const HOME = /\/(?:home|Users)\/([A-Za-z][\w.-]*)\//g
/** Names that stand for anybody in an example. */
const ANYBODY = new Set(['you', 'me', 'user', 'username', 'name', 'node', 'someone', 'ada', 'alice', 'bob'])
const LARGEST = 4_000_000

/**
 * Looks through what a commit would hold.
 * @param {string} root
 * @returns {Promise<{ complaints: string[], note: string }>}
 */
export async function machinePaths(root) {
  const complaints = []
  const names = await tracked(root)
  for (const name of names) {
    const contents = await fs.readFile(path.join(root, name)).catch(() => Buffer.alloc(0)) // deleted, not yet committed
    if (contents.length > LARGEST || contents.subarray(0, 8192).includes(0)) continue
    contents
      .toString('utf8')
      .split('\n')
      .forEach((line, index) => {
        for (const [found, owner] of line.matchAll(HOME)) {
          if (!ANYBODY.has(owner.toLowerCase()))
            complaints.push(`${name}:${index + 1}: ${found} is a path of one machine`)
        }
      })
  }
  return { complaints, note: `${names.length} files` }
}
