// Which conversation a body belongs to: the same in every turn of it, another one for everybody else.
import { describe, expect, test } from 'vitest'
import { type Conversation, conversationOf } from '../../src/core/conversation.ts'
import { BodyScan } from '../../src/core/scan.ts'

type Options = { endpoint?: string; header?: string; pieceBytes?: number; seed?: number }

function read(body: object, options: Options = {}): Conversation | undefined {
  const bytes = Buffer.from(JSON.stringify(body))
  const scan = new BodyScan()
  const pieces: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += options.pieceBytes ?? bytes.length) {
    pieces.push(bytes.subarray(at, at + (options.pieceBytes ?? bytes.length)))
  }
  for (const piece of pieces) scan.push(piece)
  expect(scan.end().sure).toBe(true)
  const { endpoint = 'messages', header, seed = 7 } = options
  return conversationOf({ endpoint, header, places: scan.places, pieces }, seed)
}

const keyOf = (body: object, options?: Options): number | undefined => read(body, options)?.key

type Turn = { role: string; content: unknown }
const said = (...texts: string[]): Turn[] =>
  texts.map((content, at) => ({ role: at % 2 === 0 ? 'user' : 'assistant', content }))

const messages = (turns: readonly Turn[], more: object = {}): object => ({ model: 'a/b', ...more, messages: turns })

