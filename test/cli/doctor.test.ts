// `doctor`: what it sees, what it repairs, how that is taken back, and that looking changes nothing.
import { execFile } from 'node:child_process'
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../support/gateway-process.ts'
import { type Installation, install, openclaw, type Plan, PROGRAM } from '../support/installation.ts'
import { build, transcript } from '../support/program.ts'
import { standInManager } from '../support/service-manager.ts'
import { apiKey, setupToken } from './secrets.ts'

const DAY_MS = 86_400_000

let place: Installation
/** A port where nobody listens, and no service manager: nothing of the machine that the tests run on is met by chance. */
const fresh = async (plan: Plan = {}): Promise<void> => {
  place = await install({ ...plan, env: { OPENCLAW_GATEWAY_PORT: '1', ...plan.env } })
  await standInManager(place, 'none')
}
const run = async (...line: string[]): Promise<string> => transcript(place, await openclaw(place, line))
type Found = {
  ok: boolean
  findings: { code: string; severity: string; agent?: string; profile?: string; message: string; remedy?: string }[]
  repaired: { undo: string; backups: string[] }[]
}
const json = async (...line: string[]): Promise<Found & { exit: number | null }> => {
  const ran = await openclaw(place, [...line, '--json'])
  expect(ran.stderr).toBe('')
  return { ...(JSON.parse(ran.stdout) as Found), exit: ran.code }
}
const codes = ({ findings }: Found): string[] => findings.map(({ code, profile }) => `${code} ${profile ?? ''}`.trim())

beforeAll(build, 60_000)
afterEach(() => place.remove())

describe('looking', () => {
  it('finds nothing wrong with a key in the environment and nothing else', async () => {
    await fresh({ env: { ANTHROPIC_API_KEY: apiKey('aaaa') } })
    expect(await run('doctor')).toBe('State directory: $STATE\nNothing is wrong.\n--- exit 0\n')
  })

  it('says what a call would meet, in the words of the call, and ends with 1', async () => {
    await fresh()
    expect(await run('doctor')).toBe(
      `State directory: $STATE
  error     No API key found for provider "anthropic" (agent main, $STATE/agents/main/agent/auth-profiles.json).
            Run: openclaw models auth paste-api-key --provider anthropic
1 error.
--- exit 1
`,
    )
  })

  it('looks at every agent, and at every profile of each', async () => {
    await fresh({
      profiles: [
        { id: 'anthropic:a', key: apiKey('aaaa') },
        { id: 'anthropic:old', token: setupToken('oooo'), expires: Date.now() - DAY_MS },
      ],
      agents: {
        work: {
          profiles: [
            { id: 'anthropic:w', token: setupToken('wwww'), expires: Date.now() + DAY_MS / 2 },
            { id: 'anthropic:strange', raw: { type: 'quantum', provider: 'anthropic' } },
          ],
          health: { 'anthropic:w': { errorCount: 1, disabledUntil: Date.now() + DAY_MS, disabledReason: 'billing' } },
        },
      },
    })
    const seen = await json('doctor', '--non-interactive')
    expect(seen.exit).toBe(1)
    expect(codes(seen).sort()).toEqual(
      [
        'expired anthropic:old',
        'expiring anthropic:w',
        'disabled anthropic:w',
        'unknown_kind anthropic:strange',
      ].sort(),
    )
    expect(seen.findings.find(({ code }) => code === 'disabled')?.agent).toBe('work')
  })

  it('says once what two agents share, and which variable the config misses', async () => {
    await fresh({
      profiles: [
        { id: 'anthropic:a', key: apiKey('aaaa') },
        { id: 'anthropic:old', token: setupToken('oooo'), expires: 1 },
      ],
      config: {
        agents: {
          list: [
            { id: 'main', default: true },
            { id: 'work', auth: { inherit: 'main' } },
          ],
        },
        models: { providers: { openai: { apiKey: '${NOT_SET_ANYWHERE}' } } },
      },
    })
    const ran = await openclaw(place, ['doctor', '--json'])
    const seen = { ...(JSON.parse(ran.stdout) as Found) }
    expect(codes(seen)).toEqual(['expired anthropic:old', 'missing_variable'])
    expect(seen.findings[1]?.message).toContain('NOT_SET_ANYWHERE')
  })

  it('leaves a config it cannot read as it is, says where it is wrong, and still looks at the files', async () => {
    await fresh()
    const path = join(place.state, 'openclaw.json')
    await writeFile(path, '{ "gateway": { port: "many" ', { mode: 0o644 })
    await chmod(path, 0o644)
    const seen = await json('doctor', '--fix')
    expect(codes(seen)).toEqual(['unreadable_config', 'open_mode'])
    expect(seen.exit).toBe(1)
    expect(await readFile(path, 'utf8')).toBe('{ "gateway": { port: "many" ')
  })

  it('tells of a .env it cannot read, and still looks at the files', async () => {
    await fresh()
    await mkdir(join(place.state, '.env'))
    await chmod(place.state, 0o755)
    const seen = await json('doctor', '--fix')
    expect(seen.exit).toBe(1)
    expect(seen.findings).toMatchObject([
      { code: 'unreadable_store', file: join(place.state, '.env') },
      { code: 'open_mode', file: place.state },
      { code: 'open_mode', file: join(place.state, '.env') },
    ])
  })

  it('reports a store it cannot read with the file and the agent, and touches nothing of it', async () => {
    await fresh()
    const path = join(place.state, 'agents/main/agent/auth-profiles.json')
    await mkdir(join(place.state, 'agents/main/agent'), { recursive: true, mode: 0o700 })
    await writeFile(path, '{"version":1,', { mode: 0o600 })
    const seen = await json('doctor', '--fix')
    expect(seen.findings.find(({ code }) => code === 'unreadable_store')).toMatchObject({ agent: 'main' })
    expect(await readFile(path, 'utf8')).toBe('{"version":1,')
  })

  it('writes nothing', async () => {
    await fresh({ config: { auth: { order: { anthropic: ['anthropic:gone'] } } } })
    const path = join(place.state, 'openclaw.json')
    const before = await readFile(path, 'utf8')
    await run('doctor')
    expect(await readFile(path, 'utf8')).toBe(before)
  })
})

