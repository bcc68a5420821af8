// Older layouts through the built program: a reading command shows and a call uses what they hold, the first change or the gateway takes it over.
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { startSandbox } from '../../src/sandbox/sandbox.ts'
import { startGateway } from '../support/gateway-process.ts'
import { type Installation, install, openclaw, type Plan, type Ran, until } from '../support/installation.ts'
import { build } from '../support/program.ts'
import { CAN_TRACE } from '../support/tracing.ts'
import { anthropic, GOOD, providersAt, question, requestsOf } from './support.ts'

const STORE = 'state/agents/main/agent/auth-profiles.json'
const CACHE = 'state/agents/main/agent/auth.json'
const LOGINS = 'state/credentials/oauth.json'
const XAI = 'xai-0123456789abcdef0123456789abcdef'
const GROQ = 'gsk_0123456789abcdef'
const OPENROUTER = 'sk-or-v1-0123456789abcdef0123456789abcdef'
const LATER = Date.UTC(2040, 0, 1)

let place: Installation
const fresh = async (files: Record<string, unknown>, plan: Plan = {}): Promise<void> => {
  place = await install(plan)
  for (const [name, value] of Object.entries(files)) put(name, value)
}
function put(name: string, value: unknown): void {
  const path = join(place.dir, name)
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value))
  chmodSync(path, 0o644)
}
const run = (...line: string[]): Promise<Ran> => openclaw(place, line)
const read = (name: string): Record<string, Record<string, Record<string, unknown>>> =>
  JSON.parse(readFileSync(join(place.dir, name), 'utf8'))
const tree = (): Record<string, string> =>
  Object.fromEntries(
    // A gateway may be writing meanwhile: its drafts come and go.
    readdirSync(place.dir, { recursive: true, withFileTypes: true }).flatMap((entry) => {
      const path = join(entry.parentPath, entry.name)
      if (/\.tmp$|\.held/.test(entry.name)) return []
      const text = entry.isFile() ? textOf(path) : ''
      return text === undefined ? [] : [[path.slice(place.dir.length + 1), text]]
    }),
  )
/** @returns undefined where it was put aside since it was listed */
function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
const asides = (): string[] => Object.keys(tree()).filter((name) => name.includes('.imported-'))

type Status = {
  auth: { providers: { provider: string; next: { id: string } | null }[]; oauth: { profiles: unknown[] } }
}
const nextOf = ({ stdout }: Ran, provider: string): string | undefined =>
  (JSON.parse(stdout) as Status).auth.providers.find((row) => row.provider === provider)?.next?.id

beforeAll(build, 60_000)
afterEach(() => place.remove())

const key = { type: 'api_key', provider: 'xai', key: XAI }

