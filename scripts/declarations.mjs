// Makes one declaration file of one source file: what it exports and what that needs, and nothing else of ours. The compiler writes a
// declaration for each module; here they are cut into statements, those that are reached are kept, and of two with one name one takes its folder in front.
import { execFile } from 'node:child_process'
import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { promisify } from 'node:util'

const FLAGS = [
  '--ignoreConfig',
  '--declaration',
  '--emitDeclarationOnly',
  // The types have their own check; here they are only written down.
  '--noCheck',
  '--stripInternal',
  ...['--target', 'es2023', '--module', 'nodenext', '--types', 'node'],
  ...['--strict', '--exactOptionalPropertyTypes', '--allowImportingTsExtensions', '--skipLibCheck'],
]

/**
 * @param {string} root the project's folder
 * @param {string} entry the source file, such as `src/plugin.ts`
 * @returns {Promise<string>} the text of its declaration file; the same for the same sources
 */
export async function declarationsOf(root, entry) {
  const folder = await fs.mkdtemp(path.join(tmpdir(), 'keyclaw-types-'))
  try {
    const compiler = path.join(root, 'node_modules/typescript/bin/tsc')
    const source = path.join(root, path.dirname(entry))
    const args = [compiler, path.join(root, entry), ...FLAGS, '--rootDir', source, '--outDir', folder]
    await promisify(execFile)(process.execPath, args, { cwd: root })
    const modules = new Map()
    await readModule(folder, path.basename(entry).replace(/\.ts$/, '.d.ts'), modules)
    return written(modules, path.basename(entry).replace(/\.ts$/, '.d.ts'))
  } finally {
    await fs.rm(folder, { recursive: true, force: true })
  }
}

/** Reads a module and those it names. */
async function readModule(folder, name, modules) {
  if (modules.has(name)) return
  const text = await fs.readFile(path.join(folder, name), 'utf8')
  const module = readStatements(text, (specifier) => targetOf(name, specifier))
  modules.set(name, module)
  for (const target of module.targets) if (!target.startsWith('node:')) await readModule(folder, target, modules)
}

function targetOf(name, specifier) {
  if (!specifier.startsWith('.')) return specifier.includes(':') ? specifier : `node:${specifier}`
  return path.posix.join(path.posix.dirname(name), specifier).replace(/\.ts$/, '.d.ts')
}

const DECLARATION = /^(?:export )?(?:declare )?(?:abstract )?(?:type|interface|class|function|const|let|enum) ([\w$]+)/
const NAMES = /^(import|export)( type)? \{([^}]*)\}(?: from ["']([^"']+)["'])?;$/

/** Declarations by name, and where names come from that are imported or exported from elsewhere. */
function readStatements(text, target) {
  const module = { declarations: new Map(), imported: new Map(), exported: new Map(), targets: new Set() }
  for (const statement of statements(text)) {
    const bare = withoutComments(statement).trim()
    const [, kind, allTypes, list, specifier] = NAMES.exec(bare.replace(/\s+/g, ' ')) ?? []
    if (kind !== undefined) {
      const from = specifier === undefined ? undefined : target(specifier)
      if (from !== undefined) module.targets.add(from)
      for (const { inside, outside, isType } of pairs(list)) {
        const origin = { from, name: inside, isType: isType || allTypes !== undefined }
        if (kind === 'import') module.imported.set(outside, origin)
        else module.exported.set(outside, origin)
      }
      continue
    }
    const [, name] = DECLARATION.exec(bare) ?? []
    if (name === undefined) throw new Error(`the types hold a statement that is not understood: ${bare.slice(0, 80)}`)
    for (const [, inline] of bare.matchAll(/import\("([^"]+)"\)/g)) module.targets.add(target(inline))
    module.declarations.set(name, [...(module.declarations.get(name) ?? []), statement.trim()])
    if (bare.startsWith('export ')) module.exported.set(name, { from: undefined, name })
  }
  module.target = target
  return module
}

/** `a, type b as c` -> the name inside and the name outside. */
function pairs(list) {
  return list
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const [inside, outside = inside] = part.replace(/^type /, '').split(' as ')
      return { inside, outside, isType: part.startsWith('type ') }
    })
}

/** Top-level statements, each with the comment before it. */
function statements(text) {
  const found = []
  let depth = 0
  let start = 0
  for (let at = 0; at < text.length; at++) {
    const past = pastQuiet(text, at)
    if (past > at) {
      at = past - 1
      continue
    }
    const character = text[at]
    if ('([{'.includes(character)) depth++
    if (')]}'.includes(character)) depth--
    const isBody = character === '}' && /(?:^|\s)(?:class|interface|enum) /.test(headOf(text, start))
    if (depth > 0 || (character !== ';' && !isBody)) continue
    found.push(text.slice(start, at + 1))
    start = at + 1
  }
  if (withoutComments(text.slice(start)).trim() !== '') throw new Error('the types end in the midst of a statement')
  return found
}

/** The line with which a statement begins, behind its comments. */
function headOf(text, start) {
  return /[^\n]*/.exec(withoutComments(text.slice(start)).trimStart())?.[0] ?? ''
}

/** Where a comment or a string that begins here ends; the place itself when none begins. */
function pastQuiet(text, at) {
  if (text.startsWith('//', at)) return endOf(text, '\n', at + 2)
  if (text.startsWith('/*', at)) return endOf(text, '*/', at + 2)
  const quote = text[at]
  if (quote !== '"' && quote !== "'" && quote !== '`') return at
  let end = at + 1
  while (end < text.length && text[end] !== quote) end += text[end] === '\\' ? 2 : 1
  return end + 1
}

