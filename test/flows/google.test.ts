// Google's own SDK points at the gateway: base URL and key change, nothing else does; and the gateway asks Google as Google wants to be asked.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type GenerateContentResponse, GoogleGenAI } from '@google/genai'
import type { ResponseInputItem } from 'openai/resources/responses/responses'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { LedgerLine } from '../../src/core/ledger.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { type Installation, install, openclaw, until } from '../support/installation.ts'
import { storedLogin } from '../support/logins.ts'
import { anthropic, CLAUDE, GPT, openai, providersAt, requestsOf } from './support.ts'

const SPENT = 'AIza-spent-0123456789abcdef-canary'
const GOOD = 'AIza-good-0123456789abcdef-canary'
const CLAUDE_KEY = 'sk-ant-api03-google-0123456789abcdef'
const PROJECT_KEY = 'sk-proj-google-0123456789abcdef'
const MODEL = 'google/gemini-2.5-flash'
const OWN = 'gem/gemini-2.5-flash'

let sandbox: Sandbox
let place: Installation
let gateway: GatewayProcess
let google: GoogleGenAI

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [
      { name: 'spent', vendor: 'google', key: SPENT, quota: 0 },
      { name: 'good', vendor: 'google', key: GOOD },
      { name: 'claude', vendor: 'anthropic', key: CLAUDE_KEY },
      { name: 'gpt', vendor: 'openai', key: PROJECT_KEY },
    ],
  })
  place = await install({
    config: {
      models: {
        providers: {
          ...providersAt(sandbox).providers,
          google: { baseUrl: sandbox.baseUrl('google') },
          'openai-codex': { baseUrl: `${sandbox.baseUrl('chatgpt')}/backend-api` },
          // Speaks Chat Completions, and nothing else.
          mine: { baseUrl: sandbox.baseUrl('openai'), api: 'openai-completions', apiKey: PROJECT_KEY },
          gem: { baseUrl: sandbox.baseUrl('google'), api: 'google-generative-ai', apiKey: GOOD },
        },
      },
      agents: { defaults: { model: MODEL, models: { [MODEL]: { alias: 'flash' }, [OWN]: {} } } },
    },
    profiles: [
      { id: 'google:spent', key: SPENT },
      { id: 'google:good', key: GOOD },
      { id: 'anthropic:default', key: CLAUDE_KEY },
      { id: 'openai:default', key: PROJECT_KEY },
      storedLogin(sandbox, 'openai-codex:home', { expires: Date.now() + 3_600_000 }),
    ],
    order: { google: ['google:spent', 'google:good'] },
  })
  gateway = await startGateway(place)
  google = new GoogleGenAI({ apiKey: gateway.token, httpOptions: { baseUrl: gateway.url } })
})

afterAll(async () => {
  await gateway?.stop()
  await sandbox?.close()
  await place?.remove()
})

beforeEach(() => sandbox.setFaults([]))

async function gathered(stream: AsyncGenerator<GenerateContentResponse>): Promise<GenerateContentResponse[]> {
  const chunks = []
  for await (const chunk of stream) chunks.push(chunk)
  return chunks
}

