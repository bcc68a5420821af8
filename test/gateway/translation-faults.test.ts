// Answers that cannot be told in the client's dialect, or end in a fault: the client hears so and is let go, the vendor is stopped, and no book says
// that the call was served.
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { View } from '../../src/auth/auth.ts'
import type { VendorCall } from '../../src/auth/vendor-call.ts'
import { stamped } from '../../src/dialects/seals.ts'
import type { Asked } from '../../src/gateway/api/splice.ts'
import { StandIns } from '../../src/gateway/api/stand-ins.ts'
import type { House } from '../../src/gateway/house.ts'
import { createRegistry } from '../../src/providers/registry.ts'
import { until } from '../support/installation.ts'
import { bearer, GOOD, type Heard, key, PROJECT, type Stand, say, stand, vendor } from './support.ts'

type Act = (response: ServerResponse, request: IncomingMessage) => void

const GOOGLE = 'AIza-gateway-google-0004'
const HI = { messages: [{ role: 'user', content: 'hi' }] }

/** A gateway whose vendors all answer as the test says. */
async function house(act: Act, fallbacks: string[] = []): Promise<Stand> {
  const { url } = await vendor((request, response) => act(response, request))
  return await stand({
    profiles: {
      'anthropic:a': key('anthropic', GOOD),
      'openai:o': key('openai', PROJECT),
      'google:g': key('google', GOOGLE),
    },
    config: {
      models: {
        providers: {
          anthropic: { baseUrl: `${url}/anthropic` },
          openai: { baseUrl: `${url}/openai/v1` },
          google: { baseUrl: `${url}/google/v1beta` },
        },
      },
      agents: { defaults: { model: { primary: 'google/gemini-2.5-flash', fallbacks } } },
    },
  })
}

const post = (on: Stand, path: string, body: object): Promise<Heard> =>
  say(on.url, path, { headers: bearer(on.token), body: JSON.stringify(body) })

/** What the ledger says of the one call that was made. */
async function outcomeOf(on: Stand): Promise<unknown> {
  const path = join(on.stateDir, 'agents/main/sessions/calls.log')
  const line = await until('the line of the call', async () => {
    const text = await readFile(path, 'utf8').catch(() => '')
    return text.includes('\n') ? text.slice(0, text.indexOf('\n')) : undefined
  })
  return (JSON.parse(line) as { outcome: unknown }).outcome
}

const whole =
  (body: string): Act =>
  (response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(body)
  }

const events = (...said: object[]): string =>
  said.map((one) => `event: ${'type' in one ? one.type : ''}\ndata: ${JSON.stringify(one)}\n\n`).join('')

const START = events(
  { type: 'message_start', message: { id: 'msg_1', model: 'm', usage: { input_tokens: 1, output_tokens: 1 } } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Well' } },
)
const deep = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`
const calling = (input: string): string =>
  `{"type":"message","id":"m","model":"x","content":[{"type":"tool_use","id":"a","name":"f","input":${input}}],"stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":1}}`

describe('a whole answer', () => {
  test.each([
    ['that breaks the translation', calling(deep)],
    ['that is none', '{"nonsense":1}'],
  ])('%s is refused, and not counted as served', async (_, body) => {
    const on = await house(whole(body))
    const heard = await post(on, '/v1/chat/completions', { model: 'anthropic/claude-opus-4-6', ...HI })
    expect(heard.status).toBe(502)
    expect(heard.text).toContain('cannot be translated')
    expect(await outcomeOf(on)).toBe('broken')
  })
})

describe('a stream', () => {
  test.each([
    ['an event without end', `data: ${'x'.repeat(9 * 1024 * 1024)}`, 'too long'],
    [
      'a block that nobody knows',
      events({ type: 'content_block_start', index: 1, content_block: { type: 'strange' } }),
      'strange',
    ],
    [
      'an event that breaks the translation',
      `data: {"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"a","name":"f","input":${deep}}}\n\n`,
      'cannot be translated',
    ],
  ])('with %s ends for the client and for the vendor, and is not counted as served', async (_, told, why) => {
    let stopped: Promise<unknown> = Promise.resolve()
    const on = await house((response) => {
      stopped = once(response, 'close')
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(START)
      response.write(told)
    })
    const asked = { model: 'anthropic/claude-opus-4-6', stream: true, ...HI }
    const heard = await post(on, '/v1/chat/completions', asked)
    expect(heard.broken).toBe(false)
    expect(heard.text).toContain('Well')
    expect(heard.text).toContain(why)
    await stopped
    expect(await outcomeOf(on)).toBe('broken')
  })
})

