// Requests of one dialect as they go to a vendor of another: every shape in every dialect, accepted by the played vendor.
import { describe, expect, test } from 'vitest'
import { dialectOf } from '../../src/dialects/dialects.ts'
import type { Addressed, Dialect } from '../../src/dialects/neutral.ts'
import { Unsayable } from '../../src/dialects/unsayable.ts'
import { completions as playedCompletions } from '../../src/sandbox/completions.ts'
import { messages as playedMessages } from '../../src/sandbox/messages.ts'
import { SIGNATURE } from '../../src/sandbox/own.ts'

const PNG = 'iVBORw0KGgo='
const PDF = 'JVBERi0xLjQ='
const CITY = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const SEAL = SIGNATURE

const dialect = (name: string): Dialect => {
  const found = dialectOf(name)
  if (found === undefined) throw new Error(`no dialect ${name}`)
  return found
}
const MESSAGES = dialect('messages')
const CHAT = dialect('chat_completions')
const CLAUDE: Addressed = { provider: 'anthropic', model: 'claude-opus-4-6', maxOutput: 128_000, isStreaming: false }
const GPT: Addressed = { provider: 'openai', model: 'gpt-5.1', maxOutput: 128_000, isStreaming: false }

/** What both ask for: the parts of a body beside model and limit. */
type Shape = { name: string; messages: object; chat: object; only?: 'from-messages' | 'from-chat' }

const said = (text: string) => ({ messages: [{ role: 'user', content: text }] })
const shown = (text: string) => ({ messages: [{ role: 'user', content: [{ type: 'text', text }] }] })

const CALL_CHAT = (id: string, city: string) => ({
  id,
  type: 'function',
  function: { name: 'weather', arguments: `{"city":"${city}"}` },
})
const CALL_MESSAGES = (id: string, city: string) => ({ type: 'tool_use', id, name: 'weather', input: { city } })
const TOOL_MESSAGES = { name: 'weather', description: 'Tells it.', input_schema: CITY }
const TOOL_CHAT = { type: 'function', function: { name: 'weather', description: 'Tells it.', parameters: CITY } }

