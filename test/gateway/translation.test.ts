// What reaches a vendor of another dialect, and what its answers become for the official SDKs, with vendors that answer as the test says.
import type { ServerResponse } from 'node:http'
import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import { bearer, GOOD, type Heard, key, PROJECT, type Stand, say, stand, type Vendor, vendor } from './support.ts'

const GOOGLE = 'AIza-gateway-google-0004'
const CLAUDE = 'anthropic/claude-opus-4-6'
const GPT = 'openai/gpt-5.1'
const MINE = 'mine/m'

async function house(
  answer: (response: ServerResponse) => void,
  { profiles = {}, params }: { profiles?: Record<string, object>; params?: object } = {},
): Promise<Stand & Vendor> {
  const played = await vendor((_request, response) => answer(response))
  const { url } = played
  const on = await stand({
    profiles: {
      'anthropic:a': key('anthropic', GOOD),
      'openai:o': key('openai', PROJECT),
      'google:g': key('google', GOOGLE),
      ...profiles,
    },
    config: {
      models: {
        providers: {
          anthropic: { baseUrl: `${url}/anthropic` },
          openai: { baseUrl: `${url}/openai/v1` },
          google: { baseUrl: `${url}/google/v1beta` },
          // Speaks Chat Completions, and nothing else.
          mine: { baseUrl: `${url}/mine/v1`, api: 'openai-completions', apiKey: PROJECT },
        },
      },
      agents: { defaults: { model: { primary: CLAUDE, fallbacks: [] }, models: { [CLAUDE]: { params } } } },
    },
  })
  return { ...played, ...on }
}

const post = (on: Stand, path: string, body: object | string): Promise<Heard> =>
  say(on.url, path, { headers: bearer(on.token), body: typeof body === 'string' ? body : JSON.stringify(body) })

const json =
  (value: object) =>
  (response: ServerResponse): void => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(value))
  }
const stream =
  (text: string) =>
  (response: ServerResponse): void => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end(text)
  }
const events = (...said: object[]): string => said.map((one) => `data: ${JSON.stringify(one)}\n\n`).join('')
const HELLO = { type: 'message', id: 'm', model: 'x', content: [{ type: 'text', text: 'Hi' }], stop_reason: 'end_turn' }

describe("Anthropic's prompt cache, for a client that has no word for it", () => {
  const asked = {
    model: CLAUDE,
    tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }],
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'one' },
      { role: 'assistant', content: 'Well.' },
      { role: 'user', content: 'two' },
    ],
  }
  type Body = { tools: object[]; system: object[]; messages: { content: object[] }[] }
  const marksOf = ({ tools, system, messages }: Body): string => {
    const all = [...tools, ...system, ...messages.flatMap(({ content }) => content)]
    return all.map((block) => JSON.stringify('cache_control' in block ? block.cache_control : null)).join(' ')
  }
  const PLAN = { type: 'token', provider: 'anthropic', token: `sk-ant-oat01-${'Ab1-'.repeat(24)}` }
  const SHORT = '{"type":"ephemeral"}'
  const HOUR = '{"type":"ephemeral","ttl":"1h"}'

  test.each<[string, { params?: object; profiles?: Record<string, object> }, string, string | undefined]>([
    ['is used for a key', {}, `null ${SHORT} null null ${SHORT}`, undefined],
    [
      'for an hour as configured',
      { params: { cacheRetention: 'long' } },
      `null ${HOUR} null null ${HOUR}`,
      'extended-cache-ttl-2025-04-11',
    ],
    ['not where it is configured away', { params: { cacheRetention: 'none' } }, 'null null null null null', undefined],
    ['not for a subscription', { profiles: { 'anthropic:a': PLAN } }, 'null null null null null', 'oauth-2025-04-20'],
  ])('%s', async (_, setup, marks, beta) => {
    const on = await house(json(HELLO), setup)
    expect((await post(on, '/v1/chat/completions', asked)).status).toBe(200)
    expect(marksOf(JSON.parse(on.bodies[0] ?? '') as Body)).toBe(marks)
    const { headers } = on.requests[0] ?? {}
    expect(headers?.['anthropic-beta']).toBe(beta)
  })

  test('is told no mark on what the model thought, and one in between where a turn was long', async () => {
    const on = await house(json(HELLO))
    const calls = Array.from({ length: 20 }, (_, at) => ({
      id: `c${at}`,
      type: 'function',
      function: { name: 'f', arguments: '{}' },
    }))
    const long = {
      ...asked,
      messages: [
        asked.messages[1],
        { role: 'assistant', content: null, tool_calls: calls },
        ...calls.map(({ id }) => ({ role: 'tool', tool_call_id: id, content: 'x' })),
      ],
    }
    await post(on, '/v1/chat/completions', long)
    const { tools, messages } = JSON.parse(on.bodies[0] ?? '') as Body
    const marked = messages.flatMap(({ content }, at) =>
      content.flatMap((block, index) => ('cache_control' in block ? [`${at}.${index}`] : [])),
    )
    expect(marked).toEqual(['1.14', '2.9', '2.19'])
    expect(tools[0]).toHaveProperty('cache_control')
  })
})

