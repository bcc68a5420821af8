// OpenAI Responses: each shape of a request in it and out of it, what it refuses and by which name, and that nothing is lost on the way there and back.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Gathered } from '../../src/dialects/gather.ts'
import { messages } from '../../src/dialects/messages/dialect.ts'
import type { Addressed, Answered, Telling } from '../../src/dialects/neutral.ts'
import { responses } from '../../src/dialects/responses/dialect.ts'
import { Unsayable } from '../../src/dialects/unsayable.ts'
import { chatgpt } from '../../src/sandbox/chatgpt.ts'
import { sealFor } from '../../src/sandbox/own.ts'
import { responses as played } from '../../src/sandbox/responses.ts'
import { holds } from '../support/seeds.ts'
import { cut, SHARE } from '../support/streams.ts'
import { answers, asAsked, asTold, requests, tellInPieces } from './arbitraries.ts'

const TO: Addressed = { provider: 'openai', model: 'gpt-5.1', isStreaming: false }
const CHATGPT: Addressed = { provider: 'openai-codex', model: 'gpt-5.1', isStreaming: true }
const HEADERS = { authorization: 'Bearer sk-dialect' }
const SEAL = sealFor(HEADERS)
/** What stands in every request of ours. */
const OURS = { model: 'gpt-5.1', include: ['reasoning.encrypted_content'], store: false }

/** What the played vendor says to a body; undefined when it takes it. */
function complaint(body: Record<string, unknown>, to: Addressed): string | undefined {
  const dialect = to === CHATGPT ? chatgpt.dialects.get('/backend-api/codex/responses') : played
  const said = dialect?.read(body, HEADERS)
  return said !== undefined && 'status' in said ? said.message : undefined
}

