// A plugin of somebody else, in a folder of its own, with our package as it is built and nothing else of ours: it is written in TypeScript
// against `keyclaw/plugin`, and its own tests run the contract in plain Node.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { install, openclaw, ROOT } from '../support/installation.ts'
import { build } from '../support/program.ts'

let folder: string
beforeAll(build, 60_000)
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keyclaw-author-'))
  // As `npm pack` would ship it, with no folder of ours above it.
  for (const name of ['package.json', 'dist/package.json', 'dist/plugin.js', 'dist/plugin.d.ts']) {
    await put(`node_modules/keyclaw/${name}`, await readFile(join(ROOT, name), 'utf8'))
  }
  await mkdir(join(folder, 'node_modules/@types'), { recursive: true })
  await symlink(join(ROOT, 'node_modules/@types/node'), join(folder, 'node_modules/@types/node'))
  await put('package.json', '{ "name": "author", "type": "module" }')
  await put('tsconfig.json', JSON.stringify(TSCONFIG))
  await put('openclaw.plugin.json', MANIFEST)
  await put('contract.test.mjs', TEST)
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function put(name: string, text: string): Promise<void> {
  const path = join(folder, name)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text, { mode: 0o644 })
}

/** The types of the package are looked at, too: they stand on their own. */
const TSCONFIG = {
  compilerOptions: {
    target: 'es2023',
    module: 'nodenext',
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    verbatimModuleSyntax: true,
    skipLibCheck: false,
  },
  files: ['index.mts'],
}

const MANIFEST = JSON.stringify({ id: 'theirs', main: 'index.mjs', providers: ['theirs'] })

const TEST = `import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { checkPlugin } from 'keyclaw/plugin'
import plugin from './index.mjs'

test('fulfils the contract', () => {
  assert.deepEqual(checkPlugin(plugin, readFileSync(new URL('openclaw.plugin.json', import.meta.url), 'utf8')), [])
})
`

/** A vendor with a login of its own and a word of its own for an empty account. @param more lines of the provider */
const plugin = (more = ''): string => `import type { LoginRoom, Outcome, PluginExport, Refusal } from 'keyclaw/plugin'

const plugin: PluginExport = ({ compatibleProvider, judge, oauth, ownHeaders, Secret, KEY_METHOD }) => {
  const base = compatibleProvider({ id: 'theirs', label: 'Theirs', baseUrl: 'https://api.theirs.example/v1', env: ['THEIRS_KEY'] })
  const endpoint = { url: 'https://theirs.example/token', reach: 'public', headers: ownHeaders } as const
  const open = async ({ machine, signal }: LoginRoom) => {
    const code = oauth.readDevice(await oauth.requestDevice(machine, endpoint, { client_id: 'x', scope: 'all' }, { signal }))
    if (code === undefined) throw new Error('no code')
    const wait = async (): Promise<Outcome> => {
      const grant = { grant_type: 'device', client_id: 'x', device_code: code.deviceCode.reveal() }
      const ask = async () => oauth.judgeDevice(await oauth.requestTokens(machine, endpoint, grant), machine.now())
      const waited = await oauth.pollDevice(machine, code, ask, signal)
      if (waited.kind === 'ended') return waited
      return { kind: 'granted', credential: { kind: 'oauth', access: new Secret(waited.value.access.reveal()) } }
    }
    return { userCode: code.userCode, url: code.verificationUrl, lifeMs: code.lifeMs, wait }
  }
  return {
    providers: [
      {
        ...base,
        login: [KEY_METHOD, { id: 'code', label: 'A code', kind: 'device', open }],
        classify: (refusal: Refusal) =>
          judge([{ status: [403], text: 'no credit', class: 'billing', scope: 'account' }], refusal),
        ${more}
      },
    ],
  }
}
export default plugin
`

async function run(script: string, ...args: string[]): Promise<{ code: number | null; said: string }> {
  const env = { PATH: process.env.PATH ?? '', HOME: folder }
  const child = spawn(process.execPath, [script, ...args], { cwd: folder, env })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece: Buffer) => {
      said += piece
    })
  }
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, said }
}

const compiled = (): Promise<{ code: number | null; said: string }> =>
  run(join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', '.', '--pretty', 'false')

test('a good one type-checks, fulfils the contract in plain Node, and runs in the program', async () => {
  await put('index.mts', plugin())
  expect(await compiled()).toEqual({ code: 0, said: '' })
  expect(await run('--test', 'contract.test.mjs')).toMatchObject({ code: 0 })
  const place = await install({
    config: { plugins: { entries: { theirs: { enabled: true } }, load: { paths: [join(folder, 'shipped')] } } },
  })
  await mkdir(join(folder, 'shipped'))
  for (const name of ['index.mjs', 'openclaw.plugin.json']) {
    await copyFile(join(folder, name), join(folder, 'shipped', name))
  }
  const doctor = await openclaw(place, ['plugins', 'doctor', '--json'])
  await place.remove()
  expect(JSON.parse(doctor.stdout)).toEqual({ ok: true, enabled: ['theirs'], providers: ['theirs'], findings: [] })
})

test('a broken one is told in words: by the compiler what it misspells, by the contract what it does wrong', async () => {
  await put('index.mts', plugin('baseUrl: 7, sing: () => [],'))
  const { code, said } = await compiled()
  expect(code).not.toBe(0)
  expect(said).toMatch(/index\.mts\(\d+,\d+\): error TS2322: .*/)
  expect(said).toContain("Type 'number' is not assignable to type 'string'")
  expect(said).not.toContain('node_modules/keyclaw')
  // No compiler looks at this one.
  await put(
    'index.mjs',
    `export default ({ compatibleProvider }) => ({ providers: [{
      ...compatibleProvider({ id: 'theirs', label: 'Theirs', baseUrl: 'https://x.example', env: ['A_KEY', 'A_KEY'] }),
      complain: () => ({ message: 'no' }),
    }] })`,
  )
  const broken = await run('--test', 'contract.test.mjs')
  expect(broken.code).toBe(1)
  expect(broken.said).toContain('theirs: env names a variable twice (it reads its secret from variables')
  expect(broken.said).toContain('theirs: a complaint is no sentence with a full stop (it has complaints, if any,')
  // What is no door of the package cannot be had.
  await put('inside.mjs', "await import('keyclaw/dist/openclaw.js')\n")
  expect((await run('inside.mjs')).said).toContain('ERR_PACKAGE_PATH_NOT_EXPORTED')
})
