// Google's dialect: each shape of a request in it and out of it, what it refuses and by which name, and that nothing is lost on the way there and back.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { completions } from '../../src/dialects/completions/dialect.ts'
import { Gathered } from '../../src/dialects/gather.ts'
import { generateContent } from '../../src/dialects/generate-content/dialect.ts'
import { messages } from '../../src/dialects/messages/dialect.ts'
import type { Addressed, Answered, Asking, Telling } from '../../src/dialects/neutral.ts'
import { Unsayable } from '../../src/dialects/unsayable.ts'
import { generateContent as played } from '../../src/sandbox/generate-content.ts'
import { sealFor } from '../../src/sandbox/own.ts'
import { holds } from '../support/seeds.ts'
import { cut, SHARE } from '../support/streams.ts'
import { answers, asAsked, asTold, requests, tellInPieces } from './arbitraries.ts'

const TO: Addressed = { provider: 'google', model: 'gemini-2.5-flash', isStreaming: false }
const LATER: Addressed = { ...TO, model: 'gemini-3-pro-preview' }
const user = (...parts: object[]): object => ({ role: 'user', parts })
const model = (...parts: object[]): object => ({ role: 'model', parts })
const HEADERS = { 'x-goog-api-key': 'AIza-dialect' }
const CALL = { name: 'f', arguments: '{"a":1}' }
const SEAL = sealFor(HEADERS)

/** What the played vendor says to a body; undefined when it takes it. */
function complaint(body: Record<string, unknown>, to: Addressed): string | undefined {
  const said = played.read({ ...body, model: to.model, stream: false }, HEADERS)
  return 'status' in said ? said.message : undefined
}

