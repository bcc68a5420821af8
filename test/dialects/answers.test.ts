// Answers, whole and streamed: what a dialect can say survives being written and read again, wherever the bytes are cut.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dialectOf } from '../../src/dialects/dialects.ts'
import { Gathered, tellAll } from '../../src/dialects/gather.ts'
import type { Answered, AssistantPart, Dialect, DialectName, Telling } from '../../src/dialects/neutral.ts'

const NAMES: readonly DialectName[] = ['messages', 'chat_completions']
const STAMP = { at: 1_700_000_000, wantsUsage: true }

const dialect = (name: string): Dialect => {
  const found = dialectOf(name)
  if (found === undefined) throw new Error(`no dialect ${name}`)
  return found
}

const words = fc.string({ minLength: 1, maxLength: 30, unit: 'binary' })
const input = fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 })
const count = fc.nat({ max: 1_000_000 })

/** An answer that the dialect can tell whole: thoughts, then words, then calls. */
const answers = (by: DialectName): fc.Arbitrary<Answered> =>
  fc
    .record({
      thought: fc.option(fc.record({ text: words, seal: fc.option(words) })),
      said: fc.option(words),
      calls: fc.array(fc.record({ name: fc.stringMatching(/^[a-z]{1,9}$/), input }), { maxLength: 3 }),
      stop: fc.constantFrom('end' as const, 'length' as const, 'refusal' as const),
      usage: fc.record({ input: count, output: count, cacheRead: count, cacheWrite: count, reasoning: count }),
    })
    .map(({ thought, said, calls, stop, usage }) => {
      const parts: AssistantPart[] = []
      if (thought !== null) {
        const seal = thought.seal === null ? {} : { seal: { by, value: thought.seal } }
        parts.push({ kind: 'thinking', text: thought.text, ...seal })
      }
      if (said !== null) parts.push({ kind: 'text', text: said })
      calls.forEach(({ name, input: value }, at) => {
        parts.push({ kind: 'call', id: `call_${at}`, name, input: JSON.stringify(value) })
      })
      const id = by === 'messages' ? 'msg_1' : 'chatcmpl-1'
      return { id, model: 'm', parts, stop: calls.length > 0 ? 'tools' : stop, usage }
    })

/** Reads a stream in pieces of the given sizes. */
function heard({ reader }: Dialect, bytes: Uint8Array, sizes: readonly number[]): Telling[] {
  const told: Telling[] = []
  const stream = reader((telling) => told.push(telling))
  let from = 0
  for (const size of [...sizes, bytes.length]) {
    if (from >= bytes.length) break
    stream.push(bytes.subarray(from, from + size))
    from += size
  }
  stream.close()
  return told
}

function written({ writer }: Dialect, answer: Answered): Buffer {
  const write = writer(STAMP)
  let text = ''
  tellAll(answer, (telling) => {
    text += write(telling)
  })
  return Buffer.from(text)
}

function gathered(told: readonly Telling[]): Answered | undefined {
  const all = new Gathered()
  for (const telling of told) all.take(telling)
  return all.answer()
}

describe.each(NAMES)('%s', (name) => {
  const spoken = dialect(name)

  /** Chat Completions reads no thoughts of its vendors that are sealed: none of them seals any. */
  const readable = (answer: Answered): Answered =>
    name === 'messages'
      ? answer
      : {
          ...answer,
          parts: answer.parts.map((part) => (part.kind === 'thinking' ? { kind: 'thinking', text: part.text } : part)),
        }

  test('a whole answer is the same when it is read again', () => {
    fc.assert(
      fc.property(answers(name), (answer) => {
        const json: unknown = JSON.parse(JSON.stringify(spoken.writeAnswer(answer, STAMP)))
        expect(spoken.readAnswer(json)).toEqual(readable(answer))
      }),
      { numRuns: 80 },
    )
  })

  test('a stream is the same when it is read again, wherever it is cut', () => {
    fc.assert(
      fc.property(answers(name), fc.array(fc.integer({ min: 1, max: 90 }), { maxLength: 30 }), (answer, sizes) => {
        const told = heard(spoken, written(spoken, answer), sizes)
        expect(told.at(-1)).toEqual({ is: 'end' })
        expect(gathered(told)).toEqual(readable(answer))
      }),
      { numRuns: 80 },
    )
  })

  test('events come in their order: nothing of a part that is not open', () => {
    fc.assert(
      fc.property(answers(name), (answer) => {
        const open = new Set<number>()
        let opened = 0
        for (const telling of heard(spoken, written(spoken, answer), [])) {
          if (telling.is === 'open') {
            expect(telling.at).toBe(opened++)
            open.add(telling.at)
          } else if (telling.is === 'piece' || telling.is === 'seal') expect(open.has(telling.at)).toBe(true)
          else if (telling.is === 'close') expect(open.delete(telling.at)).toBe(true)
          else if (telling.is === 'stop') expect(open.size).toBe(0)
        }
      }),
      { numRuns: 30 },
    )
  })

  test('what is not whole is a fault, once, and nothing comes behind it', () => {
    const bytes = written(spoken, {
      id: 'x',
      model: 'm',
      parts: [{ kind: 'text', text: 'Hi' }],
      stop: 'end',
      usage: { input: 1, output: 1, cacheRead: 0, cacheWrite: 0 },
    })
    const text = bytes.toString()
    const cut = heard(spoken, Buffer.from(text.slice(0, text.indexOf('Hi') + 20)), [])
    expect(cut.at(-1)).toMatchObject({ is: 'fault', fault: { status: 502 } })
    const fault = spoken.writer(STAMP)({ is: 'fault', fault: { status: 529, message: 'Busy.' } })
    const told = heard(spoken, Buffer.from(text.slice(0, text.indexOf('\n\n') + 2) + fault + text), [])
    expect(told.at(-1)).toMatchObject({ is: 'fault', fault: { message: 'Busy.' } })
    expect(told.filter(({ is }) => is === 'fault')).toHaveLength(1)
    const endless = heard(spoken, Buffer.alloc(9 * 1024 * 1024, 'data: x'), [])
    expect(endless).toMatchObject([{ is: 'fault', fault: { message: expect.stringContaining('too long') } }])
  })
})

