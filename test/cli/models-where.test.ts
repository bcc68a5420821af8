// `models where`: every place with what it holds, the one that wins, and what the running gateway would use instead.
import { writeFile } from 'node:fs/promises'
import { afterEach, beforeAll, expect, it } from 'vitest'
import { startGateway } from '../support/gateway-process.ts'
import { type Installation, install, openclaw, type Plan } from '../support/installation.ts'
import { build, comparable, transcript } from '../support/program.ts'
import { apiKey, openaiKey, setupToken } from './secrets.ts'

const STORE = '$STATE/agents/main/agent/auth-profiles.json'
const NONE = `none is running for this state directory (No gateway has been started here: $STATE/gateway.token does not exist.)`

let place: Installation
const fresh = async (plan: Plan = {}): Promise<void> => {
  place = await install(plan)
}
const run = async (line: string, env: Record<string, string> = {}): Promise<string> =>
  transcript(place, await openclaw(place, line.split(' '), { env })).replaceAll(place.cwd, '$CWD')
const json = async (line: string, env: Record<string, string> = {}): Promise<Record<string, unknown>> =>
  JSON.parse(comparable(place, (await openclaw(place, [...line.split(' '), '--json'], { env })).stdout))

beforeAll(build, 60_000)
afterEach(() => place.remove())

const everywhere: Plan = {
  profiles: [
    { id: 'anthropic:default', key: apiKey('1111') },
    { id: 'anthropic:old', token: setupToken('2222'), expires: Date.now() - 4.5 * 3_600_000 },
    { id: 'openai:default', key: openaiKey('9999') },
  ],
  env: { ANTHROPIC_API_KEY: apiKey('3333') },
  dotenv: `ANTHROPIC_API_KEY=${apiKey('4444')}\n`,
  config: {
    env: { ANTHROPIC_API_KEY: apiKey('5555') },
    models: { providers: { anthropic: { apiKey: apiKey('6666') } } },
  },
}

it('shows every place in order of precedence, what each holds, what wins and what it hides', async () => {
  await fresh(everywhere)
  await writeFile(`${place.cwd}/.env`, `ANTHROPIC_API_KEY=${apiKey('7777')}\nOPENAI_API_KEY=${openaiKey('8888')}\n`)
  const shown = await run('models where Anthropic')
  expect(shown.slice(0, shown.indexOf('--- stderr'))).toBe(`Agent: main
Provider: anthropic

1. Stored profiles: ${STORE}
   used         anthropic:default  sk-ant-api…1111        usable, never used before
   passed over  anthropic:old      token:sk-ant-oat…2222  expired 5h ago
2. Environment of this process
   shadowed  ANTHROPIC_API_KEY  sk-ant-api…3333  stands behind anthropic:default, takes over when that is refused
   not set: OPENCLAW_LIVE_ANTHROPIC_KEY, ANTHROPIC_API_KEYS, ANTHROPIC_OAUTH_TOKEN
3. State directory: $STATE/.env
   shadowed  ANTHROPIC_API_KEY  sk-ant-api…4444  shadowed by env:ANTHROPIC_API_KEY
   not set: OPENCLAW_LIVE_ANTHROPIC_KEY, ANTHROPIC_API_KEYS, ANTHROPIC_OAUTH_TOKEN
4. Configuration, its variables: $STATE/openclaw.json
   shadowed  env.ANTHROPIC_API_KEY  sk-ant-api…5555  shadowed by env:ANTHROPIC_API_KEY
   not set: env.OPENCLAW_LIVE_ANTHROPIC_KEY, env.ANTHROPIC_API_KEYS, env.ANTHROPIC_OAUTH_TOKEN
5. Configuration, key of the provider: $STATE/openclaw.json
   shadowed  models.providers.anthropic.apiKey  sk-ant-api…6666  stands behind anthropic:default, takes over when that is refused
-. Working directory, never read for keys: $CWD/.env
   ignored  ANTHROPIC_API_KEY  sk-ant-api…7777

This shell uses: profile:anthropic:default (sk-ant-api…1111)
The gateway uses: ${NONE}
`)
  for (const key of [1111, 3333, 4444, 5555, 6666, 7777]) expect(shown).not.toContain(apiKey(String(key)))
})

it('says the same in JSON, and the same as status and explain', async () => {
  await fresh(everywhere)
  const report = await json('models where anthropic')
  expect(report).toMatchObject({
    agentId: 'main',
    provider: 'anthropic',
    authStorePath: STORE,
    used: { id: 'anthropic:default', label: 'sk-ant-api…1111' },
    ignored: null,
    gateway: { running: false },
  })
  const places = report.places as { kind: string; held: { id: string; use: string; by?: string }[]; unset: string[] }[]
  expect(places.map(({ kind }) => kind)).toEqual(['profile', 'env', 'dotenv', 'config', 'config'])
  expect(places[1]).toMatchObject({
    held: [{ id: 'env:ANTHROPIC_API_KEY', name: 'ANTHROPIC_API_KEY', use: 'shadowed', by: 'anthropic:default' }],
    unset: ['OPENCLAW_LIVE_ANTHROPIC_KEY', 'ANTHROPIC_API_KEYS', 'ANTHROPIC_OAUTH_TOKEN'],
  })
  const { trace, next } = (await json('models explain anthropic')) as { trace: { id: string }[]; next: string }
  const held = places.flatMap((place) => place.held.map(({ id }) => id))
  expect([...held].sort()).toEqual(trace.map(({ id }) => id).sort())
  expect((report.used as { id: string }).id).toBe(next)
})

