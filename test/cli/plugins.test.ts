// `plugins` through the built program: what is enabled runs, what is broken or could be somebody else's does not, and nothing else suffers.
import { chmod, chown, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { HAS_STRACE, touchesIn, underStrace } from '../security/support.ts'
import { type Installation, install, openclaw, type Plan, type Ran, ROOT, readJson } from '../support/installation.ts'
import { build } from '../support/program.ts'
import { apiKey } from './secrets.ts'

let place: Installation
const fresh = async (plan: Plan = {}): Promise<void> => {
  place = await install(plan)
}
const run = (...line: string[]): Promise<Ran> => openclaw(place, line)
const json = async <T>(...line: string[]): Promise<T> => JSON.parse((await run(...line, '--json')).stdout) as T

beforeAll(build, 60_000)
afterEach(() => place.remove())

/** Leaves a trace when it runs; the provider is the plugin's own unless a source is given. */
const good = (id: string): string =>
  `import { writeFileSync } from 'node:fs'
writeFileSync(new URL('./ran', import.meta.url), '')
export default ({ compatibleProvider }) => ({
  providers: [compatibleProvider({ id: '${id}', label: 'Mine', baseUrl: 'https://mine.example.com/v1', env: [] })],
})
`
/** The same with one member of its provider replaced. */
const bent = (id: string, member: string): string =>
  `export default ({ compatibleProvider }) => ({
  providers: [{ ...compatibleProvider({ id: '${id}', label: 'Mine', baseUrl: 'https://mine.example.com/v1', env: [] }), ${member} }],
})
`

async function write(
  folder: string,
  { source, manifest = {} }: { source?: string; manifest?: object } = {},
): Promise<void> {
  const id = folder.slice(dirname(folder).length + 1)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const whole = { id, main: 'index.mjs', providers: [id], ...manifest }
  await writeFile(join(folder, 'openclaw.plugin.json'), JSON.stringify(whole), { mode: 0o600 })
  await writeFile(join(folder, 'index.mjs'), source ?? good(id), { mode: 0o600 })
}

const enabled = (...ids: string[]): Plan => ({
  config: { plugins: { entries: Object.fromEntries(ids.map((id) => [id, { enabled: true }])) } },
})
const extension = (id: string): string => join(place.state, 'extensions', id)
const hasRun = (folder: string): Promise<boolean> =>
  stat(join(folder, 'ran')).then(
    () => true,
    () => false,
  )

type Doctor = {
  ok: boolean
  providers: string[]
  findings: { code: string; message: string; remedy: string; severity: string }[]
}

describe('a plugin', () => {
  it('is installed, enabled, used like any other provider, and disabled', async () => {
    await fresh()
    const installed = await run('plugins', 'install', join(ROOT, 'plugins/example'))
    expect(installed.code).toBe(0)
    expect(installed.stdout).toContain('It is not enabled.')
    expect(installed.stderr).toContain('runs with all rights of this user')
    expect((await stat(extension('example'))).mode & 0o777).toBe(0o700)
    expect((await stat(join(extension('example'), 'index.mjs'))).mode & 0o777).toBe(0o600)
    expect((await readdir(join(place.state, 'extensions'))).filter((name) => name !== '.install.lock')).toEqual([
      'example',
    ])

    const refused = await run('models', 'auth', 'login', '--provider', 'example')
    expect(refused.stderr).toContain('Run: openclaw plugins enable example')
    expect((await run('plugins', 'enable', 'example')).stdout).toContain('models auth login --provider example')
    expect(await readJson(join(place.state, 'openclaw.json'))).toEqual({
      plugins: { entries: { example: { enabled: true } } },
    })
    const paste = ['models', 'auth', 'paste-api-key', '--provider', 'example']
    expect((await openclaw(place, paste, { input: 'example-key-1234567890\n' })).code).toBe(0)
    const profiles = (await json<{ profiles: object[] }>('models', 'auth', 'list')).profiles
    expect(profiles).toMatchObject([{ id: 'example:default' }])

    const [listed] = (await json<{ id: string; enabled: boolean; place: string }[]>('plugins', 'list')).filter(
      ({ id }) => id === 'example',
    )
    expect(listed).toMatchObject({ enabled: true, place: 'installed', providers: ['example'], trouble: null })
    expect(await json('plugins', 'doctor')).toMatchObject({ ok: true, providers: ['example'], findings: [] })
    const disabled = await run('plugins', 'disable', 'example')
    expect([disabled.code, disabled.stdout]).toEqual([0, expect.stringContaining('example is disabled')])
    expect((await json<Doctor>('plugins', 'doctor')).providers).toEqual([])
  })

  it('is installed over another one only when asked to, and the one before is kept', async () => {
    await fresh()
    const from = join(place.dir, 'mine')
    await write(from)
    expect((await run('plugins', 'install', from, '--enable')).stdout).toContain('It is enabled.')
    expect(await run('plugins', 'install', from)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('installed already'),
    })
    const again = await json<{ replaced: string; enabled: boolean }>('plugins', 'install', from, '--force')
    expect(again.enabled).toBe(true)
    expect(await readFile(join(again.replaced, 'index.mjs'), 'utf8')).toBe(good('mine'))
  })

  it('is taken from a path of the config, which starts at the state directory and never where somebody stands', async () => {
    await fresh({ config: { plugins: { entries: { mine: { enabled: true } }, load: { paths: ['own/mine'] } } } })
    await write(join(place.cwd, 'own/mine'))
    expect((await json<Doctor>('plugins', 'doctor')).findings).toMatchObject([
      { code: 'broken_plugin', message: expect.stringContaining(`${place.state}/own/mine is not there`) },
    ])
    await write(join(place.state, 'own/mine'))
    expect((await json<Doctor>('plugins', 'doctor')).providers).toEqual(['mine'])
    expect([await hasRun(join(place.cwd, 'own/mine')), await hasRun(join(place.state, 'own/mine'))]).toEqual([
      false,
      true,
    ])
  })

  it('does nothing where it is not enabled, or where it lies in the working directory', async () => {
    await fresh(enabled('near'))
    await write(extension('off'))
    const near = ['', 'extensions', '.openclaw/extensions', 'plugins'].map((folder) => join(place.cwd, folder, 'near'))
    for (const folder of near) await write(folder)
    for (const line of [['status'], ['plugins', 'list'], ['plugins', 'info', 'off'], ['plugins', 'doctor'], ['doctor']])
      await run(...line)
    expect(await Promise.all([extension('off'), ...near].map(hasRun))).toEqual([false, false, false, false, false])
  })

  it.skipIf(!HAS_STRACE)('is not even looked for where none is enabled', async () => {
    await fresh({ config: { plugins: { entries: { mine: { enabled: false } }, load: { paths: ['own/mine'] } } } })
    await write(join(place.state, 'own/mine'))
    const log = join(place.dir, 'strace')
    expect((await openclaw(place, ['models', 'status'], { under: underStrace(log) })).code).toBe(0)
    const touched = (await touchesIn(log)).flatMap(({ paths }) => paths)
    expect(touched.some((path) => path === join(place.state, 'openclaw.json'))).toBe(true)
    expect(touched.filter((path) => /extensions|dist\/plugins|own\/mine|import\.js/.test(path))).toEqual([])
  })

  it('is never named by a path: hostile names are no plugins, and nothing is written', async () => {
    await fresh()
    await write(join(place.state, 'near'))
    const names = ['../near', '__proto__', 'constructor', '', 'a\u001b[2J']
    const lines = [...names.map((name) => ['enable', name]), ['disable', '../near'], ['info', '../near']]
    for (const line of lines) {
      const { code, stdout, stderr } = await run('plugins', ...line)
      expect([code, stdout], line.join(' ')).toEqual([1, ''])
      expect(stderr).not.toContain('\u001b')
    }
    expect(await readJson(join(place.state, 'openclaw.json'))).toBeUndefined()
  })

  it('comes with the program and is off: a login for its provider says how to enable it', async () => {
    await fresh()
    const login = ['models', 'auth', 'login', '--provider', 'github-copilot']
    expect(await run(...login)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Run: openclaw plugins enable github-copilot'),
    })
    expect((await run('plugins', 'enable', 'github-copilot')).code).toBe(0)
    expect((await run(...login, '--method', 'none')).stderr).toContain('it has: device-code')
  })
})