describe('streams as vendors write them', () => {
  const chat = dialect('chat_completions')
  const messages = dialect('messages')
  const chunk = (delta: object, finish: string | null = null): string =>
    `data: ${JSON.stringify({ id: 'c', model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`

  test('calls in parallel, told at once, by number or by id alone; the word at the end may be missing', () => {
    const call = (index: number | undefined, id: string | undefined, text: string) => ({
      tool_calls: [
        {
          ...(index === undefined ? {} : { index }),
          ...(id === undefined ? {} : { id }),
          function: { ...(id === undefined ? {} : { name: 'f' }), arguments: text },
        },
      ],
    })
    const numbered = [call(0, 'a', '{"x":'), call(1, 'b', '{"y"'), call(0, undefined, '1}'), call(1, undefined, ':2}')]
    const named = [call(undefined, 'a', '{"x":'), call(undefined, undefined, '1}'), call(undefined, 'b', '{"y":2}')]
    for (const deltas of [numbered, named]) {
      const text = deltas.map((delta) => chunk(delta)).join('') + chunk({}, 'stop')
      expect(gathered(heard(chat, Buffer.from(text), []))).toMatchObject({
        stop: 'tools',
        parts: [
          { kind: 'call', id: 'a', name: 'f', input: '{"x":1}' },
          { kind: 'call', id: 'b', name: 'f', input: '{"y":2}' },
        ],
      })
    }
  })

  test('thoughts before words, counts in a chunk of their own, line ends of every kind, comments', () => {
    const text = [
      ': OPENROUTER PROCESSING\n\n',
      chunk({ role: 'assistant', content: '' }),
      chunk({ reasoning: 'Hm' }),
      chunk({ reasoning_content: '.' }),
      chunk({ content: 'Hi' }),
      chunk({}, 'length'),
      'data: {"id":"c","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":4}}}\n\n',
      'data: [DONE]\n\n',
    ].join('')
    for (const end of ['\n', '\r\n', '\r']) {
      const bytes = Buffer.from(text.replaceAll('\n', end))
      for (const sizes of [[], Array.from(bytes, () => 1)]) {
        expect(gathered(heard(chat, bytes, sizes))).toMatchObject({
          stop: 'length',
          parts: [
            { kind: 'thinking', text: 'Hm.' },
            { kind: 'text', text: 'Hi' },
          ],
          usage: { input: 5, output: 3, cacheRead: 4, cacheWrite: 0 },
        })
      }
    }
  })

  test('a call of Claude in Chat Completions, and one without arguments', () => {
    const event = (type: string, fields: object): string =>
      `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`
    const use = (index: number, id: string): string =>
      event('content_block_start', { index, content_block: { type: 'tool_use', id, name: 'f', input: {} } })
    const bytes = Buffer.from(
      event('message_start', { message: { id: 'msg_1', model: 'm', usage: { input_tokens: 5, output_tokens: 1 } } }) +
        use(0, 'a') +
        event('content_block_delta', { index: 0, delta: { type: 'input_json_delta', partial_json: '{"x":1}' } }) +
        event('content_block_stop', { index: 0 }) +
        use(1, 'b') +
        event('content_block_delta', { index: 1, delta: { type: 'input_json_delta', partial_json: '' } }) +
        event('content_block_stop', { index: 1 }) +
        event('message_delta', { delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 7 } }) +
        event('message_stop', {}),
    )
    const write = chat.writer(STAMP)
    const said = heard(messages, bytes, []).map(write).join('')
    expect(gathered(heard(chat, Buffer.from(said), []))).toMatchObject({
      stop: 'tools',
      usage: { input: 5, output: 7 },
      parts: [
        { id: 'a', input: '{"x":1}' },
        { id: 'b', input: '{}' },
      ],
    })
  })

  test.each([
    [
      'messages',
      529,
      '{"type":"error","error":{"type":"overloaded_error","message":"Busy."}}',
      { status: 529, message: 'Busy.', code: 'overloaded_error' },
    ],
    [
      'messages',
      0,
      '{"type":"error","error":{"type":"rate_limit_error","message":"Slow."}}',
      { status: 429, message: 'Slow.' },
    ],
    [
      'chat_completions',
      400,
      '{"error":{"message":"No.","code":"bad","param":"x"}}',
      { status: 400, message: 'No.', code: 'bad', param: 'x' },
    ],
    ['chat_completions', 400, '{"error":"No."}', { status: 400, message: 'No.' }],
    ['chat_completions', 502, '<html>', { status: 502, message: 'The vendor refused without a word.' }],
  ] as const)('an error of %s with status %i', (name, status, body, fault) => {
    expect(dialect(name).readFault(status, body)).toMatchObject(fault)
  })
})
