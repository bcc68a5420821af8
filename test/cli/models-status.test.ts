// `models status`: the exit codes scripts rely on, whole screens, the JSON's shape, and that reading leaves no trace.

import { readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Installation, install, openclaw, type Plan, type StoredProfile } from '../support/installation.ts'
import { build, comparable, transcript } from '../support/program.ts'
import { apiKey, openaiKey, setupToken } from './secrets.ts'

const HOUR_MS = 3_600_000
/** So many hours from now; a minute less, as hours are rounded up. */
const inHours = (hours: number): number => Date.now() + hours * HOUR_MS - 60_000

const key = (id: string, end = 'kkkk'): StoredProfile => ({ id, key: apiKey(end) })
const token = (id: string, hours?: number): StoredProfile => ({
  id,
  token: setupToken('tttt'),
  ...(hours === undefined ? {} : { expires: inHours(hours) }),
})

let place: Installation
const fresh = async (plan: Plan = {}): Promise<Installation> => {
  place = await install(plan)
  return place
}

beforeAll(build, 60_000)
afterEach(() => place.remove())

describe('the exit code of --check', () => {
  const cases: [string, Plan, number][] = [
    ['is 1 when nothing is configured', {}, 1],
    ['is 0 when the environment serves', { env: { ANTHROPIC_API_KEY: apiKey('eeee') } }, 0],
    ['is 0 when <state>/.env serves', { dotenv: `ANTHROPIC_API_KEY=${apiKey('dddd')}\n` }, 0],
    ['is 0 when the config serves', { config: { env: { ANTHROPIC_API_KEY: apiKey('cccc') } } }, 0],
    ['is 0 with a key', { profiles: [key('anthropic:default')] }, 0],
    ['is 0 with a token that has no end', { profiles: [token('anthropic:manual')] }, 0],
    ['is 0 with a token that lives 50 hours', { profiles: [token('anthropic:manual', 50)] }, 0],
    ['is 2 with a token that ends in 5 hours', { profiles: [token('anthropic:manual', 5)] }, 2],
    ['is 1 with a token that ended', { profiles: [token('anthropic:manual', -5)] }, 1],
    ['is 1 with an ended token beside a good key', { profiles: [token('anthropic:old', -5), key('anthropic:k')] }, 1],
    ['is 1 with an ended token beside a good one', { profiles: [token('anthropic:a', -5), token('anthropic:b')] }, 1],
    [
      'is 0 when the ended token is left out of the order',
      { profiles: [token('anthropic:old', -5), key('anthropic:k')], order: { anthropic: ['anthropic:k'] } },
      0,
    ],
    [
      'is 0 when the ending token is of a provider that is not in use',
      { profiles: [key('anthropic:k'), { id: 'openrouter:t', token: 'or-token-0123456789', expires: inHours(5) }] },
      0,
    ],
    [
      'is 0 when all rest: that passes by itself',
      {
        profiles: [key('anthropic:default')],
        health: { 'anthropic:default': { errorCount: 1, cooldownUntil: inHours(1) } },
      },
      0,
    ],
    [
      'is 1 when a fallback has no credential',
      {
        profiles: [key('anthropic:default')],
        config: {
          agents: { defaults: { model: { primary: 'anthropic/claude-opus-4-6', fallbacks: ['openai/gpt-5.1'] } } },
        },
      },
      1,
    ],
  ]
  it.each(cases)('%s', async (_name, plan, code) => {
    const text = await openclaw(await fresh(plan), ['models', 'status', '--check'])
    expect(text.code).toBe(code)
    expect(text.stdout).toContain(`Check (exit ${code})`)
    const json = await openclaw(place, ['models', 'status', '--check', '--json'])
    expect(json.code).toBe(code)
    expect(JSON.parse(json.stdout).check.exitCode).toBe(code)
    expect((await openclaw(place, ['models', 'status'])).code).toBe(0)
  })
})

it('says where everything is and what to do when there is nothing', async () => {
  await fresh()
  expect(transcript(place, await openclaw(place, ['models', 'status']))).toBe(`Config        : $STATE/openclaw.json
Agent dir     : $STATE/agents/main/agent
Default       : anthropic/claude-opus-4-6
Fallbacks (0) : -
Image model   : -
Image fallbacks (0): -
Aliases (0)   : -
Configured models (0): all

Auth overview
Auth store    : $STATE/agents/main/agent/auth-profiles.json
Shell env     : off
Providers w/ OAuth/tokens (0): -

Missing auth
- anthropic No credentials found. Run \`openclaw models auth paste-api-key --provider anthropic\`, or \`claude setup-token\` and then \`openclaw models auth setup-token\`.

OAuth/token status
- none
--- exit 0
`)
})