describe('requests of other dialects become', () => {
  const schema = { type: 'object', properties: { city: { type: 'string' } } }
  const tool = { name: 'weather', description: 'tells it', input_schema: schema }
  const declared = { type: 'function', name: 'weather', description: 'tells it', parameters: schema, strict: false }
  const ask = (...content: unknown[]): object => ({ messages: [{ role: 'user', content }] })
  const text = (said: string): object => ({ type: 'text', text: said })
  const said = (...content: object[]): object => ({ type: 'message', role: 'user', content })
  const words = (one: string): object => ({ type: 'input_text', text: one })
  const png = { type: 'base64', media_type: 'image/png', data: 'AAAA' }
  const image = { type: 'input_image', image_url: 'data:image/png;base64,AAAA', detail: 'auto' }
  const call = { type: 'tool_use', id: 't1', name: 'weather', input: { city: 'Bern' } }
  const called = { type: 'function_call', call_id: 't1', name: 'weather', arguments: '{"city":"Bern"}' }
  const used = [
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: [text('So:'), call] },
  ]
  const result = (content: unknown, more: object = {}): object => ({
    type: 'tool_result',
    tool_use_id: 't1',
    content,
    ...more,
  })

  test.each<[string, object, object, Addressed?]>([
    ['a text', { messages: [{ role: 'user', content: 'Hi' }] }, { input: [said(words('Hi'))] }],
    [
      'instructions and limits',
      {
        system: 'Be short.',
        max_tokens: 9,
        temperature: 1,
        top_p: 0.5,
        metadata: { user_id: 'u' },
        ...ask(text('Hi')),
      },
      {
        instructions: 'Be short.',
        input: [said(words('Hi'))],
        max_output_tokens: 16,
        top_p: 0.5,
        safety_identifier: 'u',
      },
    ],
    [
      'images and documents',
      ask(
        { type: 'image', source: png },
        { type: 'document', title: 'A', source: { type: 'base64', media_type: 'application/pdf', data: 'AAAA' } },
        { type: 'document', source: { type: 'url', url: 'https://x.example/a.pdf' } },
      ),
      {
        input: [
          said(
            image,
            { type: 'input_file', filename: 'A', file_data: 'data:application/pdf;base64,AAAA' },
            { type: 'input_file', file_url: 'https://x.example/a.pdf' },
          ),
        ],
      },
    ],
    [
      'a tool, its call and what came of it: a text, an image, an error',
      {
        tools: [{ ...tool, strict: true }],
        tool_choice: { type: 'any', disable_parallel_tool_use: true },
        messages: [
          ...used,
          { role: 'user', content: [result('rain'), text('And?')] },
          {
            role: 'assistant',
            content: [
              { ...call, id: 't2' },
              { ...call, id: 't3' },
            ],
          },
          {
            role: 'user',
            content: [
              { ...result([text('see'), { type: 'image', source: png }]), tool_use_id: 't2' },
              { ...result('no', { is_error: true }), tool_use_id: 't3' },
            ],
          },
        ],
      },
      {
        tools: [{ ...declared, strict: true }],
        tool_choice: 'required',
        parallel_tool_calls: false,
        input: [
          said(words('Hi')),
          { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'So:' }] },
          called,
          { type: 'function_call_output', call_id: 't1', output: 'rain' },
          said(words('And?')),
          { ...called, call_id: 't2' },
          { ...called, call_id: 't3' },
          { type: 'function_call_output', call_id: 't2', output: [words('see'), image] },
          { type: 'function_call_output', call_id: 't3', output: 'Error: no' },
        ],
      },
    ],
    [
      'how to think, and a form for the answer',
      {
        thinking: { type: 'enabled', budget_tokens: 9000 },
        output_config: { format: { type: 'json_schema', schema } },
        ...ask(text('Hi')),
      },
      {
        input: [said(words('Hi'))],
        reasoning: { effort: 'medium', summary: 'auto' },
        text: { format: { type: 'json_schema', name: 'answer', schema, strict: true } },
      },
    ],
    [
      'a request to a ChatGPT login, which wants instructions and takes no limit',
      { max_tokens: 9, temperature: 1, ...ask(text('Hi')) },
      { instructions: 'You are a helpful assistant.', input: [said(words('Hi'))], stream: true },
      CHATGPT,
    ],
  ])('%s', (_name, from, wanted, to = TO) => {
    const body = responses.writeRequest(messages.readRequest(from), to)
    expect(body).toEqual({ ...OURS, ...wanted })
    expect(complaint(body, to)).toBeUndefined()
  })

  test.each<[object, string, Addressed?]>([
    [{ stop_sequences: ['x'] }, 'stops'],
    [{ top_k: 3 }, 'topK'],
    [{ temperature: 0.5 }, 'temperature', CHATGPT],
    [{ top_p: 0.5 }, 'topP', CHATGPT],
  ])('a refusal for %j', (more, path, to = TO) => {
    const asking = messages.readRequest({ ...ask(text('Hi')), ...more })
    expect(() => responses.writeRequest(asking, to)).toThrow(expect.objectContaining({ path }))
  })
})

