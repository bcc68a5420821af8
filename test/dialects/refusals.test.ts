// What is refused is refused by the name that the client's own dialect has for it; what says nothing is passed over.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dialectOf } from '../../src/dialects/dialects.ts'
import type { Addressed, Asking, Dialect, DialectName } from '../../src/dialects/neutral.ts'
import { Unsayable } from '../../src/dialects/unsayable.ts'

const NAMES: readonly DialectName[] = ['messages', 'chat_completions', 'responses', 'generate_content']
const dialect = (name: DialectName): Dialect => {
  const found = dialectOf(name)
  if (found === undefined) throw new Error(`no dialect ${name}`)
  return found
}
const TO: Readonly<Record<DialectName, Addressed>> = {
  messages: { provider: 'anthropic', model: 'claude-haiku-4-5', isStreaming: false },
  chat_completions: { provider: 'openai', model: 'gpt-5.1', isStreaming: false },
  responses: { provider: 'openai', model: 'gpt-5.1', isStreaming: false },
  generate_content: { provider: 'google', model: 'gemini-3-pro-preview', isStreaming: false },
}

const SCHEMA = { type: 'object', properties: {} }
const FUNCTION = { name: 'f', parameters: SCHEMA }
/** Everything that the dialect can ask for. */
const FULL: Readonly<Record<DialectName, object>> = {
  messages: {
    messages: [{ role: 'user', content: 'Hi' }],
    max_tokens: 9,
    temperature: 1,
    top_p: 1,
    top_k: 1,
    stop_sequences: ['x'],
    tools: [{ name: 'f', input_schema: SCHEMA }],
    tool_choice: { type: 'auto', disable_parallel_tool_use: true },
    thinking: { type: 'enabled', budget_tokens: 1024 },
    output_config: { format: { type: 'json_schema', schema: SCHEMA } },
  },
  chat_completions: {
    messages: [{ role: 'user', content: 'Hi' }],
    max_completion_tokens: 9,
    temperature: 1,
    top_p: 1,
    frequency_penalty: 1,
    presence_penalty: 1,
    seed: 1,
    stop: ['x'],
    tools: [{ type: 'function', function: FUNCTION }],
    tool_choice: 'auto',
    parallel_tool_calls: false,
    reasoning_effort: 'low',
    verbosity: 'low',
    response_format: { type: 'json_object' },
  },
  responses: {
    input: 'Hi',
    max_output_tokens: 9,
    temperature: 1,
    top_p: 1,
    tools: [{ type: 'function', ...FUNCTION }],
    tool_choice: 'auto',
    parallel_tool_calls: false,
    reasoning: { effort: 'low' },
    text: { format: { type: 'json_object' }, verbosity: 'low' },
  },
  generate_content: {
    contents: [{ role: 'user', parts: [{ text: 'Hi' }] }],
    tools: [{ functionDeclarations: [FUNCTION] }],
    toolConfig: { functionCallingConfig: { mode: 'AUTO' } },
    generationConfig: {
      ...{ maxOutputTokens: 9, temperature: 1, topP: 1, topK: 1, frequencyPenalty: 1, presencePenalty: 1, seed: 1 },
      ...{ stopSequences: ['x'], thinkingConfig: { thinkingLevel: 'LOW' }, responseMimeType: 'application/json' },
    },
  },
}
/** What an asking holds that nobody refuses. */
const NEVER = new Set<string>(['isStreaming', 'wantsUsage', 'userId', 'cacheKey'])

