// `onboard` on a terminal, key press by key press: what it asks in which order, what it writes at the end, and that leaving anywhere leaves all as it was.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Installation, install, openclaw, type Plan, readJson } from '../support/installation.ts'
import { build, onTerminal, type Screen } from '../support/program.ts'
import { standInManager } from '../support/service-manager.ts'
import { apiKey, openaiKey, setupToken } from './secrets.ts'

let place: Installation
beforeAll(build, 60_000)
beforeEach(async () => {
  place = await install()
  await standInManager(place, 'none')
})
afterEach(() => place.remove())

const again = async (plan: Plan): Promise<void> => {
  await place.remove()
  place = await install(plan)
  await standInManager(place, 'none')
}

/** What the screen must show, and what is typed then. */
type Step = readonly [shows: string, types: string]

/** Goes through the questions, answering each one once it is there. */
async function walk(screen: Screen, steps: readonly Step[]): Promise<void> {
  for (const [wanted, keys] of steps) {
    await screen.shows(wanted)
    screen.type(keys)
  }
}

/** Every file below the state directory with its bytes. */
async function everything(): Promise<Record<string, string>> {
  const names = await readdir(place.state, { recursive: true, withFileTypes: true })
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return Object.fromEntries(await Promise.all(files.sort().map(async (name) => [name, await readFile(name, 'utf8')])))
}

const profiles = async (): Promise<unknown> =>
  ((await readJson(`${place.state}/agents/main/agent/auth-profiles.json`)) as { profiles?: unknown } | undefined)
    ?.profiles

const KEY_PROMPT = 'Paste the API key of Anthropic (sk-ant-api03-…; it is not shown), then Enter: '

const FRESH: readonly Step[] = [
  ['Number [2]: ', 'Anthropic\r'],
  ['1) Anthropic token (paste setup-token)\r\n  2) Anthropic API key\r\nNumber [2]: ', '2\r'],
  [KEY_PROMPT, `${apiKey('kkkk')}\r`],
  ['Which model by default?', '2\r'],
  ['Port of the gateway [18789]: ', '4000\r'],
  ['Who may reach it?', '\r'],
  ['Write it?', '1\r'],
]