function endOf(text, mark, from) {
  const at = text.indexOf(mark, from)
  return at < 0 ? text.length : at + mark.length
}

function withoutComments(text) {
  let plain = ''
  for (let at = 0; at < text.length; ) {
    const past = pastQuiet(text, at)
    if (past > at && text[at] !== '/') plain += text.slice(at, past)
    else if (past === at) plain += text[at]
    at = Math.max(past, at + 1)
  }
  return plain
}

/** Follows a name to the module that declares it. */
function declared(modules, module, name) {
  const { declarations, imported, exported } = modules.get(module)
  if (declarations.has(name)) return { module, name }
  const next = imported.get(name) ?? exported.get(name)
  if (next?.from === undefined) return undefined
  if (next.from.startsWith('node:')) throw new Error(`the types name ${name} of ${next.from}, which is no type of ours`)
  return declared(modules, next.from, next.name)
}

/** The whole file. */
function written(modules, entry) {
  const keep = new Map()
  const reach = (found) => {
    const key = `${found.module} ${found.name}`
    if (keep.has(key)) return
    const refers = new Map()
    keep.set(key, { ...found, refers })
    for (const statement of modules.get(found.module).declarations.get(found.name)) {
      for (const [word, other] of references(modules, found.module, statement)) {
        if (other === undefined) continue
        refers.set(word, `${other.module} ${other.name}`)
        reach(other)
      }
    }
  }
  const doors = new Map()
  for (const [outside, { from, name, isType }] of modules.get(entry).exported) {
    const found = declared(modules, from ?? entry, name)
    if (found === undefined) throw new Error(`${entry} exports ${outside}, which nobody declares`)
    doors.set(outside, { key: `${found.module} ${found.name}`, isType })
    reach(found)
  }
  const names = named(keep, doors)
  const order = [...keep.keys()].sort()
  const blocks = order.map((key) => {
    const { module, name, refers } = keep.get(key)
    const own = new Map([...refers].map(([word, other]) => [word, names.get(other)]))
    own.set(name, names.get(key))
    return modules
      .get(module)
      .declarations.get(name)
      .map((statement) => renamed(withoutExport(statement), own))
      .join('\n')
  })
  const list = [...doors].sort(byName).map(([outside, { key, isType }]) => {
    const inside = names.get(key)
    return `    ${isType ? 'type ' : ''}${inside === outside ? outside : `${inside} as ${outside}`},`
  })
  return `${[HEAD, ...blocks, `export {\n${list.join('\n')}\n};`].join('\n')}\n`
}

/** The word in front of the declaration goes; what is exported stands at the end of the file. */
function withoutExport(statement) {
  let at = 0
  while (/\s/.test(statement[at]) || statement[at] === '/') at = Math.max(pastQuiet(statement, at), at + 1)
  return statement.slice(0, at) + statement.slice(at).replace(/^export /, '')
}

const byName = ([a], [b]) => (a < b ? -1 : 1)

const HEAD =
  '// The types of keyclaw/plugin, made by its build. They name Buffer and AbortSignal: @types/node has them.'

/** The names in a statement that are declared somewhere, with where. */
function references(modules, module, statement) {
  const found = []
  const bare = withoutComments(statement)
  const { target } = modules.get(module)
  for (const [whole, specifier, name] of bare.matchAll(/import\("([^"]+)"\)\.([\w$]+)/g)) {
    found.push([whole, declared(modules, target(specifier), name)])
  }
  const words = new Set(bare.replace(/import\("[^"]+"\)\.[\w$]+/g, '').match(/[\w$]+/g))
  for (const word of words) found.push([word, declared(modules, module, word)])
  return found
}

/** A name for each declaration: its own; of two with one name that of the door stays, the other takes its folder in front. */
function named(keep, doors) {
  const names = new Map()
  const taken = new Set()
  const give = (key, name) => {
    if (taken.has(name)) throw new Error(`the types hold two declarations that would be called ${name}`)
    taken.add(name)
    names.set(key, name)
  }
  for (const [outside, { key }] of [...doors].sort(byName)) if (!names.has(key)) give(key, outside)
  for (const key of [...keep.keys()].sort()) {
    if (names.has(key)) continue
    const { module, name } = keep.get(key)
    const folder = path.posix.dirname(module).split('/').at(-1) ?? ''
    give(key, taken.has(name) ? `${folder.slice(0, 1).toUpperCase()}${folder.slice(1)}${name}` : name)
  }
  return names
}

/** The statement with other names, where they differ; comments and strings stay. */
function renamed(statement, names) {
  let text = statement
  for (const [word, name] of names) if (word.startsWith('import(')) text = text.replaceAll(word, name)
  let made = ''
  for (let at = 0; at < text.length; ) {
    const past = pastQuiet(text, at)
    const end = past > at ? past : at + (/^[\w$]+/.exec(text.slice(at, at + 200))?.[0].length ?? 1)
    const piece = text.slice(at, end)
    // What stands behind a dot, or before a colon, is a member and has its own name.
    const isMember = text[at - 1] === '.' || text[at - 1] === '#' || /^\??:/.test(text.slice(end, end + 2))
    made += past > at || isMember ? piece : (names.get(piece) ?? piece)
    at = end
  }
  return made
}
