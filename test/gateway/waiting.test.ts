// Calls through the gateway while every account rests: held, kept alive with signs of life, and answered in the end.
import { request } from 'node:http'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { expect, test } from 'vitest'
import { ask, bearer, question, type Setup, type Stand, say, stand } from './support.ts'

const BEAT_MS = 10_000
const SHORT = { status: 429, times: 1, headers: { 'retry-after-ms': '250' } }

/** Nobody else is asked, so that there is something to wait for. */
const OF_OPENAI = { 'x-openclaw-profile': 'openai:project' }

/** A gateway whose calls wait, and whose first sign of life comes after a few milliseconds. */
async function patient(setup: Setup = {}, maxMs = 5000): Promise<Stand> {
  const on = await stand({ ...setup, config: { auth: { wait: { maxMs } }, ...setup.config } })
  const { timer } = on.system
  on.system.timer = (ms, fire) => timer(ms === BEAT_MS ? 20 : ms, fire)
  return on
}

const metric = async (on: Stand, name: string): Promise<number> => {
  const { text } = await say(on.url, '/metrics', { headers: bearer(on.token) })
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1])
}

test('a call is answered when the only account is back, and counted', async () => {
  const on = await patient()
  on.sandbox.setFaults([SHORT])
  const answer = await ask(on)
  expect([answer.status, answer.headers['x-openclaw-attempts']]).toEqual([200, '2'])
  expect(on.sandbox.requests().map(({ status }) => status)).toEqual([429, 200])
  expect(await metric(on, 'keyclaw_waits_total')).toBe(1)
  expect(await metric(on, 'keyclaw_calls_waiting')).toBe(0)
})

test('without a time to wait, or with too short a one, it is refused at once', async () => {
  for (const maxMs of [0, 100]) {
    const on = await patient({}, maxMs)
    on.sandbox.setFaults([SHORT])
    expect((await ask(on, { stream: true })).status).toBe(429)
    expect(await metric(on, 'keyclaw_waits_total')).toBe(0)
  }
})

test('a stream is kept alive in the form of its dialect, and the SDKs see one good answer', async () => {
  const on = await patient()
  on.sandbox.setFaults([SHORT])
  const told = await ask(on, { stream: true })
  expect(told.status).toBe(200)
  expect(told.text).toMatch(/^(event: ping\ndata: \{"type": "ping"\}\n\n)+event: message_start\n/)
  on.sandbox.setFaults([SHORT])
  const anthropic = new Anthropic({ baseURL: on.url, apiKey: on.token, maxRetries: 0 })
  expect(await anthropic.messages.stream(JSON.parse(question())).finalText()).toContain('Sandbox')
  const openai = new OpenAI({ baseURL: `${on.url}/v1`, apiKey: on.token, maxRetries: 0, defaultHeaders: OF_OPENAI })
  on.sandbox.setFaults([SHORT])
  const messages = [{ role: 'user' as const, content: 'Well?' }]
  let text = ''
  for await (const chunk of await openai.chat.completions.create({ model: 'openai/gpt-5.1', messages, stream: true }))
    text += chunk.choices[0]?.delta.content ?? ''
  expect(text).toContain('Sandbox')
  expect(await metric(on, 'keyclaw_waits_total')).toBe(3)
  // The signs of life are the client's, whatever the vendor speaks; and so is a refusal behind them.
  on.sandbox.setFaults([SHORT])
  const translated = await ask(on, { stream: true, model: 'openai/gpt-5.1' }, OF_OPENAI)
  expect(translated.text).toMatch(/^(event: ping\ndata: \{"type": "ping"\}\n\n)+event: message_start\n/)
  expect(translated.text).toMatch(/event: message_stop\n.*\n\n$/)
  on.sandbox.setFaults([SHORT, { status: 400 }])
  const refused = await ask(on, { stream: true, model: 'openai/gpt-5.1' }, OF_OPENAI)
  expect(refused.text).toMatch(
    /^(event: ping\n.*\n\n)+event: error\ndata: \{"type":"error","error":\{"type":"invalid_request_error"/,
  )
})

test('a refusal that comes when the stream has begun is told as an event, which the SDKs take for an error', async () => {
  const on = await patient()
  const anthropic = new Anthropic({ baseURL: on.url, apiKey: on.token, maxRetries: 0 })
  const openai = new OpenAI({ baseURL: `${on.url}/v1`, apiKey: on.token, maxRetries: 0 })
  const late = { status: 429, headers: { 'retry-after': '3600' } }
  on.sandbox.setFaults([{ ...SHORT, vendor: 'anthropic' }, { ...SHORT, vendor: 'openai' }, late])
  const refused = await anthropic.messages
    .stream(JSON.parse(question()))
    .finalText()
    .catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(Anthropic.APIError)
  expect(String(refused)).toContain('No profile of anthropic could serve')
  const spoken = async (): Promise<void> => {
    const stream = await openai.responses.create({ model: 'openai/gpt-5.1', input: 'Well?', stream: true })
    for await (const _ of stream);
  }
  const error = await spoken().catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(OpenAI.APIError)
  expect(String(error)).toContain('No profile of openai could serve')
})

test('the words of a vendor who refuses the request itself become an event, too', async () => {
  const on = await patient()
  on.sandbox.setFaults([SHORT])
  const told = await ask(on, { stream: true, max_tokens: -1 })
  expect(told.status).toBe(200)
  const [, event] = told.text.split('event: error\n')
  expect(event).toMatch(/^data: \{"type":"error","error":\{"type":"invalid_request_error","message":".*max_tokens/)
})

test('a client that leaves does not wait', async () => {
  const on = await patient({}, 300_000)
  on.sandbox.setFaults([{ ...SHORT, headers: { 'retry-after': '200' } }])
  const call = request(`${on.url}/v1/messages`, { method: 'POST', headers: bearer(on.token), agent: false })
  call.on('error', () => undefined)
  call.end(question())
  while ((await metric(on, 'keyclaw_calls_waiting')) !== 1);
  call.destroy()
  while ((await metric(on, 'keyclaw_calls_waiting')) !== 0);
  expect(on.sandbox.requests()).toHaveLength(1)
})