describe('a first set-up', () => {
  it('asks vendor, item, key, model, gateway, and writes what status then shows', async () => {
    const screen = onTerminal(place, ['onboard'])
    await walk(screen, FRESH)
    expect((await screen.exit).code).toBe(0)
    const text = screen.text()
    expect(text).not.toContain('aaaa')
    expect(text).toContain('credential  Anthropic API key sk-ant-api…kkkk')
    expect(text).toContain('Auth profile: anthropic:default (anthropic/api_key)')
    expect(text).toContain('openclaw models status')
    expect(await profiles()).toMatchObject({ 'anthropic:default': { type: 'api_key', key: apiKey('kkkk') } })
    expect(await readJson(`${place.state}/openclaw.json`)).toMatchObject({
      agents: { defaults: { model: { primary: 'anthropic/claude-opus-4-5' } } },
      gateway: { mode: 'local', port: 4000, bind: 'loopback' },
      wizard: { lastRunCommand: 'onboard', lastRunMode: 'local' },
    })
    const status = JSON.parse((await openclaw(place, ['models', 'status', '--json'])).stdout)
    expect(status).toMatchObject({
      defaultModel: 'anthropic/claude-opus-4-5',
      auth: { providers: [{ provider: 'anthropic', next: { id: 'anthropic:default' } }] },
    })
  })

  it('shows the vendors in the order of the documents, each line within 80 columns', async () => {
    const screen = onTerminal(place, ['onboard'])
    await screen.shows('Number [2]: ')
    screen.type('\u0003')
    await screen.exit
    const names = [...screen.text().matchAll(/^ +\d+\) (.*?)\r?$/gm)].map(([, name]) => name)
    expect(names).toEqual([
      ...['OpenAI', 'Anthropic', 'MiniMax', 'Moonshot', 'Google', 'xAI', 'OpenRouter', 'Qwen', 'Z.AI', 'Qianfan'],
      ...['Vercel AI Gateway', 'OpenCode Zen', 'Xiaomi', 'Synthetic', 'Venice', 'Another provider', 'Skip for now'],
    ])
    for (const line of screen.text().split(/\r?\n/)) expect(line.length).toBeLessThanOrEqual(100)
  })

  it('takes a setup-token, and says first what the vendor recommends', async () => {
    const screen = onTerminal(place, ['onboard', '--flow', 'quickstart'])
    await walk(screen, [
      ['Number [2]: ', '\r'],
      ['1) Anthropic token (paste setup-token)', '1\r'],
      ['Paste the token of Anthropic', `\u001b[200~${setupToken('tttt')}\n\u001b[201~\r`],
      ['Which model by default?', '\r'],
      ['Write it?', '\r'],
    ])
    expect((await screen.exit).code).toBe(0)
    expect(screen.text().indexOf('Anthropic recommends API keys')).toBeLessThan(
      screen.text().indexOf('Paste the token'),
    )
    expect(screen.text()).not.toContain('Port of the gateway')
    expect(screen.text()).not.toContain('bbbb')
    expect(await profiles()).toMatchObject({ 'anthropic:default': { type: 'token', token: setupToken('tttt') } })
  })

  it('offers the key of the environment, and asks again after one that cannot be right', async () => {
    await again({ env: { ANTHROPIC_API_KEY: apiKey('eeee') } })
    const screen = onTerminal(place, ['onboard', '--flow', 'quickstart'])
    await walk(screen, [
      ['Number [2]: ', '\r'],
      ['2) Anthropic API key', '\r'],
      ['1) Use ANTHROPIC_API_KEY of the environment (sk-ant-api…eeee)', '2\r'],
      [KEY_PROMPT, `${setupToken('tttt')}\r`],
      ['This is a setup-token, not an API key.', '1\r'],
      ['Which model by default?', '\r'],
      ['Write it?', '\r'],
    ])
    expect((await screen.exit).code).toBe(0)
    expect(await profiles()).toMatchObject({ 'anthropic:default': { key: apiKey('eeee') } })
  })

  it('takes a key of any other provider, and a model by name', async () => {
    const screen = onTerminal(place, ['onboard', '--flow', 'quickstart', '--workspace', place.cwd])
    await walk(screen, [
      ['Number [2]: ', 'another\r'],
      ['Its id, such as', 'nobody\r'],
      ['That is none of anthropic, openai', 'together\r'],
      ['Paste the API key of Together', `${'f0'.repeat(20)}\r`],
      ['1) Another one\r\n  2) Later', '1\r'],
      ['Its name, as provider/model or an alias: ', 'together/some/model\r'],
      ['Write it?', '\r'],
    ])
    expect((await screen.exit).code).toBe(0)
    expect(await profiles()).toMatchObject({ 'together:default': { key: 'f0'.repeat(20) } })
    expect(await readJson(`${place.state}/openclaw.json`)).toMatchObject({
      agents: { defaults: { model: { primary: 'together/some/model' }, workspace: place.cwd } },
    })
  })

  it('may leave the credential for later', async () => {
    const screen = onTerminal(place, ['onboard', '--flow', 'quickstart'])
    await walk(screen, [
      ['Number [2]: ', 'skip\r'],
      ['Write it?', '\r'],
    ])
    expect((await screen.exit).code).toBe(0)
    expect(await profiles()).toBeUndefined()
    expect(await readJson(`${place.state}/openclaw.json`)).toMatchObject({ wizard: { lastRunCommand: 'onboard' } })
  })

  it('draws nothing but its questions where no colours are wanted', async () => {
    await again({ env: { NO_COLOR: '1' } })
    const screen = onTerminal(place, ['onboard', '--no-color'])
    await walk(screen, FRESH)
    expect((await screen.exit).code).toBe(0)
    expect(screen.text().replaceAll('\u001b[?2004h', '').replaceAll('\u001b[?2004l', '')).not.toContain('\u001b')
  })

  it('puts JSON alone on stdout', async () => {
    const screen = onTerminal(place, ['onboard', '--json', '--flow', 'quickstart'])
    await walk(screen, [
      ['Number [2]: ', 'skip\r'],
      ['Write it?', '\r'],
      ['"authChoice": "skip"', ''],
    ])
    expect((await screen.exit).code).toBe(0)
  })
})

describe('leaving', () => {
  it.each(FRESH.map(([shows], at) => [shows.trim().split('\n')[0] ?? '', at] as const))(
    'with Ctrl-C at "%s" changes nothing and exits 130',
    async (_shows, at) => {
      const screen = onTerminal(place, ['onboard'])
      await walk(screen, FRESH.slice(0, at))
      const [wanted] = FRESH[at] ?? ['']
      await screen.shows(wanted)
      screen.type('\u0003')
      expect((await screen.exit).code).toBe(130)
      expect(screen.text()).toContain('Cancelled; nothing was changed.')
      expect(await readdir(place.state)).toEqual([])
    },
  )

  it('with Ctrl-D, or with no at the end, as well', async () => {
    for (const last of ['\u0004', '2\r', 'no\r']) {
      const screen = onTerminal(place, ['onboard'])
      await walk(screen, [...FRESH.slice(0, -1), ['Write it?', last]])
      expect((await screen.exit).code).toBe(130)
      expect(screen.text()).toContain('othing was changed.')
      expect(await readdir(place.state)).toEqual([])
    }
  })
})