describe('requests of other dialects become', () => {
  const schema = { type: 'object', properties: { city: { type: 'string' } }, additionalProperties: false }
  const tool = { name: 'weather', description: 'tells it', input_schema: schema }
  const declaration = { name: 'weather', description: 'tells it', parametersJsonSchema: schema }
  const call = { type: 'tool_use', id: 't1', name: 'weather', input: { city: 'Bern' } }
  const result = (content: unknown, more: object = {}): object => ({
    type: 'tool_result',
    tool_use_id: 't1',
    content,
    ...more,
  })
  const ask = (...content: unknown[]): object => ({ messages: [{ role: 'user', content }] })
  const text = (said: string): object => ({ type: 'text', text: said })
  const used = [
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: [call] },
  ]
  const png = { type: 'base64', media_type: 'image/png', data: 'AAAA' }

  test.each<[string, object, object, Addressed?]>([
    ['a text', { messages: [{ role: 'user', content: 'Hi' }] }, { contents: [user({ text: 'Hi' })] }],
    [
      'instructions, limits and stops',
      {
        system: 'Be short.',
        max_tokens: 9,
        temperature: 1,
        top_p: 0.5,
        top_k: 3,
        stop_sequences: ['x'],
        ...ask(text('Hi')),
      },
      {
        systemInstruction: { parts: [{ text: 'Be short.' }] },
        contents: [user({ text: 'Hi' })],
        generationConfig: { maxOutputTokens: 9, temperature: 1, topP: 0.5, topK: 3, stopSequences: ['x'] },
      },
    ],
    [
      'an image, a document and their addresses',
      ask(
        { type: 'image', source: png },
        { type: 'image', source: { type: 'url', url: 'https://x.example/a.webp?b' } },
        { type: 'document', source: { type: 'url', url: 'https://x.example/a' } },
        { type: 'document', title: 'A', source: { type: 'text', media_type: 'text/plain', data: 'words' } },
      ),
      {
        contents: [
          user(
            { inlineData: { mimeType: 'image/png', data: 'AAAA' } },
            { fileData: { mimeType: 'image/webp', fileUri: 'https://x.example/a.webp?b' } },
            { fileData: { mimeType: 'application/pdf', fileUri: 'https://x.example/a' } },
            { text: 'A\n\nwords' },
          ),
        ],
      },
    ],
    [
      'a tool, its call and what came of it, with an image behind it',
      {
        tools: [tool],
        messages: [
          ...used,
          { role: 'user', content: [result([text('rain'), { type: 'image', source: png }]), text('And?')] },
        ],
      },
      {
        tools: [{ functionDeclarations: [declaration] }],
        contents: [
          user({ text: 'Hi' }),
          model({ functionCall: { id: 't1', name: 'weather', args: { city: 'Bern' } } }),
          user(
            { functionResponse: { id: 't1', name: 'weather', response: { output: 'rain\n[image 2: see below]' } } },
            { text: 'Shown by the tool (call t1):' },
            { inlineData: { mimeType: 'image/png', data: 'AAAA' } },
            { text: 'And?' },
          ),
        ],
      },
    ],
    [
      'a result that is JSON, and one that is an error',
      {
        tools: [tool],
        messages: [
          ...used,
          { role: 'user', content: [result('{"rain":true}')] },
          ...used.slice(1),
          { role: 'user', content: [result('no', { is_error: true })] },
        ],
      },
      {
        tools: [{ functionDeclarations: [declaration] }],
        contents: [
          user({ text: 'Hi' }),
          model({ functionCall: { id: 't1', name: 'weather', args: { city: 'Bern' } } }),
          user({ functionResponse: { id: 't1', name: 'weather', response: { rain: true } } }),
          model({ functionCall: { id: 't1_1', name: 'weather', args: { city: 'Bern' } } }),
          user({ functionResponse: { id: 't1_1', name: 'weather', response: { error: 'no' } } }),
        ],
      },
    ],
    [
      'a call that another model made, for one that wants its marks',
      { tools: [tool], messages: [...used, { role: 'user', content: [result('rain')] }] },
      {
        tools: [{ functionDeclarations: [declaration] }],
        contents: [
          user({ text: 'Hi' }),
          model({
            functionCall: { id: 't1', name: 'weather', args: { city: 'Bern' } },
            thoughtSignature: 'skip_thought_signature_validator',
          }),
          user({ functionResponse: { id: 't1', name: 'weather', response: { output: 'rain' } } }),
        ],
      },
      LATER,
    ],
    [
      'a choice of tools',
      { tools: [tool], tool_choice: { type: 'tool', name: 'weather' }, ...ask(text('Hi')) },
      {
        tools: [{ functionDeclarations: [declaration] }],
        toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['weather'] } },
        contents: [user({ text: 'Hi' })],
      },
    ],
    [
      'a budget to think, and a form for the answer',
      {
        thinking: { type: 'enabled', budget_tokens: 5000 },
        output_config: { format: { type: 'json_schema', schema } },
        ...ask(text('Hi')),
      },
      {
        contents: [user({ text: 'Hi' })],
        generationConfig: {
          responseMimeType: 'application/json',
          responseJsonSchema: schema,
          thinkingConfig: { includeThoughts: true, thinkingBudget: 5000 },
        },
      },
    ],
    [
      'a word for how long to think, for a later model',
      { thinking: { type: 'adaptive' }, output_config: { effort: 'medium' }, ...ask(text('Hi')) },
      {
        contents: [user({ text: 'Hi' })],
        generationConfig: { thinkingConfig: { includeThoughts: true, thinkingLevel: 'high' } },
      },
      LATER,
    ],
  ])('%s', (_name, from, wanted, to = TO) => {
    const body = generateContent.writeRequest(messages.readRequest(from), to)
    expect(body).toEqual(wanted)
    expect(complaint(body, to)).toBeUndefined()
  })

  test.each<[string, object, string]>([
    [
      'instructions in the middle',
      {
        messages: [
          { role: 'user', content: 'a' },
          { role: 'system', content: 'b' },
          { role: 'user', content: 'c' },
        ],
      },
      'turns',
    ],
    ['six stops', { messages: [], stop: ['1', '2', '3', '4', '5', '6'] }, 'stops'],
    [
      'one call at a time',
      { messages: [], tools: [{ type: 'function', function: { name: 'f' } }], parallel_tool_calls: false },
      'isParallel',
    ],
    [
      'a name that no tool has there',
      { messages: [], tools: [{ type: 'function', function: { name: '1f' } }] },
      'tools',
    ],
    [
      'arguments that are no object',
      { messages: [{ role: 'assistant', tool_calls: [{ id: 'a', function: { name: 'f', arguments: '[' } }] }] },
      'turns',
    ],
    ['a result of no call', { messages: [{ role: 'tool', tool_call_id: 'a', content: 'x' }] }, 'turns'],
    ['how much is said', { messages: [], verbosity: 'low' }, 'verbosity'],
  ])('a refusal: %s', (_name, from, path) => {
    expect(() => generateContent.writeRequest(completions.readRequest(from), TO)).toThrow(
      expect.objectContaining({ path }),
    )
  })
})