describe('requests in the dialect', () => {
  test('are read whole: items, thoughts with their seals, tools and formats', () => {
    const asking = responses.readRequest({
      model: 'm',
      instructions: 'Be short.',
      input: [
        { role: 'developer', content: 'Very.' },
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'Hi' },
            { type: 'input_image', image_url: 'https://x.example/a', detail: 'low' },
          ],
        },
        {
          type: 'reasoning',
          id: 'rs_1',
          summary: [
            { type: 'summary_text', text: 'Hm' },
            { type: 'summary_text', text: 'so' },
          ],
          encrypted_content: 'sealed',
        },
        { type: 'reasoning', id: 'rs_2', summary: [] },
        { type: 'function_call', id: 'fc_1', status: 'completed', call_id: 'c1', name: 'f', arguments: '{"a":1}' },
        { type: 'function_call_output', call_id: 'c1', output: [{ type: 'input_text', text: 'ok' }] },
      ],
      tools: [{ type: 'function', name: 'f', parameters: null, strict: null }],
      tool_choice: { type: 'function', name: 'f' },
      parallel_tool_calls: true,
      max_output_tokens: 9,
      reasoning: { effort: 'high', summary: 'detailed' },
      text: { format: { type: 'json_object' }, verbosity: 'low' },
      include: ['reasoning.encrypted_content'],
      store: false,
      stream: true,
      metadata: { a: 'b' },
      prompt_cache_key: 'k',
    })
    expect(asking).toEqual({
      turns: [
        {
          role: 'system',
          parts: [
            { kind: 'text', text: 'Be short.' },
            { kind: 'text', text: 'Very.' },
          ],
        },
        {
          role: 'user',
          parts: [
            { kind: 'text', text: 'Hi' },
            { kind: 'image', source: { by: 'url', url: 'https://x.example/a' }, detail: 'low' },
          ],
        },
        {
          role: 'assistant',
          parts: [
            { kind: 'thinking', text: 'Hm\n\nso', seal: { by: 'responses', value: 'sealed', id: 'rs_1' } },
            { kind: 'call', id: 'c1', name: 'f', input: '{"a":1}' },
          ],
        },
        { role: 'user', parts: [{ kind: 'result', callId: 'c1', content: [{ kind: 'text', text: 'ok' }] }] },
      ],
      tools: [{ name: 'f', schema: { type: 'object', properties: {} } }],
      toolChoice: { must: 'name', name: 'f' },
      isParallel: true,
      maxTokens: 9,
      stops: [],
      reasoning: { effort: 'high', isShown: true },
      format: { kind: 'json' },
      verbosity: 'low',
      isStreaming: true,
      wantsUsage: true,
      cacheKey: 'k',
    })
  })

  test.each<[object, string]>([
    [{ previous_response_id: 'resp_1' }, 'previous_response_id'],
    [{ conversation: 'conv_1' }, 'conversation'],
    [{ prompt: { id: 'pmpt_1' } }, 'prompt'],
    [{ store: true }, 'store'],
    [{ background: true }, 'background'],
    [{ later: 1 }, 'later'],
    [{ include: ['message.output_text.logprobs'] }, 'include[0]'],
    [{ tools: [{ type: 'web_search' }] }, 'tools[0].type'],
    [{ tool_choice: { type: 'file_search' } }, 'tool_choice.type'],
    [{ input: [{ type: 'item_reference', id: 'msg_1' }] }, 'input[0].type'],
    [{ input: [{ type: 'web_search_call', id: 'ws_1' }] }, 'input[0].type'],
    [
      { input: [{ role: 'user', content: [{ type: 'input_file', file_id: 'file-1' }] }] },
      'input[0].content[0].file_id',
    ],
    [
      { input: [{ role: 'user', content: [{ type: 'input_image', file_id: 'file-1' }] }] },
      'input[0].content[0].file_id',
    ],
    [{ input: [{ role: 'user', content: [{ type: 'input_audio' }] }] }, 'input[0].content[0].type'],
  ])('%j is refused by name', (body, path) => {
    expect(() => responses.readRequest({ input: 'Hi', ...body })).toThrow(expect.objectContaining({ path }))
  })
})