const SHAPES: readonly Shape[] = [
  { name: 'a question', messages: shown('Hi'), chat: said('Hi') },
  {
    name: 'instructions',
    messages: { system: [{ type: 'text', text: 'Be brief.' }], ...shown('Hi') },
    chat: { messages: [{ role: 'system', content: 'Be brief.' }, ...said('Hi').messages] },
  },
  {
    name: 'instructions of a developer, and turns of one role in a row',
    only: 'from-chat',
    messages: {
      system: [
        { type: 'text', text: 'Be brief.' },
        { type: 'text', text: 'Be kind.' },
      ],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Hi' },
            { type: 'text', text: 'there' },
          ],
        },
      ],
    },
    chat: {
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'developer', content: [{ type: 'text', text: 'Be kind.' }] },
        { role: 'user', content: 'Hi' },
        { role: 'user', content: 'there' },
      ],
    },
  },
  {
    name: 'a conversation',
    messages: {
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
        { role: 'assistant', content: [{ type: 'text', text: 'Hello.' }] },
        { role: 'user', content: [{ type: 'text', text: 'Well?' }] },
      ],
    },
    chat: {
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: 'Hello.' },
        { role: 'user', content: 'Well?' },
      ],
    },
  },
  {
    name: 'images, by bytes and by address',
    messages: {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is it?' },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } },
            { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
          ],
        },
      ],
    },
    chat: {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is it?' },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } },
            { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
          ],
        },
      ],
    },
  },
  {
    name: 'a PDF',
    messages: {
      messages: [
        {
          role: 'user',
          content: [
            {
              type: 'document',
              source: { type: 'base64', media_type: 'application/pdf', data: PDF },
              title: 'a.pdf',
            },
          ],
        },
      ],
    },
    chat: {
      messages: [
        {
          role: 'user',
          content: [{ type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${PDF}` } }],
        },
      ],
    },
  },
  {
    name: 'a document of text',
    only: 'from-messages',
    messages: {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'Once.' }, title: 'Tale' },
          ],
        },
      ],
    },
    chat: { messages: [{ role: 'user', content: [{ type: 'text', text: 'Tale\n\nOnce.' }] }] },
  },
  {
    name: 'tools, any of which may be called, one at a time',
    messages: {
      ...shown('Hi'),
      tools: [TOOL_MESSAGES],
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
    },
    chat: { ...said('Hi'), tools: [TOOL_CHAT], tool_choice: 'auto', parallel_tool_calls: false },
  },
  {
    name: 'one tool that must be called',
    messages: { ...shown('Hi'), tools: [TOOL_MESSAGES], tool_choice: { type: 'tool', name: 'weather' } },
    chat: { ...said('Hi'), tools: [TOOL_CHAT], tool_choice: { type: 'function', function: { name: 'weather' } } },
  },
  {
    name: 'some tool that must be called',
    messages: { ...shown('Hi'), tools: [TOOL_MESSAGES], tool_choice: { type: 'any' } },
    chat: { ...said('Hi'), tools: [TOOL_CHAT], tool_choice: 'required' },
  },
  {
    name: 'tools that must not be called, with exact schemas',
    messages: { ...shown('Hi'), tools: [{ ...TOOL_MESSAGES, strict: true }], tool_choice: { type: 'none' } },
    chat: {
      ...said('Hi'),
      tools: [{ type: 'function', function: { ...TOOL_CHAT.function, strict: true } }],
      tool_choice: 'none',
    },
  },
  {
    name: 'parallel calls, and what came of them',
    messages: {
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'Both?' }] },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'I look.' },
            CALL_MESSAGES('call_1', 'Rome'),
            CALL_MESSAGES('call_2', 'Oslo'),
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'call_1', content: [{ type: 'text', text: 'Sun.' }] },
            { type: 'tool_result', tool_use_id: 'call_2', content: [{ type: 'text', text: 'Snow.' }] },
            { type: 'text', text: 'And now?' },
          ],
        },
      ],
      tools: [TOOL_MESSAGES],
    },
    chat: {
      messages: [
        { role: 'user', content: 'Both?' },
        {
          role: 'assistant',
          content: 'I look.',
          tool_calls: [CALL_CHAT('call_1', 'Rome'), CALL_CHAT('call_2', 'Oslo')],
        },
        { role: 'tool', tool_call_id: 'call_1', content: 'Sun.' },
        { role: 'tool', tool_call_id: 'call_2', content: 'Snow.' },
        { role: 'user', content: 'And now?' },
      ],
      tools: [TOOL_CHAT],
    },
  },
  {
    name: 'a result that failed, and one with an image',
    only: 'from-messages',
    messages: {
      messages: [
        { role: 'user', content: 'Both?' },
        { role: 'assistant', content: [CALL_MESSAGES('call_1', 'Rome'), CALL_MESSAGES('call_2', 'Oslo')] },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'call_1', content: 'No way.', is_error: true },
            {
              type: 'tool_result',
              tool_use_id: 'call_2',
              content: [
                { type: 'text', text: 'See:' },
                { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } },
              ],
            },
          ],
        },
      ],
      tools: [TOOL_MESSAGES],
    },
    chat: {
      messages: [
        { role: 'user', content: 'Both?' },
        { role: 'assistant', content: null, tool_calls: [CALL_CHAT('call_1', 'Rome'), CALL_CHAT('call_2', 'Oslo')] },
        { role: 'tool', tool_call_id: 'call_1', content: 'Error: No way.' },
        { role: 'tool', tool_call_id: 'call_2', content: 'See:\n[image 2: see below]' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Shown by the tool (call call_2):' },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } },
          ],
        },
      ],
      tools: [TOOL_CHAT],
    },
  },
  {
    name: 'ids of calls that Anthropic would not take',
    only: 'from-chat',
    messages: {
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'Go.' }] },
        { role: 'assistant', content: [CALL_MESSAGES('functions_weather_0', 'Rome')] },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'functions_weather_0', content: [{ type: 'text', text: 'Sun.' }] },
          ],
        },
      ],
    },
    chat: {
      messages: [
        { role: 'user', content: 'Go.' },
        { role: 'assistant', content: '', tool_calls: [CALL_CHAT('functions.weather:0', 'Rome')] },
        { role: 'tool', tool_call_id: 'functions.weather:0', content: 'Sun.' },
      ],
    },
  },
  {
    name: 'sampling and stops',
    messages: { ...shown('Hi'), temperature: 0.5, top_p: 0.9, stop_sequences: ['END', 'STOP'] },
    chat: { ...said('Hi'), temperature: 0.5, top_p: 0.9, stop: ['END', 'STOP'] },
  },
  {
    name: 'an answer that fits a schema',
    only: 'from-chat',
    messages: { ...shown('Hi'), output_config: { format: { type: 'json_schema', schema: CITY } } },
    chat: {
      ...said('Hi'),
      response_format: { type: 'json_schema', json_schema: { name: 'city', schema: CITY, strict: true } },
    },
  },
  {
    name: 'an answer that fits a schema, asked of Anthropic',
    only: 'from-messages',
    messages: { ...shown('Hi'), output_config: { format: { type: 'json_schema', schema: CITY } } },
    chat: {
      ...said('Hi'),
      response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: CITY, strict: true } },
    },
  },
  {
    name: 'an effort to think',
    only: 'from-chat',
    messages: { ...shown('Hi'), thinking: { type: 'adaptive' }, output_config: { effort: 'high' } },
    chat: { ...said('Hi'), reasoning_effort: 'high' },
  },
  {
    name: 'a budget to think',
    only: 'from-messages',
    messages: { ...shown('Hi'), thinking: { type: 'enabled', budget_tokens: 8000 } },
    chat: { ...said('Hi'), reasoning_effort: 'medium' },
  },
  {
    name: 'thoughts of before, which are for their model alone',
    only: 'from-messages',
    messages: {
      messages: [
        { role: 'user', content: 'Hi' },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'Hm.', signature: SEAL },
            { type: 'redacted_thinking', data: 'AAAA' },
            { type: 'text', text: 'Hello.' },
          ],
        },
        { role: 'user', content: 'Well?' },
      ],
    },
    chat: {
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: 'Hello.' },
        { role: 'user', content: 'Well?' },
      ],
    },
  },
  {
    name: 'a user, and hints',
    only: 'from-messages',
    messages: {
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi', cache_control: { type: 'ephemeral' } }] }],
      metadata: { user_id: 'u1' },
      service_tier: 'auto',
      context_management: { edits: [] },
    },
    chat: { ...said('Hi'), user: 'u1' },
  },
  {
    name: 'the values that mean nothing',
    only: 'from-chat',
    messages: { ...shown('Hi'), metadata: { user_id: 'u1' } },
    chat: {
      ...said('Hi'),
      user: 'u1',
      n: 1,
      logprobs: false,
      logit_bias: {},
      store: false,
      frequency_penalty: 0,
      modalities: ['text'],
      metadata: { a: 'b' },
      prompt_cache_key: 'k',
      seed: null,
    },
  },
]

const accepts = (played: typeof playedMessages, body: Record<string, unknown>): void => {
  expect(played.read(body, {})).toHaveProperty('input')
}

test.each(SHAPES.filter(({ only }) => only !== 'from-chat'))('$name, from Messages to Chat Completions', (shape) => {
  const asking = MESSAGES.readRequest({ model: 'x', max_tokens: 2000, ...shape.messages })
  const body = CHAT.writeRequest(asking, GPT)
  expect(body).toEqual({ model: 'gpt-5.1', max_completion_tokens: 2000, ...shape.chat })
  accepts(playedCompletions, body)
})

test.each(SHAPES.filter(({ only }) => only !== 'from-messages'))(
  '$name, from Chat Completions to Messages',
  (shape) => {
    const body = MESSAGES.writeRequest(CHAT.readRequest({ model: 'x', max_tokens: 2000, ...shape.chat }), CLAUDE)
    expect(body).toEqual({ model: 'claude-opus-4-6', max_tokens: 2000, ...shape.messages })
    accepts(playedMessages, body)
  },
)

describe('the limit of an answer', () => {
  const limitOf = (chat: object, to: Partial<Addressed> = {}): unknown =>
    MESSAGES.writeRequest(CHAT.readRequest({ ...said('Hi'), ...chat }), { ...CLAUDE, ...to }).max_tokens

  test('is what the model can say where the client names none, and one that all take where nobody knows', () => {
    expect(limitOf({})).toBe(128_000)
    expect(limitOf({}, { maxOutput: undefined })).toBe(32_000)
    expect(limitOf({ max_completion_tokens: 5, max_tokens: 7 })).toBe(5)
    expect(limitOf({ max_tokens: 500_000 })).toBe(128_000)
  })

  test('has the name that the vendor knows, and is asked of none that needs none', () => {
    const asking = MESSAGES.readRequest({ max_tokens: 500_000, ...shown('Hi') })
    expect(CHAT.writeRequest(asking, { ...GPT, provider: 'groq' })).toMatchObject({ max_tokens: 128_000 })
    expect(CHAT.writeRequest(CHAT.readRequest(said('Hi')), GPT)).not.toHaveProperty('max_completion_tokens')
  })
})

describe('how a Claude thinks', () => {
  const thinking = (model: string, chat: object): unknown => {
    const { thinking: told, output_config } = MESSAGES.writeRequest(CHAT.readRequest({ ...said('Hi'), ...chat }), {
      ...CLAUDE,
      model,
    })
    return [told, output_config]
  }

  test.each([
    ['claude-opus-4-6', { reasoning_effort: 'minimal' }, [{ type: 'adaptive' }, { effort: 'low' }]],
    ['claude-sonnet-5-5', { reasoning_effort: 'max' }, [{ type: 'adaptive' }, { effort: 'max' }]],
    ['claude-opus-4-6', { reasoning_effort: 'none' }, [{ type: 'disabled' }, undefined]],
    ['claude-sonnet-4-5-20250929', { reasoning_effort: 'low' }, [{ type: 'enabled', budget_tokens: 4096 }, undefined]],
    [
      'claude-haiku-4-5',
      { reasoning_effort: 'high', max_tokens: 3000 },
      [{ type: 'enabled', budget_tokens: 1500 }, undefined],
    ],
    ['claude-haiku-4-5', {}, [undefined, undefined]],
  ])('%s, asked with %j', (model, chat, expected) => expect(thinking(model, chat)).toEqual(expected))

  test('one that thinks by budget goes on without thinking where its thoughts were lost', () => {
    const lost = {
      reasoning_effort: 'high',
      messages: [
        ...said('Go.').messages,
        { role: 'assistant', content: null, tool_calls: [CALL_CHAT('call_1', 'Rome')] },
        { role: 'tool', tool_call_id: 'call_1', content: 'Sun.' },
      ],
    }
    expect(thinking('claude-haiku-4-5', lost)).toEqual([undefined, undefined])
    expect(thinking('claude-opus-4-6', lost)).toEqual([{ type: 'adaptive' }, { effort: 'high' }])
  })
})

describe('what a vendor takes otherwise', () => {
  test('a model of OpenAI is told not to think only where it can be told', () => {
    const asking = MESSAGES.readRequest({ ...shown('Hi'), max_tokens: 9, thinking: { type: 'disabled' } })
    const effort = (provider: string, model: string): unknown =>
      CHAT.writeRequest(asking, { ...GPT, provider, model }).reasoning_effort
    expect(['gpt-5.1', 'gpt-5-mini', 'gpt-4.1'].map((model) => effort('openai', model))).toEqual([
      'none',
      'minimal',
      undefined,
    ])
    expect(effort('groq', 'gpt-5.1')).toBeUndefined()
  })

  test('a stream is asked for with its counts', () => {
    const asking = MESSAGES.readRequest({ ...shown('Hi'), max_tokens: 9, stream: true })
    expect(asking.isStreaming).toBe(true)
    const body = CHAT.writeRequest(asking, { ...GPT, isStreaming: true })
    expect(body).toMatchObject({ stream: true, stream_options: { include_usage: true } })
    expect(MESSAGES.writeRequest(CHAT.readRequest({ ...said('Hi') }), { ...CLAUDE, isStreaming: true }).stream).toBe(
      true,
    )
  })
})

/** Bodies, and the complaint that names the field and says why. */
const REFUSED: readonly [from: 'messages' | 'chat', body: object, complaint: RegExp][] = [
  ['messages', { top_k: 5 }, /^topK: Chat Completions has no such field/],
  ['messages', { container: 'c' }, /^container: what runs and lies in a container is at Anthropic/],
  ['messages', { inference_geo: 'eu' }, /^inference_geo: /],
  [
    'messages',
    { tools: [{ type: 'web_search_20250305', name: 'web_search' }] },
    /^tools\[0\]\.type: .* runs at Anthropic/,
  ],
  ['messages', { tools: [{ ...TOOL_MESSAGES, defer_loading: true }] }, /^tools\[0\]\.defer_loading: /],
  [
    'messages',
    { messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'file', file_id: 'f' } }] }] },
    /^messages\[0\]\.content\[0\]\.source\.file_id: a file that was uploaded/,
  ],
  [
    'messages',
    { messages: [{ role: 'user', content: [{ type: 'search_result' }] }] },
    /^messages\[0\]\.content\[0\]\.type: content of type "search_result"/,
  ],
  [
    'messages',
    { messages: [{ role: 'user', content: [{ type: 'document', source: { type: 'url', url: 'https://a/b.pdf' } }] }] },
    /as bytes only/,
  ],
  [
    'messages',
    {
      messages: [
        {
          role: 'user',
          content: [{ type: 'document', source: { type: 'text', data: 'x' }, citations: { enabled: true } }],
        },
      ],
    },
    /\.citations: only Anthropic cites/,
  ],
  ['messages', { thinking: { type: 'between_tools' } }, /^thinking\.type: /],
  ['messages', { messages: 'Hi' }, /^messages: a list is expected/],
  ['chat', { n: 2 }, /^n: other vendors give one answer at a time/],
  ['chat', { logprobs: true }, /^logprobs: /],
  ['chat', { top_logprobs: 2 }, /^top_logprobs: /],
  ['chat', { logit_bias: { 5: 1 } }, /^logit_bias: /],
  ['chat', { store: true }, /^store: /],
  ['chat', { modalities: ['audio'] }, /^modalities: /],
  ['chat', { functions: [] }, /^functions: .* use tools/],
  ['chat', { web_search_options: {} }, /^web_search_options: the search runs at OpenAI/],
  ['chat', { seed: 1 }, /^seed: /],
  ['chat', { frequency_penalty: 0.5 }, /^frequencyPenalty: /],
  ['chat', { temperature: 1.5 }, /^temperature: Anthropic takes 0 to 1/],
  ['chat', { verbosity: 'low' }, /^verbosity: /],
  ['chat', { response_format: { type: 'json_object' } }, /^format: .* by a schema only/],
  [
    'chat',
    { reasoning_effort: 'low', max_tokens: 1000, model: 'claude-haiku-4-5' },
    /^maxTokens: 1000 tokens leave no room/,
  ],
  [
    'chat',
    { messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: {} }] }] },
    /^messages\[0\]\.content\[0\]\.type: .*input_audio/,
  ],
  ['chat', { messages: [{ role: 'user', name: 'Ann', content: 'Hi' }] }, /^messages\[0\]\.name: /],
  [
    'chat',
    { messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'f' } }] }] },
    /\.file\.file_id: a file that was uploaded/,
  ],
  [
    'chat',
    { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'ftp://a' } }] }] },
    /\.image_url\.url: an address/,
  ],
  [
    'chat',
    { messages: [{ role: 'assistant', tool_calls: [{ id: 'a', function: { name: 'f', arguments: '{"a":' } }] }] },
    /no JSON object/,
  ],
  ['chat', { messages: [{ role: 'function', content: 'x' }] }, /^messages\[0\]\.role: /],
  ['chat', { tools: [{ type: 'custom', custom: {} }] }, /^tools\[0\]\.type: a tool of type "custom"/],
]

test.each(REFUSED)('from %s: %j is refused by name', (from, body, complaint) => {
  const ask = (): unknown =>
    from === 'messages'
      ? CHAT.writeRequest(MESSAGES.readRequest({ max_tokens: 9, ...shown('Hi'), ...body }), GPT)
      : MESSAGES.writeRequest(CHAT.readRequest({ ...said('Hi'), ...body }), {
          ...CLAUDE,
          ...('model' in body ? { model: String(body.model) } : {}),
        })
  expect(ask).toThrow(Unsayable)
  expect(ask).toThrow(complaint)
})
