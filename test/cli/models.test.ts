// `models explain`, `models list` and `models set`: whole screens, JSON, and what is written.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Installation, install, openclaw, type Plan } from '../support/installation.ts'
import { build, comparable, transcript } from '../support/program.ts'
import { apiKey, openaiKey, setupToken } from './secrets.ts'

const STORE = '$STATE/agents/main/agent/auth-profiles.json'

let place: Installation
const fresh = async (plan: Plan = {}): Promise<void> => {
  place = await install(plan)
}
const run = async (line: string): Promise<string> => transcript(place, await openclaw(place, line.split(' ')))
const json = async (line: string): Promise<Record<string, unknown>> => {
  const ran = await openclaw(place, [...line.split(' '), '--json'])
  expect(ran.stderr).toBe('')
  return JSON.parse(comparable(place, ran.stdout))
}

beforeAll(build, 60_000)
afterEach(() => place.remove())

describe('explain', () => {
  const plan: Plan = {
    profiles: [
      { id: 'anthropic:a', key: apiKey('aaaa') },
      { id: 'anthropic:b', key: apiKey('bbbb') },
      { id: 'anthropic:old', token: setupToken('tttt'), expires: Date.now() - 4.5 * 3_600_000 },
      { id: 'anthropic:tired', key: apiKey('rrrr') },
    ],
    health: {
      'anthropic:tired': { errorCount: 1, cooldownUntil: Date.now() + 24.5 * 60_000, cooldownReason: 'rate_limit' },
    },
    env: { ANTHROPIC_API_KEY: apiKey('bbbb') },
    config: { agents: { defaults: { models: { 'anthropic/claude-opus-4-6': { alias: 'Opus' } } } } },
  }
  const lines = `  taken        anthropic:a            sk-ant-api…aaaa        first: usable, never used before
  kept         anthropic:b            sk-ant-api…bbbb        next: usable; takes over when the ones before it are refused
  passed over  anthropic:tired        sk-ant-api…rrrr        cooldown: cooldown (rate_limit) ends in 25m (TIME)
  passed over  anthropic:old          token:sk-ant-oat…tttt  expired: expired 5h ago
  passed over  env:ANTHROPIC_API_KEY  sk-ant-api…bbbb        same_as: the same secret as anthropic:b
`

  it('says of every candidate by which rule it was kept or passed over, and until when', async () => {
    await fresh(plan)
    expect(await run('models explain opus')).toBe(
      `Agent: main\nAuth file: ${STORE}\nPrompt cache: short (the default of API keys)\nModel: anthropic/claude-opus-4-6\n${lines}--- exit 0\n`,
    )
  })

  it('means the same by provider, alias, model and nothing', async () => {
    await fresh(plan)
    const body = (text: string): string => text.slice(text.indexOf('  taken'))
    const text = body(await run('models explain'))
    for (const ref of ['anthropic', 'OPUS', 'anthropic/claude-opus-4-6', 'claude-opus-4-6']) {
      expect(body(await run(`models explain ${ref}`))).toBe(text)
    }
  })

  it('predicts what status says is next', async () => {
    await fresh(plan)
    const explained = await json('models explain anthropic')
    const status = await json('models status')
    const { providers } = status.auth as { providers: { provider: string; next: { id: string } }[] }
    expect(explained.next).toBe(providers.find(({ provider }) => provider === 'anthropic')?.next.id)
    expect(explained.trace).toHaveLength(5)
  })

  it("applies a conversation's model and pin, found by key, by its last part and by id", async () => {
    await fresh(plan)
    const folder = `${place.state}/agents/main/sessions`
    await mkdir(folder, { recursive: true })
    await writeFile(
      `${folder}/sessions.json`,
      JSON.stringify({
        'agent:main:chat': {
          sessionId: 'abc-123',
          updatedAt: 1,
          providerOverride: 'anthropic',
          modelOverride: 'claude-haiku-4-5',
          authProfileOverride: 'anthropic:b',
          authProfileOverrideSource: 'user',
        },
      }),
    )
    for (const name of ['agent:main:chat', 'chat', 'abc-123']) {
      const text = await run(`models explain --session ${name}`)
      expect(text).toContain(
        'Session: agent:main:chat (pinned to anthropic:b)\nModel: anthropic/claude-haiku-4-5\n  taken        anthropic:b            sk-ant-api…bbbb        pinned: this session is pinned to it\n',
      )
      expect(text).toContain(
        'anthropic:a            sk-ant-api…aaaa        pin_elsewhere: this session is pinned to anthropic:b\n',
      )
    }
    expect(await run('models explain --session nosuch')).toContain('Agent main has no conversation "nosuch"')
  })

  it('says that nothing can be taken, and when that ends', async () => {
    await fresh({
      profiles: [{ id: 'anthropic:default', key: apiKey('kkkk') }],
      health: {
        'anthropic:default': {
          errorCount: 1,
          cooldownUntil: Date.now() + 4.5 * 60_000,
          lastFailureAt: Date.now(),
          cooldownReason: 'rate_limit',
        },
      },
    })
    expect(await run('models explain')).toBe(`Agent: main
Auth file: ${STORE}
Model: anthropic/claude-opus-4-6
  passed over  anthropic:default  sk-ant-api…kkkk  cooldown: cooldown (rate_limit) ends in 5m (TIME)
  nothing can be taken now; the first is back in 5m (TIME)
--- exit 0
`)
    expect(await run('models explain openai')).toContain(
      '  no credential from any source; run `openclaw models auth paste-api-key --provider openai`\n--- exit 0',
    )
    expect(await run('models explain nosuch/x')).toMatch(
      /^--- stderr\nError: There is no provider "nosuch"\.[^\n]+\n {2}Run: openclaw models list --all\n--- exit 1/,
    )
  })
})