describe('requests in the dialect', () => {
  test('are read in either spelling, with schemas in the own form of the vendor', () => {
    const asking = generateContent.readRequest({
      system_instruction: { parts: [{ text: 'Be short.' }] },
      contents: [{ parts: [{ text: 'Hi' }, { inline_data: { mime_type: 'image/png', data: 'AAAA' } }] }],
      tools: [
        {
          function_declarations: [
            {
              name: 'f',
              parameters: {
                type: 'OBJECT',
                properties: {
                  a: { type: 'STRING', nullable: true },
                  b: { type: 'ARRAY', items: { type: 'INTEGER' }, minItems: '1' },
                },
                propertyOrdering: ['b', 'a'],
              },
            },
          ],
        },
      ],
      tool_config: { function_calling_config: { mode: 'ANY', allowed_function_names: ['f'] } },
      generation_config: { max_output_tokens: 5, thinking_config: { thinking_level: 'LOW', include_thoughts: true } },
      safety_settings: [{ category: 'x', threshold: 'y' }],
    })
    expect(asking).toEqual({
      turns: [
        { role: 'system', parts: [{ kind: 'text', text: 'Be short.' }] },
        {
          role: 'user',
          parts: [
            { kind: 'text', text: 'Hi' },
            { kind: 'image', source: { by: 'bytes', mediaType: 'image/png', base64: 'AAAA' } },
          ],
        },
      ],
      tools: [
        {
          name: 'f',
          schema: {
            type: 'object',
            properties: {
              a: { type: ['string', 'null'] },
              b: { type: 'array', items: { type: 'integer' }, minItems: 1 },
            },
          },
        },
      ],
      toolChoice: { must: 'any' },
      maxTokens: 5,
      stops: [],
      reasoning: { effort: 'low', isShown: true },
      isStreaming: false,
      wantsUsage: true,
    })
  })

  test('calls without names are matched by their tools, in order', () => {
    const called = (name: string): object => ({ functionCall: { name, args: {} } })
    const gave = (name: string, said: number): object => ({ functionResponse: { name, response: { said } } })
    const { turns } = generateContent.readRequest({
      contents: [model(called('f'), called('g'), called('f')), user(gave('g', 1), gave('f', 2), gave('f', 3))],
    })
    const [{ parts: calls = [] } = {}, { parts: results = [] } = {}] = turns
    const ids = calls.flatMap((part) => (part.kind === 'call' ? [part.id] : []))
    expect(new Set(ids).size).toBe(3)
    expect(results.map((part) => (part.kind === 'result' ? part.callId : ''))).toEqual([ids[1], ids[0], ids[2]])
  })

  test.each<[object, string]>([
    [{ contents: [], cachedContent: 'cachedContents/a' }, 'cachedContent'],
    [{ contents: [], later: 1 }, 'later'],
    [{ contents: [], tools: [{ codeExecution: {} }] }, 'tools[0].codeExecution'],
    [{ contents: [], generationConfig: { candidateCount: 2 } }, 'generationConfig.candidateCount'],
    [{ contents: [], generationConfig: { responseModalities: ['IMAGE'] } }, 'generationConfig.responseModalities'],
    [
      { contents: [user({ fileData: { fileUri: 'https://generativelanguage.googleapis.com/v1beta/files/a' } })] },
      'contents[0].parts[0].fileData.fileUri',
    ],
    [
      { contents: [user({ inlineData: { mimeType: 'audio/wav', data: 'AAAA' } })] },
      'contents[0].parts[0].inlineData.mimeType',
    ],
    [{ contents: [user({ videoMetadata: {}, text: 'x' })] }, 'contents[0].parts[0].videoMetadata'],
    [{ contents: [user({ functionResponse: { name: 'f', response: {} } })] }, 'contents[0].parts[0].functionResponse'],
    [{ contents: [{ role: 'assistant', parts: [] }] }, 'contents[0].role'],
    [
      {
        contents: [],
        tools: [
          { functionDeclarations: [{ name: 'f', parameters: { type: 'OBJECT', properties: { a: { strange: 1 } } } }] },
        ],
      },
      'tools[0].functionDeclarations[0].parameters.properties.a.strange',
    ],
  ])('%j is refused by name', (body, path) => {
    expect(() => generateContent.readRequest(body)).toThrow(expect.objectContaining({ path }))
  })
})