/** What is wrong with each, in words of the finding. */
const BROKEN: Readonly<Record<string, [source: string, why: string, manifest?: object]>> = {
  throws: ['throw new Error("no luck")', 'it threw: no luck'],
  garbled: ['export default {', 'it threw: '],
  empty: ['export const nothing = 1', 'its default export gives no list of providers'],
  taken: [good('anthropic'), 'there is another provider called anthropic already', { providers: ['anthropic'] }],
  unsigned: [bent('unsigned', 'sign: undefined'), 'it has no function sign'],
  loud: [
    bent('loud', 'sign: (_kind, secret) => ["x-key", secret.reveal(), "x-again", secret.reveal()]'),
    'sign does not send the secret in one header',
  ],
  posing: [
    bent('posing', 'sign: (_kind, secret) => ["authorization", secret.reveal(), "user-agent", "other"]'),
    'sign would send another name than ours',
  ],
  blaming: [
    bent('blaming', 'classify: () => ({ class: "format", scope: "request", detail: "" })'),
    'classify takes a 401 for format, not auth',
  ],
  elsewhere: [bent('elsewhere', 'baseUrl: "http://mine.example.com"'), 'its baseUrl is neither https nor on 127.0.0.1'],
  other: [good('strange'), 'its manifest does not name the provider strange'],
  renamed: [good('renamed'), 'its manifest says that it is different', { id: 'different' }],
  outside: [good('outside'), 'main: is a path below the folder of the plugin', { main: '../../outside.mjs' }],
  lost: [good('lost'), 'its main, gone.mjs, is not there', { main: 'gone.mjs' }],
}