describe('a vendor that thinks without end', () => {
  const thoughts = events(
    ...[{ type: 'content_block_start', index: 1, content_block: { type: 'thinking', thinking: '' } }],
    ...Array.from({ length: 8 }, () => ({
      ...{ type: 'content_block_delta', index: 1 },
      delta: { type: 'thinking_delta', thinking: 'x'.repeat(512 * 1024) },
    })),
  )
  /** Until nobody listens any more. */
  const thinks =
    (begins: string): Act =>
    (response) => {
      const goOn = (): void => {
        if (!response.destroyed && response.write(thoughts)) setImmediate(goOn)
      }
      response.on('drain', goOn)
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(begins)
      goOn()
    }
  const headers = (on: Stand): Record<string, string> => ({ ...bearer(on.token), 'x-openclaw-session-key': 'thinks' })

  test('is let go, and its client hears so', async () => {
    const on = await house(thinks(START))
    const heard = await post(on, '/v1/chat/completions', { model: 'anthropic/claude-opus-4-6', stream: true, ...HI })
    expect([heard.broken, heard.text.slice(-300)]).toEqual([false, expect.stringContaining('has no end')])
    expect(await outcomeOf(on)).toBe('broken')
  }, 60_000)

  test('does not keep a session', async () => {
    const on = await house(thinks(events({ type: 'message_start', message: { id: 'msg_1', model: 'm', usage: {} } })))
    await on.auth.home.configStore.change((draft) => {
      draft.agents = { defaults: { model: { primary: 'anthropic/claude-opus-4-6' } } }
    })
    await on.auth.home.reload()
    const body = JSON.stringify({ model: 'openclaw', ...HI })
    const heard = await say(on.url, '/v1/chat/completions', { headers: headers(on), body })
    expect([heard.status, heard.text]).toEqual([502, expect.stringContaining('it had no end')])
  }, 60_000)
})

test('a fallback is asked though a field of the request has no value', async () => {
  let claudes = 0
  const on = await house(
    (response, { url = '' }) => {
      claudes += url.startsWith('/anthropic') ? 1 : 0
      response.writeHead(503, { 'content-type': 'application/json' })
      response.end('{"error":{"code":503,"message":"The model is overloaded","status":"UNAVAILABLE"}}')
    },
    ['anthropic/claude-opus-4-6'],
  )
  const asked = {
    contents: [{ role: 'user', parts: [{ text: 'hi' }] }],
    tools: [{ functionDeclarations: [{ name: 'f', parametersJsonSchema: null }] }],
  }
  const heard = await post(on, '/v1beta/models/gemini-2.5-flash:generateContent', asked)
  expect(heard.status).toBe(503)
  expect(claudes).toBe(1)
})

test('a mistake of ours in a translation is a model that is passed over, and a line of the log', () => {
  const errors: unknown[] = []
  const registry = createRegistry()
  const log = { error: (...said: unknown[]) => errors.push(said) }
  const broken = { fields: {}, readRequest: () => ({ turns: [] }), writeRequest: () => JSON.parse('{') }
  const dialects = { dialectOf: () => broken, nearestDialect: () => broken }
  const house = { dialects, system: { log, uuid: () => '', now: () => 0 } } as unknown as House
  const facts = () => ({ config: { providers: new Map(), cacheRetention: new Map() }, modelLists: undefined })
  const view = { registry, facts } as unknown as View
  const pieces = [Buffer.from('{}')]
  const asked: Asked = { model: 'm', streaming: false, places: {}, pieces, withModel: () => ({ pieces, bytes: 2 }) }
  const request = { endpoint: 'messages', provider: 'anthropic', headers: [] } as unknown as VendorCall
  const standIns = new StandIns(house, view, asked, request, undefined, undefined)
  expect(standIns.fit({ provider: 'openai', model: 'gpt-5.1' })).toMatch(/its translation failed inside the gateway/)
  expect(errors).toHaveLength(1)
})

/** What GPT answers when it calls a tool. */
const gptCalls = (input: string, finish: string): string =>
  JSON.stringify({
    id: 'c',
    model: 'm',
    choices: [
      {
        message: {
          role: 'assistant',
          content: 'Well',
          tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'wipe', arguments: input } }],
        },
        finish_reason: finish,
      },
    ],
  })
const gptStreams = (input: string, finish: string): string => {
  const call = { index: 0, id: 'call_1', function: { name: 'wipe', arguments: input } }
  return events(
    { id: 'c', model: 'm', choices: [{ delta: { tool_calls: [call] } }] },
    { id: 'c', model: 'm', choices: [{ delta: {}, finish_reason: finish }] },
  )
}