describe('conversationOf', () => {
  test('the prompt begins alike in every turn of a conversation, and otherwise in another one', () => {
    const first = keyOf(messages(said('How do you do?'), { system: 'Be kind.' }))
    expect(first).toBeDefined()
    const later = said('How do you do?', 'Well.', 'And now?')
    expect(keyOf(messages(later, { system: 'Be kind.' }))).toBe(first)
    expect(keyOf(messages(later, { system: 'Be kind.', max_tokens: 9 }))).toBe(first)
    expect(keyOf(messages(said('How do you fare?'), { system: 'Be kind.' }))).not.toBe(first)
    expect(keyOf(messages(said('How do you do?'), { system: 'Be rude.' }))).not.toBe(first)
    expect(keyOf(messages(said('How do you do?')))).not.toBe(first)
  })

  test("in Google's dialect, too, whose words for that are others", () => {
    const google = { endpoint: 'generate_content' }
    const contents = (...texts: string[]): object[] =>
      texts.map((text, at) => ({ role: at % 2 === 0 ? 'user' : 'model', parts: [{ text }] }))
    const systemInstruction = { parts: [{ text: 'Be kind.' }] }
    const first = keyOf({ contents: contents('How do you do?'), systemInstruction }, google)
    expect(first).toBeDefined()
    expect(keyOf({ systemInstruction, contents: contents('How do you do?', 'Well.', 'And now?') }, google)).toBe(first)
    expect(keyOf({ systemInstruction, contents: contents('How do you fare?') }, google)).not.toBe(first)
    expect(keyOf({ contents: contents('How do you do?') }, google)).not.toBe(first)
  })

  test('a mark of the cache that moves on, and the shape it needs, change nothing', () => {
    const first = keyOf(
      messages([
        {
          role: 'user',
          content: [{ type: 'text', text: 'Hello "you"', cache_control: { type: 'ephemeral', ttl: '1h' } }],
        },
      ]),
    )
    expect(keyOf(messages(said('Hello "you"', 'Yes?', 'Well')))).toBe(first)
  })

  test('it does not matter where the pieces of the body were cut', () => {
    const body = messages(said('x'.repeat(700), 'Yes?', 'On.'), { system: 'You are a clerk. '.repeat(90) })
    const whole = read(body)
    for (const pieceBytes of [1, 2, 7, 61, 64, 1000, 1500]) expect(read(body, { pieceBytes })).toEqual(whole)
    const named = { ...body, metadata: { user_id: 'somebody' } }
    for (const pieceBytes of [1, 3, 40]) expect(read(named, { pieceBytes })).toEqual(read(named))
  })

  test('what a long system prompt says at its end may change from turn to turn', () => {
    const system = (end: string): string => 'You are a clerk. '.repeat(90) + end
    const first = keyOf(messages(said('Hello'), { system: system('It is nine.') }))
    expect(keyOf(messages(said('Hello', 'Yes?', 'Well'), { system: system('It is ten o\u2019clock.') }))).toBe(first)
    const inList = (end: string): object => messages([{ role: 'system', content: system(end) }, ...said('Hello')])
    expect(keyOf(inList('It is nine.'), { endpoint: 'chat_completions' })).toBe(
      keyOf(inList('It is ten o\u2019clock.'), { endpoint: 'chat_completions' }),
    )
  })

  test('the first thing a person says tells conversations apart behind the same long system prompt, and a long one by its end', () => {
    const behind = (text: string): number | undefined =>
      keyOf(messages([{ role: 'system', content: 'Rule. '.repeat(5000) }, ...said(text)]), {
        endpoint: 'chat_completions',
      })
    expect(behind('Mend the roof')).not.toBe(behind('Mend the door'))
    expect(behind(`${'context '.repeat(500)}roof`)).not.toBe(behind(`${'context '.repeat(500)}door`))
  })

  test('a first message of many kilobytes is looked at so far only', () => {
    const long = (end: string): Turn[] => said('word '.repeat(5000) + end, 'Yes?', 'On.')
    expect(keyOf(messages(long('')))).toBe(keyOf(messages(long('').slice(0, 1))))
    expect(keyOf(messages(long('')))).toBeDefined()
  })

  test('the dialect of Responses: a text, items, and instructions', () => {
    const at = { endpoint: 'responses' }
    const first = keyOf({ model: 'a/b', instructions: 'Be kind.', input: 'Hello' }, at)
    const items = (...texts: string[]): object[] =>
      said(...texts).map(({ role, content }) => ({ role, content: [{ type: 'input_text', text: content }] }))
    expect(keyOf({ model: 'a/b', instructions: 'Be kind.', input: items('Hello', 'Yes?', 'On') }, at)).toBe(first)
    expect(keyOf({ model: 'a/b', instructions: 'Be rude.', input: 'Hello' }, at)).not.toBe(first)
    // What follows an answer that the vendor keeps does not show how its conversation began.
    expect(read({ model: 'a/b', previous_response_id: 'resp_1', input: 'And now?' }, at)).toBeUndefined()
  })

  test('who is named counts before how the prompt begins, and the header before everybody', () => {
    const turns = messages(said('Hello'))
    const other = messages(said('Something else'))
    const user = { metadata: { user_id: 'user_1_session_2' } }
    expect(keyOf({ ...turns, ...user })).toBe(keyOf({ ...other, ...user }))
    expect(keyOf({ ...turns, ...user })).not.toBe(keyOf({ ...turns, metadata: { user_id: 'user_1_session_3' } }))
    expect(keyOf({ ...turns, ...user }, { header: 'h' })).toBe(keyOf(other, { header: 'h' }))
    expect(keyOf(turns, { header: 'h' })).not.toBe(keyOf(turns, { header: 'i' }))
    const at = { endpoint: 'chat_completions' }
    expect(keyOf({ ...turns, user: 'u' }, at)).toBe(keyOf({ ...other, user: 'u' }, at))
    expect(keyOf({ ...turns, user: 'u', prompt_cache_key: 'k' }, at)).toBe(
      keyOf({ ...other, prompt_cache_key: 'k' }, at),
    )
    expect(keyOf({ ...turns, user: 'k' }, at)).not.toBe(keyOf({ ...turns, prompt_cache_key: 'k' }, at))
    // OpenAI's metadata is anything; the name of Anthropic's is not read there, nor the other way round.
    expect(keyOf({ ...turns, ...user }, at)).toBe(keyOf(turns, at))
    expect(keyOf({ ...turns, user: 'u' })).toBe(keyOf(turns))
  })

  test('an empty name is none', () => {
    const turns = messages(said('Hello'))
    const at = { endpoint: 'chat_completions' }
    const plain = keyOf(turns)
    expect(keyOf({ ...turns, metadata: { user_id: '' } })).toBe(plain)
    expect(keyOf({ ...turns, metadata: { user_id: null, other: 'x' } })).toBe(plain)
    expect(keyOf({ ...turns, metadata: {} })).toBe(plain)
    expect(keyOf({ ...turns, user: '', prompt_cache_key: null }, at)).toBe(keyOf(turns, at))
    expect(keyOf(turns, { header: '' })).toBe(plain)
  })

  test('without anything that could be recognised there is no conversation, and counting is none', () => {
    expect(read(messages([]))).toBeUndefined()
    expect(read({ model: 'a/b' })).toBeUndefined()
    expect(read(messages([{ role: 'user', content: [{ type: 'image' }] }]))).toBeUndefined()
    expect(read(messages(said('Hello')), { endpoint: 'count_tokens', header: 'h' })).toBeUndefined()
  })

  test('what is kept cannot be found by trying names: it is of this process', () => {
    const body = { ...messages(said('Hello')), metadata: { user_id: 'somebody' } }
    expect(read(body, { seed: 1 })).not.toEqual(read(body, { seed: 2 }))
  })

  test('ten thousand conversations are ten thousand keys', () => {
    const keys = new Set<number | undefined>()
    for (let at = 0; at < 10_000; at++) keys.add(keyOf(messages(said(`Number ${at}`))))
    expect(keys.size).toBe(10_000)
  })
})