describe('a broken plugin', () => {
  it('is a finding with its name and the command that ends it, and everything else goes on', async () => {
    await fresh({ ...enabled(...Object.keys(BROKEN), 'mine'), env: { ANTHROPIC_API_KEY: apiKey('aaaa') } })
    for (const [id, [source, , manifest]] of Object.entries(BROKEN)) {
      await write(extension(id), { source, ...(manifest === undefined ? {} : { manifest }) })
    }
    await write(extension('mine'))
    const report = await run('plugins', 'doctor', '--json')
    const { findings, providers } = JSON.parse(report.stdout) as Doctor
    expect([report.code, providers]).toEqual([1, ['mine']])
    expect(findings.map(({ remedy }) => remedy)).toEqual(
      Object.keys(BROKEN).map((id) => `openclaw plugins disable ${id}`),
    )
    for (const [at, [id, [, why]]] of Object.entries(BROKEN).entries()) {
      expect(findings[at]?.message).toContain(`The plugin ${id} is not used: `)
      expect(findings[at]?.message).toContain(why)
    }
    const status = await run('models', 'status', '--json')
    expect([status.code, JSON.parse(status.stdout).resolvedDefault]).toEqual([0, 'anthropic/claude-opus-4-6'])
    expect(status.stderr).toContain('Warning: The plugin throws is not used: it threw: no luck')
    const doctor = await json<Doctor>('doctor')
    expect(doctor.findings.filter(({ code }) => code === 'broken_plugin')).toHaveLength(Object.keys(BROKEN).length)
    // The command that each of them names works.
    expect((await run('plugins', 'disable', 'throws')).code).toBe(0)
    expect((await run('models', 'status')).stderr).not.toContain('The plugin throws')
  })

  it('is not run when somebody else could have written it', async () => {
    await fresh(enabled('linked', 'folderlink', 'open', 'opener', 'foreign'))
    const away = join(place.dir, 'away')
    for (const id of ['linked', 'open', 'opener', 'foreign']) await write(extension(id))
    await write(join(away, 'folderlink'))
    await symlink(join(away, 'folderlink'), extension('folderlink'))
    await writeFile(join(away, 'index.mjs'), good('linked'))
    await symlink(join(away, 'index.mjs'), join(extension('linked'), 'helper.mjs'))
    await chmod(join(extension('open'), 'index.mjs'), 0o666)
    await chmod(extension('opener'), 0o777)
    const isRoot = process.getuid?.() === 0
    if (isRoot) await chown(join(extension('foreign'), 'index.mjs'), 12_345, 12_345)
    else await chmod(join(extension('foreign'), 'index.mjs'), 0o620)
    const { findings, providers } = await json<Doctor>('plugins', 'doctor')
    expect(providers).toEqual([])
    const why = Object.fromEntries(
      findings.map(({ code, message }) => [/plugin (\w+) /.exec(message)?.[1], `${code} ${message}`]),
    )
    expect(why.linked).toContain('helper.mjs is a symbolic link')
    expect(why.open).toContain('index.mjs can be written by other users')
    expect(why.opener).toContain('opener can be written by other users')
    expect(why.foreign).toContain(isRoot ? 'belongs to another user (uid 12345)' : 'can be written by other users')
    expect(why.folderlink).toContain('folderlink is a symbolic link')
    expect(
      await Promise.all(['linked', 'open', 'opener', 'foreign', 'folderlink'].map((id) => hasRun(extension(id)))),
    ).toEqual(Array(5).fill(false))
    expect(await run('plugins', 'enable', 'open')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('cannot be enabled'),
    })
  })

  it('is not installed when it holds links, hidden files, or is no plugin, and then nothing is left of it', async () => {
    await fresh()
    for (const name of ['linked', 'hidden', 'nothing', 'github-copilot']) await write(join(place.dir, name))
    await symlink('/etc/passwd', join(place.dir, 'linked/passwd'))
    await writeFile(join(place.dir, 'hidden/.env'), '')
    await writeFile(join(place.dir, 'nothing/openclaw.plugin.json'), '{ "id": "../../nothing" }')
    const whys = {
      linked: 'a symbolic link',
      hidden: 'not plain',
      nothing: 'id: is lower-case letters',
      'github-copilot': 'comes with this program',
    }
    for (const [name, why] of Object.entries(whys)) {
      expect(await run('plugins', 'install', join(place.dir, name))).toMatchObject({
        code: 1,
        stderr: expect.stringContaining(why),
      })
    }
    const left = await readdir(join(place.state, 'extensions')).catch(() => [])
    expect(left.filter((name) => name !== '.install.lock')).toEqual([])
  })
})
