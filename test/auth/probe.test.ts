// Live checks of credentials: one answer per credential, and no trace in order or health.
import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { probe } from '../../src/auth/probe.ts'
import { NOON } from '../support/machine.ts'
import { keepsSilent, says, vendor } from '../support/vendor.ts'
import { key, place, token } from './place.ts'

const options = { timeoutMs: 2000, concurrency: 2, maxTokens: 8 }

test('every credential is told apart, those left out as well, and nothing is written', async () => {
  const there = await vendor((response, seen, request) => {
    const secret = seen.headers['x-api-key'] ?? seen.headers.authorization ?? ''
    const act = secret.includes('good')
      ? says(200, {})
      : secret.includes('slow')
        ? keepsSilent
        : secret.includes('limited')
          ? says(429, {})
          : says(401, { error: { message: `bad ${secret}` } })
    act(response, seen, request)
  })
  const opened = await place({
    profiles: {
      'anthropic:good': key('sk-good-good-good'),
      'anthropic:bad': key('sk-canary-bad-bad'),
      'anthropic:slow': key('sk-slow-slow-slow'),
      'anthropic:limited': token('limited-limited'),
      'anthropic:old': token('sk-old-old-old', { expires: NOON - 1 }),
    },
    order: { anthropic: ['anthropic:good', 'anthropic:bad', 'anthropic:slow', 'anthropic:limited', 'anthropic:old'] },
    config: { models: { providers: { anthropic: { baseUrl: there.origin } } } },
    env: { ANTHROPIC_API_KEY: 'sk-left-out-out' },
  })
  const done: string[] = []
  const report = await probe(opened.view, { ...options, onDone: (result) => done.push(result.label) })
  expect(Object.fromEntries(report.results.map(({ profileId, status }) => [profileId ?? 'env', status]))).toEqual({
    'anthropic:good': 'ok',
    'anthropic:bad': 'auth',
    'anthropic:slow': 'timeout',
    'anthropic:limited': 'rate_limit',
    'anthropic:old': 'unknown',
    env: 'unknown',
  })
  expect(done).toHaveLength(6)
  expect(report.results.find(({ profileId }) => profileId === 'anthropic:old')?.error).toMatch(/^expired/)
  expect(JSON.stringify(report)).not.toContain('canary')
  expect(existsSync(opened.cache)).toBe(false)
  expect(there.seen).toHaveLength(4)
  // The network is as it was: a second round works.
  expect(
    (await probe(opened.view, { ...options, profileIds: ['anthropic:good'] })).results.map(({ status }) => status),
  ).toEqual(['ok'])
})

test('nothing to probe is a report, too', async () => {
  expect(await probe((await place()).view, options)).toMatchObject({ totalTargets: 0, results: [] })
})