describe('--fix', () => {
  const plan: Plan = {
    profiles: [{ id: 'anthropic:a', key: apiKey('aaaa') }],
    order: { anthropic: ['anthropic:gone', 'anthropic:a'] },
    config: {
      auth: {
        profiles: { 'anthropic:gone': { provider: 'anthropic', mode: 'token' } },
        order: { openai: ['openai:x'] },
      },
    },
  }

  it('repairs what it offered, and nothing is left', async () => {
    await fresh(plan)
    const store = join(place.state, 'agents/main/agent/auth-profiles.json')
    const changes = join(place.state, 'agents/main/agent/auth-profiles.undo.json')
    await writeFile(changes, '{}')
    for (const path of [store, changes]) await chmod(path, 0o644)
    const seen = await json('doctor', '--fix')
    expect(seen).toMatchObject({ ok: true, findings: [], exit: 0 })
    expect(seen.repaired).toHaveLength(5)
    for (const path of [store, changes]) expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(JSON.parse(await readFile(store, 'utf8'))).toMatchObject({ order: { anthropic: ['anthropic:a'] } })
    expect(JSON.parse(await readFile(join(place.state, 'openclaw.json'), 'utf8')).auth).toEqual({
      profiles: {},
      order: {},
    })
    for (const { backups } of seen.repaired) {
      for (const copy of backups) expect((await stat(copy)).mode & 0o777).toBe(0o600)
    }
  })

  it('is taken back by the commands it prints, and what came since stays; no copy holds a secret', async () => {
    await fresh(plan)
    const bin = join(place.dir, 'bin')
    await mkdir(bin, { recursive: true })
    await writeFile(join(bin, 'openclaw'), `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' "$@"\n`, { mode: 0o755 })
    const paths = ['openclaw.json', 'agents/main/agent/auth-profiles.json'].map((path) => join(place.state, path))
    const read = (): Promise<unknown[]> =>
      Promise.all(paths.map(async (path) => JSON.parse(await readFile(path, 'utf8'))))
    const before = await read()
    const { repaired } = await json('doctor', '--fix')
    expect(await read()).not.toEqual(before)
    expect(repaired.map(({ backups }) => backups)).toEqual([[], [], []])
    await openclaw(place, ['models', 'auth', 'paste-api-key', '--provider', 'groq'], { input: `gsk_${'n'.repeat(52)}` })
    for (const { undo } of repaired.toReversed()) await promisify(execFile)('sh', ['-c', undo], { env: place.env })
    const [config, store] = await read()
    expect(config).toMatchObject(before[0] as object)
    expect(store).toMatchObject(before[1] as object)
    expect(JSON.stringify(store)).toContain(`gsk_${'n'.repeat(52)}`)
  })

  it('goes on after a repair that cannot be done, and says which one it was', async () => {
    await fresh(plan)
    // Nobody can lock the config, root included.
    await mkdir(join(place.state, 'openclaw.json.lock'))
    const ran = await openclaw(place, ['doctor', '--fix', '--json'])
    const seen = JSON.parse(ran.stdout)
    expect([ran.code, seen.ok, seen.repaired.length]).toEqual([1, false, 1])
    const failed = seen.unrepaired.map(({ code, repair: { kind } }: { code: string; repair: { kind: string } }) => [
      code,
      kind,
    ])
    expect(failed).toEqual([
      ['write_failed', 'config_profile'],
      ['write_failed', 'config_order'],
    ])
    expect(JSON.parse(await readFile(join(place.state, 'agents/main/agent/auth-profiles.json'), 'utf8')).order).toEqual(
      {
        anthropic: ['anthropic:a'],
      },
    )
    expect(await run('doctor', '--fix')).toMatch(/failed {4}remove auth\.profiles.*openclaw\.json.*\n {12}Run: /)
  })

  it('pastes nothing into a command that a shell would read as more than a name', async () => {
    const id = "anthropic:x'; touch /tmp/x; '"
    await fresh({ profiles: [{ id, token: setupToken('xxxx'), expires: 1 }], order: { anthropic: [id] } })
    const { findings } = await json('doctor')
    expect(findings.map(({ code }) => code)).toContain('expired')
    for (const { remedy = '' } of findings) expect(remedy).not.toContain('touch')
  })

  it('leaves an order alone that names a variable which only this shell does not have', async () => {
    const order = { anthropic: ['${FIRST}', 'anthropic:a', 'anthropic:${WHO}', 'anthropic:gone'], openai: ['${FIRST}'] }
    await fresh({ profiles: [{ id: 'anthropic:a', key: apiKey('aaaa') }], config: { auth: { order } } })
    const seen = await json('doctor', '--fix')
    expect(new Set(codes(seen))).toEqual(new Set(['missing_variable']))
    expect(seen.repaired).toHaveLength(1)
    expect(JSON.parse(await readFile(join(place.state, 'openclaw.json'), 'utf8')).auth.order).toEqual({
      anthropic: ['${FIRST}', 'anthropic:a', 'anthropic:${WHO}'],
      openai: ['${FIRST}'],
    })
  })

  it('keeps the secrets out of what it prints', async () => {
    await fresh(plan)
    expect(await run('doctor', '--fix')).not.toContain(apiKey('aaaa'))
  })
})