describe('what cannot be said is refused by the name that the client has for it', () => {
  test('by a whole request, and nobody is asked', async () => {
    const on = await house(json(HELLO))
    const user = { role: 'user', content: 'Hi' }
    const tools = [{ name: 'f', input_schema: { type: 'object' } }]
    const gemini = 'google/gemini-3-pro-preview'
    const alone = { type: 'auto', disable_parallel_tool_use: true }
    const one = await post(on, '/v1/messages', {
      model: gemini,
      max_tokens: 9,
      messages: [user],
      tools,
      tool_choice: alone,
    })
    expect(one).toMatchObject({ status: 400, text: expect.stringContaining('tool_choice.disable_parallel_tool_use: ') })
    const prefilled = { model: GPT, max_tokens: 9, messages: [user, { role: 'assistant', content: '{' }] }
    expect(await post(on, '/v1/messages', prefilled)).toMatchObject({
      status: 400,
      text: expect.stringContaining('"messages: '),
    })
    const openai = new OpenAI({ baseURL: `${on.url}/v1`, apiKey: on.token })
    await expect(
      openai.chat.completions.create({
        model: CLAUDE,
        messages: [{ role: 'user', content: 'Hi' }],
        frequency_penalty: 1,
      }),
    ).rejects.toMatchObject({ status: 400, param: 'frequency_penalty', code: 'cannot_translate' })
    for (const levels of [300, 20_000]) {
      const deep = `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
      const heard = await post(
        on,
        '/v1/messages',
        `{"model":"${GPT}","max_tokens":9,"messages":[{"role":"user","content":"Hi"}],"metadata":${deep}}`,
      )
      expect(heard).toMatchObject({ status: 400, text: expect.stringContaining('nested deeper than 200 levels') })
    }
    expect(on.requests).toHaveLength(0)
  })
})

describe('the official SDKs read', () => {
  const tools = ['a', 'b'].map((name) => ({ name, input_schema: { type: 'object' as const } }))
  const piece = (index: number, more: object): object => ({
    id: 'c',
    model: 'x',
    choices: [{ delta: { tool_calls: [{ index, ...more }] } }],
  })
  const more = (index: number, text: string): object => piece(index, { function: { arguments: text } })
  const mixed = events(
    ...['a', 'b'].map((name, index) => piece(index, { id: '', function: { name, arguments: '' } })),
    ...[more(1, '{"y"'), more(0, '{"x"'), more(1, ':2}'), more(0, ':1}')],
    { id: 'c', choices: [{ delta: {}, finish_reason: 'tool_calls' }] },
  )

  test('calls in parallel that come mixed and without names: Anthropic, whole and block by block', async () => {
    const on = await house(stream(mixed))
    const sdk = new Anthropic({ baseURL: on.url, apiKey: on.token })
    const asked = sdk.messages.stream({
      model: GPT,
      max_tokens: 99,
      tools,
      messages: [{ role: 'user', content: 'Hi' }],
    })
    const blocks: unknown[] = []
    asked.on('contentBlock', (block) => blocks.push(block))
    const { content } = await asked.finalMessage()
    expect(content).toMatchObject([
      { type: 'tool_use', name: 'a', input: { x: 1 } },
      { type: 'tool_use', name: 'b', input: { y: 2 } },
    ])
    expect(blocks).toMatchObject(content)
    const ids = content.map((block) => (block.type === 'tool_use' ? block.id : ''))
    expect(new Set(ids).size).toBe(2)
    expect(ids.join()).toMatch(/^call_[0-9a-f]{8}_0,call_[0-9a-f]{8}_1$/)
  })

  test('the same: Google, and OpenAI by Responses', async () => {
    const on = await house(stream(mixed))
    const google = new GoogleGenAI({ apiKey: on.token, httpOptions: { baseUrl: on.url } })
    const parts: unknown[] = []
    for await (const chunk of await google.models.generateContentStream({ model: GPT, contents: 'Hi' }))
      parts.push(
        ...(chunk.candidates?.[0]?.content?.parts ?? []).filter(({ functionCall }) => functionCall !== undefined),
      )
    expect(parts).toEqual([
      {
        functionCall: { id: expect.any(String), name: 'a', args: { x: 1 } },
        thoughtSignature: 'skip_thought_signature_validator',
      },
      { functionCall: { id: expect.any(String), name: 'b', args: { y: 2 } } },
    ])
    const codex = new OpenAI({ baseURL: `${on.url}/v1`, apiKey: on.token })
    const { output } = await codex.responses.stream({ model: MINE, input: 'Hi' }).finalResponse()
    expect(output).toMatchObject([
      { type: 'function_call', name: 'a', arguments: '{"x":1}' },
      { type: 'function_call', name: 'b', arguments: '{"y":2}' },
    ])
  })

  test('an error of Google in plain JSON, in the midst of a stream', async () => {
    const said = events({ responseId: 'r', candidates: [{ content: { parts: [{ text: 'Well' }] } }] })
    const broken = JSON.stringify(
      { error: { code: 503, message: 'The model is overloaded', status: 'UNAVAILABLE' } },
      null,
      2,
    )
    const on = await house(stream(said + broken))
    const sdk = new Anthropic({ baseURL: on.url, apiKey: on.token, maxRetries: 0 })
    const asked = sdk.messages.stream({
      model: 'google/gemini-2.5-flash',
      max_tokens: 9,
      messages: [{ role: 'user', content: 'Hi' }],
    })
    await expect(asked.finalMessage()).rejects.toThrow(/overloaded/)
    const openai = new OpenAI({ baseURL: `${on.url}/v1`, apiKey: on.token, maxRetries: 0 })
    const answer = await openai.responses.create({ model: 'google/gemini-2.5-flash', input: 'Hi', stream: true })
    await expect(
      (async () => {
        for await (const event of answer) if (event.type === 'response.completed') return
      })(),
    ).rejects.toThrow(/overloaded/)
  })
})
