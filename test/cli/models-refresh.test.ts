// `models refresh`: what is said of each provider, what is kept, and that nobody else asks.
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type Installation, install, openclaw } from '../support/installation.ts'
import { build, comparable, transcript } from '../support/program.ts'
import { apiKey, openaiKey } from './secrets.ts'

const GEMINI = 'AIzaSyRefresh-0123456789abcdefghijklmnop'
let sandbox: Sandbox
let place: Installation
const run = async (line: string): Promise<string> => transcript(place, await openclaw(place, line.split(' ')))
const file = (): string => join(place.state, 'model-lists.json')

beforeAll(async () => {
  await build()
  sandbox = await startSandbox({
    accounts: [
      { name: 'good', vendor: 'anthropic', key: apiKey('good') },
      { name: 'project', vendor: 'openai', key: openaiKey('proj') },
      { name: 'gem', vendor: 'google', key: GEMINI },
    ],
  })
  place = await install({
    config: {
      models: {
        providers: {
          anthropic: { baseUrl: sandbox.baseUrl('anthropic') },
          openai: { baseUrl: sandbox.baseUrl('openai') },
          google: { baseUrl: sandbox.baseUrl('google') },
        },
      },
    },
    profiles: [
      { id: 'anthropic:unknown', key: apiKey('nobody') },
      { id: 'anthropic:good', key: apiKey('good') },
      { id: 'openai:project', key: openaiKey('proj') },
      { id: 'google:gem', key: GEMINI },
    ],
    agents: { bare: {} },
  })
}, 60_000)
afterAll(async () => {
  await sandbox?.close()
  await place?.remove()
})

it('without an account nobody is asked, and a provider that does not exist is said so', async () => {
  expect(await run('models refresh --agent bare')).toBe(
    '--- stderr\nError: Agent bare has no account of any provider, so that nobody was asked.\n  Run: openclaw models auth add\n--- exit 1\n',
  )
  expect(await run('models refresh --provider nonsense')).toContain('There is no provider "nonsense".')
  expect(await run('models refresh --provider groq')).toBe(
    'Agent: main\ngroq: not refreshed, there is no list of it, only the catalogue: no account of it can be used\nNothing was stored.\n--- stderr\n  Run: openclaw models status --probe\n--- exit 1\n',
  )
  await expect(stat(file())).rejects.toThrow()
  expect(sandbox.requests()).toEqual([])
})

it('another account asks when the first one is refused; what they say is kept, for this user only, and without a secret', async () => {
  expect(await run('models refresh')).toBe(
    `Agent: main
anthropic: 4 models, told to anthropic:good
  new: claude-opus-4-6, claude-opus-4-5, claude-sonnet-4-5, claude-haiku-4-5
openai: 3 models, told to openai:project
  new: gpt-5.1, gpt-5-mini, gpt-4.1
google: 3 models, told to google:gem
  new: gemini-3-pro-preview, gemini-2.5-pro, gemini-2.5-flash
Stored: $STATE/model-lists.json
--- exit 0
`,
  )
  expect(
    sandbox
      .requests()
      .map(({ path, status }) => `${status} ${path}`)
      .sort(),
  ).toEqual([
    // Both tell it in pages, whatever they are asked for.
    '200 /anthropic/v1/models?limit=1000',
    '200 /anthropic/v1/models?limit=1000&after_id=claude-sonnet-4-5',
    '200 /google/v1beta/models?pageSize=1000',
    '200 /google/v1beta/models?pageSize=1000&pageToken=Mg%3D%3D',
    '200 /openai/v1/models',
    '401 /anthropic/v1/models?limit=1000',
  ])
  expect((await stat(file())).mode & 0o777).toBe(0o600)
  const text = await readFile(file(), 'utf8')
  for (const hidden of [apiKey('good'), apiKey('nobody'), openaiKey('proj'), GEMINI]) expect(text).not.toContain(hidden)
  // A probe is free, and no call.
  expect(await run('usage')).toContain('No calls yet')
})

it('what is listed is what they said, and asking for the list asks nobody', async () => {
  const asked = sandbox.requests().length
  const listed = await run('models list --all --plain')
  expect(listed.split('\n').filter((line) => /^(?:anthropic|openai)\//.test(line))).toEqual([
    'anthropic/claude-opus-4-6',
    'anthropic/claude-opus-4-5',
    'anthropic/claude-sonnet-4-5',
    'anthropic/claude-haiku-4-5',
    'openai/gpt-5.1',
    'openai/gpt-5-mini',
    'openai/gpt-4.1',
  ])
  // Nobody asked those.
  expect(listed).toContain('groq/llama-3.3-70b-versatile\n')
  expect(sandbox.requests().length).toBe(asked)
})

it('a provider that cannot be asked keeps its list, and the command fails', async () => {
  sandbox.setFaults([{ vendor: 'openai', status: 500 }])
  const ran = await openclaw(place, ['models', 'refresh', '--json'])
  expect(ran.code).toBe(1)
  const said = JSON.parse(comparable(place, ran.stdout))
  expect(said).toMatchObject({
    ...{ ok: false, agentId: 'main', file: '$STATE/model-lists.json' },
    providers: [
      { provider: 'anthropic', outcome: 'listed', by: 'anthropic:good', models: 4, added: [], gone: [] },
      { provider: 'openai', outcome: 'failed', keptFrom: expect.anything() },
      { provider: 'google', outcome: 'listed', models: 3 },
    ],
  })
  expect(said.providers[1].error).toMatch(/^openai:project: status 500: /)
  expect(await run('models list --all --plain --provider openai')).toContain('openai/gpt-4.1\n')
})