it('shows every profile masked, what rests, what ends, what the next call takes and what that shadows', async () => {
  await fresh({
    profiles: [key('anthropic:default'), token('anthropic:work', 5), key('anthropic:b', 'bbbb')],
    health: {
      'anthropic:work': { errorCount: 1, cooldownUntil: Date.now() + 4.5 * 60_000, cooldownReason: 'rate_limit' },
      'anthropic:b': { errorCount: 1, disabledUntil: inHours(5), disabledReason: 'billing' },
    },
    env: { ANTHROPIC_API_KEY: apiKey('eeee') },
    config: {
      agents: {
        defaults: {
          model: { primary: 'opus', fallbacks: ['anthropic/claude-sonnet-4-5'] },
          models: { 'anthropic/claude-opus-4-6': { alias: 'opus' }, 'anthropic/claude-sonnet-4-5': {} },
        },
      },
    },
  })
  const ran = await openclaw(place, ['models', 'status', '--check', '--agent', 'main'])
  expect(transcript(place, ran)).toBe(`Config        : $STATE/openclaw.json
Agent dir     : $STATE/agents/main/agent
Default (defaults): anthropic/claude-opus-4-6 (from opus)
Fallbacks (1) (defaults): anthropic/claude-sonnet-4-5
Image model (defaults): -
Image fallbacks (0) (defaults): -
Aliases (1)   : opus -> anthropic/claude-opus-4-6
Configured models (2): anthropic/claude-opus-4-6, anthropic/claude-sonnet-4-5
Prompt cache  : short (the default of API keys)

Auth overview
Auth store    : $STATE/agents/main/agent/auth-profiles.json
Shell env     : off
Providers w/ OAuth/tokens (1): anthropic (1)
- anthropic effective=profiles:$STATE/agents/main/agent/auth-profiles.json | profiles=3 (oauth=0, token=1, api_key=2) | anthropic:default=sk-ant-api…kkkk, anthropic:work=token:sk-ant-oat…tttt [cooldown 5m], anthropic:b=sk-ant-api…bbbb [disabled:billing 5h] | env=sk-ant-api…eeee | source=env: ANTHROPIC_API_KEY
  next=anthropic:default | shadows=env: ANTHROPIC_API_KEY

OAuth/token status
- anthropic expiring
  - anthropic:work expiring expires in 5h

Check (exit 2)
- anthropic:work: expires in 5h
--- exit 2
`)
})

it('says of an ended token how long ago that was', async () => {
  await fresh({ profiles: [token('anthropic:manual', -4)] })
  const { stdout } = await openclaw(place, ['models', 'status'])
  expect(stdout).toContain('- anthropic expired\n  - anthropic:manual expired 5h ago\n')
  expect(stdout).toContain('\n  next=none\n')
})

it('keeps the JSON names in the order of the reference, with additions at the end', async () => {
  await fresh({ profiles: [key('anthropic:default'), { id: 'openai:default', key: openaiKey('oooo') }] })
  const ran = await openclaw(place, ['models', 'status', '--json'])
  expect(ran.stderr).toBe('')
  const report = JSON.parse(comparable(place, ran.stdout))
  expect(Object.keys(report)).toEqual([
    'configPath',
    'agentDir',
    'defaultModel',
    'resolvedDefault',
    'fallbacks',
    'imageModel',
    'imageFallbacks',
    'aliases',
    'allowed',
    'auth',
    'check',
    'promptCache',
  ])
  expect(Object.keys(report.auth)).toEqual([
    'storePath',
    'shellEnvFallback',
    'providersWithOAuth',
    'missingProvidersInUse',
    'providers',
    'unusableProfiles',
    'usage',
    'oauth',
    'pausedProfiles',
    'restingModels',
  ])
  expect(report.auth.providers[0]).toEqual({
    provider: 'anthropic',
    effective: { kind: 'profiles', detail: '$STATE/agents/main/agent/auth-profiles.json' },
    profiles: { count: 1, oauth: 0, token: 0, apiKey: 1, labels: ['anthropic:default=sk-ant-api…kkkk'] },
    next: { id: 'anthropic:default', source: 'profile:anthropic:default' },
    shadowed: [],
  })
  expect(report.auth.oauth.profiles[0]).toEqual({
    profileId: 'anthropic:default',
    provider: 'anthropic',
    type: 'api_key',
    status: 'static',
    source: 'store',
    label: 'sk-ant-api…kkkk',
  })
})

it('means the same by models, models --json, --status-json and --status-plain', async () => {
  await fresh({ profiles: [key('anthropic:default')] })
  const run = async (...args: string[]): Promise<string> => (await openclaw(place, args)).stdout
  const [text, json] = [await run('models', 'status'), await run('models', 'status', '--json')]
  expect(await run('models')).toBe(text)
  expect(await run('models', '--json')).toBe(json)
  expect(await run('models', '--status-json')).toBe(json)
  expect(await run('models', '--status-plain')).toBe('anthropic/claude-opus-4-6\n')
  expect(await run('models', 'status', '--plain')).toBe('anthropic/claude-opus-4-6\n')
})

