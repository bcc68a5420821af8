// Answers that cannot be told in the client's dialect, or end in a fault: the client hears so and is let go, the vendor is stopped, and no book says
// that the call was served.
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
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

test('a fallback that cannot be asked for a mistake of ours is passed over', async () => {
  const on = await house(
    (response) => {
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
  expect(heard.status).toBeGreaterThanOrEqual(429)
})