describe('arguments that are no object', () => {
  const BROKEN = '{"path":"/tmp/x", "dry'
  const DOORS = [
    { path: '/v1/messages', said: { model: 'openai/gpt-5.1', max_tokens: 9, ...HI } },
    {
      path: '/v1beta/models/openai/gpt-5.1:generateContent',
      said: { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] },
    },
  ]
  test('are a fault, whole and streamed, and left out where the answer was cut off', async () => {
    let answer = ''
    const on = await house((response) => {
      response.writeHead(200, { 'content-type': answer.startsWith('{') ? 'application/json' : 'text/event-stream' })
      response.end(answer)
    })
    for (const { path, said } of DOORS) {
      for (const input of [BROKEN, '[1]']) {
        answer = gptCalls(input, 'tool_calls')
        const heard = await post(on, path, said)
        expect(heard.status).toBe(502)
        expect(heard.text).toContain('wipe')
      }
      answer = gptCalls(BROKEN, 'length')
      const cut = await post(on, path, said)
      expect(cut.status).toBe(200)
      expect(cut.text).toContain('Well')
      expect(cut.text).not.toContain('wipe')
      // As long as it does not stop, nobody is told that it is whole.
      answer = gptStreams(BROKEN, 'tool_calls')
      const streamed = await post(on, path.replace(':generateContent', ':streamGenerateContent?alt=sse'), {
        ...said,
        ...(path === '/v1/messages' ? { stream: true } : {}),
      })
      expect(streamed.text).toContain('are no JSON object')
      expect(streamed.text).not.toMatch(/"stop_reason":"tool_use"|"finishReason"/)
    }
  })
})

test('whole numbers keep their digits on every way', async () => {
  const ID = '1234567890123456789'
  const input = `{"user":${ID},"note":"\\"${ID}","list":[-${ID},1.5]}`
  let answer = ''
  let heard = ''
  const { url } = await vendor((request, response) => {
    heard = request.url ?? ''
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(answer)
  })
  const on = await stand({
    profiles: { 'anthropic:a': key('anthropic', GOOD), 'openai:o': key('openai', PROJECT) },
    config: {
      models: { providers: { anthropic: { baseUrl: `${url}/anthropic` }, openai: { baseUrl: `${url}/openai/v1` } } },
    },
  })
  answer = gptCalls(input, 'tool_calls')
  const messages = await post(on, '/v1/messages', { model: 'openai/gpt-5.1', max_tokens: 9, ...HI })
  expect(messages.text).toContain(`"input":${input}`)
  answer = calling(input)
  const chat = await post(on, '/v1/chat/completions', { model: 'anthropic/claude-opus-4-6', ...HI })
  expect(chat.text).toContain(JSON.stringify(input))
  expect(heard).toContain('/messages')
})

test('a gateway that was started since takes out what it told from another vendor', async () => {
  const { url, bodies } = await vendor((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(calling('{}'))
  })
  const on = await stand({
    profiles: { 'anthropic:a': key('anthropic', GOOD) },
    config: { models: { providers: { anthropic: { baseUrl: `${url}/anthropic` } } } },
  })
  const thought = { type: 'thinking', thinking: 'hm', signature: stamped(undefined, 'elsewhere') }
  const call = `{"type":"tool_use","id":"a","name":"f","input":{"user":1234567890123456789}}`
  const said = `{"model":"anthropic/claude-opus-4-6","max_tokens":9,"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":[${JSON.stringify(thought)},${call}]}]}`
  await say(on.url, '/v1/messages', { headers: bearer(on.token), body: said })
  expect(bodies[0]).not.toContain('signature')
  expect(bodies[0]).toContain(call)
})

test('a stop that nobody knows is no end of an answer', async () => {
  let answer = ''
  const on = await house((response) => {
    response.writeHead(200, { 'content-type': answer.startsWith('{') ? 'application/json' : 'text/event-stream' })
    response.end(answer)
  })
  const asked = { model: 'openai/gpt-5.1', max_tokens: 9, ...HI }
  answer = gptCalls('{}', 'insufficient_system_resource')
  expect((await post(on, '/v1/messages', asked)).status).toBe(502)
  answer = gptStreams('{}', 'insufficient_system_resource')
  const streamed = await post(on, '/v1/messages', { ...asked, stream: true })
  expect(streamed.text).toContain('insufficient_system_resource')
  expect(streamed.text).not.toContain('message_stop')
})
