// `status`: one screen on the installation, with and without a gateway, and when its files cannot be read.
import { readdir, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { startGateway } from '../support/gateway-process.ts'
import { type Installation, install, openclaw } from '../support/installation.ts'
import { build, transcript } from '../support/program.ts'
import { apiKey, setupToken } from './secrets.ts'

const HOUR_MS = 3_600_000

let place: Installation
beforeAll(build, 60_000)
beforeEach(async () => {
  place = await install({
    profiles: [
      { id: 'anthropic:default', key: apiKey('kkkk') },
      { id: 'anthropic:spent', key: apiKey('ssss') },
      { id: 'anthropic:busy', key: apiKey('bbbb') },
      { id: 'anthropic:old', token: setupToken('oooo'), expires: Date.now() - HOUR_MS },
    ],
    health: {
      'anthropic:spent': { errorCount: 1, disabledUntil: Date.now() + 4.99 * HOUR_MS, disabledReason: 'billing' },
      'anthropic:busy': { errorCount: 1, cooldownUntil: Date.now() + 4.9 * 60_000, cooldownReason: 'rate_limit' },
    },
    config: {
      agents: { defaults: { model: { primary: 'anthropic/claude-opus-4-6', fallbacks: ['openai/gpt-5.1'] } } },
    },
    env: { OPENCLAW_GATEWAY_PORT: '1' },
  })
})
afterEach(() => place.remove())

it('says where everything is, what the next call takes, what rests, and what needs a person with the command', async () => {
  expect(transcript(place, await openclaw(place, ['status']))).toBe(`State     $STATE
Config    $STATE/openclaw.json (valid)
Gateway   not running (http://127.0.0.1:1); start it: openclaw gateway

Agent     main
Model     anthropic/claude-opus-4-6
Next call anthropic:default (sk-ant-api…kkkk)
- anthropic: next anthropic:default (sk-ant-api…kkkk), 4 profiles
- openai: nothing to take, 0 profiles
- anthropic:busy: cooldown (rate_limit), back in 5m (TIME)
- anthropic:spent: disabled (billing), back in 5h (TIME)

Needs you
- openai: a configured model needs it, and no credential can be used
  Run: openclaw models auth paste-api-key --provider openai
- anthropic:old: expired
  Run: openclaw models auth paste-token --provider anthropic --profile-id anthropic:old
- anthropic:spent: billing, settle it with anthropic (tried again in 5h)
  Run: openclaw models explain anthropic
--- exit 0
`)
})

it('takes in its JSON what models status takes', async () => {
  const report = JSON.parse((await openclaw(place, ['status', '--json'])).stdout)
  const models = JSON.parse((await openclaw(place, ['models', 'status', '--json'])).stdout)
  const next = models.auth.providers.find(({ provider }: { provider: string }) => provider === 'anthropic').next
  expect(report.agents[0].next).toMatchObject(next)
  expect(report.agents[0].unusable).toHaveLength(2)
  expect(report).toMatchObject({ stateDir: place.state, config: { exists: true, valid: true }, needs: [] })
  expect(report.gateway).toEqual({ state: 'absent', url: 'http://127.0.0.1:1' })
})

it('leaves no trace where nothing is', async () => {
  await rm(place.state, { recursive: true })
  const ran = await openclaw(place, ['status', '--all'])
  expect(ran).toMatchObject({ code: 0, stderr: '' })
  expect(ran.stdout).toContain('(not there; defaults apply)')
  expect(await readdir(place.dir)).toEqual(['cwd', 'home'])
})

it('tells of a config and of a store that cannot be read instead of failing', async () => {
  const store = join(place.state, 'agents/main/agent/auth-profiles.json')
  await writeFile(store, '{broken')
  const ran = await openclaw(place, ['status'])
  expect(ran).toMatchObject({ code: 1, stderr: '' })
  expect(ran.stdout).toContain(`Run: mv -i '${store}' '${store}.unreadable'`)
  await writeFile(join(place.state, 'openclaw.json'), '{ gateway: { port: "x" } }')
  const json = await openclaw(place, ['status', '--json'])
  expect(json.code).toBe(1)
  expect(JSON.parse(json.stdout)).toMatchObject({ config: { valid: false }, agents: [], gateway: null })
})

it('finds the running gateway', async () => {
  const gateway = await startGateway(place)
  const env = { OPENCLAW_GATEWAY_PORT: String(gateway.port) }
  try {
    // It may take its time on a busy machine.
    const line = ['status', '--timeout', '20000']
    const { stdout } = await openclaw(place, line, { env })
    expect(stdout).toMatch(new RegExp(`^Gateway   running at ${gateway.url} \\(pid ${gateway.pid}, up \\d+s\\)$`, 'm'))
    expect(stdout).not.toContain(gateway.token)
    const { stdout: json } = await openclaw(place, [...line, '--json'], { env })
    expect(JSON.parse(json).gateway).toMatchObject({ state: 'running', pid: gateway.pid, failing: [] })
    const refused = await openclaw(place, line, {
      env: { ...env, OPENCLAW_GATEWAY_TOKEN: 'kcg_a-token-that-is-not-its-own' },
    })
    expect(refused.stdout).toContain('Gateway   refused: ')
  } finally {
    await gateway.stop()
  }
})

it('does not wait for something that is silent', async () => {
  const sockets: Socket[] = []
  const server = createServer((socket) => sockets.push(socket))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const port = String((server.address() as AddressInfo).port)
  await writeFile(join(place.state, 'gateway.token'), 'kcg_a-token-for-nobody-in-particular\n')
  try {
    const ran = await openclaw(place, ['status', '--timeout', '200'], { env: { OPENCLAW_GATEWAY_PORT: port } })
    expect(ran.stdout).toContain(`Gateway   no answer in time at http://127.0.0.1:${port}`)
  } finally {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
})

it('reports every agent with --all', async () => {
  await place.remove()
  place = await install({
    profiles: [{ id: 'anthropic:default', key: apiKey('kkkk') }],
    agents: { work: { profiles: [{ id: 'openrouter:x', key: apiKey('wwww') }] } },
    env: { OPENCLAW_GATEWAY_PORT: '1' },
  })
  const { stdout } = await openclaw(place, ['status', '--all'])
  expect(stdout).toContain('Agent     main')
  expect(stdout).toContain('Agent     work')
  expect(stdout).toContain('- openrouter: next openrouter:x')
  expect(stdout).toContain('(no model uses it)')
  expect(stdout).toContain('Run: openclaw models auth paste-api-key --provider anthropic --agent work')
})