test.each<[string, Record<string, { value: unknown; id: string; stays?: true }>, Record<string, string>]>([
  [
    'an old auth.json, agent/auth.json and a flat credentials/oauth.json',
    {
      [CACHE]: { value: { xai: key }, id: 'xai:default', stays: true },
      'state/agent/auth.json': { value: { groq: { type: 'api_key', key: GROQ } }, id: 'groq:default' },
      [LOGINS]: { value: { openrouter: { apiKey: OPENROUTER } }, id: 'openrouter:default' },
    },
    {},
  ],
  [
    'a flat auth-profiles.json, agent/auth-profiles.json and the logins of $OPENCLAW_OAUTH_DIR',
    {
      [STORE]: { value: { openrouter: { apiKey: OPENROUTER } }, id: 'openrouter:default', stays: true },
      'state/agent/auth-profiles.json': { value: { version: 1, profiles: { 'xai:work': key } }, id: 'xai:work' },
      'elsewhere/oauth.json': {
        value: { groq: { access: 'access-0123456789', refresh: 'refresh-0123456789', expires: LATER } },
        id: 'groq:default',
      },
    },
    { OPENCLAW_OAUTH_DIR: '../elsewhere' },
  ],
])('%s', async (_what, forms, env) => {
  await fresh(Object.fromEntries(Object.entries(forms).map(([name, { value }]) => [name, value])), { env })
  const before = tree()
  const ids = Object.values(forms).map(({ id }) => id)
  const served = async (): Promise<(string | undefined)[]> => {
    const shown = await run('models', 'status', '--json')
    expect(shown.stderr).toBe('')
    return ids.map((id) => nextOf(shown, id.slice(0, id.indexOf(':'))))
  }
  expect(await served()).toEqual(ids)
  for (const [name, { id }] of Object.entries(forms).slice(-1)) {
    expect((await run('models', 'where', id.slice(0, id.indexOf(':')))).stdout).toContain(join(place.dir, name))
  }
  expect(tree()).toEqual(before)
  const changed = await run(
    'models',
    'auth',
    'order',
    'set',
    '--provider',
    'xai',
    ids.find((id) => /^xai/.test(id)) ?? '',
  )
  const after = tree()
  for (const [name, { value, id, stays }] of Object.entries(forms)) {
    const kept = asides().find((aside) => aside.startsWith(`${name}.imported-`)) ?? ''
    expect(changed.stderr.split('\n')).toContain(
      `Imported ${id} (agent main, from ${join(place.dir, name)}); the file is kept as ${join(place.dir, kept)}.`,
    )
    expect(after[kept]).toBe(JSON.stringify(value))
    expect(statSync(join(place.dir, kept)).mode & 0o777).toBe(0o600)
    expect(Object.keys(after).includes(name)).toBe(stays === true)
  }
  expect(statSync(join(place.dir, STORE)).mode & 0o777).toBe(0o600)
  expect(asides()).toHaveLength(3)
  expect(Object.keys(read(STORE).profiles ?? {}).sort()).toEqual([...ids].sort())
  expect(await served()).toEqual(ids)
})

describe('doctor', () => {
  type Report = {
    findings: { code: string; severity: string; file?: string; remedy?: string }[]
    repaired: { undo: string; backups: string[] }[]
  }
  const doctor = async (...flags: string[]): Promise<Report> =>
    // At a port where no other test has a gateway.
    JSON.parse((await openclaw(place, ['doctor', '--json', ...flags], { env: { OPENCLAW_GATEWAY_PORT: '1' } })).stdout)
  const about = ({ findings }: Report): string[] =>
    findings.filter(({ code }) => /legacy|old_/.test(code)).map(({ code, severity }) => `${code} ${severity}`)

  test('reports what waits, takes it over with --fix, and names the copies', async () => {
    await fresh(
      { [LOGINS]: { xai: { apiKey: XAI } }, 'state/agent/auth.json': { groq: { apiKey: GROQ } } },
      { profiles: [{ id: 'anthropic:mine', key: GOOD }] },
    )
    put('state/agent/models.json', {})
    expect(about(await doctor())).toEqual(['legacy_file warning', 'legacy_file warning', 'old_files note'])
    const fixed = await doctor('--fix')
    expect(about(fixed)).toEqual(['old_files note'])
    expect(Object.keys(read(STORE).profiles ?? {})).toEqual(['anthropic:mine', 'groq:default', 'xai:default'])
    expect(asides()).toHaveLength(2)
    expect(fixed.repaired.map(({ undo, backups }) => [undo, backups.length])).toEqual([
      ['', 1],
      ['', 1],
    ])
  })

  test('older files that cannot be read are told of with a command each and never touched, and the rest goes on', async () => {
    await fresh(
      { 'state/agent/auth-profiles.json': '{"xai":', 'aside.json': { xai: { apiKey: XAI } } },
      { profiles: [{ id: 'anthropic:mine', key: GOOD }] },
    )
    mkdirSync(join(place.dir, 'state/agent/auth.json'))
    mkdirSync(join(place.dir, 'state/credentials'))
    symlinkSync(join(place.dir, 'aside.json'), join(place.dir, LOGINS))
    const seen = await run('models', 'status', '--json')
    const bad = ['state/agent/auth-profiles.json', 'state/agent/auth.json', LOGINS]
    for (const name of bad) expect(seen.stderr).toMatch(new RegExp(`Warning: .*${name}.*\n {2}Run: .*${name}`))
    expect(seen.stderr).not.toContain(XAI)
    expect([nextOf(seen, 'anthropic'), nextOf(seen, 'xai')]).toEqual(['anthropic:mine', undefined])
    const before = tree()
    const fixed = await doctor('--fix')
    expect(about(fixed)).toEqual(bad.map(() => 'unreadable_legacy error'))
    expect(fixed.findings.map(({ file }) => file)).toEqual(bad.map((name) => join(place.dir, name)))
    expect((await run('models', 'auth', 'order', 'set', '--provider', 'anthropic', 'anthropic:mine')).code).toBe(0)
    const after = tree()
    for (const name of bad) expect(after[name]).toBe(before[name])
    expect(asides()).toEqual([])
    // What it says about the link helps.
    const remedy = fixed.findings.find(({ file }) => file?.endsWith('oauth.json'))?.remedy ?? ''
    expect(spawnSync('sh', ['-c', remedy]).status).toBe(0)
    expect(nextOf(await run('models', 'status', '--json'), 'xai')).toBe('xai:default')
  })
})

