// `openclaw:<agent>` with a session, asked by the official SDKs: one turn of the agent's session, which everybody else sees and goes on with.
import { createHash } from 'node:crypto'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { STOPPED } from '../../src/chat/answer.ts'
import { type Question, turnRequest } from '../../src/chat/request.ts'
import type { ChatMessage } from '../../src/core/protocol.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { readTranscript } from '../../src/store/transcript.ts'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { type Installation, install, openclaw, until } from '../support/installation.ts'
import { CLAUDE, GPT, providersAt } from './support.ts'

const KEY = 'sk-ant-api03-session-0123456789abcdef'
const PROJECT_KEY = 'sk-proj-session-0123456789abcdef'
const PICTURE = Buffer.from('89504e470d0a1a0a0000', 'hex')

let sandbox: Sandbox
let place: Installation
let gateway: GatewayProcess
let openai: OpenAI
let anthropic: Anthropic

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [
      { name: 'claude', vendor: 'anthropic', key: KEY },
      { name: 'gpt', vendor: 'openai', key: PROJECT_KEY },
    ],
  })
  const { providers } = providersAt(sandbox)
  const mute = { baseUrl: sandbox.baseUrl('openai'), api: 'openai-completions', apiKey: PROJECT_KEY }
  place = await install({
    config: { models: { providers: { ...providers, mine: mute } } },
    profiles: [{ id: 'anthropic:default', key: KEY }],
    agents: {
      work: { profiles: [{ id: 'anthropic:work', key: KEY }], entry: { model: CLAUDE } },
      gpt: { profiles: [{ id: 'openai:gpt', key: PROJECT_KEY }], entry: { model: GPT } },
      bare: { profiles: [], entry: { model: CLAUDE } },
    },
  })
  gateway = await startGateway(place)
  place.env.OPENCLAW_GATEWAY_PORT = String(gateway.port)
  openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.token })
  anthropic = new Anthropic({ baseURL: gateway.url, apiKey: gateway.token })
}, 60_000)

afterAll(async () => {
  await gateway?.stop()
  await sandbox?.close()
  await place?.remove()
})

afterEach(() => sandbox.setFaults([]))

const folder = (agent: string): string => join(place.state, 'agents', agent, 'sessions')
const call = async <T>(method: string, params: object): Promise<T> => {
  const ran = await openclaw(place, ['gateway', 'call', method, '--params', JSON.stringify(params), '--json'])
  expect(ran.stderr).toBe('')
  return JSON.parse(ran.stdout) as T
}
type Entry = { sessionId: string }
const sessionsOf = async (agent: string): Promise<Record<string, Entry>> => {
  const text = await readFile(join(folder(agent), 'sessions.json'), 'utf8').catch(() => '{}')
  return JSON.parse(text) as Record<string, Entry>
}
const said = async (agent: string, key: string): Promise<ChatMessage[]> => {
  const id = (await sessionsOf(agent))[key]?.sessionId ?? 'none'
  return readTranscript(await readFile(join(folder(agent), `${id}.jsonl`), 'utf8').catch(() => ''))
}
const texts = (messages: readonly ChatMessage[]): string[] =>
  messages.map(({ content }) => content.map(({ text }) => text).join(''))
/** What the vendor was sent last is this, to the byte. */
const expectSent = (question: Question): void => {
  const sent = turnRequest('messages', { provider: 'anthropic', model: CLAUDE.slice(10) }, question, {
    retention: 'short',
  })
  expect(sandbox.requests().at(-1)?.bodySha256).toBe(createHash('sha256').update(sent.body).digest('hex'))
}