describe.each(NAMES)('%s', (name) => {
  const { readRequest, fields } = dialect(name)

  test('has a name for whatever its clients can be refused', () => {
    const asking = readRequest(FULL[name])
    const set = Object.entries(asking).filter(([, value]) => !Array.isArray(value) || value.length > 0)
    const nameless = set.map(([field]) => field).filter((field) => !NEVER.has(field) && !(field in fields))
    expect(nameless).toEqual([])
  })

  test('takes what has no value for what is not there', () => {
    const empty = Object.fromEntries(Object.keys(FULL[name]).map((field) => [field, null]))
    const { turns, tools, stops } = readRequest(empty)
    expect([turns, tools, stops]).toEqual([[], [], []])
  })

  test('refuses whatever else comes by name, and by no other mistake', () => {
    const keys = Object.keys(FULL[name])
    fc.assert(
      fc.property(fc.constantFrom(...keys), fc.jsonValue(), (key, value) => {
        try {
          readRequest({ ...FULL[name], [key]: value })
        } catch (error) {
          expect(error).toBeInstanceOf(Unsayable)
          expect((error as Unsayable).path).toContain(key)
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe("words in the model's mouth", () => {
  const PREFILL = {
    messages: {
      max_tokens: 9,
      messages: [
        { role: 'user', content: 'A poem' },
        { role: 'assistant', content: 'Roses' },
      ],
    },
    generate_content: {
      contents: [
        { role: 'user', parts: [{ text: 'A poem' }] },
        { role: 'model', parts: [{ text: 'Roses' }] },
      ],
    },
  }
  test.each([
    ['messages', 'chat_completions', 'messages'],
    ['messages', 'responses', 'messages'],
    ['messages', 'generate_content', 'messages'],
    ['generate_content', 'chat_completions', 'contents'],
    ['generate_content', 'responses', 'contents'],
  ] as const)('of %s are refused for %s', (from, into, field) => {
    const asking = dialect(from).readRequest(PREFILL[from])
    expect(() => dialect(into).writeRequest(asking, TO[into])).toThrow(expect.objectContaining({ path: 'goesOn' }))
    expect(dialect(from).fields.goesOn).toBe(field)
  })

  test('are told to a Claude, and are history in dialects that mean nothing else by them', () => {
    const google = dialect('generate_content').readRequest(PREFILL.generate_content)
    expect(dialect('messages').writeRequest(google, TO.messages).messages).toMatchObject([{}, { role: 'assistant' }])
    const chat = dialect('chat_completions').readRequest({ messages: PREFILL.messages.messages })
    expect(dialect('responses').writeRequest(chat, TO.responses).input).toMatchObject([{}, { role: 'assistant' }])
  })
})

describe('texts without a word in them', () => {
  const read = (messages: object[]): Asking => dialect('chat_completions').readRequest({ messages })
  const write = (messages: object[]): Record<string, unknown> =>
    dialect('messages').writeRequest(read(messages), TO.messages)

  test('are left out for a Claude, which refuses them', () => {
    const body = write([
      { role: 'system', content: ' ' },
      {
        role: 'user',
        content: [
          { type: 'text', text: '\n' },
          { type: 'text', text: 'Hi' },
        ],
      },
      {
        role: 'assistant',
        content: '\n\n',
        tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'a', content: ' ' },
    ])
    expect(body.system).toBeUndefined()
    expect(body.messages).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'f', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: [] }] },
    ])
  })

  test('are refused where nothing else is said', () => {
    expect(() => write([{ role: 'user', content: ' ' }])).toThrow(expect.objectContaining({ path: 'turns' }))
  })
})

test('what says nothing is no field of a Google body, in either spelling, and what is refused is named as it was written', () => {
  const { readRequest } = dialect('generate_content')
  const { turns, tools } = readRequest({
    contents: [
      { role: 'user', parts: [{ text: 'Hi', inlineData: null, functionResponse: null, thought_signature: null }] },
      {
        role: 'model',
        parts: [{ text: null, function_call: { name: 'f', args: null, id: '' }, thoughtSignature: null }],
      },
      { role: 'user', parts: [{ functionResponse: { name: 'f', response: null, parts: null } }] },
    ],
    tools: [
      { functionDeclarations: [{ name: 'f', parameters: null, parameters_json_schema: null }], googleSearch: null },
    ],
    generationConfig: { responseSchema: null, candidateCount: null },
  })
  expect(turns).toHaveLength(3)
  expect(tools).toMatchObject([{ name: 'f', schema: { type: 'object' } }])
  const strange = { contents: [{ role: 'user', parts: [{ executable_code: {} }] }] }
  expect(() => readRequest(strange)).toThrow(expect.objectContaining({ path: 'contents[0].parts[0].executable_code' }))
})