describe('a call', () => {
  test('uses what waits; the gateway takes it over at its start, and what is carried there while it runs', async () => {
    const sandbox = await startSandbox({ accounts: [{ name: 'good', vendor: 'anthropic', key: GOOD }] })
    await fresh(
      { [CACHE]: { anthropic: { type: 'api_key', key: GOOD } } },
      { config: { models: providersAt(sandbox) }, agents: { work: {} } },
    )
    put('state/agents/work/agent/auth.json', { xai: key })
    const turn = await run('agent', '--message', 'hi', '--agent', 'main')
    expect(turn.code).toBe(0)
    expect(turn.stderr).toContain('Imported anthropic:default (agent main')
    expect(requestsOf(sandbox, 'good')).toBe(1)
    // As it was, for the gateway.
    rmSync(join(place.dir, STORE))
    put(CACHE, { anthropic: { type: 'api_key', key: GOOD } })
    const gateway = await startGateway(place)
    await anthropic({ gateway }).messages.create(question())
    expect(requestsOf(sandbox, 'good')).toBe(2)
    await until('the gateway to import', () => (gateway.said().includes('agent work') ? true : undefined))
    expect(gateway.said()).toContain('Imported anthropic:default (agent main')
    expect(Object.keys(read(STORE).profiles ?? {})).toEqual(['anthropic:default'])
    put(LOGINS, { xai: { apiKey: XAI } })
    await until('the login to be taken over', () => read(STORE).profiles?.['xai:default'])
    await until('the file to be put aside', () => (tree()[LOGINS] === undefined ? true : undefined))
    await anthropic({ gateway }).messages.create(question())
    await gateway.stop()
    await sandbox.close()
  })
})

test.skipIf(!CAN_TRACE)('a process killed at its renames leaves what the next one finishes', async () => {
  const logins = {
    xai: { apiKey: XAI },
    groq: { access: 'access-0123456789', refresh: 'r-0123456789', expires: LATER },
  }
  const line = ['models', 'auth', 'order', 'set', '--provider', 'xai', 'xai:default']
  await fresh({})
  // The first is that of .gitignore; then the store, the copy, the store again.
  for (const nth of [2, 3, 4]) {
    rmSync(join(place.dir, 'state'), { recursive: true, force: true })
    put(LOGINS, logins)
    const inject = ['-e', 'trace=rename', '-e', `inject=rename:signal=KILL:when=${nth}`]
    // Each thread is counted by itself: there is one.
    const hurt = await openclaw(place, line, {
      under: ['strace', '-f', '-qq', '-o', '/dev/null', ...inject],
      env: { UV_THREADPOOL_SIZE: '1' },
    })
    expect(hurt.stdout).toBe('')
    const shown = await run('models', 'status', '--json')
    expect([nextOf(shown, 'xai'), nextOf(shown, 'groq')]).toEqual(['xai:default', 'groq:default'])
    expect((await run(...line)).code).toBe(0)
    expect(Object.keys(read(STORE)).sort()).toEqual(['order', 'profiles', 'version'])
    expect(Object.keys(read(STORE).profiles ?? {})).toEqual(['xai:default', 'groq:default'])
    expect(asides()).toHaveLength(1)
    expect(tree()[LOGINS]).toBeUndefined()
  }
})