it('takes --agent before and after the subcommands', async () => {
  await fresh({ agents: { work: { profiles: [key('anthropic:default')] } } })
  const lines = [
    ['--agent', 'work', 'models', 'status', '--json'],
    ['models', '--agent', 'work', 'status', '--json'],
    ['models', 'status', '--json', '--agent=work'],
  ]
  for (const line of lines) {
    const report = JSON.parse((await openclaw(place, line)).stdout)
    expect(report.agentId).toBe('work')
    expect(report.auth.missingProvidersInUse).toEqual([])
  }
})

it('means the directory that OPENCLAW_AGENT_DIR names, unless an agent is named', async () => {
  await fresh({ config: { agents: { list: [{ id: 'work', default: true }] } } })
  const agentDir = async (args: string[], env: Record<string, string>): Promise<string> =>
    JSON.parse((await openclaw(place, ['models', 'status', '--json', ...args], { env })).stdout).agentDir
  expect(await agentDir([], {})).toBe(`${place.state}/agents/work/agent`)
  expect(await agentDir([], { OPENCLAW_AGENT_DIR: place.cwd })).toBe(place.cwd)
  expect(await agentDir([], { PI_CODING_AGENT_DIR: place.cwd })).toBe(place.cwd)
  expect(await agentDir(['--agent', 'work'], { OPENCLAW_AGENT_DIR: place.cwd })).toBe(
    `${place.state}/agents/work/agent`,
  )
})

const READING: readonly string[][] = [
  ['models'],
  ['models', 'status', '--check', '--json'],
  ['models', 'list', '--all'],
  ['models', 'explain'],
  ['models', 'auth', 'list'],
  ['models', 'auth', 'order', 'get', '--provider', 'anthropic'],
  ['models', 'auth', 'order', 'clear', '--provider', 'anthropic'],
  ['--help'],
  ['--version'],
]

it.each(READING)('creates nothing when only reading: %s %s %s %s', async (...line) => {
  await fresh()
  await rm(place.state, { recursive: true })
  const ran = await openclaw(
    place,
    line.filter((word) => word !== undefined),
  )
  expect([0, 1]).toContain(ran.code)
  expect(ran.stderr).toBe('')
  expect(await readdir(place.dir)).toEqual(['cwd', 'home'])
  expect(await readdir(`${place.dir}/home`)).toEqual([])
  expect(await readdir(place.cwd)).toEqual([])
})

it('loads neither a network client nor anything of the gateway to report', async () => {
  await fresh({ profiles: [key('anthropic:default')] })
  const list = "process.on('exit',()=>process.stderr.write(process.moduleLoadList.join('\\n')))"
  const ran = await openclaw(place, ['models', 'status', '--json'], {
    nodeFlags: ['--import', `data:text/javascript,${encodeURIComponent(list)}`],
  })
  const loaded = ran.stderr.split('\n').map((line) => line.replace('NativeModule ', ''))
  expect(loaded).toContain('fs/promises')
  for (const heavy of ['http', 'https', 'http2', 'tls', 'child_process', 'crypto', 'worker_threads']) {
    expect(loaded).not.toContain(heavy)
  }
})

it('asks each credential on --probe, says what came of it, and leaves health alone', async () => {
  const vendor = createServer((request, response) => {
    const good = request.headers['x-api-key'] === apiKey('good')
    response.writeHead(good ? 200 : 401, { 'content-type': 'application/json' })
    response.end(
      good
        ? '{"id":"m","usage":{}}'
        : '{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}',
    )
  })
  await new Promise<void>((resolve) => vendor.listen(0, '127.0.0.1', resolve))
  try {
    const baseUrl = `http://127.0.0.1:${(vendor.address() as AddressInfo).port}`
    await fresh({
      config: { models: { providers: { anthropic: { baseUrl } } } },
      profiles: [key('anthropic:good', 'good'), key('anthropic:bad', 'nope')],
    })
    const json = await openclaw(place, ['models', 'status', '--probe', '--json'])
    const { probes } = JSON.parse(json.stdout).auth
    expect(probes.totalTargets).toBe(2)
    expect(
      probes.results.map(({ profileId, status }: { profileId: string; status: string }) => [profileId, status]),
    ).toEqual([
      ['anthropic:good', 'ok'],
      ['anthropic:bad', 'auth'],
    ])
    const text = await openclaw(place, [
      'models',
      'status',
      '--probe',
      '--probe-profile',
      'anthropic:good,anthropic:bad',
    ])
    expect(text.stdout).toMatch(
      /Auth probes\n- anthropic\/claude-opus-4-6 {2}anthropic:good \(sk-ant-api…good\) +ok +\d+ms\n/,
    )
    expect(text.stdout).toMatch(/anthropic:bad \(sk-ant-api…nope\) +auth +\d+ms +\S/)
    expect(await readdir(`${place.state}/agents/main/agent`)).toEqual(['auth-profiles.json'])
  } finally {
    vendor.closeAllConnections()
    vendor.close()
  }
})