describe('marks of thoughts', () => {
  const whole = (parts: object[]): Answered =>
    generateContent.readAnswer({ candidates: [{ content: { parts }, finishReason: 'STOP' }] })
  /** What a client that keeps everything sends back. */
  const back = (parts: object[]): unknown => {
    const turns = [{ role: 'assistant', parts: whole(parts).parts }] as Asking['turns']
    const { contents } = generateContent.writeRequest(
      { turns, tools: [], stops: [], isStreaming: false, wantsUsage: true },
      LATER,
    )
    return contents
  }

  const call = (id: string, more: object = {}): object => ({ functionCall: { id, name: 'f', args: {} }, ...more })
  test.each<[string, object[], object[]]>([
    [
      'beside a call',
      [call('1', { thoughtSignature: SEAL }), call('2')],
      [call('1', { thoughtSignature: SEAL }), call('2')],
    ],
    [
      'beside a call behind thoughts and words',
      [{ text: 'Hm', thought: true }, { text: 'So: ' }, call('1', { thoughtSignature: SEAL })],
      [{ text: 'So: ' }, call('1', { thoughtSignature: SEAL })],
    ],
    ['beside a text', [{ text: 'a' }, { text: 'b', thoughtSignature: SEAL }], [{ text: 'ab', thoughtSignature: SEAL }]],
    ['beside nothing', [{ text: 'a' }, { text: '', thoughtSignature: SEAL }], [{ text: 'a', thoughtSignature: SEAL }]],
    [
      'beside a text and a call',
      [{ text: 'a', thoughtSignature: 'AAAA' }, call('1', { thoughtSignature: SEAL })],
      [{ text: 'a', thoughtSignature: 'AAAA' }, call('1', { thoughtSignature: SEAL })],
    ],
  ])('%s go back where they were', (_name, parts, wanted) => {
    expect(back(parts)).toEqual([model(...wanted)])
  })
})