it('lets the place that is next win when those before it hold nothing usable', async () => {
  await fresh({ ...everywhere, profiles: everywhere.profiles?.slice(1, 2) ?? [] })
  expect(await run('models where anthropic')).toContain(
    'This shell uses: env: ANTHROPIC_API_KEY (sk-ant-api…3333)\nThe gateway uses: none',
  )
})

it('tells a key that names a variable that is not set from one that is not there', async () => {
  await fresh({ config: { models: { providers: { openai: { apiKey: '${MY_KEY}' } } } } })
  const shown = await run('models where openai')
  expect(shown).toContain('MY_KEY is not set, so models.providers.openai.apiKey is not used\n')
  expect(shown).toContain('This shell uses: nothing')
  expect(await run('models where openai', { MY_KEY: openaiKey('8888') })).toContain(
    'This shell uses: config: models.providers.openai.apiKey (sk-proj-…8888)\n',
  )
})

it('says when all of them rest, and which command says more', async () => {
  await fresh({
    agents: {
      work: {
        profiles: [{ id: 'anthropic:default', key: apiKey('kkkk') }],
        health: {
          'anthropic:default': { errorCount: 1, cooldownUntil: Date.now() + 60_000, lastFailureAt: Date.now() },
        },
      },
    },
  })
  const shown = await run('models where anthropic --agent work')
  expect(shown).toContain('   passed over  anthropic:default  sk-ant-api…kkkk  cooldown')
  expect(shown).toContain(
    'This shell uses: nothing can be taken; openclaw models explain anthropic --agent work says why\n',
  )
  expect(await run('models where anthropic')).toContain(`1. Stored profiles: ${STORE}\n   none\n`)
})

it('knows providers that exist in the config only, and refuses one that exists nowhere', async () => {
  await fresh({ config: { models: { providers: { home: { baseUrl: 'http://localhost:9/v1' } } } } })
  const shown = await run('models where home')
  expect(shown).toContain('6. Without a secret\n   used  -  none  no stored profile is usable\n')
  expect(shown).toContain('This shell uses: no secret needed (none)\n')
  expect(await run('models where nosuch')).toMatch(
    /^--- stderr\nError: There is no provider "nosuch"\.[^\n]+\n {2}Run: openclaw models list --all\n--- exit 1/,
  )
  expect(await run('models where')).toContain("Missing required argument 'provider'.")
})

it('asks the gateway of this state directory what it would use: its environment is another one', async () => {
  await fresh({ env: { OPENAI_API_KEY: openaiKey('aaaa') } })
  const gateway = await startGateway(place)
  try {
    const port = { OPENCLAW_GATEWAY_PORT: String(gateway.port) }
    expect(await run('models where openai', port)).toContain(
      'This shell uses: env: OPENAI_API_KEY (sk-proj-…aaaa)\nThe gateway uses: env: OPENAI_API_KEY (sk-proj-…aaaa), the same\n',
    )
    const other = { ...port, OPENAI_API_KEY: openaiKey('bbbb') }
    expect(await run('models where openai', other)).toContain(
      'This shell uses: env: OPENAI_API_KEY (sk-proj-…bbbb)\nThe gateway uses: env: OPENAI_API_KEY (sk-proj-…aaaa), which is not what this shell uses\n',
    )
    expect((await json('models where openai', other)).gateway).toEqual({
      running: true,
      used: { id: 'env:OPENAI_API_KEY', source: 'env: OPENAI_API_KEY', label: 'sk-proj-…aaaa' },
      same: false,
    })
    expect(await run('models where anthropic', { ...port, ANTHROPIC_API_KEY: apiKey('cccc') })).toContain(
      'The gateway uses: nothing it could take, which is not what this shell uses\n',
    )
    const stranger = { ...port, OPENCLAW_GATEWAY_TOKEN: 'a-token-that-is-not-the-gateways' }
    expect(await run('models where openai', stranger)).toContain('The gateway uses: not known: ')
  } finally {
    await gateway.stop()
  }
  expect(await run('models where openai', { OPENCLAW_GATEWAY_PORT: String(gateway.port) })).toContain(
    'The gateway uses: none is running for this state directory (',
  )
})

it('does not take the gateway of another state directory for its own, though it lets us in', async () => {
  const token = `kcg_${'t'.repeat(43)}`
  await fresh({ env: { OPENAI_API_KEY: openaiKey('aaaa'), OPENCLAW_GATEWAY_TOKEN: token } })
  const gateway = await startGateway(place, { token })
  try {
    const port = { OPENCLAW_GATEWAY_PORT: String(gateway.port) }
    expect(await run('models where openai', port)).toContain(', the same\n')
    expect(await run('models where openai', { ...port, OPENCLAW_STATE_DIR: `${place.dir}/other` })).toContain(
      'is that of $STATE, not of ',
    )
  } finally {
    await gateway.stop()
  }
})

it('knows a stored profile of the gateway by its label', async () => {
  await fresh({ profiles: [{ id: 'anthropic:default', key: apiKey('kkkk') }] })
  const gateway = await startGateway(place)
  try {
    expect(await run('models where anthropic', { OPENCLAW_GATEWAY_PORT: String(gateway.port) })).toContain(
      'The gateway uses: profile:anthropic:default (sk-ant-api…kkkk), the same\n',
    )
  } finally {
    await gateway.stop()
  }
})
