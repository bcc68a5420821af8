// Ends of streams that are none, and parts that come all at once.
import { describe, expect, test } from 'vitest'
import { dialectOf } from '../../src/dialects/dialects.ts'
import { Gathered } from '../../src/dialects/gather.ts'
import type { Dialect, DialectName, Telling } from '../../src/dialects/neutral.ts'

const dialect = (name: DialectName): Dialect => {
  const found = dialectOf(name)
  if (found === undefined) throw new Error(`no dialect ${name}`)
  return found
}
const events = (...said: object[]): string => said.map((one) => `data: ${JSON.stringify(one)}\n\n`).join('')

function heard(name: DialectName, text: string): Telling[] {
  const told: Telling[] = []
  const reader = dialect(name).reader((telling) => told.push(telling))
  for (const byte of Buffer.from(text)) reader.push(Uint8Array.of(byte))
  reader.close()
  return told
}

/** How each dialect begins, and how it ends for a reason. */
const STOPPING: readonly [DialectName, string, (reason: string) => string, (reason: string) => object][] = [
  [
    'messages',
    events(
      { type: 'message_start', message: { id: 'm', model: 'x', usage: {} } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: 'Well' } },
    ),
    (reason) => events({ type: 'message_delta', delta: { stop_reason: reason }, usage: {} }, { type: 'message_stop' }),
    (reason) => ({ type: 'message', id: 'm', model: 'x', content: [], stop_reason: reason }),
  ],
  [
    'chat_completions',
    events({ id: 'c', model: 'x', choices: [{ delta: { content: 'Well' } }] }),
    (reason) => `${events({ id: 'c', choices: [{ delta: {}, finish_reason: reason }] })}data: [DONE]\n\n`,
    (reason) => ({ id: 'c', choices: [{ message: { content: 'Well' }, finish_reason: reason }] }),
  ],
  [
    'responses',
    events(
      { type: 'response.created', response: { id: 'r', model: 'x' } },
      { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'Well' },
    ),
    (reason) => events({ type: 'response.incomplete', response: { incomplete_details: { reason } } }),
    (reason) => ({ id: 'r', output: [], status: 'incomplete', incomplete_details: { reason } }),
  ],
  [
    'generate_content',
    events({ candidates: [{ content: { parts: [{ text: 'Well' }] } }] }),
    (reason) => events({ candidates: [{ finishReason: reason }] }),
    (reason) => ({ candidates: [{ content: { parts: [] }, finishReason: reason }] }),
  ],
]

describe.each(STOPPING)('%s', (name, begin, stop, whole) => {
  test('a stop that nobody knows is a fault, streamed and whole', () => {
    expect(heard(name, begin + stop('out_of_patience')).at(-1)).toMatchObject({
      is: 'fault',
      fault: { status: 502, message: expect.stringContaining('out_of_patience') },
    })
    expect(() => dialect(name).readAnswer(whole('out_of_patience'))).toThrow(/gave up: out_of_patience/)
  })

  test('an error in plain JSON behind a part of the answer is the error that it is', () => {
    const error = { error: { code: 503, type: 'overloaded_error', message: 'Too many people', status: 'UNAVAILABLE' } }
    for (const json of [JSON.stringify(error), JSON.stringify(error, null, 2)]) {
      expect(heard(name, begin + json).at(-1)).toMatchObject({ is: 'fault', fault: { message: 'Too many people' } })
    }
  })

  test('what ends before it stops has broken off, and words of a proxy change nothing', () => {
    for (const stray of ['', ': ping\n\n', '{"nonsense":1}', '[1]', '"error"', 'retry: 3\n\n']) {
      expect(heard(name, begin + stray).at(-1)).toEqual({
        is: 'fault',
        fault: { status: 502, message: 'The vendor broke off the answer.' },
      })
    }
  })
})

test.each([
  ['model_length', 'length'],
  ['sensitive', 'refusal'],
  ['end_turn', 'end'],
  ['eos_token', 'end'],
])('who speaks Chat Completions may call a stop %s', (reason, stop) => {
  const [, [, begin, end]] = STOPPING as readonly [unknown, (typeof STOPPING)[number]]
  expect(heard('chat_completions', begin + end(reason))).toContainEqual({ is: 'stop', stop })
})

test('a call whose input is nested without end breaks the answer off, and nothing else', () => {
  const deep = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`
  const block = `{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"a","name":"f","input":${deep}}}`
  expect(heard('messages', `data: ${block}\n\n`).at(-1)).toMatchObject({
    fault: { message: expect.stringContaining('nested too deeply') },
  })
})

describe('calls in parallel, mixed as they come', () => {
  const piece = (index: number, more: object): object => ({
    choices: [{ delta: { tool_calls: [{ index, ...more }] } }],
  })
  const begun = (index: number): object =>
    piece(index, { id: `call_long_${index}`, function: { name: `f${index}`, arguments: '' } })
  const more = (index: number, text: string): object => piece(index, { function: { arguments: text } })
  const stream = events(
    { id: 'c', model: 'x', choices: [{ delta: { content: 'Well' } }] },
    ...[begun(0), begun(1), more(1, '{"b"'), more(0, '{"a"'), begun(2), more(0, ':1}'), more(2, '{}'), more(1, ':2}')],
    { choices: [{ delta: {}, finish_reason: 'tool_calls' }] },
  )

  test('are blocks one after the other in Messages', () => {
    const write = dialect('messages').writer({ at: 1, wantsUsage: true })
    let text = ''
    const reader = dialect('chat_completions').reader((telling) => {
      text += write(telling)
    })
    reader.push(Buffer.from(stream))
    reader.close()
    const said = text
      .split('\n\n')
      .flatMap((event) => (event === '' ? [] : [JSON.parse(event.slice(event.indexOf('data: ') + 6))]))
    const blocks = said.filter(({ type }) => type.startsWith('content_block'))
    let open: number | undefined
    for (const { type, index } of blocks) {
      if (type === 'content_block_start') expect(open).toBeUndefined()
      else expect(index).toBe(open)
      open = type === 'content_block_stop' ? undefined : index
    }
    expect(open).toBeUndefined()
    // What comes of the part that is open is told at once.
    expect(blocks.filter(({ index }) => index === 1).length).toBeGreaterThan(3)
    const gathered = new Gathered()
    const again = dialect('messages').reader((telling) => gathered.take(telling))
    again.push(Buffer.from(text))
    again.close()
    expect(gathered.answer()?.parts).toEqual([
      { kind: 'text', text: 'Well' },
      { kind: 'call', id: 'call_long_0', name: 'f0', input: '{"a":1}' },
      { kind: 'call', id: 'call_long_1', name: 'f1', input: '{"b":2}' },
      { kind: 'call', id: 'call_long_2', name: 'f2', input: '{}' },
    ])
  })
})

test('counts are never below nothing', () => {
  const usage = { input: 1, output: 3, cacheRead: 0, cacheWrite: 0, reasoning: 9 }
  const answered = { id: 'a', model: 'm', parts: [], stop: 'end', usage } as const
  for (const name of ['messages', 'chat_completions', 'responses', 'generate_content'] as const)
    expect(JSON.stringify(dialect(name).writeAnswer(answered, { at: 1, wantsUsage: true }))).not.toMatch(/:-\d/)
})
