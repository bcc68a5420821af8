// Log lines: one per event, without secrets, and harmless to whoever reads them.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import { createLog, type Log } from '../../src/system/log.ts'
import { NOON } from '../support/machine.ts'
import { holds } from '../support/seeds.ts'

function logger(level: 'debug' | 'warn' | 'silent' = 'debug'): { log: Log; lines: string[] } {
  const lines: string[] = []
  return { lines, log: createLog({ now: () => NOON, level, write: (line) => lines.push(line) }) }
}

test.each([
  'sk-ant-api03-aaaaaaaaaaaaaaaaaaaaaaaa',
  'sk-ant-oat01-aaaaaaaaaaaaaaaaaaaaaaaa',
  'sk-proj-aaaaaaaaaaaaaaaa',
  'sk-or-v1-aaaaaaaaaaaaaaaa',
  'gsk_aaaaaaaaaaaaaaaa',
  'xai-aaaaaaaaaaaaaaaa',
  'hf_aaaaaaaaaaaaaaaa',
  'AIzaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
  'ghu_aaaaaaaaaaaaaaaaaaaa',
  'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln',
])('a secret by its shape is not written: %s', (secret) => {
  const { log, lines } = logger()
  log.error(`refused ${secret}!`, { header: `Authorization: Bearer ${secret}`, url: `https://h/?key=${secret}&x` })
  expect(lines.join('')).not.toContain(secret.slice(0, 16))
  expect(lines.join('')).not.toContain('aaaaaaaa')
})

test('a secret that was made known is not written, whatever its shape and wherever it stands', async () => {
  await holds(
    fc.property(
      fc.string({ minLength: 8, maxLength: 60 }),
      fc.string(),
      fc.string({ maxLength: 700 }),
      (raw, before, after) => {
        const { log } = logger()
        log.hide(new Secret(raw))
        fc.pre(!'[secret]'.includes(raw))
        expect(log.scrub(`${before}${raw}${after}`)).toContain('[secret]')
        expect(log.scrub(`x ${raw} y`)).not.toContain(` ${raw} `)
      },
    ),
    5000,
  )
})

test('a secret at the edge of a cut field is not written in part', () => {
  const { log, lines } = logger()
  const raw = 'plainsecretwithoutanyshape'
  log.hide(new Secret(raw))
  for (let at = 480; at < 520; at++) log.info('x'.repeat(at) + raw)
  expect(lines.join('')).not.toContain('plainsecret')
})

const NASTY = [
  'a\r\nb',
  '\u001b[31mred\u001b[0m',
  '\u202Eevil\u2066',
  '\u0085\u009b2J',
  '\u2028\u2029',
  '{"level":"error"}\n{"at":1}',
  '\u0000',
  '\u007f',
]

test.each(NASTY)('%j becomes part of one line without control characters', (text) => {
  const { log, lines } = logger()
  log.warn(text, { path: text, profile: text })
  expect(lines).toHaveLength(1)
  const line = lines[0] ?? ''
  expect(line.endsWith('}\n')).toBe(true)
  expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u)
  expect(JSON.parse(line)).toMatchObject({ level: 'warn' })
})

test('a field of 64 kB is cut', () => {
  const { log, lines } = logger()
  log.warn('m'.repeat(65_536), { agent: 'a'.repeat(65_536), count: 7, ok: true, none: null })
  const entry = JSON.parse(lines[0] ?? '') as Record<string, unknown>
  expect(String(entry.message).length).toBeLessThanOrEqual(513)
  expect(String(entry.agent).length).toBeLessThanOrEqual(513)
  expect(entry).toMatchObject({ count: 7, ok: true, none: null, at: new Date(NOON).toISOString() })
})

test('what is below the level is not written', () => {
  const { log, lines } = logger('warn')
  log.debug('a')
  log.info('b')
  log.warn('c')
  log.error('d')
  expect(lines.map((line) => JSON.parse(line).level)).toEqual(['warn', 'error'])
  const silent = logger('silent')
  silent.log.error('e')
  expect(silent.lines).toEqual([])
})
