// What vendors refuse with, as recorded under test/recorded, and what each refusal is judged to be.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FailureClass, FailureScope } from '../../src/core/failure.ts'
import { readErrorBody, readRetryAt, transportFailure } from '../../src/providers/http-failure.ts'
import { Opening } from '../../src/providers/opening.ts'
import type { Endpoint } from '../../src/providers/provider.ts'
import { createRegistry } from '../../src/providers/registry.ts'
import { verdictOf } from '../../src/providers/verdict.ts'
import { NOON } from '../support/machine.ts'
import { holds } from '../support/seeds.ts'

type Recorded = {
  status: number
  headers: Record<string, string>
  body?: unknown
  /** A good answer that begins with an error, as it came. */
  stream?: string
  endpoint?: Endpoint
  expect: {
    class: FailureClass
    scope: FailureScope
    retryAfterMs?: number
    retryAt?: string
    code?: string
    lacks?: 'thought' | 'thing'
  }
}

const root = fileURLToPath(new URL('../recorded', import.meta.url))
const registry = createRegistry()
const recorded = readdirSync(root).flatMap((vendor) =>
  readdirSync(join(root, vendor)).map((file) => ({
    vendor,
    name: file.replace('.json', ''),
    record: JSON.parse(readFileSync(join(root, vendor, file), 'utf8')) as Recorded,
  })),
)

function bodyOf({ body, stream, endpoint }: Recorded): string {
  if (stream === undefined) return typeof body === 'string' ? body : JSON.stringify(body)
  const found = new Opening(endpoint ?? 'messages').push(Buffer.from(stream))
  if (typeof found === 'string') throw new Error(`no error is found in the stream: ${found}`)
  return found.error
}

test.each(recorded)('$vendor: $name', ({ vendor, record }) => {
  const provider = registry.get(vendor)
  if (provider === undefined) throw new Error(`no provider ${vendor}`)
  const failure = verdictOf(provider, {
    status: record.status,
    headers: Object.entries(record.headers).flatMap(([name, value]) => [name.toLowerCase(), value]),
    body: bodyOf(record),
    now: NOON,
  })
  const { retryAfterMs, retryAt, ...verdict } = record.expect
  expect(failure).toMatchObject({ ...verdict, status: record.status })
  const at =
    retryAt === undefined ? (retryAfterMs === undefined ? undefined : NOON + retryAfterMs) : Date.parse(retryAt)
  expect(failure.retryAt).toBe(at)
})

test('there are enough of them to stand for something', () => {
  expect(recorded.length).toBeGreaterThanOrEqual(150)
})

describe('hints', () => {
  const at = (headers: Record<string, string>): number | undefined => {
    const when = readRetryAt((name) => headers[name], NOON)
    return when === undefined ? undefined : when - NOON
  }

  test.each<[Record<string, string>, number | undefined]>([
    [{ 'retry-after': '0' }, undefined],
    [{ 'retry-after': '1' }, 1000],
    [{ 'retry-after': ' 1.5 ' }, 1500],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '' }, undefined],
    [{ 'retry-after': 'NaN' }, undefined],
    [{ 'retry-after': 'Infinity' }, undefined],
    [{ 'retry-after': '2147483' }, 2_147_483_000],
    [{ 'retry-after': '2147484' }, undefined],
    [{ 'retry-after': new Date(NOON + 5000).toUTCString() }, 5000],
    [{ 'retry-after': new Date(NOON - 5000).toUTCString() }, undefined],
    [{ 'retry-after': `${new Date(NOON + 5000).toUTCString()}${' '.repeat(9)}x` }, undefined],
    [{ 'retry-after-ms': '250' }, 250],
    [{ 'retry-after-ms': '-1', 'retry-after': '3' }, 3000],
    [{}, undefined],
  ])('%j means %s ms', (headers, ms) => {
    expect(at(headers)).toBe(ms)
  })
})

test.each(['cancelled', 'timeout', 'refused', 'unreachable', 'tls', 'malformed', 'reset'] as const)(
  'a call that ended with %s names where, and nothing else',
  (kind) => {
    const { detail, scope } = transportFailure({ kind, answered: false }, 'https://api.example')
    if (kind === 'cancelled') expect(scope).toBe('request')
    else expect(detail).toContain('https://api.example')
  },
)

test('only the first 4 kB of a message are looked at', () => {
  const long = 'm'.repeat(65_536)
  for (const body of [long, JSON.stringify({ error: { message: long } })])
    expect(readErrorBody(body).message).toHaveLength(4096)
})

test('error bodies of any shape are read without an error', async () => {
  await holds(
    fc.property(
      fc.oneof(
        fc.jsonValue().map((value) => JSON.stringify(value)),
        fc.jsonValue().map((value) => JSON.stringify({ error: value })),
        fc.string(),
      ),
      (body) => {
        const { message, code = '', type = '' } = readErrorBody(body)
        expect([typeof message, typeof code, typeof type]).toEqual(['string', 'string', 'string'])
        expect(message.length).toBeLessThanOrEqual(4096)
      },
    ),
    5000,
  )
})

// A pattern that goes back and forth over such texts does not end within the time of a test.
test.each<[string, string]>([
  ['one letter', 'a'.repeat(65_536)],
  ['spaces', ' '.repeat(65_536)],
  ['digits and dashes', '2031-01-'.repeat(8192)],
  ['half a resumption', 'regain access on '.repeat(4000)],
  ['open brackets', '['.repeat(65_536)],
  ['nested objects', '{"error":'.repeat(7000)],
  ['quotes', '"'.repeat(65_536)],
  ['control characters', '\u001b'.repeat(65_536)],
])('64 kB of %s are judged as quickly as anything else', (_what, text) => {
  for (const provider of registry.all()) {
    for (const body of [text, JSON.stringify({ error: { message: text, code: text, type: text } })]) {
      for (const status of [400, 429]) {
        const failure = provider.classify({ status, header: () => text, body, now: NOON })
        expect(failure.detail.length + (failure.code ?? '').length).toBeLessThan(500)
      }
    }
  }
})
