// The scanner against the parser: whatever the body, and wherever its pieces are cut.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BodyScan, type Scanned } from '../../src/core/scan.ts'

function scan(text: string, cuts: readonly number[] = []): Scanned {
  const bytes = Buffer.from(text)
  const places = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  const body = new BodyScan()
  let from = 0
  for (const to of places) {
    body.push(bytes.subarray(from, to))
    from = to
  }
  return body.end()
}

const sure = (text: string): Extract<Scanned, { sure: true }> => {
  const found = scan(text)
  if (!found.sure) throw new Error(`not sure about ${text}`)
  return found
}

/** Values full of what could mislead: quotes, backslashes, brackets, our own keys deeper down. */
const nasty = fc.constantFrom(
  '"',
  '\\',
  '\\"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  'model',
  'stream',
  '"model":"x"',
  '\u{1f600}',
  ' ',
)
const text = fc.oneof(
  fc.string(),
  fc.array(nasty, { maxLength: 8 }).map((parts) => parts.join('')),
)
const value = fc.letrec((tie) => ({
  any: fc.oneof({ depthSize: 'small' }, text, fc.double(), fc.boolean(), fc.constant(null), tie('list'), tie('object')),
  list: fc.array(tie('any'), { maxLength: 4 }),
  object: fc.dictionary(fc.oneof(text, fc.constantFrom('model', 'stream')), tie('any'), { maxKeys: 4 }),
})).any
const body = fc.record(
  { messages: value, model: fc.oneof(text, value), stream: fc.oneof(fc.boolean(), value), extra: value },
  { requiredKeys: [] },
)
const order = fc.shuffledSubarray(['messages', 'model', 'stream', 'extra'], { minLength: 4 })

describe('BodyScan', () => {
  test('agrees with JSON.parse on every object, however written and cut', () => {
    fc.assert(
      fc.property(
        body,
        order,
        fc.constantFrom(undefined, 1, '\t'),
        fc.array(fc.nat(), { maxLength: 6 }),
        (object, keys, space, cuts) => {
          const ordered = Object.fromEntries(
            keys
              .filter((name) => Object.hasOwn(object, name))
              .map((name) => [name, object[name as keyof typeof object]]),
          )
          const written = JSON.stringify(ordered, undefined, space)
          const bytes = Buffer.from(written)
          const found = scan(written, cuts)
          const parsed = JSON.parse(written)
          if (!found.sure) {
            // Only a model that is not plain text may leave it in doubt.
            expect(typeof parsed.model === 'string' && !/^[\x20-\x7e]{0,500}$/.test(parsed.model)).toBe(true)
            return
          }
          expect(found.stream).toBe(parsed.stream === true)
          expect(found.model?.value).toEqual(typeof parsed.model === 'string' ? parsed.model : undefined)
          if (found.model !== undefined) {
            const { start, end } = found.model
            expect(JSON.parse(bytes.subarray(start, end).toString())).toBe(parsed.model)
          }
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('says that it is not sure where the top level is broken', () => {
    for (const broken of [
      '',
      ' ',
      '[]',
      'null',
      '"model"',
      '{',
      '{"model"',
      '{"model":',
      '{"model":"a',
      '{"model":"a"',
      '{"model":"a",}',
      '{,"model":"a"}',
      '{"model" "a"}',
      "{'model':'a'}",
      '{model:"a"}',
      '{"model":"a"}}',
      '{"model":"a"} x',
      '{"n":01,"model":"a"}',
      '{"n":tru,"model":"a"}',
      '{"n":,"model":"a"}',
      '{"n":[1,"model":"a"}',
      '\u{feff}{"model":"a"}',
    ]) {
      expect(scan(broken), broken).toEqual({ sure: false })
    }
  })

  test('leaves a key that stands twice, or in disguise, to the parser', () => {
    expect(scan('{"model":"a","model":"b"}')).toEqual({ sure: false })
    expect(scan('{"model":"a","model":1}')).toEqual({ sure: false })
    expect(scan('{"stream":true,"stream":false}')).toEqual({ sure: false })
    expect(scan('{"model":"a","\\u006dodel":"b"}')).toEqual({ sure: false })
    expect(scan('{"str\\u0065am":true,"model":"a"}')).toEqual({ sure: false })
  })

  test('reads an escaped slash, as some languages write it', () => {
    const found = sure('{"model":"anthropic\\/claude"}')
    expect(found.model).toEqual({ value: 'anthropic/claude', start: 9, end: 28 })
  })

  test('is not misled by the same words deeper down or in text', () => {
    expect(sure('{"a":{"model":"no","stream":true},"b":"\\"model\\":\\"no\\"","model":"yes"}')).toMatchObject({
      stream: false,
      model: { value: 'yes' },
    })
  })

  test('knows where the values stand that tell conversations apart, wherever it is cut', () => {
    const text =
      '{"user":"\\"u","n":{"user":1}, "messages" : [ {"a":[{}]} ,"t", {"b":"]"} ],"system":[],"metadata":{"user_id":"x"}}'
    const bytes = Buffer.from(text)
    for (const size of [1, 3, 10, bytes.length]) {
      const body = new BodyScan()
      for (let at = 0; at < bytes.length; at += size) body.push(bytes.subarray(at, at + size))
      expect(body.end().sure).toBe(true)
      const { user, messages, system, metadata, input } = body.places
      const at = (place: { start: number; end: number } | undefined): string => text.slice(place?.start, place?.end)
      expect(at(user)).toBe('"\\"u"')
      expect(at(messages)).toBe('[ {"a":[{}]} ,"t", {"b":"]"} ]')
      expect(messages?.items.map((end) => text.slice(end - 2, end))).toEqual([']}', '"}'])
      expect(at(system)).toBe('[]')
      expect(at(metadata)).toBe('{"user_id":"x"}')
      expect(input).toBeUndefined()
    }
  })

  test('an object without a model is sound all the same', () => {
    expect(scan('{}')).toEqual({ sure: true, stream: false })
    expect(scan('{"model":null,"stream":"true"}')).toEqual({ sure: true, stream: false })
  })
})