describe('list', () => {
  const config = {
    agents: {
      defaults: {
        model: { primary: 'anthropic/claude-opus-4-6', fallbacks: ['openai/gpt-5.1'] },
        imageModel: 'openai/gpt-5.1',
        models: { 'anthropic/claude-opus-4-6': { alias: 'opus' }, 'home/llama': {} },
      },
    },
    models: { providers: { home: { baseUrl: 'http://localhost:9/v1' } } },
  }

  it('shows what is configured in the order in which it matters', async () => {
    await fresh({ config, profiles: [{ id: 'anthropic:default', key: apiKey('kkkk') }] })
    expect(await run('models list')).toBe(`Model                      Input       Ctx    Local  Auth  Tags
anthropic/claude-opus-4-6  text+image  1000k  no     yes   default,configured,alias:opus
openai/gpt-5.1             text+image  400k   no     no    fallback#1,image
home/llama                 text        -      yes    yes   configured,missing
--- exit 0
`)
    expect(await run('models list --local --plain')).toBe('home/llama\n--- exit 0\n')
    expect(await run('models list --provider openai --plain')).toBe('openai/gpt-5.1\n--- exit 0\n')
    const { count, models } = await json('models list')
    expect(count).toBe(3)
    expect((models as unknown[])[0]).toEqual({
      key: 'anthropic/claude-opus-4-6',
      name: 'Claude Opus 4.6',
      input: 'text+image',
      contextWindow: 1_000_000,
      maxTokens: 128_000,
      cacheMinimum: 4096,
      dialects: ['messages'],
      cost: {
        ...{ input: 5, output: 25, cacheRead: 0.5, cacheWrite: 10 },
        from: 'https://platform.claude.com/docs/en/about-claude/pricing, 2026-11-22',
      },
      local: false,
      available: true,
      tags: ['default', 'configured', 'alias:opus'],
      missing: false,
    })
  })

  it('gives each model one row with all its tags, by whatever name it is chosen', async () => {
    await fresh({
      config: {
        agents: {
          defaults: {
            model: { primary: 'Opus', fallbacks: ['gpt', 'openai/gpt-4.1', 'OPENAI/gpt-5.1'] },
            imageModel: { primary: 'gpt', fallbacks: ['claude-haiku-4-5', 'opus'] },
            models: {
              'openai/gpt-5.1': { alias: 'gpt' },
              'OpenAI/gpt-5.1': { alias: 'five' },
              'anthropic/claude-opus-4-6': { alias: 'opus' },
            },
          },
        },
      },
    })
    const { models } = (await json('models list')) as { models: { key: string; tags: string[] }[] }
    expect(models.map(({ key, tags }) => [key, ...tags])).toEqual([
      ['anthropic/claude-opus-4-6', 'default', 'img-fallback#2', 'configured', 'alias:opus'],
      ['openai/gpt-5.1', 'fallback#1', 'fallback#3', 'image', 'configured', 'alias:gpt,five'],
      ['openai/gpt-4.1', 'fallback#2'],
      ['anthropic/claude-haiku-4-5', 'img-fallback#1'],
    ])
  })

  it.each([
    ['http://localhost:9/v1', true],
    ['http://LocalHost/v1', true],
    ['http://127.0.0.1:9/v1', true],
    ['http://0.0.0.0:9', true],
    ['http://[::1]:9/v1', true],
    ['http://box.local:9/v1', true],
    ['https://localhost.example.org/v1', false],
    ['https://notlocal/v1', false],
  ])('tells with --local whether %s is on this machine: %s', async (baseUrl, isLocal) => {
    await fresh({
      config: { agents: { defaults: { model: 'home/x' } }, models: { providers: { home: { baseUrl } } } },
    })
    expect(await run('models list --local --plain')).toBe(isLocal ? 'home/x\n--- exit 0\n' : '--- exit 0\n')
  })

  it('calls available what a call would take, as status does', async () => {
    await fresh({
      profiles: [
        { id: 'anthropic:a', token: setupToken('tttt'), expires: Date.now() - 1000 },
        { id: 'anthropic:b', key: apiKey('bbbb') },
      ],
      order: { anthropic: ['anthropic:a'] },
    })
    const row = { key: 'anthropic/claude-opus-4-6', available: false }
    expect((await json('models list')).models).toMatchObject([row])
    expect(((await json('models status')).auth as Record<string, unknown>).missingProvidersInUse).toEqual(['anthropic'])
  })

  it('shows the catalogue with --all', async () => {
    await fresh({ config })
    const text = await run('models list --all --plain')
    expect(text.split('\n').slice(0, 3)).toEqual(['anthropic/claude-opus-4-6', 'openai/gpt-5.1', 'home/llama'])
    expect(text).toContain('anthropic/claude-haiku-4-5\n')
  })
})

