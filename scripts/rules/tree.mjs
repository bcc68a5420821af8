// docs/tree.md names every file of the project with one line saying what it is for, and no file that is gone.
import * as fs from 'node:fs/promises'
import * as path from 'node:path'
import { list } from './files.mjs'

const FOLDERS = ['src', 'plugins', 'test', 'sim', 'bench', 'scripts', 'docs']
const PAGE = 'docs/tree.md'
/** Recorded bodies and pictures are many and alike: the page names their folder, of bodies that of each vendor. */
const BY_FOLDER = /^test\/(?:recorded\/[^/]+|web\/shots)\//
const INTRODUCTION = `# The tree

Every file and what it is for. \`npm run check\` compares this page with the disk; \`node scripts/check.mjs --fix-tree\` adds what is
missing, in the words of the file's opening comment, and drops what is gone. Improve a line by hand: it stays.
`

/** Files as the page names them. */
async function present(root) {
  const names = await list(root, FOLDERS)
  return [...new Set(names.map((name) => BY_FOLDER.exec(name)?.[0] ?? name))].sort(byFolder)
}

const folderOf = (name) => name.slice(0, name.replace(/\/$/, '').lastIndexOf('/'))

/** Folders in the order of FOLDERS, then by name; the files of a folder before its subfolders. */
function byFolder(a, b) {
  const key = (name) => [FOLDERS.indexOf(name.split('/')[0]), folderOf(name), name]
  const [left, right] = [key(a), key(b)]
  const index = left.findIndex((part, at) => part !== right[at])
  if (index < 0) return 0
  return left[index] < right[index] ? -1 : 1
}

/**
 * The page's lines.
 * @param {string} text
 * @returns {{ path: string, about: string }[]} in the page's order, duplicates included
 */
export function parseTree(text) {
  const found = []
  let folder
  for (const line of text.split('\n')) {
    const heading = /^## `?([\w./-]+?)\/?`?$/.exec(line)
    const entry = /^- `([^`]+)`(?: — (.*))?$/.exec(line)
    if (heading) folder = heading[1]
    else if (entry && folder !== undefined) found.push({ path: `${folder}/${entry[1]}`, about: entry[2] ?? '' })
  }
  return found
}

async function readPage(root) {
  return fs.readFile(path.join(root, PAGE), 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
}

/**
 * Compares the page with the disk.
 * @param {string} root
 * @returns {Promise<{ complaints: string[], note: string }>}
 */
export async function tree(root) {
  const named = parseTree(await readPage(root))
  const existing = new Set(await present(root))
  const seen = new Set()
  const complaints = []
  for (const { path: name, about } of named) {
    if (!existing.has(name)) complaints.push(`${PAGE}: ${name} does not exist`)
    if (seen.has(name)) complaints.push(`${PAGE}: ${name} is named twice`)
    if (about.trim() === '') complaints.push(`${PAGE}: ${name} has no line saying what it is for`)
    seen.add(name)
  }
  for (const name of existing) if (!seen.has(name)) complaints.push(`${PAGE}: ${name} is missing (--fix-tree adds it)`)
  return { complaints, note: `${existing.size} files` }
}

/**
 * Writes the page anew: kept descriptions, new files in the words of their opening comment, dead lines gone.
 * @param {string} root
 * @returns {Promise<{ added: string[], dropped: string[] }>}
 */
export async function fixTree(root) {
  const named = new Map(parseTree(await readPage(root)).map(({ path: name, about }) => [name, about]))
  const existing = new Set(await present(root))
  existing.add(PAGE)
  const added = [...existing].filter((name) => !named.has(name))
  const sections = new Map()
  for (const name of [...existing].sort(byFolder)) {
    const about = named.get(name) || (await opening(root, name))
    const folder = folderOf(name)
    sections.set(folder, [
      ...(sections.get(folder) ?? []),
      `- \`${name.slice(folder.length + 1)}\` — ${about}`.trimEnd(),
    ])
  }
  const body = [...sections].map(([folder, lines]) => `## ${folder}\n\n${lines.join('\n')}\n`)
  await fs.mkdir(path.join(root, 'docs'), { recursive: true })
  await fs.writeFile(path.join(root, PAGE), [INTRODUCTION, ...body].join('\n'))
  return { added, dropped: [...named.keys()].filter((name) => !existing.has(name)) }
}

/** The first sentence of a file's opening comment, or a page's title; empty when it has none. */
async function opening(root, name) {
  if (name === PAGE) return 'this page'
  if (name.endsWith('/')) return `answers as ${name.split('/').at(-2)} sends them`
  const text = await fs.readFile(path.join(root, name), 'utf8')
  if (name.endsWith('.md')) return /^# (.+)$/m.exec(text)?.[1].trim() ?? ''
  const lines = text.split('\n').filter((line, index) => index > 0 || !line.startsWith('#!'))
  const comment = []
  for (const line of lines) {
    const found = /^(?:\/\/|\/\*\*?| \*(?!\/)|#|<!--)\s?(.*?)(?:\*\/|-->)?$/.exec(line)
    if (found === null) break
    comment.push(found[1].trim())
  }
  const words = comment.join(' ').replaceAll('`', "'").trim()
  return (/^.*?[.;](?=\s|$)/.exec(words)?.[0] ?? words).replace(/[.;:]$/, '')
}