describe('answers', () => {
  type Turn = Parameters<typeof played.json>[0]
  const turn = (thinks: boolean, calls: Turn['calls']): Turn => {
    const usage = { input: 7, output: 3, cacheRead: 0, cacheWrite: 0, oneHour: false }
    const base = { model: 'gpt-5.1', stream: true, input: '', fromUser: true, tools: [], toolChoice: 'auto' as const }
    const made = { ...base, prompt: [], number: 4, createdAt: 0, cutShort: false, usage, seal: SEAL, thinks, calls }
    return { ...made, pieces: ['Grüß', ' Gott', '!'], ...(calls[0] === undefined ? {} : { call: calls[0] }) }
  }

  test('of the played vendor are the same whole and streamed, wherever the stream is cut', async () => {
    const two = [
      { name: 'f', arguments: '{"a":"Grüß Gott"}' },
      { name: 'g', arguments: '{}' },
    ]
    const cases = fc.record({ thinks: fc.boolean(), calls: fc.boolean(), at: fc.array(SHARE, { maxLength: 20 }) })
    await holds(
      fc.property(cases, ({ thinks, calls, at }) => {
        const one = turn(thinks, calls ? two : [])
        const wanted = responses.readAnswer(JSON.parse(played.json(one)))
        const gathered = new Gathered()
        const reader = responses.reader((telling) => gathered.take(telling))
        for (const piece of cut(played.events(one).join(''), at)) reader.push(piece)
        reader.close()
        expect(gathered.answer()).toEqual(wanted)
        expect(wanted).toMatchObject({ stop: calls ? 'tools' : 'end', usage: { input: 7, output: 3 } })
        expect(wanted.parts).toHaveLength((thinks ? 1 : 0) + (calls ? 2 : 1))
      }),
      100,
    )
  })

  test.each<[string, object, Answered['stop']]>([
    ['max_output_tokens', { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }, 'length'],
    ['content_filter', { status: 'incomplete', incomplete_details: { reason: 'content_filter' } }, 'refusal'],
  ])('that are cut short by %s', (_name, more, stop) => {
    expect(responses.readAnswer({ output: [], ...more })).toMatchObject({ stop })
    expect(
      responses.writeAnswer(
        { id: 'a', model: 'm', parts: [], stop, usage: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 } },
        { at: 1, wantsUsage: true },
      ),
    ).toMatchObject(more)
  })

  const event = (data: object): string => `data: ${JSON.stringify(data)}\n\n`
  test.each<[string, string, object]>([
    ['nothing', '', { status: 502, message: 'The vendor broke off the answer.' }],
    ['half an answer', event({ type: 'response.created', response: {} }), { status: 502 }],
    [
      'a failed answer',
      event({ type: 'response.failed', response: { error: { code: 'rate_limit_exceeded', message: 'Slow down' } } }),
      { status: 429, message: 'Slow down', code: 'rate_limit_exceeded' },
    ],
    [
      'an error',
      event({ type: 'error', code: 'server_error', message: 'Oh', param: null }),
      { status: 500, message: 'Oh' },
    ],
    [
      'a search',
      event({ type: 'response.output_item.added', output_index: 0, item: { type: 'web_search_call' } }),
      { status: 502, message: expect.stringContaining('web_search_call') },
    ],
  ])('a stream of %s ends in a fault', (_name, text, fault) => {
    const told: Telling[] = []
    const reader = responses.reader((telling) => told.push(telling))
    reader.push(Buffer.from(text))
    reader.close()
    expect(told.filter(({ is }) => is === 'fault')).toMatchObject([{ fault }])
    expect(told.at(-1)).toMatchObject({ is: 'fault' })
  })

  test('a refusal of the backend of logins is read, too', () => {
    expect(responses.readFault(400, '{"detail":"Store must be set to false"}')).toEqual({
      status: 400,
      message: 'Store must be set to false',
    })
  })
})

describe('there and back nothing is lost', () => {
  test('of a request', async () => {
    await holds(
      fc.property(requests('responses'), (asking) => {
        const body = responses.writeRequest(asking, TO)
        expect(asAsked(responses.readRequest(JSON.parse(JSON.stringify(body))))).toEqual(asAsked(asking))
      }),
      150,
    )
  })

  test('of an answer, whole and streamed', async () => {
    const stamp = { at: 1, wantsUsage: true }
    await holds(
      fc.property(answers('responses'), (answered) => {
        expect(asTold(responses.readAnswer(responses.writeAnswer(answered, stamp)))).toEqual(asTold(answered))
        const write = responses.writer(stamp)
        const gathered = new Gathered()
        const reader = responses.reader((telling) => gathered.take(telling))
        let text = ''
        tellInPieces(answered, (telling) => {
          text += write(telling)
        })
        reader.push(Buffer.from(text))
        reader.close()
        const got = gathered.answer()
        expect(got && asTold(got)).toEqual(asTold(answered))
        // The last event tells all of it once more.
        const { response } = JSON.parse(text.slice(text.lastIndexOf('data: ') + 6)) as { response: unknown }
        expect(asTold(responses.readAnswer(response))).toEqual(asTold(answered))
        // Each event has its number, without a gap.
        const numbers = [...text.matchAll(/"sequence_number":(\d+)\}\n/g)].map(([, number]) => Number(number))
        expect(numbers).toEqual(numbers.map((_number, at) => at))
      }),
      150,
    )
  })
})

test('whatever a client or a vendor sends, it is read or refused by name, and nothing else', async () => {
  await holds(
    fc.property(fc.jsonValue(), fc.constantFrom('input', 'tools', 'text', 'reasoning', 'output'), (value, key) => {
      for (const body of [value, { [key]: value }, { input: [{ type: 'message', role: 'user', [key]: value }] }]) {
        for (const read of [responses.readRequest, responses.readAnswer]) {
          try {
            read(body)
          } catch (error) {
            expect(error).toBeInstanceOf(Unsayable)
          }
        }
      }
    }),
    150,
  )
})