describe("Google's SDK", () => {
  test('is served by the next account when the first one has nothing left, whole and streamed, under any name of the model', async () => {
    for (const model of [MODEL, 'flash', 'models/flash']) {
      expect((await google.models.generateContent({ model, contents: 'Are you there?' })).text).toContain(
        'You said: Are you there?',
      )
    }
    const chunks = await gathered(await google.models.generateContentStream({ model: MODEL, contents: 'And now?' }))
    expect(chunks.map(({ text }) => text).join('')).toContain('You said: And now?')
    expect(chunks.at(-1)?.candidates?.[0]?.finishReason).toBe('STOP')
    // It rests until the window is over: asked once, for all of them.
    expect(requestsOf(sandbox, 'spent')).toBe(1)
    expect(sandbox.requests().at(-1)).toMatchObject({
      account: 'good',
      path: '/google/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse',
    })
  })

  test('gets what was counted noted, and its key nowhere', async () => {
    const chunks = await gathered(
      await google.models.generateContentStream({ model: MODEL, contents: 'Count! '.repeat(100) }),
    )
    const told = chunks.at(-1)?.usageMetadata
    const noted = await until('the ledger to tell of the call', async () => {
      const text = await readFile(join(place.state, 'agents/main/sessions/calls.log'), 'utf8').catch(() => '')
      const lines = text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as LedgerLine]))
      return lines.find(({ tokens }) => tokens?.input === told?.promptTokenCount)
    })
    expect(noted).toMatchObject({ endpoint: 'generate_content', tokens: { output: told?.candidatesTokenCount } })
    for (const { headers, path } of sandbox.requests()) {
      expect(path).not.toContain('key')
      expect(headers.authorization).toBeUndefined()
      expect(headers['x-goog-api-key']).toMatch(/nary$/)
      expect(headers['user-agent']).toMatch(/^keyclaw\//)
    }
  })

  test('gets tools called', async () => {
    const { functionCalls } = await google.models.generateContent({
      model: MODEL,
      contents: 'use the tool',
      config: { tools: [{ functionDeclarations: [{ name: 'weather', parametersJsonSchema: { type: 'object' } }] }] },
    })
    expect(functionCalls?.[0]).toMatchObject({ name: 'weather' })
  })

  test('throws for a model that nobody has, and for a provider that nobody knows', async () => {
    await expect(google.models.generateContent({ model: 'google/gemini-9', contents: 'Hi' })).rejects.toMatchObject({
      status: 404,
      message: expect.stringContaining('NOT_FOUND'),
    })
    await expect(google.models.generateContent({ model: 'nobody/x', contents: 'Hi' })).rejects.toMatchObject({
      status: 404,
    })
  })
})

describe('beside asking,', () => {
  test('models are listed and told of one by one', async () => {
    const listed: string[] = []
    for await (const { name = '' } of await google.models.list()) listed.push(name)
    expect(listed).toEqual(expect.arrayContaining([`models/${MODEL}`, `models/${OWN}`]))
    expect(await google.models.get({ model: 'flash' })).toMatchObject({ name: `models/${MODEL}` })
    const claude = await google.models.get({ model: CLAUDE })
    expect(claude).toMatchObject({
      displayName: 'Claude Opus 4.6',
      inputTokenLimit: 1_000_000,
      outputTokenLimit: 128_000,
    })
    const answer = await fetch(`${gateway.url}/v1beta/models/${MODEL}`, {
      headers: { 'x-goog-api-key': gateway.token },
    })
    expect(await answer.json()).toMatchObject({ supportedGenerationMethods: ['generateContent', 'countTokens'] })
    await expect(google.models.get({ model: 'google/gemini-0' })).rejects.toMatchObject({ status: 404 })
    const stranger = new GoogleGenAI({ apiKey: 'wrong', httpOptions: { baseUrl: gateway.url } })
    await expect(stranger.models.get({ model: CLAUDE })).rejects.toMatchObject({ status: 401 })
  })

  test('tokens are counted by Google, by the next account when one has nothing left, and by nobody for others', async () => {
    const few = await google.models.countTokens({ model: MODEL, contents: 'Hi' })
    const many = await google.models.countTokens({ model: 'flash', contents: 'Hi there! '.repeat(50) })
    expect(few.totalTokens).toBeGreaterThan(0)
    expect(many.totalTokens).toBeGreaterThan((few.totalTokens ?? 0) * 5)
    expect(sandbox.requests().at(-1)).toMatchObject({
      account: 'good',
      path: '/google/v1beta/models/gemini-2.5-flash:countTokens',
    })
    await expect(google.models.countTokens({ model: CLAUDE, contents: 'Hi' })).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('does not count tokens'),
    })
  })
})

test('a body that breaks off within an escape is for the vendor to refuse, and the gateway goes on', async () => {
  const asked = await fetch(`${gateway.url}/v1beta/models/${MODEL}:generateContent`, {
    method: 'POST',
    headers: { 'x-goog-api-key': gateway.token, 'content-type': 'application/json' },
    body: '{"contents":[{"parts":[{"text":"\\',
  })
  expect(asked.status).toBe(400)
  await asked.text()
  expect((await google.models.generateContent({ model: MODEL, contents: 'Still there?' })).text).toContain(
    'Still there?',
  )
})

test("our own chat talks to a vendor of one's own that speaks the dialect", async () => {
  const asked = ['agent', '--session-id', 'gem', '--message']
  expect((await openclaw(place, [...asked, `/model ${OWN}`])).code).toBe(0)
  const { code, stdout } = await openclaw(place, [...asked, 'Are you there?'])
  expect([code, stdout]).toEqual([0, expect.stringContaining('You said: Are you there?')])
  expect((await openclaw(place, [...asked, 'And now?'])).stdout).toContain('You said: And now?')
  expect(sandbox.requests().at(-1)?.path).toBe('/google/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse')
  sandbox.setFaults([{ vendor: 'google', errorEventAfterEvents: 2 }])
  const broken = await openclaw(place, [...asked, 'Once more'])
  expect(broken.code).not.toBe(0)
  expect(broken.stderr).toMatch(/unavailable|overloaded/i)
})

