// What people paste: repaired where it is plain what was meant, refused with a reason where it is not.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { unwrapPaste } from '../../src/core/paste.ts'
import { holds } from '../support/seeds.ts'

const KEY = 'sk-ant-api03-AbC_d-efGHijklMNopqrSTuvwxYZ0123456789'
const half = [KEY.slice(0, 30), KEY.slice(30)]

test.each<[string, string]>([
  ['as it is', KEY],
  ['with white space around it', `  \t${KEY}\r\n`],
  ['in double quotes', `"${KEY}"`],
  ['in single quotes', `'${KEY}'`],
  ['in typographic quotes', `“${KEY}”`],
  ['in backticks', `\`${KEY}\``],
  ['as an assignment', `ANTHROPIC_API_KEY=${KEY}`],
  ['as an exported assignment', `export ANTHROPIC_API_KEY=${KEY}`],
  ['as an exported, quoted assignment with a semicolon', `export ANTHROPIC_API_KEY="${KEY}";`],
  ['as PowerShell writes it', `$env:ANTHROPIC_API_KEY = '${KEY}'`],
  ['as cmd writes it', `set ANTHROPIC_API_KEY=${KEY}`],
  ['as a bearer', `Bearer ${KEY}`],
  ['as a header', `Authorization: Bearer ${KEY}`],
  ['as the header of Anthropic', `x-api-key: ${KEY}`],
  ['behind a byte order mark', `\uFEFF${KEY}`],
  ['with zero-width characters inside', `sk-ant-\u200b${KEY.slice(7)}`],
  ['wrapped by the terminal', half.join('\n')],
  ['wrapped and indented', half.join('\r\n    ')],
  ['wrapped with an empty line at the end', `${half.join('\n')}\n\n`],
])('a key pasted %s is found', (_how, text) => {
  expect(unwrapPaste(text)).toEqual({ secret: KEY })
})

test.each<[string, string]>([
  ['c2VjcmV0LXZhbHVlLW9mLWE=', 'c2VjcmV0LXZhbHVlLW9mLWE='],
  ['c2VjcmV0LXZhbHVlLW9mLQ==', 'c2VjcmV0LXZhbHVlLW9mLQ=='],
  ['MISTRAL_API_KEY=c2VjcmV0LXZhbHVlLQ==', 'c2VjcmV0LXZhbHVlLQ=='],
])('the padding of Base64 belongs to the secret: %s', (text, secret) => {
  expect(unwrapPaste(text)).toEqual({ secret })
})

test.each<[string, string, RegExp]>([
  ['nothing', '', /nothing/],
  ['white space', ' \n\t ', /nothing/],
  ['a name without a value', 'ANTHROPIC_API_KEY=', /nothing behind the name/],
  ['prose', 'here is my key, have fun', /spaces/],
  ['a shell line', `curl -H "x-api-key: ${KEY}"`, /spaces/],
  ['JSON', `{"apiKey":"${KEY}"}`, /quotes, brackets/],
  ['an address', `https://console.example/keys/${KEY}`, /address/],
  ['a masked value with dots', 'sk-ant-api03-...6789', /masked/],
  ['a masked value with an ellipsis', 'sk-ant-api…6789', /masked|characters/],
  ['a masked value with stars', 'sk-ant-****************', /masked/],
  ['a masked value with bullets', 'sk-ant-••••••••', /masked|characters/],
  ['a redacted value', '__OPENCLAW_REDACTED__', /masked/],
  ['something short', 'sk-1', /short/],
  ['letters no key has', `${KEY}é`, /characters that no key has/],
  ['a control character', `${KEY}\u0007`, /characters that no key has/],
  ['two keys', `${KEY}\n${KEY.slice(0, -3)}xyz`, /more than one/],
  ['keys of two vendors', `${KEY}\nsk-proj-0123456789abcdef`, /more than one/],
  ['what a cancelled prompt of the reference wrote', 'Symbol(clack:cancel)', /brackets/],
  ['two assignments', `A_KEY=${KEY}\nB_KEY=abcdefghijklmnop`, /more than one/],
  ['a whole file', 'k'.repeat(9000), /at most/],
  ['a huge file', 'k'.repeat(90_000), /at most/],
])('%s is refused', (_what, text, why) => {
  const result = unwrapPaste(text)
  expect('complaint' in result && result.complaint).toMatch(why)
  if (text.trim().length > 9) expect(JSON.stringify(result)).not.toContain(text.trim().slice(0, 10))
})

test('a complaint never repeats what was pasted', async () => {
  await holds(
    fc.property(fc.string({ minLength: 12, maxLength: 60 }), (text) => {
      const result = unwrapPaste(text)
      if ('complaint' in result) expect(result.complaint).not.toContain(text.trim().length < 12 ? '\0' : text.trim())
    }),
    5000,
  )
})

test('every secret of letters a key has comes back unchanged, however it is dressed', async () => {
  const letters = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.')
  const keys = fc
    .array(letters, { minLength: 20, maxLength: 120 })
    .map((parts) => parts.join(''))
    .filter((key) => !key.includes('...') && !/redacted/i.test(key))
  const dresses = fc.constantFrom<(key: string) => string>(
    (key) => key,
    (key) => `export SOME_KEY="${key}"`,
    (key) => `Bearer ${key}\n`,
    (key) => `'${key}'`,
    (key) => `${key.slice(0, 17)}\n  ${key.slice(17)}`,
  )
  await holds(
    fc.property(keys, dresses, (key, dress) => {
      fc.pre(!key.slice(17).startsWith(key.slice(0, 6)) && !/^(?:sk-(?:ant|proj|or)-|gsk_|xai-)/.test(key.slice(17)))
      expect(unwrapPaste(dress(key))).toEqual({ secret: key })
    }),
    5000,
  )
})
