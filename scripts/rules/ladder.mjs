// The direction of imports: decide, remember, talk, act, show. A folder imports only what stands before it, faces never each other.
import { isBuiltin } from 'node:module'
import * as path from 'node:path'
import { sources } from './files.mjs'
import { code, stringValue } from './lex.mjs'

const RANKS = new Map(
  [
    ['core'],
    ['dialects'],
    ['system'],
    ['store'],
    ['oauth'],
    ['providers'],
    ['auth'],
    ['chat'],
    ['gateway', 'channels', 'cli', 'web', 'sandbox'],
  ].flatMap((names, rank) => names.map((name) => [name, rank])),
)
const CORE_PACKAGES = new Set(['valibot'])
/** What reaches the clock, the disk, the network or another process; only these folders may: */
const NEAR_THE_MACHINE = new Set(['system', 'sandbox', 'main'])
const MACHINE_MODULES = new Set(
  'fs child_process net http https http2 dgram tls worker_threads cluster dns timers perf_hooks process'.split(' '),
)
const MACHINE_PACKAGES = new Set(['undici', 'fs-native-extensions'])
const RANDOM_FUNCTIONS = new Set([
  'randomBytes',
  'randomUUID',
  'randomInt',
  'randomFill',
  'randomFillSync',
  'getRandomValues',
  'webcrypto',
])

/**
 * What a source file imports: static, re-exported and dynamic.
 * @param {string} text
 * @returns {{ specifier: string, line: number, typeOnly: boolean, names: string[] }[]}
 */
export function imports(text) {
  const list = code(text)
  const found = []
  for (let index = 0; index < list.length; index++) {
    const token = list[index]
    if (token.kind !== 'word' || list[index - 1]?.text === '.') continue
    const next = list[index + 1]
    if (token.text === 'import' && next?.text === '(') {
      const specifier = stringValue(list[index + 2])
      const typeOnly = list[index - 1]?.text === 'typeof'
      if (specifier !== undefined) found.push({ specifier, line: token.line, typeOnly, names: [] })
    } else if (token.text === 'import' && stringValue(next) !== undefined) {
      found.push({ specifier: stringValue(next), line: token.line, typeOnly: false, names: [] })
    } else if (token.text === 'import' || (token.text === 'export' && /^(\{|\*|type)$/.test(next?.text ?? ''))) {
      const clause = importClause(list, index + 1)
      if (clause !== undefined) found.push({ ...clause, line: token.line })
    }
  }
  return found
}

/** Names, braces and commas up to `from '...'`; undefined when something else stands there (`import.meta`, `export type A = ...`). */
function importClause(list, start) {
  const names = []
  for (let index = start; index < list.length; index++) {
    const { kind, text } = list[index]
    if (text === 'from' && list[index + 1]?.kind === 'string') {
      const typeOnly = list[start].text === 'type' && index > start + 1
      return { specifier: stringValue(list[index + 1]), typeOnly, names }
    }
    if (kind === 'word') names.push(text)
    else if (!'{},*'.includes(text)) return undefined
  }
  return undefined
}

const folderOf = (name) => (name.split('/').length === 2 ? 'main' : name.split('/')[1])

/**
 * Checks every import below src/.
 * @param {string} root
 * @returns {Promise<{ complaints: string[], note: string }>}
 */
export async function ladder(root) {
  const complaints = []
  const files = await sources(root, ['src'])
  let count = 0
  for (const { name, text } of files) {
    if (!RANKS.has(folderOf(name)) && folderOf(name) !== 'main')
      complaints.push(`${name}: the ladder has no folder ${folderOf(name)}`)
    for (const found of imports(text)) {
      count++
      const reason = judge(name, found)
      if (reason !== undefined) complaints.push(`${name}:${found.line}: ${reason}`)
    }
  }
  return { complaints, note: `${count} imports in ${files.length} files` }
}

/** Why an import is not allowed; undefined when it is. */
function judge(name, { specifier, typeOnly, names }) {
  const from = folderOf(name)
  if (specifier.startsWith('.')) return judgeOwn(name, from, specifier, typeOnly)
  const builtin = isBuiltin(specifier)
  const module = specifier.replace('node:', '').split('/')[0]
  if (from === 'core') {
    if (builtin) return `core imports no module of node (${specifier})`
    return CORE_PACKAGES.has(module) ? undefined : `core imports no package but ${[...CORE_PACKAGES]} (${specifier})`
  }
  if (NEAR_THE_MACHINE.has(from) || (from === 'web' && name.startsWith('src/web/page/'))) return undefined
  if (builtin && MACHINE_MODULES.has(module)) return `only system, sandbox and main may import ${specifier}`
  if (!builtin && MACHINE_PACKAGES.has(module)) return `only system may import ${specifier}`
  const random = module === 'crypto' && names.find((word) => RANDOM_FUNCTIONS.has(word))
  return random ? `${random} is a global random source; take it from System` : undefined
}

function judgeOwn(name, from, specifier, typeOnly) {
  const target = path.posix.join(path.posix.dirname(name), specifier)
  if (!target.startsWith('src/')) {
    return from === 'main' && target === 'package.json' ? undefined : `reaches out of src (${specifier})`
  }
  const to = folderOf(target)
  if (from === to || from === 'main') return undefined
  if (to === 'main') return `only src/*.ts may import ${target}`
  if (from === 'web')
    return to === 'core' && typeOnly ? undefined : `the page imports types only, from core (${specifier})`
  const [rank, other] = [RANKS.get(from), RANKS.get(to)]
  if (rank === undefined || other === undefined) return `the ladder has no folder ${other === undefined ? to : from}`
  if (rank === other) return `faces never import each other (${from} -> ${to})`
  return rank < other ? `${from} may not import ${to}, which stands after it` : undefined
}
