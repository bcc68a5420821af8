// What may not stand in source text: ways around the type checker, swallowed errors, unfinished work, unsafe calls, files too long.
import { sources } from './files.mjs'
import { closing, tokens } from './lex.mjs'

const FOLDERS = ['src', 'test', 'sim', 'bench', 'scripts', 'plugins']
const SOURCE = /\.(ts|mts|tsx|mjs|js)$/
const BEFORE_TYPE = new Set([':', 'as', '<', '|', '&', 'extends', 'satisfies'])
const SILENCER = /@ts-(?:ignore|nocheck)|(?:biome|oxlint|prettier)-ignore|(?:eslint|oxlint)-disable/
const UNFINISHED = /\b(?:TODO|FIXME|XXX|HACK|placeholder)\b/i
const MAY_PRINT = /^src\/(?:cli\/terminal|sandbox\/|main\.ts$)/
const WARN_LINES = 250
const MOST_LINES = 300

/**
 * Forbidden words and shapes in all sources; the stricter ones only below src/.
 * @param {string} root
 * @returns {Promise<{ complaints: string[] }>}
 */
export async function words(root) {
  const complaints = []
  for (const { name, text } of await sources(root, FOLDERS, SOURCE)) {
    const product = name.startsWith('src/')
    const all = tokens(text)
    const say = (line, what) => complaints.push(`${name}:${line}: ${what}`)
    for (const { kind, text: comment, line } of all) {
      if (kind !== 'comment') continue
      const silencer = SILENCER.exec(comment)
      if (silencer) say(line, `${silencer[0]} silences a check`)
      const unfinished = product && UNFINISHED.exec(comment)
      if (unfinished) say(line, `"${unfinished[0]}" speaks of unfinished work`)
    }
    if (product && all[0]?.kind !== 'comment') say(1, 'does not open with what it is for')
    for (const [line, what] of shapes(all, name, product)) say(line, what)
  }
  return { complaints }
}

/** Forbidden shapes of one file. */
function* shapes(all, name, product) {
  const list = all.filter(({ kind }) => kind !== 'comment')
  for (let index = 0; index < list.length; index++) {
    const { kind, text, line } = list[index]
    if (kind !== 'word') continue
    const before = list[index - 1]?.text
    const next = list[index + 1]?.text
    if (text === 'any' && BEFORE_TYPE.has(before)) yield [line, 'the type any']
    if (text === 'catch' && isEmptyCatch(all, all.indexOf(list[index])))
      yield [line, 'an empty catch, without even a reason']
    if (!product) continue
    if (text === 'redirect' && next === ':' && /follow/.test(list[index + 2]?.text))
      yield [line, "redirect: 'follow' (D17)"]
    if (text === 'createDecipheriv' && next === '(' && !callHas(list, index + 1, 'authTagLength')) {
      yield [line, 'createDecipheriv without authTagLength takes any length of tag']
    }
    if (text === 'console' && next === '.' && before !== '.' && !MAY_PRINT.test(name))
      yield [line, 'console outside cli/terminal']
  }
}

function callHas(list, open, word) {
  return list.slice(open, closing(list, open)).some(({ text }) => text === word)
}

/** `catch {}`, `catch (error) {}` and `.catch(() => {})`; a comment inside is a reason and will do. */
function isEmptyCatch(all, index) {
  const text = all
    .slice(index + 1, index + 10)
    .map((token) => (token.kind === 'comment' ? '#' : token.kind === 'word' ? 'w' : token.text))
    .join('')
  return /^(?:\(w\))?\{\}/.test(text) || /^\(w?(?:\(w?\))?=>\{\}\)/.test(text)
}

/**
 * Files below src/ that grow too long: above 250 lines a remark, above 300 a complaint.
 * @param {string} root
 * @returns {Promise<{ complaints: string[], remarks: string[], note: string }>}
 */
export async function lengths(root) {
  const complaints = []
  const remarks = []
  let longest = 0
  for (const { name, text } of await sources(root, ['src'], /\.tsx?$/)) {
    const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
    longest = Math.max(longest, lines)
    if (lines > MOST_LINES) complaints.push(`${name}: ${lines} lines; which second noun or verb is hiding here?`)
    else if (lines > WARN_LINES) remarks.push(`${name}: ${lines} lines`)
  }
  return { complaints, remarks, note: `longest ${longest} lines` }
}
