// GET /v1/models: what the accounts can reach, as the providers said last, and the agents that can be asked as models, in each dialect.
import { expect, test } from 'vitest'
import { createAuth } from '../../src/auth/auth.ts'
import { refreshModels } from '../../src/auth/refresh-models.ts'
import { until } from '../support/installation.ts'
import { bearer, type Stand, say, stand } from './support.ts'

type Row = { id: string; owned_by?: string }

async function listed(on: Stand, headers: Record<string, string> = {}): Promise<Row[]> {
  const { json } = await say(on.url, '/v1/models', { headers: { ...bearer(on.token), ...headers } })
  return (json as { data: Row[] }).data
}

test('it is the catalogue until the providers were asked, and follows when another process asks them', async () => {
  const on = await stand()
  const before = await listed(on)
  expect(before.map(({ id }) => id)).toContain('anthropic/claude-opus-5-5')
  // Nobody has an account there.
  expect(before.map(({ owned_by }) => owned_by)).not.toContain('groq')
  expect(on.sandbox.requests()).toEqual([])
  const other = await createAuth(on.system)
  const { providers } = await refreshModels(await other.view('main'), { timeoutMs: 10_000 })
  expect(providers.map(({ provider, outcome }) => [provider, outcome])).toEqual([
    ['anthropic', 'listed'],
    ['openai', 'listed'],
  ])
  const after = await until('the gateway to list what was found', async () => {
    const rows = await listed(on)
    return rows.some(({ id }) => id === 'anthropic/claude-opus-5-5') ? undefined : rows
  })
  expect(after[0]).toMatchObject({ id: 'anthropic/claude-opus-4-6', owned_by: 'anthropic', context_length: 200_000 })
  expect(after.map(({ id }) => id)).toEqual([
    'anthropic/claude-opus-4-6',
    'anthropic/claude-opus-4-5',
    'anthropic/claude-sonnet-4-5',
    'anthropic/claude-haiku-4-5',
    'openai/gpt-5.1',
    'openai/gpt-5-mini',
    'openai/gpt-4.1',
    'openclaw',
    'openclaw:main',
  ])
  const inClaude = await listed(on, { 'anthropic-version': '2023-06-01' })
  // The limit is what the provider said, not what the catalogue has.
  expect(inClaude[0]).toMatchObject({ display_name: 'Claude Opus 4.6', max_input_tokens: 200_000, max_tokens: 64_000 })
})

test('the agents are listed in each dialect, and each name that is listed can be asked', async () => {
  const auth = { inherit: 'main' }
  const on = await stand({
    config: { agents: { list: [{ id: 'work', default: true, model: 'openai/gpt-5.1', auth }] } },
  })
  const own = (rows: readonly Row[]): Row[] => rows.filter(({ id }) => id.startsWith('openclaw'))
  const inOpenai = own(await listed(on))
  expect(inOpenai.map(({ id, owned_by }) => [id, owned_by])).toEqual([
    ['openclaw', 'openclaw'],
    ['openclaw:main', 'openclaw'],
    ['openclaw:work', 'openclaw'],
  ])
  // How much fits is a matter of the agent's own model.
  expect(inOpenai[2]).toMatchObject({ context_length: 400_000 })
  expect(own(await listed(on, { 'anthropic-version': '2023-06-01' }))).toMatchObject([
    { type: 'model', id: 'openclaw', display_name: 'Agent work' },
    { type: 'model', id: 'openclaw:main', display_name: 'Agent main' },
    { type: 'model', id: 'openclaw:work', display_name: 'Agent work' },
  ])
  const google = async (path: string): Promise<{ status: number; json: unknown }> =>
    await say(on.url, `/v1beta/models${path}`, { headers: bearer(on.token) })
  const all = (await google('')).json as { models: { name: string }[] }
  expect(all.models.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['models/openclaw', 'models/openclaw:main', 'models/openclaw:work']),
  )
  expect(await google('/openclaw:work')).toMatchObject({
    status: 200,
    json: { name: 'models/openclaw:work', supportedGenerationMethods: ['generateContent'] },
  })
  expect((await google('/agent:main')).json).toMatchObject({ name: 'models/openclaw:main' })
  expect(await google('/openclaw:nobody')).toMatchObject({ status: 404 })
  for (const { id } of inOpenai) {
    const body = JSON.stringify({ model: id, messages: [{ role: 'user', content: 'Hi' }] })
    const headers = { ...bearer(on.token), 'content-type': 'application/json' }
    expect(await say(on.url, '/v1/chat/completions', { method: 'POST', headers, body })).toMatchObject({ status: 200 })
  }
  // The header says it more plainly than a name would: nobody else is reached then.
  const named = own(await listed(on, { 'x-openclaw-agent-id': 'main' }))
  expect(named.map(({ id }) => id)).toEqual(['openclaw', 'openclaw:main'])
})