describe('answers', () => {
  test('of the played vendor are the same whole and streamed, wherever the stream is cut', async () => {
    const ask = (thinks: boolean, call: boolean): Parameters<typeof played.json>[0] => {
      const usage = { input: 7, output: 3, cacheRead: 0, cacheWrite: 0, oneHour: false }
      const turn = {
        model: TO.model,
        stream: true,
        input: '',
        fromUser: true,
        tools: [],
        toolChoice: 'auto' as const,
        prompt: [],
        number: 4,
        createdAt: 0,
        calls: [],
        cutShort: false,
        usage,
        seal: SEAL,
        thinks,
      }
      return call ? { ...turn, pieces: ['{}'], call: CALL, calls: [CALL] } : { ...turn, pieces: ['Grüß', ' Gott', '!'] }
    }
    const cases = fc.record({ thinks: fc.boolean(), call: fc.boolean(), at: fc.array(SHARE, { maxLength: 20 }) })
    await holds(
      fc.property(cases, ({ thinks, call, at }) => {
        const turn = ask(thinks, call)
        const wanted = generateContent.readAnswer(JSON.parse(played.json(turn)))
        const gathered = new Gathered()
        const reader = generateContent.reader((telling) => gathered.take(telling))
        for (const piece of cut(played.events(turn).join(''), at)) reader.push(piece)
        reader.close()
        expect(gathered.answer()).toEqual(wanted)
        expect(wanted).toMatchObject({ stop: call ? 'tools' : 'end', usage: { input: 7 } })
      }),
      100,
    )
  })

  test.each<[string, unknown, object]>([
    ['a prompt that is blocked', { promptFeedback: { blockReason: 'SAFETY' } }, { stop: 'refusal', parts: [] }],
    ['an answer that is', { candidates: [{ finishReason: 'SAFETY' }] }, { stop: 'refusal', parts: [] }],
    [
      'one that is cut short',
      { candidates: [{ content: { parts: [{ text: 'a' }] }, finishReason: 'MAX_TOKENS' }] },
      { stop: 'length' },
    ],
  ])('%s', (_name, value, wanted) => {
    expect(generateContent.readAnswer(value)).toMatchObject(wanted)
    const told: Telling[] = []
    const reader = generateContent.reader((telling) => told.push(telling))
    reader.push(Buffer.from(`data: ${JSON.stringify(value)}\r\n\r\n`))
    reader.close()
    expect(told).toContainEqual({ is: 'stop', stop: (wanted as Answered).stop })
    expect(told.at(-1)).toEqual({ is: 'end' })
  })

  test.each<[string, string, object]>([
    ['nothing', '', { status: 502, message: 'The vendor broke off the answer.' }],
    ['half an answer', '{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}', { status: 502 }],
    [
      'an error',
      '{"error":{"code":503,"message":"Overloaded","status":"UNAVAILABLE"}}',
      { status: 503, message: 'Overloaded', code: 'UNAVAILABLE' },
    ],
    [
      'an image',
      '{"candidates":[{"content":{"parts":[{"inlineData":{}}]}}]}',
      { status: 502, message: expect.stringContaining('inlineData') },
    ],
    [
      'a call that nobody can read',
      '{"candidates":[{"finishReason":"MALFORMED_FUNCTION_CALL"}]}',
      { status: 502, message: expect.stringContaining('MALFORMED') },
    ],
  ])('a stream of %s ends in a fault', (_name, data, fault) => {
    const told: Telling[] = []
    const reader = generateContent.reader((telling) => told.push(telling))
    if (data !== '') reader.push(Buffer.from(`data: ${data}\n\n`))
    reader.close()
    expect(told.filter(({ is }) => is === 'fault')).toMatchObject([{ fault }])
    expect(told.at(-1)).toMatchObject({ is: 'fault' })
  })
})

describe('there and back nothing is lost', () => {
  test('of a request', async () => {
    await holds(
      fc.property(requests('generate_content'), (asking) => {
        const body = generateContent.writeRequest(asking, TO)
        const again = generateContent.readRequest(JSON.parse(JSON.stringify(body)))
        expect(asAsked(again)).toEqual(asAsked(asking))
      }),
      150,
    )
  })

  test('of an answer, whole and streamed', async () => {
    const stamp = { at: 1, wantsUsage: true }
    await holds(
      fc.property(answers('generate_content'), (answered) => {
        expect(asTold(generateContent.readAnswer(generateContent.writeAnswer(answered, stamp)))).toEqual(
          asTold(answered),
        )
        const write = generateContent.writer(stamp)
        const gathered = new Gathered()
        const reader = generateContent.reader((telling) => gathered.take(telling))
        tellInPieces(answered, (telling) => reader.push(Buffer.from(write(telling))))
        reader.close()
        const got = gathered.answer()
        expect(got && asTold(got)).toEqual(asTold(answered))
      }),
      150,
    )
  })
})

test('whatever a client or a vendor sends, it is read or refused by name, and nothing else', async () => {
  await holds(
    fc.property(
      fc.jsonValue(),
      fc.constantFrom('contents', 'tools', 'generationConfig', 'systemInstruction'),
      (value, key) => {
        for (const body of [value, { [key]: value }, { contents: [{ parts: [{ [key]: value }] }] }]) {
          try {
            generateContent.readRequest(body)
          } catch (error) {
            expect(error).toBeInstanceOf(Unsayable)
          }
          try {
            generateContent.readAnswer(body)
          } catch (error) {
            expect(error).toBeInstanceOf(Unsayable)
          }
        }
      },
    ),
    150,
  )
})
