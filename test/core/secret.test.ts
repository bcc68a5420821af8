// A secret cannot be printed by any of the ways in which values end up on a screen or in a file.
import { format, inspect } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AuthError } from '../../src/core/errors.ts'
import { Secret } from '../../src/core/secret.ts'
import { holds } from '../support/seeds.ts'

const RAW = 'sk-ant-api03-canaryCANARYcanaryCANARY-0000K3y4'
const secret = new Secret(RAW)
const holder = { profile: { credential: { secret } }, list: [secret], map: new Map([['k', secret]]) }

test.each<[string, () => string]>([
  ['a template', () => `${secret}`],
  ['a joined list', () => [secret, secret].join()],
  ['JSON', () => JSON.stringify(holder)],
  [
    'inspect with everything shown',
    () => inspect(holder, { showHidden: true, depth: null, getters: true, showProxy: true }),
  ],
  ['inspect without custom functions', () => inspect(secret, { customInspect: false, showHidden: true })],
  ['format %s', () => format('%s', secret)],
  ['format %o', () => format('%o', holder)],
  ['format %O', () => format('%O', holder)],
  ['format %j', () => format('%j', holder)],
  ['a structured clone', () => inspect(structuredClone({ secret: { ...secret } }))],
  ['a clone of the object itself', () => inspect(structuredClone(secret), { showHidden: true })],
  ['its keys', () => [...Reflect.ownKeys(secret), ...Object.entries(secret)].map(String).join()],
  [
    'the cause of an error',
    () => inspect(new AuthError('upstream', 'no', { cause: { secret } }), { showHidden: true, depth: null }),
  ],
  ['an error made of it', () => String(new Error(String(secret)).stack)],
])('%s does not show it', (_how, print) => {
  const text = print()
  expect(text).not.toContain('canary')
  expect(text).not.toContain(RAW.slice(13, 25))
})

test('whoever asks by name gets it', () => {
  expect(secret.reveal()).toBe(RAW)
})

test.each<[string, string]>([
  ['sk-ant-api03-aaaaaaaaaaaaaaaa1234', 'sk-ant-api…1234'],
  ['sk-ant-oat01-aaaaaaaaaaaaaaaa1234', 'sk-ant-oat…1234'],
  ['sk-proj-aaaaaaaaaaaaaaaaaaaaa1234', 'sk-proj-…1234'],
  ['gsk_aaaaaaaaaaaaaaaaaaaaaaaaa1234', 'gsk_…1234'],
  ['0123456789abcdef0123456789ab1234', '…1234'],
  ['nineteen-characters', '****'],
  ['', '****'],
])('the mask of %s is %s', (raw, mask) => {
  expect(new Secret(raw).mask()).toBe(mask)
})

test('a mask shows at most the kind and four characters, of short secrets nothing', async () => {
  await holds(
    fc.property(
      fc.string({ maxLength: 80 }),
      fc.constantFrom('', 'sk-', 'sk-ant-api', 'sk-or-', 'hf_'),
      (body, prefix) => {
        const raw = prefix + body
        const mask = new Secret(raw).mask()
        if (raw.length < 20) expect(mask).toBe('****')
        else expect(mask.length).toBeLessThanOrEqual('github_pat_'.length + 1 + 4)
      },
    ),
    5000,
  )
})

test('secrets that differ only at their end are never taken for the same', async () => {
  await holds(
    fc.property(
      fc.string({ minLength: 20, maxLength: 200 }),
      fc.string({ minLength: 1, maxLength: 3 }),
      fc.string({ maxLength: 3 }),
      (start, a, b) => {
        expect(new Secret(start + a).equals(new Secret(start + b))).toBe(a === b)
      },
    ),
    10_000,
  )
})

test('a tag tells secrets apart, is always the same, and has eight digits', () => {
  const texts = Array.from({ length: 2000 }, (_, at) => `sk-ant-api03-${at}`)
  const tags = texts.map((text) => new Secret(text).tag())
  expect(new Set(tags).size).toBe(texts.length)
  for (const tag of tags) expect(tag).toMatch(/^[0-9a-f]{8}$/)
  // What is kept in files must mean the same after an update of the program.
  expect(new Secret('sk-a').tag()).toBe('4b13e809')
})

test.each([
  ['a-token', true],
  ['a-tokem', false],
  ['b-token', false],
  ['a-toke', false],
  ['a-tokena-token', false],
  ['', false],
])('whoever shows %j knows the secret: %s', (shown, knows) => {
  expect(new Secret('a-token').isKnownBy(shown)).toBe(knows)
})

test('nobody knows an empty secret', () => {
  for (const shown of ['', 'a', '\0']) expect(new Secret('').isKnownBy(shown)).toBe(false)
})
