// The build: it stands alone, runs late what is imported late, is the same twice, and is not made again for nothing.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { appendFile, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { buildInto, buildTwice, bundle, differences } from '../../scripts/build.mjs'
import { plant } from './planted.ts'

/** The real door: what it does with a program is part of what is tested. */
const BOOT = readFileSync(join(import.meta.dirname, '../../src/boot.ts'), 'utf8')

/** Small programs are commands; none of them serves. */
const build = (root: string) => buildInto(root, { forms: ['command'] })

const project = () =>
  plant({
    'package.json': '{ "name": "small", "version": "3.2.1", "type": "module" }',
    'src/main.ts': [
      'declare const __VERSION__: string',
      "import legacy from './legacy.cjs'",
      'process.stdout.write(`${__VERSION__} ${legacy()}\\n`)',
      "if (process.argv[2] === 'late') import('./late.ts').then(({ word }) => process.stdout.write(word))",
    ].join('\n'),
    'src/boot.ts': BOOT,
    'src/legacy.cjs': "module.exports = () => require('node:path').join('a', 'b')\n",
    'src/late.ts': "process.stdout.write('(now) ')\nexport const word = 'loaded late'\n",
    'src/web/page/index.html': '<!doctype html><script type="module" src="/page/app.js"></script>',
    'src/web/page/app.tsx': "document.title = 'small'\n",
  })

it('makes an executable that needs nothing beside it but its program', async () => {
  const root = await project()
  await build(root)
  const entry = join(root, 'dist/openclaw.js')
  expect((await stat(entry)).mode & 0o777).toBe(0o755)
  const { files } = JSON.parse(await readFile(join(root, 'dist/web.json'), 'utf8')) as {
    files: { path: string; text: string }[]
  }
  const script = files.find(({ path }) => path !== '/')?.path
  expect(script).toMatch(/^\/page\/app-[A-Z0-9]{8}\.js$/)
  expect(files.find(({ path }) => path === '/')?.text).toContain(`src="${script}"`)
  expect((await promisify(execFile)(entry, [])).stdout).toBe('3.2.1 a/b\n')
  expect((await promisify(execFile)(entry, ['late'])).stdout).toBe('3.2.1 a/b\n(now) loaded late')
  expect((await promisify(execFile)(entry, ['--version'])).stdout).toBe('3.2.1\n')
})

it('builds again when a source changed, and only then', async () => {
  const root = await project()
  expect(await build(root)).toMatch(/^build: dist\/openclaw\.js \d+ kB/)
  expect(await build(root)).toBe('build: nothing changed')
  await appendFile(join(root, 'src/late.ts'), "export const more = 'x'\n")
  expect(await build(root)).toMatch(/^build: dist/)
})

it('runs the same without what was compiled beforehand, and with what another engine compiled', async () => {
  const root = await project()
  expect(await build(root)).toContain(', compiled,')
  const compiled = (await readdir(join(root, 'dist'))).filter((name) => name.endsWith('.command'))
  expect(compiled).toHaveLength(1)
  const file = join(root, 'dist', compiled[0] ?? '')
  const run = async () => (await promisify(execFile)(join(root, 'dist/openclaw.js'), ['late'])).stdout
  for (const spoilt of [Buffer.alloc(0), Buffer.from('not of this engine'), (await readFile(file)).subarray(0, 200)]) {
    await writeFile(file, spoilt)
    expect(await run()).toBe('3.2.1 a/b\n(now) loaded late')
  }
})

it('keeps the program of the build before for an hour, for a command that is just starting from it', async () => {
  const root = await project()
  const programs = async () => (await readdir(join(root, 'dist'))).filter((name) => name.startsWith('program-'))
  await build(root)
  const before = await programs()
  await writeFile(join(root, 'src/late.ts'), "export const word = 'changed'\n")
  await build(root)
  expect(await programs()).toEqual(expect.arrayContaining(before))
  const longAgo = new Date(Date.now() - 7_200_000)
  for (const name of before) await utimes(join(root, 'dist', name), longAgo, longAgo)
  await writeFile(join(root, 'src/late.ts'), "export const word = 'changed again'\n")
  await build(root)
  for (const name of before) expect(await programs()).not.toContain(name)
})

it('gives the same bytes twice, and sees it when bytes differ', async () => {
  expect(await buildTwice(await project())).toEqual([])
  const [left, right] = [await plant({ a: '1', b: '2' }), await plant({ a: '1', b: '3', c: '4' })]
  expect(await differences(left, right)).toEqual(['b', 'c'])
})

it('says where the source is wrong', async () => {
  const root = await plant({
    'package.json': '{ "version": "1.0.0" }',
    'src/main.ts': "import './gone.ts'\n",
    'src/boot.ts': BOOT,
  })
  await expect(bundle(root)).rejects.toMatchObject({ errors: [{ location: { file: 'src/main.ts', line: 1 } }] })
})

it('refuses a pattern that the door would read as other characters than it was written in', async () => {
  const of = (pattern: string) =>
    plant({
      'package.json': '{ "version": "1.0.0" }',
      'src/main.ts': `process.stdout.write(/${pattern}/.test(process.argv[2] ?? '') ? 'caf\u00e9 \u2026' : 'no')\n`,
      'src/boot.ts': BOOT,
    })
  await expect(bundle(await of('\u2026'))).rejects.toThrow(/not ASCII/)
  const root = await of('\\u2026')
  await build(root)
  expect((await promisify(execFile)(join(root, 'dist/openclaw.js'), ['\u2026'])).stdout).toBe('caf\u00e9 \u2026')
})

it('leaves the native lock outside', async () => {
  const root = await plant({
    'package.json': '{ "version": "1.0.0" }',
    'src/main.ts': "export const native = () => import('fs-native-extensions')\n",
    'src/boot.ts': BOOT,
  })
  await symlink(join(import.meta.dirname, '../../node_modules'), join(root, 'node_modules'))
  const [program] = [...(await bundle(root))].filter(([name]) => name.startsWith('program-'))
  expect(Buffer.from(program?.[1] ?? '').toString()).toContain('require("fs-native-extensions")')
})

it.each(['command', 'gateway'])(
  'keeps what was compiled beforehand for a %s in a form that every start takes',
  async (form) => {
    // The build of this very project: its program changes flags of the engine while it serves, and the engine takes nothing made under others.
    const dist = join(import.meta.dirname, '../../dist')
    const [name] = /program-[0-9a-f]+\.js/.exec(await readFile(join(dist, 'openclaw.js'), 'utf8')) ?? []
    const script = `const { readFileSync } = require('node:fs')
    const file = ${JSON.stringify(join(dist, name ?? ''))}
    const cachedData = readFileSync(file + '.${form}')
    const made = new (require('node:vm').Script)(readFileSync(file, 'latin1'), { filename: file, cachedData })
    process.stdout.write(String(made.cachedDataRejected))`
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', script])
    expect(stdout).toBe('false')
  },
)
