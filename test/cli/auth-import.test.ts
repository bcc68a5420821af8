// 'models auth import': what other programs keep, taken over once somebody knows what that means, with their files left as they are.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type Installation, install, openclaw, readJson } from '../support/installation.ts'
import { entryOf, loginConfig, loginEnv, redeemed, storedLogin } from '../support/logins.ts'

let sandbox: Sandbox
let place: Installation
beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(async () => {
  await sandbox.close()
  await place.remove()
})
beforeEach(async () => {
  await place?.remove()
  sandbox.reset()
  place = await install({ config: loginConfig(sandbox), env: loginEnv(sandbox) })
})

const IMPORT = ['models', 'auth', 'import', '--from']
const KEY = 'sk-proj-import-0123456789abcdef0123'
const TOKEN = `sk-ant-oat01-${'import-'.repeat(12)}`

async function put(path: string, value: unknown): Promise<string> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, typeof value === 'string' ? value : JSON.stringify(value))
  return path
}
const home = (name: string): string => join(place.env.HOME ?? '', name)
const store = (): Promise<unknown> => readJson(join(place.state, 'agents/main/agent/auth-profiles.json'))

it('takes the key of the Codex CLI, and its login only when told that two programs would share it', async () => {
  const stored = storedLogin(sandbox, 'openai-codex:x', { as: 'work', expires: 0 })
  const { access, refresh, accountId } = 'raw' in stored ? (stored.raw as Record<string, string>) : {}
  const tokens = { access_token: access, refresh_token: refresh, account_id: accountId, id_token: '' }
  const file = await put(home('.codex/auth.json'), { OPENAI_API_KEY: KEY, tokens, last_refresh: '2026-01-01' })
  const before = await readFile(file, 'utf8')

  const refused = await openclaw(place, [...IMPORT, 'codex'])
  expect([refused.code, refused.stdout]).toEqual([1, ''])
  expect(refused.stderr).toContain('the one that renews it first logs the other one out')
  expect(refused.stderr).toContain('openclaw models auth login --provider openai-codex')
  expect(await store()).toBeUndefined()

  const done = await openclaw(place, [...IMPORT, 'codex', '--yes'])
  expect(done.code).toBe(0)
  expect(done.stdout).toMatch(
    /^Imported openai:default \(sk-proj-….{4}\) in .*\nImported openai-codex:work@example\.com \(OAuth/,
  )
  expect(await readFile(file, 'utf8')).toBe(before)
  expect(done.stdout + done.stderr).not.toContain(refresh)
  const again = await openclaw(place, [...IMPORT, 'codex', '--yes', '--json'])
  expect(JSON.parse(again.stdout)).toMatchObject({
    ok: true,
    file,
    profiles: [
      { profileId: 'openai:default', replaced: true },
      { profileId: 'openai-codex:work@example.com', replaced: true },
    ],
  })
  expect(await entryOf(place, 'openai-codex:work@example.com')).toMatchObject({
    type: 'oauth',
    access,
    refresh,
    accountId,
  })
  // Its end was read from the token itself, and it serves.
  const served = await openclaw(place, ['agent', '--message', 'hello'])
  expect([served.code, redeemed(sandbox)]).toEqual([0, []])
})

it('takes the token of Claude Code without what renews it, and says what that is worth', async () => {
  const claudeAiOauth = { accessToken: TOKEN, refreshToken: 'sk-ant-ort01-never', expiresAt: Date.now() + 3_600_000 }
  await put(home('.claude/.credentials.json'), { claudeAiOauth })
  const done = await openclaw(place, [...IMPORT, 'claude'])
  expect([done.code, done.stderr]).toEqual([0, expect.stringContaining('claude setup-token')])
  expect(await entryOf(place, 'anthropic:default')).toMatchObject({
    type: 'token',
    token: TOKEN,
    expires: claudeAiOauth.expiresAt,
  })
  expect(JSON.stringify(await store())).not.toContain('sk-ant-ort01')
})

it('takes the profiles of a file under their ids, and never over what is here', async () => {
  const profiles = {
    'openai:work': { type: 'api_key', provider: 'openai', key: KEY },
    'xai:default': { type: 'api_key', provider: 'xai', key: 'xai-import-0123456789abcdef' },
  }
  const file = await put(join(place.cwd, 'backup.json'), { version: 1, profiles })
  await openclaw(place, ['models', 'auth', 'paste-api-key', '--provider', 'xai'], {
    input: 'xai-here-0123456789abcdef00',
  })
  const done = await openclaw(place, [...IMPORT, 'file', 'backup.json'])
  expect([done.code, done.stderr]).toEqual([0, ''])
  expect((await entryOf(place, 'openai:work')).key).toBe(KEY)
  expect((await entryOf(place, 'xai:default')).key).toBe('xai-here-0123456789abcdef00')
  expect((await entryOf(place, 'xai:imported')).key).toBe('xai-import-0123456789abcdef')
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ version: 1, profiles })
})

it('says what is wrong where there is nothing to import, and writes nothing', async () => {
  const broken = await put(join(place.cwd, 'broken.json'), '{"profiles": {')
  const empty = await put(join(place.cwd, 'empty.json'), { theme: 'dark' })
  for (const [args, said] of [
    [['codex'], `There is no ${home('.codex/auth.json')}: nothing was imported.`],
    [['file'], '--from file needs the path of a file'],
    [['file', broken], 'is not valid JSON'],
    [['file', empty], 'holds no credential'],
    [['nowhere'], 'Allowed choices are codex, claude, file'],
  ] as const) {
    const ran = await openclaw(place, [...IMPORT, ...args])
    expect([ran.code, ran.stderr], args.join(' ')).toEqual([1, expect.stringContaining(said)])
  }
  expect(await store()).toBeUndefined()
})