test('a path that asks for nothing we serve, a wrong token and a stream without events are refused in the dialect', async () => {
  const ask = (path: string, token = gateway.token) =>
    fetch(`${gateway.url}/v1beta/models/${path}`, {
      method: 'POST',
      headers: { 'x-goog-api-key': token },
      body: '{"contents":[]}',
    }).then(async (answer) => [answer.status, ((await answer.json()) as { error: object }).error])
  expect(await ask('flash:embedContent')).toMatchObject([400, { code: 400, status: 'INVALID_ARGUMENT' }])
  expect(await ask('flash')).toMatchObject([400, {}])
  expect(await ask('flash:streamGenerateContent')).toMatchObject([
    400,
    { message: expect.stringContaining('?alt=sse') },
  ])
  expect(await ask('flash:generateContent?key=x', 'wrong')).toMatchObject([401, { status: 'UNAUTHENTICATED' }])
})

test('a client of Chat Completions is served at the other door of Google, byte for byte', async () => {
  const { choices } = await openai({ gateway }).chat.completions.create({
    model: MODEL,
    messages: [{ role: 'user', content: 'Hi' }],
  })
  expect(choices[0]?.message.content).toContain('You said: Hi')
  expect(sandbox.requests().at(-1)).toMatchObject({ account: 'good', path: '/google/v1beta/openai/chat/completions' })
})

test('a probe asks the vendor in its own dialect', async () => {
  const { stdout } = await openclaw(place, ['models', 'status', '--probe', '--json'])
  const { results } = JSON.parse(stdout).auth.probes
  expect(results.filter(({ provider }: { provider: string }) => provider === 'google')).toMatchObject([
    { profileId: 'google:spent', status: 'rate_limit' },
    { profileId: 'google:good', status: 'ok' },
  ])
})

describe('other dialects ask Google in its own', () => {
  const STRICT = 'google/gemini-3-pro-preview'
  const input_schema = { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] }

  test("Anthropic's SDK, whole and streamed, with thoughts", async () => {
    const asked = { model: MODEL, max_tokens: 2000, messages: [{ role: 'user' as const, content: 'Hello' }] }
    const whole = await anthropic({ gateway }).messages.create(asked)
    expect(whole.content).toEqual([{ type: 'text', text: expect.stringContaining('You said: Hello') }])
    expect(sandbox.requests().at(-1)).toMatchObject({ path: '/google/v1beta/models/gemini-2.5-flash:generateContent' })
    const thinking = { type: 'enabled' as const, budget_tokens: 1024 }
    const streamed = await anthropic({ gateway })
      .messages.stream({ ...asked, thinking })
      .finalMessage()
    expect(streamed).toMatchObject({
      stop_reason: 'end_turn',
      content: [
        { type: 'thinking', thinking: expect.stringContaining('thought') },
        { type: 'text', text: expect.stringContaining('You said: Hello') },
        { type: 'thinking', thinking: '', signature: expect.any(String) },
      ],
    })
    expect(streamed.usage.output_tokens).toBeGreaterThan(9)
  })

  test.each([false, true])(
    'a tool is called and its result told, with the mark that the model wants back; streamed: %s',
    async (stream) => {
      const tools = [{ name: 'weather', input_schema }]
      const asked = {
        model: STRICT,
        max_tokens: 2000,
        tools,
        messages: [{ role: 'user' as const, content: 'use the tool' }],
      }
      const { messages } = anthropic({ gateway })
      const first = stream ? await messages.stream(asked).finalMessage() : await messages.create(asked)
      expect(first).toMatchObject({
        stop_reason: 'tool_use',
        content: [{ type: 'thinking' }, { type: 'tool_use', name: 'weather', input: { city: 'sandbox' } }],
      })
      const result = {
        type: 'tool_result' as const,
        tool_use_id: first.content[1]?.type === 'tool_use' ? first.content[1].id : '',
        content: 'rain',
      }
      const second = await messages.create({
        ...asked,
        messages: [
          ...asked.messages,
          { role: 'assistant', content: first.content },
          { role: 'user', content: [result] },
        ],
      })
      expect(second.content).toMatchObject([{ type: 'text', text: expect.stringContaining('rain') }])
    },
  )
})