describe('where there is a set-up already', () => {
  beforeEach(() =>
    again({
      profiles: [{ id: 'anthropic:default', key: apiKey('kkkk') }],
      config: { agents: { defaults: { model: 'anthropic/claude-sonnet-4-5' } }, gateway: { port: 4000, bind: 'lan' } },
    }),
  )

  it('shows it, keeps it, and adds a credential', async () => {
    const screen = onTerminal(place, ['onboard'])
    await screen.shows('model     anthropic/claude-sonnet-4-5')
    await screen.shows('gateway   port 4000, bind lan')
    await screen.shows('accounts  anthropic:default')
    await walk(screen, [
      ['1) Keep it, and add or renew a credential', '1\r'],
      ['Whose models?', 'OpenAI\r'],
      ['1) ChatGPT login (Codex)\r\n  2) OpenAI API key\r\nNumber [2]: ', '\r'],
      ['Paste the API key of OpenAI', `${openaiKey('oooo')}\r`],
      ['Write it?', '\r'],
    ])
    expect((await screen.exit).code).toBe(0)
    expect(screen.text()).not.toMatch(/Which model|Port of/)
    expect(await profiles()).toMatchObject({
      'anthropic:default': { key: apiKey('kkkk') },
      'openai:default': { key: openaiKey('oooo') },
    })
    expect(await readJson(`${place.state}/openclaw.json`)).toMatchObject({
      agents: { defaults: { model: 'anthropic/claude-sonnet-4-5' } },
      gateway: { port: 4000, bind: 'lan' },
    })
  })

  it('asks everything again with what is there as the preset', async () => {
    const before = JSON.parse((await everything())[`${place.state}/agents/main/agent/auth-profiles.json`] ?? '')
    const screen = onTerminal(place, ['onboard'])
    await walk(screen, [
      ['What shall become of it?', 'modify\r'],
      ['Whose models?', '\r'],
      ['How?', '\r'],
      ['1) Keep anthropic:default (sk-ant-api…kkkk)', '\r'],
      ['1) Keep anthropic/claude-sonnet-4-5', '\r'],
      ['Port of the gateway [4000]: ', '\r'],
      ['2) The local network (lan)\r\nNumber [2]: ', '\r'],
      ['Write it?', '\r'],
    ])
    expect((await screen.exit).code).toBe(0)
    expect(await profiles()).toEqual(before.profiles)
    expect(await readJson(`${place.state}/openclaw.json`)).toMatchObject({
      agents: { defaults: { model: 'anthropic/claude-sonnet-4-5' } },
      gateway: { port: 4000, bind: 'lan' },
    })
  })

  it('leaves every byte of it at Ctrl-C, before a reset is agreed to and after it', async () => {
    place.env.OPENCLAW_GATEWAY_PORT = '1'
    const before = await everything()
    const files = (all: Record<string, string>): Record<string, string> =>
      Object.fromEntries(Object.entries(all).filter(([name]) => !/\.lock|\.gitignore$/.test(name)))
    for (const steps of [
      [['What shall become of it?', '\u0003']],
      [
        ['What shall become of it?', '3\r'],
        ['Move this to the trash?', 'n\r'],
      ],
      [
        ['What shall become of it?', '3\r'],
        ['Move this to the trash?', 'y\r'],
        ['Whose models?', '\u0003'],
      ],
    ] as const) {
      const screen = onTerminal(place, ['onboard'])
      await walk(screen, steps)
      expect((await screen.exit).code).toBe(130)
      expect(files(await everything())).toEqual(files(before))
    }
  })

  it('moves it to the trash where a reset is wanted, asks everything, and offers a service where one can be had', async () => {
    place.env.OPENCLAW_GATEWAY_PORT = '1'
    const manager = await standInManager(place, 'working')
    const screen = onTerminal(place, ['onboard'])
    await walk(screen, [
      ['What shall become of it?', '3\r'],
      ['Move this to the trash?', 'y\r'],
      ['Whose models?', 'OpenAI\r'],
      ['1) ChatGPT login (Codex)\r\n  2) OpenAI API key\r\nNumber [2]: ', '\r'],
      ['Paste the API key of OpenAI', `${openaiKey('oooo')}\r`],
      ['Which model by default?', '1\r'],
      ['Port of the gateway [18789]: ', '\r'],
      ['Who may reach it?', '\r'],
      ['2) Yes, as a service (systemd)', '2\r'],
      ['Write it?', '\r'],
    ])
    expect((await screen.exit).code).toBe(0)
    expect(screen.text()).toContain('service     installed and started')
    expect(screen.text()).toContain('Service: openclaw-gateway.service (systemd), running, pid 77')
    expect(Object.keys((await profiles()) as object)).toEqual(['openai:default'])
    expect(await readFile(manager.unit, 'utf8')).toContain('[Service]')
    expect(Object.keys(await everything()).filter((name) => name.includes('/trash/'))).toHaveLength(2)
  })

  it('offers the stored key where a choice of a key is named, and replaces it when told to', async () => {
    const kept = onTerminal(place, ['onboard', '--auth-choice', 'apiKey'])
    await walk(kept, [['1) Keep anthropic:default (sk-ant-api…kkkk)', '\r']])
    expect((await kept.exit).code).toBe(0)
    expect(kept.text()).toContain('What is there is kept: anthropic:default.')
    const screen = onTerminal(place, ['onboard', '--auth-choice', 'apiKey'])
    await walk(screen, [
      ['2) Paste another (it takes the place of anthropic:default)', '2\r'],
      [KEY_PROMPT, `${apiKey('llll')}\r`],
    ])
    expect((await screen.exit).code).toBe(0)
    expect(await profiles()).toMatchObject({ 'anthropic:default': { key: apiKey('llll') } })
  })
})