test('a state directory of the reference from February 2026 works as it is, and the first change keeps every field', async () => {
  const now = Date.now()
  const session = '11111111-2222-3333-4444-555555555555'
  const profiles = {
    'anthropic:default': { type: 'api_key', provider: 'anthropic', key: GOOD },
    'anthropic:work': { type: 'token', provider: 'anthropic', token: `sk-ant-oat01-${'t'.repeat(80)}`, expires: LATER },
    'openai-codex:default': {
      type: 'oauth',
      provider: 'openai-codex',
      access: 'access-0123456789',
      refresh: 'refresh-0123456789',
      expires: LATER,
      accountId: 'acct_1',
      email: 'a@b.c',
    },
  }
  const store = {
    version: 1,
    profiles,
    order: { anthropic: ['anthropic:work', 'anthropic:default'] },
    lastGood: { anthropic: 'anthropic:work' },
    usageStats: {
      'anthropic:work': {
        errorCount: 1,
        failureCounts: { billing: 1 },
        lastFailureAt: now,
        disabledUntil: now + 3e6,
        disabledReason: 'billing',
      },
      'anthropic:default': { lastUsed: now, errorCount: 0 },
    },
  }
  const said = (role: string, text: string) => ({
    type: 'message',
    id: role,
    message: { role, content: [{ type: 'text', text }], timestamp: now },
  })
  const lines = [{ type: 'session', version: 3, id: session }, said('user', 'hello'), said('assistant', 'hi there')]
  await fresh({
    'state/openclaw.json': {
      meta: { lastTouchedVersion: '2026.2.6-3', lastTouchedAt: '2026-02-07T10:00:00.000Z' },
      auth: {
        profiles: Object.fromEntries(
          Object.entries(profiles).map(([id, { provider, type }]) => [id, { provider, mode: type }]),
        ),
      },
      agents: {
        defaults: {
          model: { primary: 'anthropic/claude-opus-4-6' },
          compaction: { mode: 'safeguard' },
          maxConcurrent: 4,
          subagents: { maxConcurrent: 8 },
        },
      },
      messages: { ackReactionScope: 'group-mentions' },
      commands: { native: 'auto', nativeSkills: 'auto' },
      gateway: { mode: 'local', auth: { mode: 'token', token: 'abcdefabcdefabcdefabcdef' } },
    },
    [STORE]: store,
    'state/agents/main/agent/models.json': { providers: {} },
    'state/agents/main/sessions/sessions.json': {
      'agent:main:main': {
        sessionId: session,
        updatedAt: now,
        authProfileOverride: 'anthropic:work',
        authProfileOverrideSource: 'user',
      },
    },
    [`state/agents/main/sessions/${session}.jsonl`]: lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
  })
  const before = tree()
  const seen = await run('models', 'status', '--json')
  expect(seen.stderr).toBe('')
  // The first of the order rests, as its own file says.
  expect(nextOf(seen, 'anthropic')).toBe('anthropic:default')
  expect((await run('sessions', 'list')).stdout).toContain('anthropic:work (user)')
  expect((await run('sessions', 'show', 'main')).stdout).toMatch(/hello[\s\S]*hi there/)
  expect(tree()).toEqual(before)
  // The reference locks with a directory, and one that was killed leaves it.
  mkdirSync(join(place.dir, `${STORE}.lock`))
  const change = ['models', 'auth', 'order', 'set', '--provider', 'anthropic', 'anthropic:default']
  const refused = await run(...change)
  expect(refused.stderr).toContain(`${STORE}.lock`)
  spawnSync('sh', ['-c', /Run: (.*)/.exec(refused.stderr)?.[1] ?? ''])
  expect((await run(...change)).code).toBe(0)
  expect(read(STORE)).toEqual({ ...store, order: { anthropic: ['anthropic:default'] } })
  expect(asides()).toEqual([])
})