describe("Google's SDK asks others", () => {
  test.each([CLAUDE, GPT])('%s, whole and streamed, with a tool and its result', async (model) => {
    expect((await google.models.generateContent({ model, contents: 'Hello' })).text).toContain('You said: Hello')
    const chunks = await gathered(await google.models.generateContentStream({ model, contents: 'Hello' }))
    expect(chunks.length).toBeGreaterThan(3)
    expect(chunks.map(({ text }) => text ?? '').join('')).toContain('You said: Hello')
    expect(chunks.at(-1)).toMatchObject({
      candidates: [{ finishReason: 'STOP' }],
      usageMetadata: { candidatesTokenCount: expect.any(Number) },
    })
    const config = {
      tools: [{ functionDeclarations: [{ name: 'weather', parametersJsonSchema: { type: 'object' } }] }],
    }
    const question = { role: 'user', parts: [{ text: 'use the tool' }] }
    const [called] = await gathered(await google.models.generateContentStream({ model, contents: [question], config }))
    const content = called?.candidates?.[0]?.content
    expect(content?.parts).toMatchObject([{ functionCall: { name: 'weather' } }])
    const { id = '', name = '' } = called?.functionCalls?.[0] ?? {}
    const result = { role: 'user', parts: [{ functionResponse: { id, name, response: { output: 'rain' } } }] }
    const answer = await google.models.generateContent({ model, contents: [question, content ?? {}, result], config })
    expect(answer.text).toContain('rain')
  })

  test.each([false, true])(
    'a call of a Claude goes on with a model of Google that wants marks, and back; streamed: %s',
    async (stream) => {
      const strict = 'google/gemini-3-pro-preview'
      const config = {
        tools: [{ functionDeclarations: [{ name: 'weather', parametersJsonSchema: { type: 'object' } }] }],
      }
      const question = { role: 'user', parts: [{ text: 'use the tool' }] }
      const first = { model: CLAUDE, contents: [question], config }
      const [called] = stream
        ? await gathered(await google.models.generateContentStream(first))
        : [await google.models.generateContent(first)]
      const content = called?.candidates?.[0]?.content ?? {}
      const { id = '', name = '' } = content.parts?.[0]?.functionCall ?? {}
      const result = { role: 'user', parts: [{ functionResponse: { id, name, response: { output: 'rain' } } }] }
      for (const model of [strict, CLAUDE, GPT]) {
        const answer = await google.models.generateContent({ model, contents: [question, content, result], config })
        expect(answer.text).toContain('rain')
      }
    },
  )

  test('what cannot be translated is refused by name', async () => {
    await expect(
      google.models.generateContent({ model: CLAUDE, contents: 'Hi', config: { tools: [{ googleSearch: {} }] } }),
    ).rejects.toMatchObject({ status: 400, message: expect.stringContaining('tools[0].googleSearch') })
    await expect(
      google.models.generateContent({ model: CLAUDE, contents: 'Hi', config: { frequencyPenalty: 1 } }),
    ).rejects.toMatchObject({ status: 400, message: expect.stringContaining('generationConfig.frequencyPenalty') })
  })

  test('an error in the middle of a stream is thrown', async () => {
    sandbox.setFaults([{ vendor: 'anthropic', errorEventAfterEvents: 6 }])
    const stream = await google.models.generateContentStream({ model: CLAUDE, contents: 'Hello' })
    await expect(gathered(stream)).rejects.toThrow()
  })
})

