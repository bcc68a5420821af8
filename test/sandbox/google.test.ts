// The played Google as its own SDK meets it, and what it insists on.
import { type Content, FunctionCallingConfigMode, GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { say, start } from './support.ts'

const KEY = 'AIza-test-key-0001'
const OTHER = 'AIza-test-key-0002'
const SPENT = 'AIza-test-key-0003'
const MODEL = 'gemini-2.5-flash'
const STRICT = 'gemini-3-pro-preview'
const accounts = [
  { name: 'one', vendor: 'google', key: KEY },
  { name: 'other', vendor: 'google', key: OTHER },
  { name: 'spent', vendor: 'google', key: SPENT, quota: 0 },
] as const
const parametersJsonSchema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const tools = [{ functionDeclarations: [{ name: 'weather', parametersJsonSchema }] }]

/** The vendor's own client. */
function client(sandbox: Sandbox, apiKey = KEY): GoogleGenAI {
  return new GoogleGenAI({ apiKey, httpOptions: { baseUrl: sandbox.baseUrl('google').replace('/v1beta', '') } })
}

describe('generateContent', () => {
  test('answers whole and streamed alike, and counts anew in every chunk', async () => {
    const sandbox = await start({ accounts, words: 30 })
    const { models } = client(sandbox)
    const asked = { model: MODEL, contents: 'How do you do?' }
    const whole = await models.generateContent(asked)
    expect(whole.text).toMatch(/^Sandbox answer/)
    expect(whole.candidates?.[0]?.finishReason).toBe('STOP')
    const chunks = []
    for await (const chunk of await models.generateContentStream(asked)) chunks.push(chunk)
    expect(chunks.map(({ text }) => text).join('')).toBe(whole.text)
    expect(chunks.map(({ usageMetadata }) => usageMetadata?.candidatesTokenCount)).toEqual(
      chunks.map((_, at) => at + 1),
    )
    expect(chunks.at(-1)?.usageMetadata).toMatchObject({ promptTokenCount: whole.usageMetadata?.promptTokenCount })
    expect(sandbox.requests().map(({ path, model }) => [path, model])).toEqual([
      [`/google/v1beta/models/${MODEL}:generateContent`, MODEL],
      [`/google/v1beta/models/${MODEL}:streamGenerateContent?alt=sse`, MODEL],
    ])
  })

  test('thinks when it is asked to show that, and seals what it thought', async () => {
    const { models } = client(await start({ accounts }))
    const config = { thinkingConfig: { includeThoughts: true } }
    const { candidates, usageMetadata } = await models.generateContent({ model: MODEL, contents: 'Hi', config })
    expect(candidates?.[0]?.content?.parts).toMatchObject([
      { thought: true, text: expect.stringContaining('thought') },
      { text: expect.stringMatching(/^Sandbox answer/), thoughtSignature: expect.any(String) },
    ])
    expect(usageMetadata?.thoughtsTokenCount).toBeGreaterThan(0)
  })

  test('calls a tool, and goes on only from a call with the signature that this account got', async () => {
    const sandbox = await start({ accounts })
    const question: Content = { role: 'user', parts: [{ text: 'Use the tool!' }] }
    const first = await client(sandbox).models.generateContent({
      model: STRICT,
      contents: [question],
      config: { tools },
    })
    const [call] = first.candidates?.[0]?.content?.parts ?? []
    expect(call).toMatchObject({
      functionCall: { name: 'weather', args: { city: 'sandbox' } },
      thoughtSignature: expect.any(String),
    })
    const answer: Content = {
      role: 'user',
      parts: [{ functionResponse: { name: 'weather', response: { output: 'rain' } } }],
    }
    const goOn = (key: string, part: object | undefined): Promise<unknown> =>
      client(sandbox, key).models.generateContent({
        model: STRICT,
        contents: [question, { role: 'model', parts: [part ?? {}] }, answer],
        config: { tools },
      })
    await expect(goOn(KEY, call)).resolves.toMatchObject({ text: expect.stringContaining('rain') })
    await expect(goOn(OTHER, call)).rejects.toThrow('not valid for this account')
    await expect(goOn(KEY, { functionCall: call?.functionCall })).rejects.toThrow('missing a thought_signature')
    await expect(
      goOn(OTHER, { functionCall: call?.functionCall, thoughtSignature: 'skip_thought_signature_validator' }),
    ).resolves.toBeDefined()
  })

  test.each([
    [FunctionCallingConfigMode.ANY, 'hi', 'weather'],
    [FunctionCallingConfigMode.NONE, 'use the tool', undefined],
    [FunctionCallingConfigMode.AUTO, 'hi', undefined],
  ])('obeys the mode %s', async (mode, contents, name) => {
    const config = { tools, toolConfig: { functionCallingConfig: { mode } } }
    const answer = await client(await start({ accounts })).models.generateContent({ model: MODEL, contents, config })
    expect(answer.functionCalls?.[0]?.name).toBe(name)
  })

  const part = { text: 'Hi' }
  const user = { role: 'user', parts: [part] }
  const declared = (one: object): object => ({ contents: [user], tools: [{ functionDeclarations: [one] }] })
  test.each([
    [{}, 'contents is not specified'],
    [{ contents: [user], max_tokens: 5 }, 'Unknown name "max_tokens": Cannot find field.'],
    [{ contents: [user, user] }, 'does not alternate'],
    [{ contents: [{ role: 'assistant', parts: [part] }] }, 'Please use a valid role: user, model.'],
    [{ contents: [{ role: 'user', parts: [] }] }, 'parts must not be empty'],
    [{ contents: [{ role: 'user', parts: [{}] }] }, "required oneof field 'data'"],
    [{ contents: [{ role: 'user', parts: [{ inlineData: { mimeType: 'image/png', data: '<>' } }] }] }, 'base64'],
    [{ contents: [user], generationConfig: { temperature: 3 } }, 'must be in the range [0.0, 2.0]'],
    [{ contents: [user], generationConfig: { maxTokens: 3 } }, 'Unknown name "maxTokens"'],
    [declared({ name: '1st' }), 'Invalid function name'],
    [
      declared({ name: 'f', parameters: { type: 'OBJECT', additionalProperties: false } }),
      `Unknown name "additionalProperties" at 'tools[0].function_declarations[0].parameters': Cannot find field.`,
    ],
    [
      declared({ name: 'f', parameters: { type: 'OBJECT', properties: { a: { $ref: '#' } } } }),
      `Unknown name "$ref" at 'tools[0].function_declarations[0].parameters.properties[a]'`,
    ],
    [
      { contents: [user, { role: 'model', parts: [{ functionCall: { name: 'f', args: {} } }] }, user] },
      'number of function response parts is equal',
    ],
  ])('refuses %j', async (body, complaint) => {
    const sandbox = await start({ accounts })
    const heard = await say(`${sandbox.baseUrl('google')}/models/${MODEL}:generateContent`, {
      headers: { 'x-goog-api-key': KEY },
      body: JSON.stringify(body),
    })
    expect(heard.status).toBe(400)
    expect(JSON.parse(heard.text)).toMatchObject({
      error: { code: 400, status: 'INVALID_ARGUMENT', message: expect.stringContaining(complaint) },
    })
  })
})

test('keys, quotas and unknown models are refused as the vendor does; a key in an address opens nothing', async () => {
  const sandbox = await start({ accounts })
  const at = (path: string, headers: Record<string, string>, body?: object) =>
    say(sandbox.baseUrl('google') + path, { headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  const ask = (key: string, model = MODEL, query = '') =>
    at(
      `/models/${model}:generateContent${query}`,
      { 'x-goog-api-key': key },
      { contents: [{ parts: [{ text: 'Hi' }] }] },
    )
  const errorOf = async (heard: Promise<{ status: number; text: string }>) => {
    const { status, text } = await heard
    return [status, JSON.parse(text).error]
  }
  expect(await errorOf(ask('AIza-nobody'))).toMatchObject([400, { details: [{ reason: 'API_KEY_INVALID' }] }])
  expect(await errorOf(ask(SPENT))).toMatchObject([
    429,
    { status: 'RESOURCE_EXHAUSTED', details: [{ retryDelay: expect.stringMatching(/^\d+s$/) }] },
  ])
  expect(await errorOf(ask(KEY, 'gemini-9'))).toMatchObject([404, { status: 'NOT_FOUND' }])
  expect(await errorOf(ask(KEY, MODEL, `?key=${KEY}`))).toMatchObject([404, {}])
  expect(await errorOf(at(`/models/${MODEL}:generateContent`, { authorization: `Bearer ${KEY}` }, {}))).toMatchObject([
    403,
    { status: 'PERMISSION_DENIED' },
  ])
  expect((await at('/models?pageSize=1', { 'x-goog-api-key': KEY })).status).toBe(200)
})

test('its other door takes the key as a bearer and speaks Chat Completions', async () => {
  const sandbox = await start({ accounts })
  const openai = new OpenAI({ baseURL: `${sandbox.baseUrl('google')}/openai`, apiKey: KEY, maxRetries: 0 })
  const { choices } = await openai.chat.completions.create({
    model: MODEL,
    messages: [{ role: 'user', content: 'Hi' }],
  })
  expect(choices[0]?.message.content).toMatch(/^Sandbox answer/)
})