test('a user of Chat Completions has one session of the agent, which goes on by itself, whole and streamed, and in the terminal', async () => {
  const key = 'agent:work:openai-user:ada'
  const { data, response } = await openai.chat.completions
    .create({ model: 'openclaw:work', user: 'ada', messages: [{ role: 'user', content: 'My name is Ada.' }] })
    .withResponse()
  expect(data).toMatchObject({
    object: 'chat.completion',
    model: 'openclaw:work',
    choices: [{ finish_reason: 'stop', message: { role: 'assistant' } }],
    usage: { completion_tokens: expect.any(Number) },
  })
  expect(data.choices[0]?.message.content).toContain('You said: My name is Ada.')
  expect(response.headers.get('x-openclaw-session-key')).toBe(key)
  expect(response.headers.get('x-openclaw-served-by')).toBe('anthropic:work')
  const history = await said('work', key)
  expect(texts(history)).toEqual(['My name is Ada.', data.choices[0]?.message.content])
  // What the client believes was said before is not looked at: the session knows.
  const stream = await openai.chat.completions.create({
    model: 'openclaw/work',
    user: 'ada',
    messages: [
      { role: 'user', content: 'something else entirely' },
      { role: 'assistant', content: 'never said' },
      { role: 'user', content: 'What is my name?' },
    ],
    stream: true,
    stream_options: { include_usage: true },
  })
  let text = ''
  let chunks = 0
  let tokens = 0
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? ''
    chunks++
    tokens ||= chunk.usage?.completion_tokens ?? 0
  }
  expect(text).toContain('You said: What is my name?')
  expect(chunks).toBeGreaterThan(5)
  expect(tokens).toBeGreaterThan(5)
  expectSent({ history, message: 'What is my name?' })
  const raw = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      ...{ model: 'agent:work', user: 'ada', stream: true },
      messages: [{ role: 'user', content: 'Once more' }],
    }),
  })
  expect(await raw.text()).toMatch(/^data: \{"id":"chatcmpl-[\s\S]*data: \[DONE\]\n\n$/)
  const ran = await openclaw(place, ['agent', '--agent', 'work', '--session-id', 'openai-user:ada', '--message', 'Bye'])
  expect(ran.stdout).toContain('You said: Bye')
  expect(await said('work', key)).toHaveLength(8)
  const { sessions } = await call<{ sessions: { key: string }[] }>('sessions.list', { agentId: 'work' })
  expect(sessions.map((one) => one.key)).toContain(key)
  // Who is no name for a file or a key is one session all the same.
  for (const _ of [1, 2]) {
    const odd = { model: 'openclaw:work', user: 'Ada L. <ada@x>', messages: [{ role: 'user' as const, content: 'Hi' }] }
    await openai.chat.completions.create(odd)
  }
  const other = Object.keys(await sessionsOf('work')).filter((one) => /:openai-user:[0-9a-f]{32}$/.test(one))
  expect(other).toHaveLength(1)
  expect(await said('work', other[0] ?? '')).toHaveLength(4)
})

test('a session that a header names is one for every dialect, keeps its pictures, and no word in it is a command', async () => {
  const key = 'agent:work:desk'
  const headers = { 'x-openclaw-session-key': 'desk' }
  const image = { type: 'base64' as const, media_type: 'image/png' as const, data: PICTURE.toString('base64') }
  const first = await anthropic.messages.create(
    {
      model: 'openclaw:work',
      max_tokens: 300,
      system: 'Speak like a pirate.',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image', source: image },
            { type: 'text', text: 'What is it?' },
          ],
        },
      ],
    },
    { headers },
  )
  expect(first).toMatchObject({ type: 'message', model: 'openclaw:work', stop_reason: 'end_turn' })
  const picture = { kind: 'image' as const, mediaType: 'image/png', bytes: PICTURE }
  const pirate = { instructions: 'Speak like a pirate.', fields: () => ({ max_tokens: 300 }) }
  expectSent({ history: [], message: 'What is it?\n[a picture]', shown: [picture], wishes: pirate })
  const [question, answer] = await said('work', key)
  expect(question).toMatchObject({ enclosures: [{ kind: 'image', mediaType: 'image/png', bytes: PICTURE.length }] })
  const files = (await readdir(folder('work'))).filter((name) => name.endsWith('.png'))
  expect(files).toHaveLength(1)
  const { mode } = await stat(join(folder('work'), files[0] ?? ''))
  expect(mode & 0o777).toBe(0o600)

  const stream = anthropic.messages.stream(
    { model: 'openclaw:work', max_tokens: 300, messages: [{ role: 'user', content: '/new' }] },
    { headers },
  )
  expect(await stream.finalText()).toContain('You said: /new')
  if (question === undefined || answer === undefined) throw new Error('the first turn was kept')
  const shownBefore = new Map([[question, [picture]]])
  const wishes = { fields: () => ({ max_tokens: 300 }) }
  expectSent({ history: [question, answer], shownBefore, message: '/new', wishes })

  const short = await openai.responses.create(
    { model: 'openclaw:work', input: 'And now?', max_output_tokens: 3, previous_response_id: 'resp_gone' },
    { headers },
  )
  expect(short).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } })
  const events: string[] = []
  for await (const event of await openai.responses.create(
    { model: 'openclaw:work', input: [{ role: 'user', content: 'Well?' }], stream: true },
    { headers },
  ))
    events.push(event.type)
  expect(events.at(-1)).toBe('response.completed')
  const google = await fetch(`${gateway.url}/v1beta/models/openclaw:work:streamGenerateContent?alt=sse`, {
    method: 'POST',
    headers: { ...headers, 'x-goog-api-key': gateway.token, 'content-type': 'application/json' },
    body: JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'And here?' }] }] }),
  })
  expect(await google.text()).toMatch(/^data: \{"candidates"[\s\S]*"finishReason":"STOP"/)
  expect(texts(await said('work', key)).filter((_, at) => at % 2 === 0)).toEqual([
    'What is it?\n[a picture]',
    '/new',
    'And now?',
    'Well?',
    'And here?',
  ])
  await call('sessions.delete', { agentId: 'work', key })
  expect((await readdir(folder('work'))).filter((name) => name.endsWith('.png'))).toEqual([])
})