describe('the gateway', () => {
  const key = { env: { ANTHROPIC_API_KEY: apiKey('aaaa') } }

  it('has a service that is defined as it would be now, or the difference is told, mended behind a copy, and taken back', async () => {
    await fresh(key)
    const { unit, asked } = await standInManager(place, 'working')
    await openclaw(place, ['gateway', 'install', '--port', '1'])
    expect(codes(await json('doctor'))).toEqual(['gateway_absent'])
    const good = await readFile(unit, 'utf8')
    await writeFile(unit, `${good}# mine\n`)
    expect(codes(await json('doctor'))).toContain('service_edited')
    const bad = good.replace('"PATH=', '"PATH=/elsewhere:')
    await writeFile(unit, bad)
    const drift = (await json('doctor')).findings.find(({ code }) => code === 'service_drift')
    expect(drift).toMatchObject({ severity: 'warning', remedy: 'openclaw gateway install --force --port 1' })
    expect(drift?.message).toContain('(PATH)')
    const { repaired } = await json('doctor', '--fix')
    expect(await readFile(unit, 'utf8')).toBe(good)
    expect((await asked()).slice(-2)).toEqual([
      'systemctl --user daemon-reload',
      'systemctl --user restart openclaw-gateway.service',
    ])
    const undo = repaired[0]?.undo ?? ''
    expect(undo).toMatch(/^cp '[^']+' '[^']+' && openclaw gateway restart$/)
    await promisify(execFile)('sh', ['-c', undo.replace('openclaw gateway restart', 'true')])
    expect(await readFile(unit, 'utf8')).toBe(bad)
  })

  it('has a service whose program is gone, or one that keeps its state elsewhere: told as errors, and only the first is mended', async () => {
    await fresh(key)
    const { unit } = await standInManager(place, 'working')
    await openclaw(place, ['gateway', 'install'])
    const good = await readFile(unit, 'utf8')
    await writeFile(unit, good.replace(/ExecStart="[^"]+"/, 'ExecStart="/gone/node"'))
    const gone = await json('doctor')
    expect(gone.findings[0]).toMatchObject({ code: 'service_program_gone', severity: 'error' })
    expect(gone.findings[0]?.message).toContain('/gone/node')
    const elsewhere = good.replace(/OPENCLAW_STATE_DIR=[^"]+/, 'OPENCLAW_STATE_DIR=/other')
    await writeFile(unit, elsewhere)
    const other = (await json('doctor', '--fix')).findings[0]
    expect(other).toMatchObject({ code: 'service_state_dir', remedy: "export OPENCLAW_STATE_DIR='/other'" })
    expect(await readFile(unit, 'utf8')).toBe(elsewhere)
  })

  it('has a port that something else holds', async () => {
    await fresh({
      env: {
        ...key.env,
        OPENCLAW_GATEWAY_PORT: String(await freePort()),
        OPENCLAW_GATEWAY_TOKEN: 'a-long-enough-token-of-mine',
      },
    })
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.end('220 mail\r\n')
    })
    await new Promise<void>((done) => server.listen(Number(place.env.OPENCLAW_GATEWAY_PORT), '127.0.0.1', done))
    try {
      const { findings, exit } = await json('doctor')
      expect(findings).toMatchObject([{ code: 'port_taken', severity: 'error' }])
      expect(exit).toBe(1)
    } finally {
      server.close()
    }
  })

  it('has a token that is none, or too short for where it listens; one in its own file is made anew', async () => {
    await fresh({ ...key, config: { gateway: { bind: 'lan', auth: { token: 'changeme' } } } })
    const { findings } = await json('doctor')
    expect(findings.map(({ severity, message }) => `${severity} ${message.replaceAll(place.state, '$STATE')}`)).toEqual(
      [
        'error The secret of the gateway ($STATE/openclaw.json) is not enough for where it listens: The gateway will not listen beyond this machine: gateway.auth.token in $STATE/openclaw.json is a text from an example, not a secret.',
        'warning The secret of the gateway (gateway.auth.token in $STATE/openclaw.json) is a text from an example, not a secret; it is not used.',
      ],
    )
    await place.remove()
    await fresh(key)
    const file = join(place.state, 'gateway.token')
    await writeFile(file, 'short\n', { mode: 0o600 })
    expect(codes(await json('doctor'))).toEqual(['gateway_token'])
    const mended = await json('doctor', '--fix')
    expect(mended).toMatchObject({ ok: true, findings: [], exit: 0 })
    expect(await readFile(file, 'utf8')).toMatch(/^kcg_/)
    expect(mended.repaired).toMatchObject([{ undo: '', backups: [] }])
  })

  it('has vendors that can be reached, or not: tried with --deep alone, without a credential', async () => {
    let visits = 0
    const server = createServer((socket) => {
      visits++
      socket.on('error', () => undefined).on('data', () => expect.unreachable('nothing may be sent'))
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const config = { models: { providers: { anthropic: { baseUrl: `http://127.0.0.1:${port}` } } } }
    await fresh({ ...key, config })
    expect((await json('doctor')).findings).toEqual([])
    expect(visits).toBe(0)
    expect((await json('doctor', '--deep')).findings).toEqual([])
    expect(visits).toBe(1)
    await new Promise((done) => server.close(done))
    expect((await json('doctor', '--deep')).findings).toMatchObject([
      { code: 'unreachable', severity: 'error', remedy: `curl -sSI http://127.0.0.1:${port}` },
    ])
  })
})
