// What comes back from a browser or a clipboard: taken when it belongs to this attempt, and else refused with a reason.
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { authorizeUrl, beginAttempt, readPasted, readReturn } from '../../src/oauth/authorize.ts'
import { issuerFrom } from '../../src/oauth/endpoint.ts'
import { machine } from '../support/machine.ts'

const attempt = beginAttempt(machine({}).system)
const { state } = attempt
const CODE = 'ac_0123456789abcdef'
const back = `http://localhost:1455/auth/callback?code=${CODE}&scope=openid&state=${state}`

test('an attempt has a verifier, a challenge and a state as the RFC wants them, and never the same twice', () => {
  const verifier = attempt.verifier.reveal()
  expect(verifier).toMatch(/^[\w-]{64}$/)
  expect(attempt.challenge).toBe(createHash('sha256').update(verifier).digest('base64url'))
  expect(state).toMatch(/^[\w-]{43}$/)
  const other = beginAttempt(machine({}).system)
  expect([other.state, other.challenge]).not.toEqual([state, attempt.challenge])
  expect(JSON.stringify(attempt)).not.toContain(verifier)
})

test('an address keeps what the endpoint has, and writes spaces so that every server reads them', () => {
  const wish = { clientId: 'me', redirectUri: 'http://localhost:1/cb', scope: 'a b', extra: { hint: 'x+y' } }
  const url = authorizeUrl('https://as.example/authorize?tenant=1', wish, attempt)
  expect(url).toContain('tenant=1')
  expect(url).toContain('scope=a%20b')
  expect(new URL(url).searchParams.get('hint')).toBe('x+y')
})

test.each([
  ['the address', back],
  ['the address, broken by a terminal', `${back.slice(0, 40)}\r\n   ${back.slice(40)}\n`],
  ['the address in quotes', `"${back}"`],
  ['the address of another host, as a proxy shows it', back.replace('localhost:1455', 'box.example')],
  ['code#state', `${CODE}#${state}`],
  ['code=…&state=…', `code=${CODE}&state=${state}`],
  ['?code=…&state=…', `?state=${state}&code=${CODE}`],
  ['the code', ` ${CODE}\n`],
])('takes %s', (_what, text) => {
  const found = readPasted(text, attempt)
  expect(found.kind === 'code' ? found.code.reveal() : found).toBe(CODE)
})

test.each([
  ['nothing', ' \n', 'nothing was pasted'],
  ['a foreign state', back.replace(state, 'x'.repeat(43)), 'it belongs to another login'],
  ['a state that is cut off', back.slice(0, -1), 'it belongs to another login'],
  ['an address without a state', `http://localhost:1455/auth/callback?code=${CODE}`, 'it shows no state'],
  ['two states', `${back}&state=${state}`, 'it belongs to another login'],
  ['two codes', `${back}&code=other`, 'it holds more than one code'],
  ['the address that was to be opened', `https://as.example/authorize?state=${state}`, 'it holds no code'],
  ['code#another', `${CODE}#another`, 'it belongs to another login'],
  ['a key', 'sk-proj-0123456789abcdef0123', 'it looks like a key, not like a code'],
  ['a token', `eyJ${'a'.repeat(40)}`, 'it looks like a key, not like a code'],
  ['something that is no address', 'http://', 'it is no whole address'],
  ['very much', 'a'.repeat(20_000), 'it is too long'],
  ['letters no code has', 'cödе', 'it holds no code'],
])('refuses %s', (_what, text, why) => {
  expect(readPasted(text, attempt)).toEqual({ kind: 'foreign', why })
})

test('where the state is needed, a code alone is refused, and with its state is taken', () => {
  const needs = { needsState: true }
  expect(readPasted(CODE, attempt, needs)).toEqual({ kind: 'foreign', why: 'it is a code without its state' })
  expect(readPasted(`${CODE}#${state}`, attempt, needs).kind).toBe('code')
  expect(readPasted(back, attempt, needs).kind).toBe('code')
})

test('a refusal counts only with the state of this attempt, and in safe letters', () => {
  const query = `error=access_denied&error_description=${encodeURIComponent('no\u001b[31m\n')}&state=`
  expect(readReturn(new URLSearchParams(`${query}x`), attempt).kind).toBe('foreign')
  const found = readReturn(new URLSearchParams(query + state), attempt)
  expect(found).toEqual({ kind: 'refused', code: 'access_denied', detail: 'no?[31m?' })
})

test.each([
  'http://auth.example.com',
  'ftp://127.0.0.1',
  'nonsense',
  'https://me:pw@as.example',
  'https://as.example/?a=1',
  'http://127.0.0.1.evil.example',
])('an issuer at %s is refused', (text) => {
  expect(() => issuerFrom({ V: text }, 'V', 'https://usual.example')).toThrow('V is "')
})

test('an issuer is the usual one, or one on https or loopback that a variable names', () => {
  const usual = 'https://usual.example'
  expect(issuerFrom({}, 'V', usual)).toEqual({ url: usual, reach: 'public' })
  for (const text of [
    'https://as.example/tenant/',
    'http://127.0.0.1:8080/',
    'http://[::1]:1/x',
    'http://localhost:2/',
  ]) {
    expect(issuerFrom({ V: text }, 'V', usual)).toEqual({ url: text.replace(/\/$/, ''), reach: 'named' })
  }
})