test('the user_id of Messages is a session, too, at a vendor of another dialect', async () => {
  const message = (content: string) =>
    anthropic.messages.create({
      model: 'openclaw:gpt',
      max_tokens: 300,
      metadata: { user_id: 'grace' },
      messages: [{ role: 'user', content }],
    })
  await message('One')
  expect((await message('Two')).content).toMatchObject([
    { type: 'text', text: expect.stringContaining('You said: Two') },
  ])
  expect(sandbox.requests().at(-1)).toMatchObject({ vendor: 'openai', path: '/openai/v1/chat/completions' })
  expect(await said('gpt', 'agent:gpt:anthropic-user:grace')).toHaveLength(4)
})

test('without a session the request is the whole conversation and nothing is kept; a program with tools keeps its own', async () => {
  const before = await sessionsOf('work')
  const tools = [
    { type: 'function' as const, function: { name: 'look', parameters: { type: 'object', properties: {} } } },
  ]
  const ask = { model: 'openclaw:work', messages: [{ role: 'user' as const, content: 'use the tool' }] }
  await openai.chat.completions.create(ask)
  const called = await openai.chat.completions.create({ ...ask, user: 'robot', tools })
  expect(called.choices[0]?.finish_reason).toBe('tool_calls')
  // A summary that such a program asks for has none, and all that was said in it.
  const done = { id: 'call_1', type: 'function' as const, function: { name: 'look', arguments: '{}' } }
  const summed = [
    ...ask.messages,
    { role: 'assistant' as const, content: null, tool_calls: [done] },
    { role: 'tool' as const, tool_call_id: 'call_1', content: 'a cat' },
    { role: 'user' as const, content: 'Sum up' },
  ]
  await openai.chat.completions.create({ ...ask, user: 'robot', messages: summed })
  const own = 'user_5f1d_account__session_0b4445e2-53cc-4d1c-8f3a-0c51a2a0d0c5'
  for (const user_id of [own, '{"session_id":"x"}']) {
    await anthropic.messages.create({ ...ask, max_tokens: 9, metadata: { user_id } })
  }
  expect(await sessionsOf('work')).toEqual(before)
  const headers = { 'x-openclaw-session-key': 'desk' }
  await expect(openai.chat.completions.create({ ...ask, tools }, { headers })).rejects.toMatchObject({
    status: 400,
    param: 'tools',
  })
})

test('what a session cannot do is refused in the client\u2019s words, before anybody is asked', async () => {
  const count = sandbox.requests().length
  const ask = (more: object, headers: Record<string, string> = { 'x-openclaw-session-key': 'no' }) =>
    openai.chat.completions
      .create({ model: 'openclaw:work', messages: [{ role: 'user', content: 'Hi' }], ...more } as never, { headers })
      .then(
        () => 'served',
        ({ status, param, code, message }: InstanceType<typeof OpenAI.APIError>) =>
          `${status} ${param ?? code}: ${message}`,
      )
  const url = { type: 'image_url', image_url: { url: 'https://pictures.example/cat.png' } }
  expect(await ask({ messages: [{ role: 'user', content: [url] }] })).toMatch(/^400 messages: .*bytes are needed/)
  expect(await ask({ n: 2 })).toMatch(/^400 n: /)
  expect(await ask({ seed: 1 })).toMatch(/^400 seed: .*takes no seed/)
  const history = [
    { role: 'user', content: 'one' },
    { role: 'assistant', content: 'two' },
    { role: 'user', content: [{ type: 'input_audio', input_audio: {} }] },
  ]
  expect(await ask({ messages: history })).toMatch(/^400 messages\[2\]\.content\[0\]/)
  expect(await ask({ messages: history.slice(0, 2) })).toMatch(/^400 messages: /)
  expect(await ask({}, { 'x-openclaw-session-key': 'agent:gpt:main' })).toMatch(/^400 unknown_session: /)
  const profile = { 'x-openclaw-session-key': 'no', 'x-openclaw-profile': 'anthropic:nobody' }
  expect(await ask({}, profile)).toMatch(/^400 unknown_profile: /)
  expect(await ask({ model: 'openclaw:nobody' })).toMatch(/^404 unknown_agent: /)
  expect(sandbox.requests()).toHaveLength(count)
  expect(Object.keys(await sessionsOf('work'))).not.toContain('agent:work:no')
  expect(await ask({ model: 'openclaw:bare', stream: true })).toMatch(/^401 no_credential: /)
})