describe('set', () => {
  const config = async (): Promise<string> => readFile(`${place.state}/openclaw.json`, 'utf8')
  const paid: Plan = {
    profiles: [
      { id: 'anthropic:a', key: apiKey('aaaa') },
      { id: 'openai:a', key: openaiKey('aaaa') },
    ],
  }

  it('writes the model, keeps fallbacks and comments, and makes no allow-list where there is none', async () => {
    await fresh(paid)
    await writeFile(
      `${place.state}/openclaw.json`,
      '{\n  // mine\n  agents: { defaults: { model: { primary: "a/b", fallbacks: ["openai/gpt-4.1"] } } },\n}\n',
    )
    expect(await run('models set anthropic/claude-sonnet-4-5')).toBe(
      'Updated $STATE/openclaw.json\nDefault model: anthropic/claude-sonnet-4-5\n--- exit 0\n',
    )
    expect(await config()).toContain('// mine')
    expect(await config()).not.toContain('models')
    expect(await json('models status')).toMatchObject({
      defaultModel: 'anthropic/claude-sonnet-4-5',
      fallbacks: ['openai/gpt-4.1'],
    })
  })

  it('adds to an allow-list that exists, and says so; reads aliases', async () => {
    await fresh({
      ...paid,
      config: { agents: { defaults: { models: { 'anthropic/claude-opus-4-6': { alias: 'opus' } } } } },
    })
    expect(await run('models set openai/gpt-5.1')).toContain(
      '--- stderr\nagents.defaults.models is a list of what is allowed; openai/gpt-5.1 was added to it.\n--- exit 0',
    )
    expect(await json('models status')).toMatchObject({ allowed: ['anthropic/claude-opus-4-6', 'openai/gpt-5.1'] })
    expect(await run('models set Opus')).toBe(
      'Updated $STATE/openclaw.json\nDefault model: anthropic/claude-opus-4-6\n--- exit 0\n',
    )
  })

  it('warns where nothing could pay for the choice, in the words of the call, and names the command', async () => {
    await fresh()
    const warning = 'No API key found for provider "openai" (agent main, $STATE/agents/main/agent/auth-profiles.json).'
    expect(await run('models set openai/gpt-5.1')).toBe(
      `Updated $STATE/openclaw.json\nDefault model: openai/gpt-5.1\n--- stderr\nWarning: ${warning}\n  Run: openclaw models auth paste-api-key --provider openai\n--- exit 0\n`,
    )
    const { stdout } = await openclaw(place, ['models', 'set', 'openai/gpt-5.1', '--json'])
    expect(JSON.parse(comparable(place, stdout)).notes).toEqual([expect.stringContaining(warning)])
  })

  it('warns of a model it does not know, and writes nothing for a provider it does not know', async () => {
    await fresh(paid)
    expect(await run('models set openai/brand-new')).toContain(
      'openai/brand-new is not a model we know; it is taken as written, and openai will say whether it exists.\n--- exit 0',
    )
    const before = await config()
    expect(await run('models set nosuch/x')).toContain('Error: There is no provider "nosuch"; nothing was changed.')
    expect(await run('models set nosuch/x')).toContain('--- exit 1')
    expect(await run('models set openai/gpt-5.1 --agent main')).toContain('it takes no --agent')
    expect(await config()).toBe(before)
  })
})
