// Every command that a message, a help text or a page of ours names exists, with every flag that is named with it.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openclaw, ROOT } from '../support/installation.ts'
import { sharedPlace } from '../support/program.ts'

const place = sharedPlace()

type Named = { words: string[]; flags: string[]; where: string }

/** Up to the end of the literal, of the sentence, or of the part of a shell line that is ours. */
const COMMAND = /\bopenclaw ([a-z][a-z-]*(?: [^`'"\n|&<>]*)?)/g
/** Prose, and names that only look like a command. */
const NO_COMMAND = /^(?:keyclaw test|gateway \$\{VERSION\})/

function namedIn(path: string): Named[] {
  return [...readFileSync(path, 'utf8').matchAll(COMMAND)].flatMap(([, text = '']) => {
    if (NO_COMMAND.test(text)) return []
    const words = /^[a-z][a-z-]*(?: [a-z][a-z-]*)*/.exec(text)?.[0].split(' ') ?? []
    // Which command it is, is only known at run time.
    if (text.startsWith(' ${', words.join(' ').length))
      return [{ words, flags: [], where: path.slice(ROOT.length + 1) }]
    const flags = [...text.matchAll(/(?<=\s)--[a-z][a-z-]*/g)].map(([flag]) => flag)
    return [{ words, flags, where: path.slice(ROOT.length + 1) }]
  })
}

function filesBelow(folder: string, ending: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name))
}

const helps = new Map<string, Promise<string | undefined>>()

/** What `openclaw help` says of the words; undefined when they are no command. */
function helpOf(words: readonly string[]): Promise<string | undefined> {
  const key = words.join(' ')
  const known = helps.get(key) ?? ask(words)
  helps.set(key, known)
  return known
}

async function ask(words: readonly string[]): Promise<string | undefined> {
  // What the help above it does not list needs no process to be found out.
  const [last, ...before] = words.toReversed()
  const above = last === undefined ? '' : await helpOf(before.reverse())
  if (above === undefined || (last !== undefined && !above.split('\n').some((line) => line.startsWith(`  ${last} `)))) {
    return undefined
  }
  const { code, stdout } = await openclaw(place(), ['help', ...words])
  return code === 0 ? stdout : undefined
}

async function complaintAbout({ words, flags, where }: Named): Promise<string | undefined> {
  const line = `openclaw ${[...words, ...flags].join(' ')} (${where})`
  if (words[0] === 'help') return undefined
  for (let length = words.length; length > 0; length--) {
    const help = await helpOf(words.slice(0, length))
    if (help === undefined) continue
    const takesWords = /^Usage: [^\n]*(?:<|\[(?!options|command)\w)/m.test(help)
    if (length < words.length && !takesWords) return `${line}: ${words[length]} is no command of it`
    const missing = flags.filter((flag) => !new RegExp(`${flag}(?![a-z-])`).test(help) && flag !== '--help')
    return missing.length === 0 ? undefined : `${line}: it has no ${missing.join(', ')}`
  }
  return `${line}: no such command`
}

test('every command that is named anywhere exists, and takes the flags it is named with', async () => {
  const files = [
    ...filesBelow(join(ROOT, 'src'), '.ts'),
    join(ROOT, 'README.md'),
    ...filesBelow(join(ROOT, 'docs'), '.md'),
  ]
  const named = files.flatMap(namedIn)
  expect(named.length).toBeGreaterThan(100)
  const complaints: string[] = []
  for (const one of named) {
    const complaint = await complaintAbout(one)
    if (complaint !== undefined) complaints.push(complaint)
  }
  expect([...new Set(complaints)]).toEqual([])
}, 120_000)