test('one turn at a time in a session, and a client that goes away stops its own', async () => {
  const key = 'agent:work:slow'
  const headers = { 'x-openclaw-session-key': 'slow' }
  sandbox.setFaults([{ stallAfterEvents: 12, times: 1 }])
  const leaving = new AbortController()
  const ask = { model: 'openclaw:work', messages: [{ role: 'user' as const, content: 'Tell me a story' }] }
  const stream = await openai.chat.completions.create({ ...ask, stream: true }, { headers, signal: leaving.signal })
  const pieces = stream[Symbol.asyncIterator]()
  let text = ''
  while (text.length < 10) text += (await pieces.next()).value?.choices[0]?.delta.content ?? ''
  const busy = await openai.chat.completions.create(ask, { headers }).then(
    () => undefined,
    (error: InstanceType<typeof OpenAI.APIError>) => error,
  )
  expect(busy).toMatchObject({ status: 409, code: 'busy', message: expect.stringContaining(key) })
  leaving.abort()
  const kept = await until('what was said to be kept', async () => {
    const messages = await said('work', key)
    return messages.length === 2 ? messages : undefined
  })
  expect(texts(kept)[1]).toMatch(/^Sandbox answer/)
  expect(texts(kept)[1]?.endsWith(STOPPED)).toBe(true)
  await until('the session to be free', async () => {
    const answer = await openai.chat.completions.create(ask, { headers }).catch(() => undefined)
    return answer?.choices[0]?.message.content ?? undefined
  })
})

test('the shell shows files as well, larger than a frame, through the gateway and without one', async () => {
  const large = Buffer.concat([PICTURE, Buffer.alloc(700 * 1024, 7)])
  const path = join(place.state, 'large.png')
  const notes = join(place.state, 'notes.md')
  await writeFile(path, large)
  await writeFile(notes, 'remember the milk')
  const picture = { kind: 'image' as const, mediaType: 'image/png', bytes: large }
  const text = { kind: 'document' as const, mediaType: 'text/plain', bytes: Buffer.from('remember the milk') }
  const run = (session: string, env = {}) =>
    openclaw(
      place,
      ['agent', '--agent', 'work', '--session-id', session, '--message', 'What is it?', '--attach', path, notes],
      { env },
    )
  const question = {
    history: [],
    message: 'What is it?\n[a picture]\n[a document: notes.md]',
    shown: [picture, { ...text, name: 'notes.md' }],
  }
  for (const [session, env] of [
    ['shell', {}],
    ['alone', { OPENCLAW_GATEWAY_PORT: '1' }],
  ] as const) {
    expect((await run(session, env)).stdout).toContain('You said: What is it?')
    expectSent(question)
    expect((await said('work', `agent:work:${session}`))[0]?.enclosures).toHaveLength(2)
  }
  const odd = join(place.state, 'odd.bin')
  await writeFile(odd, Buffer.from([0, 1, 2, 255]))
  for (const [file, why] of [
    [odd, 'is no picture (PNG, JPEG, GIF, WebP), PDF, text in UTF-8 or recording, so nothing was said.'],
    [join(place.state, 'gone.png'), 'is not there'],
  ] as const) {
    const ran = await openclaw(place, ['agent', '--message', 'hi', '--attach', file])
    expect([ran.code, ran.stderr]).toEqual([1, expect.stringContaining(why)])
  }
})

test('a question that is nested without end is refused as that', async () => {
  const deep = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`
  const format = '"response_format":{"type":"json_schema","json_schema":{"name":"f","schema":'
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      ...{ authorization: `Bearer ${gateway.token}`, 'content-type': 'application/json' },
      'x-openclaw-session-key': 'deep',
    },
    body: `{"model":"openclaw:work","messages":[{"role":"user","content":"Hi"}],${format}${deep}}}}`,
  })
  expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('nested deeper than 200')])
})
