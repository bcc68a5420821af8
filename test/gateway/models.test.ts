// GET /v1/models: what the accounts can reach, as the providers said last, in both dialects.
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
  ])
  const inClaude = await listed(on, { 'anthropic-version': '2023-06-01' })
  // The limit is what the provider said, not what the catalogue has.
  expect(inClaude[0]).toMatchObject({ display_name: 'Claude Opus 4.6', max_input_tokens: 200_000, max_tokens: 64_000 })
})
