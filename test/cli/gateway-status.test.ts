// `gateway status`: what runs, what the service manager says, what the gateway sees otherwise than the shell, and that nothing is written.
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { differences, type Standpoint } from '../../src/core/difference.ts'
import { flagsOf, launchAgent, portOf, readDefinition, systemdUnit, taskScript } from '../../src/core/service-unit.ts'
import { freePort, type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { type Installation, install, openclaw, type Ran } from '../support/installation.ts'
import { build, comparable } from '../support/program.ts'
import { standInManager } from '../support/service-manager.ts'
import { apiKey, openaiKey } from './secrets.ts'

/** A manager that answers, with a process of the unit or none. */
const withManager = (place: Installation, pid = 0): Promise<unknown> => {
  const active = pid === 0 ? 'inactive' : 'active'
  const script = `case "$*" in *' show '*) printf 'ActiveState=${active}\\nMainPID=${pid}\\n' ;; esac`
  return standInManager(place, { script })
}

async function writeUnit(place: Installation, port: number): Promise<string> {
  const folder = join(place.env.HOME ?? '', '.config/systemd/user')
  await mkdir(folder, { recursive: true })
  const command = ['/usr/bin/node', '/opt/openclaw.js', 'gateway', 'run', '--port', String(port)]
  const file = join(folder, 'openclaw-gateway.service')
  await writeFile(file, systemdUnit({ command, env: { OPENCLAW_STATE_DIR: place.state } }))
  return file
}

const files = async (place: Installation): Promise<string[]> =>
  (await readdir(place.dir, { recursive: true, encoding: 'utf8' })).filter((name) => name !== 'asked').sort()

beforeAll(build, 60_000)

describe('a gateway that runs', () => {
  const keys = {
    groq: `gsk_${'g'.repeat(40)}here`,
    mine: openaiKey('mine'),
    other: openaiKey('othr'),
    old: apiKey('anth'),
  }
  let place: Installation
  let gateway: GatewayProcess
  const run = (args: string[], env: Record<string, string> = {}): Promise<Ran> =>
    openclaw(place, ['gateway', 'status', ...args], { env })

  beforeAll(async () => {
    // A port nobody listens on, so that no gateway of this machine is met by chance.
    place = await install({ config: { gateway: { port: 1 } } })
    gateway = await startGateway(place, { env: { OPENAI_API_KEY: keys.other, ANTHROPIC_API_KEY: keys.old } })
    await withManager(place, gateway.pid)
    await writeUnit(place, gateway.port)
  }, 60_000)
  afterAll(async () => {
    await gateway.stop()
    await place.remove()
  })

  it('is met at the port of its service, and every difference is told with the command that mends it, never a secret', async () => {
    const before = await files(place)
    const env = {
      OPENAI_API_KEY: keys.mine,
      GROQ_API_KEY: keys.groq,
      OPENCLAW_CONFIG_PATH: '/elsewhere/x.json',
      OPENCLAW_GATEWAY_PORT: '1',
    }
    const ran = await run([], env)
    const again = `openclaw gateway install --force --port ${gateway.port}`
    expect(
      comparable(place, ran.stdout)
        .replace(/up \w+/, 'up 1s')
        .replaceAll(place.dir, '$DIR'),
    ).toBe(
      `Gateway   running at ${gateway.url} (pid ${gateway.pid}, up 1s)
Listens   port ${gateway.port}, bound to 127.0.0.1
Version   0.1.0
State     $STATE
Config    $STATE/openclaw.json
Service   systemd: openclaw-gateway.service installed, active, pid ${gateway.pid}
Unit      $DIR/home/.config/systemd/user/openclaw-gateway.service

It sees otherwise than this shell
- Config file: here /elsewhere/x.json; there $STATE/openclaw.json
  Run: ${again}
- ANTHROPIC_API_KEY: here not set; there sk-ant-api…anth (environment)
  Run: openclaw models auth paste-api-key --provider anthropic
- GROQ_API_KEY: here gsk_…here (environment); there not set
  Run: openclaw models auth paste-api-key --provider groq
- OPENAI_API_KEY: here ${`sk-proj-…mine`} (environment); there sk-proj-…othr (environment)
  Run: openclaw models auth paste-api-key --provider openai
- Port: here 1; there ${gateway.port}
  Run: export OPENCLAW_GATEWAY_PORT=${gateway.port}
`,
    )
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    expect(await files(place)).toEqual(before)
  })

  it('is told as one document, wherever it listens', async () => {
    const env = { OPENAI_API_KEY: keys.other, ANTHROPIC_API_KEY: keys.old }
    const ran = await run(['--port', String(gateway.port), '--json'], env)
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    expect(ran.stdout).not.toContain(keys.other)
    expect(JSON.parse(ran.stdout)).toMatchObject({
      ok: true,
      state: 'running',
      pid: gateway.pid,
      port: gateway.port,
      bind: '127.0.0.1',
      here: { stateDir: place.state, port: 1 },
      there: { stateDir: place.state },
      service: { manager: 'systemd', installed: true, running: true, port: gateway.port },
      differences: [{ what: 'port', remedy: `openclaw config set gateway.port ${gateway.port}` }],
    })
  })

  it('is not reachable with another token, nor while it is stopped; the exit code says so', async () => {
    const env = { OPENCLAW_GATEWAY_TOKEN: 'another-token-of-mine' }
    const refused = await run(['--port', String(gateway.port)], env)
    expect(refused.code).toBe(1)
    expect(refused.stdout).toContain('  Run: openclaw gateway token show')
    process.kill(gateway.pid, 'SIGSTOP')
    try {
      const silent = await run(['--port', String(gateway.port), '--timeout', '300', '--json'])
      expect(silent.code).toBe(1)
      expect(JSON.parse(silent.stdout)).toMatchObject({
        ok: false,
        state: 'silent',
        remedy: 'openclaw gateway restart',
      })
    } finally {
      process.kill(gateway.pid, 'SIGCONT')
    }
  })
})

describe('without a gateway', () => {
  let place: Installation
  beforeEach(async () => {
    place = await install({ env: { OPENCLAW_GATEWAY_PORT: String(await freePort()) } })
    await withManager(place)
  })
  afterEach(() => place.remove())

  it('says where it should be, how to start it, and writes nothing', async () => {
    const before = await files(place)
    const ran = await openclaw(place, ['gateway', 'status'])
    const port = place.env.OPENCLAW_GATEWAY_PORT
    expect(comparable(place, ran.stdout)).toBe(`Gateway   not running (http://127.0.0.1:${port})
State     $STATE
Config    $STATE/openclaw.json
Service   systemd: not installed (openclaw gateway install)
  Run: openclaw gateway
`)
    expect(ran.code).toBe(1)
    expect(await files(place)).toEqual(before)
  })

  it('tells what listens in its place from a gateway, with and without a token to show', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n')
    })
    await new Promise<void>((done) => server.listen(Number(place.env.OPENCLAW_GATEWAY_PORT), '127.0.0.1', done))
    try {
      const without = JSON.parse((await openclaw(place, ['gateway', 'status', '--json'])).stdout)
      expect(without).toMatchObject({ ok: false, state: 'refused', why: expect.stringContaining('no token is known') })
      const env = { OPENCLAW_GATEWAY_TOKEN: 'a-token-of-the-environment' }
      const taken = await openclaw(place, ['gateway', 'status', '--json'], { env })
      expect(taken.code).toBe(1)
      expect(JSON.parse(taken.stdout)).toMatchObject({ ok: false, state: 'taken' })
    } finally {
      server.close()
    }
  })

  it('sends its token to no other machine', async () => {
    const ran = await openclaw(place, ['gateway', 'status', '--url', 'http://gateway.example:1', '--json'])
    expect(JSON.parse(ran.stdout)).toMatchObject({ ok: false, error: { code: 'unsafe' }, exitCode: 1 })
  })
})

