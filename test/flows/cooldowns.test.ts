// auth.cooldowns of the config: how long a profile rests that the built program has seen fail.
import { expect, onTestFinished, test } from 'vitest'
import { startSandbox } from '../../src/sandbox/sandbox.ts'
import { install, openclaw } from '../support/installation.ts'
import { providersAt, restOf } from './support.ts'

const HOUR_MS = 3_600_000

test('trouble with money rests as long as the config says, for each provider, and what cannot be meant is refused', async () => {
  const sandbox = await startSandbox({
    accounts: [
      { name: 'a', vendor: 'anthropic', key: 'sk-ant-api03-broke-0123456789abcdef' },
      { name: 'b', vendor: 'openai', key: 'sk-proj-broke-0123456789abcdef' },
    ],
  })
  onTestFinished(() => sandbox.close())
  sandbox.setFaults([
    { vendor: 'anthropic', preset: 'billing-402' },
    { vendor: 'openai', preset: 'insufficient-quota' },
  ])
  const place = await install({
    config: {
      auth: { cooldowns: { billingBackoffHours: 2, billingBackoffHoursByProvider: { Anthropic: 0.5 } } },
      agents: { defaults: { model: { fallbacks: ['openai/gpt-5.1'] } } },
      models: providersAt(sandbox),
    },
    profiles: [
      { id: 'anthropic:a', key: 'sk-ant-api03-broke-0123456789abcdef' },
      { id: 'openai:b', key: 'sk-proj-broke-0123456789abcdef' },
    ],
    env: { OPENCLAW_GATEWAY_PORT: '1' },
  })
  onTestFinished(() => place.remove())
  const ran = await openclaw(place, ['agent', '--message', 'hi'])
  expect(ran.stderr).toContain('All models failed (2)')
  for (const [id, hours] of [
    ['anthropic:a', 0.5],
    ['openai:b', 2],
  ] as const) {
    const { disabledUntil, lastFailureAt } = await restOf(place, id)
    expect(Number(disabledUntil) - Number(lastFailureAt)).toBe(hours * HOUR_MS)
  }
  const refused = await openclaw(place, ['config', 'set', 'auth.cooldowns.billingMaxHours', '0'])
  expect(refused.code).toBe(1)
  expect(refused.stderr).toContain('auth.cooldowns.billingMaxHours')
  const help = await openclaw(place, ['docs', 'configuration'])
  expect(help.stdout).toContain('auth.cooldowns.billingBackoffHoursByProvider')
})