describe("OpenAI's SDK asks others by Responses", () => {
  const CHAT = 'mine/gpt-5.1'
  const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
  const tools = [{ type: 'function' as const, name: 'weather', parameters, strict: false }]

  test.each([CLAUDE, CHAT, MODEL, 'google/gemini-3-pro-preview'])(
    '%s, whole and streamed, with a tool and its result',
    async (model) => {
      const { responses } = openai({ gateway })
      const whole = await responses.create({ model, input: 'Hello', store: false })
      expect(whole).toMatchObject({ status: 'completed', output_text: expect.stringContaining('You said: Hello') })
      expect(whole.usage?.output_tokens).toBeGreaterThan(3)
      const stream = responses.stream({ model, input: 'Hello' })
      const pieces: string[] = []
      stream.on('response.output_text.delta', ({ delta }) => pieces.push(delta))
      const streamed = await stream.finalResponse()
      expect(pieces.length).toBeGreaterThan(3)
      expect(streamed).toMatchObject({ status: 'completed', output_text: pieces.join('') })
      const asked = { model, tools, input: [{ role: 'user' as const, content: 'use the tool' }] }
      const called = await responses.stream(asked).finalResponse()
      const call = called.output.find(({ type }) => type === 'function_call')
      expect(call).toMatchObject({ name: 'weather', arguments: '{"city":"sandbox"}' })
      const output = {
        type: 'function_call_output' as const,
        call_id: call?.type === 'function_call' ? call.call_id : '',
        output: 'rain',
      }
      const answer = await responses.create({
        ...asked,
        input: [...asked.input, ...(called.output as ResponseInputItem[]), output],
      })
      expect(answer.output_text).toContain('rain')
    },
  )

  test('thoughts come as items with a seal', async () => {
    const asked = { model: CLAUDE, input: 'Hello', reasoning: { effort: 'low', summary: 'auto' } } as const
    const { output } = await openai({ gateway }).responses.stream(asked).finalResponse()
    expect(output).toMatchObject([
      {
        type: 'reasoning',
        summary: [{ text: expect.stringContaining('think') }],
        encrypted_content: expect.any(String),
      },
      { type: 'message' },
    ])
  })

  test('what lies at OpenAI is refused by name', async () => {
    const asked = { model: CLAUDE, input: 'Hi', previous_response_id: 'resp_1' }
    await expect(openai({ gateway }).responses.create(asked)).rejects.toMatchObject({
      status: 400,
      param: 'previous_response_id',
    })
  })

  test('an error in the middle of a stream is thrown', async () => {
    sandbox.setFaults([{ vendor: 'anthropic', errorEventAfterEvents: 6 }])
    const stream = await openai({ gateway }).responses.create({ model: CLAUDE, input: 'Hi', stream: true })
    await expect(
      (async () => {
        for await (const event of stream) if (event.type === 'response.completed') return
      })(),
    ).rejects.toThrow()
  })
})

describe('a ChatGPT login, which only streams, is asked by', () => {
  const CODEX = 'openai-codex/gpt-5.1'

  test("Anthropic's SDK, whole and streamed, with a tool", async () => {
    const { messages } = anthropic({ gateway })
    const asked = { model: CODEX, max_tokens: 500, messages: [{ role: 'user' as const, content: 'Hello' }] }
    const whole = await messages.create(asked)
    expect(whole.content).toEqual([{ type: 'text', text: expect.stringContaining('You said: Hello') }])
    expect(whole.usage.output_tokens).toBeGreaterThan(3)
    expect(sandbox.requests().at(-1)).toMatchObject({ vendor: 'chatgpt', path: '/chatgpt/backend-api/codex/responses' })
    expect((await messages.stream(asked).finalMessage()).content).toEqual(whole.content)
    const tools = [
      { name: 'weather', input_schema: { type: 'object' as const, properties: { city: { type: 'string' } } } },
    ]
    const called = await messages.create({ ...asked, tools, messages: [{ role: 'user', content: 'use the tool' }] })
    expect(called).toMatchObject({ stop_reason: 'tool_use', content: [{ type: 'tool_use', name: 'weather' }] })
  })

  test("OpenAI's SDK by Chat Completions, whole and streamed", async () => {
    const { completions } = openai({ gateway }).chat
    const asked = { model: CODEX, messages: [{ role: 'user' as const, content: 'Hello' }] }
    const { choices } = await completions.create(asked)
    expect(choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: expect.stringContaining('You said: Hello') },
    })
    let said = ''
    for await (const chunk of await completions.create({ ...asked, stream: true }))
      said += chunk.choices[0]?.delta.content ?? ''
    expect(said).toBe(choices[0]?.message.content)
  })

  test("Google's SDK", async () => {
    const { text } = await google.models.generateContent({ model: CODEX, contents: 'Hello' })
    expect(text).toContain('You said: Hello')
  })
})

test('when all accounts are limited, the SDK is told so in its own terms', async () => {
  sandbox.setFaults([{ vendor: 'google', preset: 'rate-limited' }])
  await expect(google.models.generateContentStream({ model: MODEL, contents: 'Hi' })).rejects.toMatchObject({
    status: 429,
    message: expect.stringContaining('RESOURCE_EXHAUSTED'),
  })
})