it('reads a definition back as it was written, whatever its paths hold', () => {
  const spec = {
    command: ['/opt/my node/n', '/a\\c%d$e&<f>', 'gateway', 'run', '--port', '4000'],
    env: { HOME: '/h %h $y & <z>', A: '1=2' },
  }
  for (const [manager, text] of [
    ['systemd', systemdUnit(spec)],
    ['launchd', launchAgent('a', spec, '/log')],
    ['task scheduler', taskScript(spec)],
  ] as const) {
    const back = readDefinition(manager, text)
    expect(back).toEqual(spec)
    expect(back === undefined ? undefined : portOf(back)).toBe(4000)
    expect(back === undefined ? [] : flagsOf(back)).toEqual(['--port', '4000'])
  }
  expect(readDefinition('systemd', 'mine\n')).toBeUndefined()
})

it('names what lies below another state directory once, in words a shell takes as one', () => {
  const here: Standpoint = { version: '1', stateDir: '/a', config: '/a/c', agentDir: '/a/d', variables: [] }
  const there = { ...here, stateDir: "/it's", config: '/b/c', agentDir: '/b/d' }
  expect(differences(here, there, {})).toEqual([
    { what: 'state_dir', here: '/a', there: "/it's", remedy: `export OPENCLAW_STATE_DIR='/it'\\''s'` },
  ])
})
