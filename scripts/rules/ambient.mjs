// Nothing outside system, sandbox and main names a global clock, timer, random source, environment or network; core does not wait.
import { sources } from './files.mjs'
import { closing, code } from './lex.mjs'

const EXEMPT = /^src\/(system|sandbox|web\/page)\/|^src\/[^/]+$/
/** Forbidden as `a.b`, whether called or handed on. */
const MEMBERS = new Map([
  ['Date', new Set(['now'])],
  ['performance', new Set(['now', 'timeOrigin', 'mark', 'measure'])],
  ['Math', new Set(['random'])],
  ['process', new Set(['env', 'hrtime', 'uptime'])],
  ['crypto', new Set(['randomUUID', 'getRandomValues'])],
  ['AbortSignal', new Set(['timeout'])],
])
const TIMERS = new Set(['setTimeout', 'setInterval', 'setImmediate'])
const DECLARING = new Set(['function', 'const', 'let', 'type', 'interface'])

/**
 * Looks for ambient names below src/.
 * @param {string} root
 * @returns {Promise<{ complaints: string[] }>}
 */
export async function ambient(root) {
  const complaints = []
  for (const { name, text } of await sources(root, ['src'])) {
    if (EXEMPT.test(name)) continue
    const list = code(text)
    for (let index = 0; index < list.length; index++) {
      const found = list[index].kind === 'word' && ambientAt(list, index)
      if (found) complaints.push(`${name}:${list[index].line}: ${found} is ambient; it comes in with System`)
      else if (
        name.startsWith('src/core/') &&
        /^(await|async)$/.test(list[index].text) &&
        list[index].kind === 'word'
      ) {
        complaints.push(`${name}:${list[index].line}: core decides and never waits (${list[index].text})`)
      }
    }
  }
  return { complaints }
}

/** The ambient thing named at this word; undefined when there is none. */
function ambientAt(list, index) {
  const [before, { text }, next, then] = [
    list[index - 1]?.text,
    list[index],
    list[index + 1]?.text,
    list[index + 2]?.text,
  ]
  if (before === '.' || before === '?.') return undefined
  if ((next === '.' || next === '?.') && MEMBERS.get(text)?.has(then)) return `${text}.${then}`
  if (text === 'Date' && before === 'new' && (next !== '(' || then === ')')) return 'new Date()'
  if (text === 'Date' && before !== 'new' && next === '(') return 'Date()'
  if (text === 'globalThis') return 'globalThis'
  if (DECLARING.has(before) || next === ':' || isDeclared(list, index)) return undefined
  if (TIMERS.has(text)) return text
  return text === 'fetch' && next === '(' ? 'fetch()' : undefined
}

/** A method or a member of a type, `name(...): T` or `name(...) {`, as opposed to a call. */
function isDeclared(list, index) {
  if (list[index + 1]?.text !== '(' || list[index - 1]?.text === '?') return false
  const following = list[closing(list, index + 1) + 1]?.text
  return following === ':' || following === '{'
}
