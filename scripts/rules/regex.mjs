// Every regular expression of the product takes linear time, whatever text it meets (D17). recheck decides; answers are remembered.
import { createHash } from 'node:crypto'
import * as fs from 'node:fs/promises'
import * as path from 'node:path'
import { sources } from './files.mjs'
import { code, stringValue } from './lex.mjs'

const CHECK_MS = 40_000
const UNDECIDED = 'could not be shown to be linear'
const CACHE = 'node_modules/.cache/keyclaw-regex.json'

/**
 * The patterns of one source file: literals, and `new RegExp('...')` with nothing but a string.
 * @param {string} text
 * @returns {{ line: number, source?: string, flags: string }[]} without `source`: built at run time, out of a check's sight
 */
export function patterns(text) {
  const list = code(text)
  const found = []
  for (let index = 0; index < list.length; index++) {
    const { kind, text: word, line } = list[index]
    if (kind === 'regex') {
      const end = word.lastIndexOf('/')
      found.push({ line, source: word.slice(1, end), flags: word.slice(end + 1) })
    } else if (kind === 'word' && word === 'RegExp' && list[index + 1]?.text === '(' && list[index - 1]?.text !== '.') {
      const raw = stringValue(list[index + 2])
      const flags = stringValue(list[index + 4])
      if (raw === undefined || !/^[,)]$/.test(list[index + 3]?.text ?? '')) found.push({ line, flags: '' })
      else found.push({ line, source: raw.replaceAll(/\\(.)/g, '$1'), flags: flags ?? '' })
    }
  }
  return found
}

/**
 * Checks every pattern below src/.
 * @param {string} root
 * @returns {Promise<{ complaints: string[], note: string }>}
 */
export async function regexes(root) {
  const complaints = []
  const cachePath = path.join(root, CACHE)
  const cache = await readCache(cachePath)
  let count = 0
  let asked = 0
  for (const { name, text } of await sources(root, ['src'])) {
    for (const { line, source, flags } of patterns(text)) {
      count++
      if (source === undefined) {
        complaints.push(`${name}:${line}: a pattern built at run time cannot be checked; write it as a literal`)
        continue
      }
      const key = createHash('sha256').update(`${flags}/${source}`).digest('base64url')
      if (cache[key] === undefined) {
        asked++
        cache[key] = await verdict(source, flags)
      }
      if (cache[key] !== 'safe') complaints.push(`${name}:${line}: /${source}/${flags} ${cache[key]}`)
    }
  }
  if (asked > 0) await writeCache(cachePath, cache)
  return { complaints, note: `${count} patterns, ${asked} newly checked` }
}

async function verdict(source, flags) {
  const { check } = await import('recheck')
  const answer = await check(source, flags, { timeout: CHECK_MS })
  if (answer.status === 'safe') return 'safe'
  if (answer.status === 'vulnerable')
    return `takes ${answer.complexity.summary} time on ${answer.attack?.pattern ?? 'some text'}`
  return `${UNDECIDED} (${answer.error?.kind ?? 'unknown'})`
}

async function readCache(file) {
  try {
    return JSON.parse(await fs.readFile(file, 'utf8'))
  } catch {
    return {} // missing or torn: everything is checked anew
  }
}

async function writeCache(file, cache) {
  await fs.mkdir(path.dirname(file), { recursive: true })
  const fresh = `${file}.${process.pid}`
  // What was not decided, on a machine that had no time, is asked again.
  const decided = Object.entries(cache).filter(([, answer]) => !answer.startsWith(UNDECIDED))
  await fs.writeFile(fresh, JSON.stringify(Object.fromEntries(decided)))
  await fs.rename(fresh, file)
}
