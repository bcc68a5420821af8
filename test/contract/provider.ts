// What every vendor, built in or plugged in, must do (src/providers/provider.ts).
import { describe, expect, test } from 'vitest'
import { type FailureClass, type FailureScope, isAboutAccount, isWorthNextProfile } from '../../src/core/failure.ts'
import { Secret } from '../../src/core/secret.ts'
import { complaintAboutProvider } from '../../src/providers/plugin-check.ts'
import type { Provider, Refusal } from '../../src/providers/provider.ts'
import { NOON } from '../support/machine.ts'

const CLASSES: readonly FailureClass[] = [
  'format',
  'context_overflow',
  'auth',
  'auth_permanent',
  'permission',
  'rate_limit',
  'billing',
  'overloaded',
  'server',
  'timeout',
  'network',
  'model_not_found',
  'unknown',
]
const SCOPES: readonly FailureScope[] = ['request', 'model', 'account', 'vendor', 'network']

const refusal = (status: number, body: string, headers: Record<string, string> = {}): Refusal => ({
  status,
  body,
  header: (name) => headers[name],
  now: NOON,
})

const BODIES = [
  '',
  'null',
  '[]',
  '{}',
  '"x"',
  '{',
  '<html>',
  '{"error":null}',
  '{"error":[]}',
  '{"error":{"message":7,"code":[],"type":{}}}',
  '\0',
  '{"error":"text"}',
]

/** @param provider under test */
export function providerContract(provider: Provider): void {
  describe(`the provider ${provider.id}`, () => {
    test('names itself, its address and its endpoints as paths', () => {
      expect(provider.id).toMatch(/^[a-z0-9][a-z0-9._-]*$/)
      expect(provider.label).toMatch(/\w/)
      const url = new URL(provider.baseUrl)
      expect([url.username, url.password, url.search, url.hash]).toEqual(['', '', '', ''])
      expect(provider.baseUrl.endsWith('/')).toBe(false)
      if (url.protocol !== 'https:') expect(url.hostname).toBe('127.0.0.1')
      for (const path of [...Object.values(provider.endpoints), provider.probePath ?? '/'])
        expect(path).toMatch(/^\/[\w/.?=-]*$/)
      expect(Object.keys(provider.endpoints).length).toBeGreaterThan(0)
    })

    test('passes what every plugin must pass before it is used', () => {
      expect(complaintAboutProvider(provider)).toBeUndefined()
    })

    test('reads its secret from variables that a shell can hold', () => {
      for (const name of provider.env) expect(name).toMatch(/^[A-Z][A-Z0-9_]*$/)
      expect(new Set(provider.env).size).toBe(provider.env.length)
    })

    test.each(['api_key', 'token', 'oauth'] as const)(
      'signs with a secret of kind %s in a header and nowhere else',
      (kind) => {
        const signature = provider.sign(kind, new Secret('canary-secret-1234'))
        expect(signature.length % 2).toBe(0)
        expect(signature.filter((part) => part.includes('canary'))).toHaveLength(1)
        for (let at = 0; at < signature.length; at += 2) {
          expect(signature[at]).toMatch(/^[a-z0-9-]+$/)
          expect(signature[at]).not.toContain('canary')
          expect(signature[at + 1]).toMatch(/^[\x20-\x7e]+$/)
        }
        expect(signature).not.toContain('user-agent')
      },
    )

    test('judges any status and body, and says it in one short safe line', () => {
      for (let status = 300; status < 600; status++) {
        for (const body of status % 50 === 0 || status === 401 || status === 429 ? BODIES : ['{}']) {
          const failure = provider.classify(refusal(status, body))
          expect(CLASSES).toContain(failure.class)
          expect(SCOPES).toContain(failure.scope)
          expect(failure.status).toBe(status)
          expect(failure.detail.length).toBeLessThan(300)
        }
      }
    })

    test('blames the account for a refused key and a rate limit, the vendor for its own trouble, the request for its form', () => {
      const verdict = (status: number): string[] => {
        const { class: cls, scope } = provider.classify(refusal(status, '{}'))
        return [cls, scope]
      }
      expect(verdict(401)).toEqual(['auth', 'account'])
      expect(verdict(402)).toEqual(['billing', 'account'])
      expect(verdict(403)).toEqual(['permission', 'account'])
      expect(verdict(429)).toEqual(['rate_limit', 'account'])
      expect(verdict(500)).toEqual(['server', 'vendor'])
      expect(verdict(502)).toEqual(['server', 'vendor'])
      expect(verdict(503)).toEqual(['overloaded', 'vendor'])
      expect(verdict(529)).toEqual(['overloaded', 'vendor'])
      expect(verdict(307)).toEqual(['server', 'vendor'])
      expect(verdict(400)).toEqual(['format', 'request'])
      expect(verdict(404)).toEqual(['model_not_found', 'model'])
    })

    test('never blames the request for a 402 or a 429: the next account is asked before the words are read', () => {
      const words = ['context_length_exceeded', 'model_not_found', 'invalid_request_error', 'prompt is too long']
      const bodies = words.map((word) => JSON.stringify({ error: { code: word, type: word, message: word } }))
      for (const status of [402, 429]) {
        expect(isAboutAccount(status)).toBe(true)
        for (const body of [...BODIES, ...bodies]) {
          expect(isWorthNextProfile(provider.classify(refusal(status, body)))).toBe(true)
        }
      }
    })

    test('is the same at the same moment, and takes the hint of the vendor', () => {
      const limited = refusal(429, '{}', { 'retry-after': '30' })
      expect(provider.classify(limited)).toEqual(provider.classify(limited))
      expect(provider.classify(limited).retryAt).toBe(NOON + 30_000)
    })

    test('lets no control character of the vendor through', () => {
      const body = JSON.stringify({
        error: { message: 'a\u001b[31m\r\n\u202e\u0000b', code: 'x\u001b\n', type: '\u0007' },
      })
      for (const status of [400, 401, 418, 429, 500]) {
        const { detail, code = '' } = provider.classify(refusal(status, body))
        expect(detail + code).not.toMatch(/\p{C}/u)
      }
    })

    test('has a complaint, if any, that does not repeat the secret', () => {
      for (const kind of ['api_key', 'token'] as const) {
        for (const text of [
          'sk-ant-api03-canarycanary',
          'sk-ant-oat01-canarycanary',
          'sk-or-v1-canarycanary',
          'canarycanarycanary',
        ]) {
          const complaint = provider.complain(kind, text)
          if (complaint === undefined) continue
          expect(complaint.message).toMatch(/^[A-Z].*\.$/)
          expect(complaint.message).not.toContain('canary')
        }
      }
    })

    test('counts nothing in an answer that says nothing of usage', () => {
      for (const endpoint of Object.keys(provider.endpoints) as (keyof typeof provider.endpoints)[]) {
        for (const streaming of [true, false]) {
          const reader = provider.readUsage(endpoint, streaming)
          for (const chunk of ['data: {"a":1}\n\n', '{"usage":', '"usage": null\n', 'data: {"usage":null}\n\n'])
            reader.push(Buffer.from(chunk))
          expect(reader.usage()).toEqual({ input: 0, output: 0, cacheRead: 0, cacheWrite: 0 })
        }
      }
    })
  })
}
