// Forbidden shapes, lengths, patterns and paths, each planted once and seen to be refused.
import { expect, it } from 'vitest'
import { machinePaths } from '../../scripts/rules/machine-paths.mjs'
import { regexes } from '../../scripts/rules/regex.mjs'
import { lengths, words } from '../../scripts/rules/words.mjs'
import { complaintsOf, plant } from './planted.ts'

const OPENING = '// A file.\n'
// Pieces are joined here so that no check takes this file's examples for the real thing.
const HOME = ['', 'home', ''].join('/')

it.each([
  ['const a: any = 1', /the type any/],
  ['call(a as any)', /the type any/],
  ['const a: Set<any> = b', /the type any/],
  ['// @ts-' + 'ignore', /silences a check/],
  ['/* biome-' + 'ignore lint: because */', /silences a check/],
  ['// eslint-' + 'disable-next-line', /silences a check/],
  ['try { f() } catch {}', /an empty catch/],
  ['try { f() } catch (error) {}', /an empty catch/],
  ['p.catch(() => {})', /an empty catch/],
  ['// TO' + 'DO: later', /unfinished work/],
  ['// a place' + 'holder for now', /unfinished work/],
  ["const init = { redirect: 'follow' }", /D17/],
  ['createDecipheriv(name, key, iv)', /authTagLength/],
  ["console.log('x')", /console outside/],
])('refuses %s in src', async (line, complaint) => {
  expect(await complaintsOf(words, { 'src/auth/a.ts': `${OPENING}${line}\n` })).toEqual([
    expect.stringMatching(complaint),
  ])
})

it('refuses a file that does not open with what it is for', async () => {
  expect(await complaintsOf(words, { 'src/auth/a.ts': 'export {}\n' })).toEqual([expect.stringMatching(/open with/)])
})

it('accepts the safe forms', async () => {
  const fine = [
    'try { f() } catch { /* it is gone already, which is what we want */ }',
    'p.catch(() => undefined)',
    'createDecipheriv(name, key, iv, { authTagLength: 16 })',
    "const words = { any: 'TO' + 'DO', redirect: 'manual' } // any number of them",
  ].join('\n')
  const files = {
    'src/auth/a.ts': OPENING + fine,
    'src/cli/terminal.ts': `${OPENING}console.log('x')`,
    'bench/run.mjs': 'console.log(1)',
  }
  expect(await complaintsOf(words, files)).toEqual([])
})

it('remarks on a file above 250 lines and refuses one above 300', async () => {
  const root = await plant({
    'src/a.ts': 'x\n'.repeat(251),
    'src/b.ts': 'x\n'.repeat(301),
    'src/c.ts': 'x\n'.repeat(250),
  })
  const { complaints, remarks } = await lengths(root)
  expect(remarks).toEqual(['src/a.ts: 251 lines'])
  expect(complaints).toEqual([expect.stringMatching(/^src\/b\.ts: 301 lines/)])
})

it('refuses a pattern that hostile text can stall, and remembers its answers', { timeout: 60_000 }, async () => {
  const root = await plant({ 'src/a.ts': 'const slow = /^(a+)+$/\nconst quick = /^sk-[a-z]{4}/\n' })
  const first = await regexes(root)
  expect(first.complaints).toEqual([expect.stringMatching(/^src\/a\.ts:1: .*exponential/)])
  expect(first.note).toBe('2 patterns, 2 newly checked')
  expect(await regexes(root)).toEqual({ complaints: first.complaints, note: '2 patterns, 0 newly checked' })
})

it('refuses a pattern built at run time, and checks one built from a string', { timeout: 60_000 }, async () => {
  const complaints = await complaintsOf(regexes, {
    'src/a.ts': "new RegExp(text)\nnew RegExp('^(b+)+$', 'u')\nRegExp('^c$')\n",
  })
  expect(complaints).toEqual([expect.stringMatching(/:1: .*run time/), expect.stringMatching(/:2: .*exponential/)])
})

it('refuses a path of one machine, and lets an example pass', async () => {
  const files = {
    'docs/a.md': `fine: ${HOME}you/.openclaw\nnot: ${HOME}marvin/project/x\n`,
    'b.txt': `/Users/${'zoe'}/x`,
  }
  expect(await complaintsOf(machinePaths, files)).toEqual([
    expect.stringMatching(/^b\.txt:1: /),
    expect.stringMatching(/^docs\/a\.md:2: .*marvin/),
  ])
})
