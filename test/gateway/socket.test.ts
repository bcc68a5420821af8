// The WebSocket door: handshake, frames, sessions and turns as a client sees them.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { callMethod } from '../../src/gateway/ask.ts'
import { agentTurn } from '../../src/gateway/client.ts'
import { ask, type Stand, stand, Talker } from './support.ts'

async function talkTo(on: Stand): Promise<Talker> {
  const talker = new Talker(on.url)
  expect(await talker.connect(on.token)).toMatchObject({
    ok: true,
    payload: { type: 'hello-ok', protocol: 3, policy: { tickIntervalMs: expect.any(Number) } },
  })
  return talker
}

const chat = (talker: Talker, runId: unknown, state: string): Promise<Record<string, unknown>> =>
  talker.frame((frame) => {
    const payload = frame.payload as { runId?: string; state?: string } | undefined
    return frame.event === 'chat' && payload?.runId === runId && payload?.state === state
  })

const runIdOf = (ack: Record<string, unknown>): unknown => (ack.payload as { runId?: string } | undefined)?.runId

describe('handshake', () => {
  test('a challenge comes first, and a client that stays silent is sent away', async () => {
    const on = await stand({ options: { limits: { sweepMs: 20, handshakeMs: 100 } } })
    const talker = new Talker(on.url)
    expect(await talker.event('connect.challenge')).toMatchObject({ payload: { nonce: expect.any(String) } })
    expect(await talker.closed).toMatchObject({ code: 1008 })
  })

  test('only protocol 3 is spoken', async () => {
    const on = await stand()
    const talker = new Talker(on.url)
    expect(await talker.ask('connect', { minProtocol: 4, maxProtocol: 5, auth: { token: on.token } })).toMatchObject({
      ok: false,
    })
    expect((await talker.closed).code).toBe(1002)
  })

  test('frames too large, binary, or no frames at all end the connection', async () => {
    const on = await stand()
    const large = await talkTo(on)
    large.socket.send(JSON.stringify({ type: 'req', id: '1', method: 'health', params: { x: 'x'.repeat(600_000) } }))
    expect((await large.closed).code).toBe(1009)
    const early = new Talker(on.url)
    await early.event('connect.challenge')
    early.socket.send('x'.repeat(70_000))
    expect((await early.closed).code).toBe(1009)
    const binary = await talkTo(on)
    binary.socket.send(Buffer.from('{}'))
    expect((await binary.closed).code).toBe(1003)
    const nonsense = await talkTo(on)
    nonsense.socket.send('{"type":"res"}')
    expect((await nonsense.closed).code).toBe(1002)
    expect((await ask(on)).status).toBe(200)
  })

  test('ticks come while one is connected', async () => {
    const on = await stand({ options: { limits: { sweepMs: 10, tickMs: 30 } } })
    const talker = await talkTo(on)
    expect(await talker.event('tick')).toMatchObject({ payload: { ts: expect.any(Number) } })
  })
})

describe('methods', () => {
  test('health, status, models and accounts', async () => {
    const on = await stand()
    const talker = await talkTo(on)
    expect(await talker.ask('health')).toMatchObject({ ok: true, payload: { ok: true, failing: [] } })
    expect(await talker.ask('status')).toMatchObject({ payload: { defaultAgent: 'main', agents: ['main'] } })
    const { payload } = (await talker.ask('models.list')) as { payload?: { models: { id: string }[] } }
    expect(payload?.models[0]).toMatchObject({ id: 'anthropic/claude-opus-4-6', isDefault: true })
    expect(await talker.ask('models.authStatus')).toMatchObject({ payload: { auth: { missingProvidersInUse: [] } } })
    expect(await talker.ask('models.explain', { model: 'anthropic' })).toMatchObject({
      payload: { next: 'anthropic:good', trace: [{ verdict: 'taken' }] },
    })
  })

  test('a message that names its channel goes to the agent bound to it, unless it names the agent', async () => {
    const on = await stand({
      config: {
        agents: { list: [{ id: 'main' }, { id: 'work', auth: { inherit: 'main' } }] },
        bindings: [{ agentId: 'work', match: { channel: 'slack', accountId: '*', peer: { kind: 'dm', id: 'U1' } } }],
      },
    })
    const talker = await talkTo(on)
    const send = { sessionKey: 'dm', message: 'Hi', channel: 'slack', peer: { kind: 'dm', id: 'U1' } }
    const turn = await talker.ask('chat.send', { ...send, idempotencyKey: 'c1' })
    expect(await chat(talker, runIdOf(turn), 'final')).toMatchObject({
      payload: { sessionKey: 'agent:work:dm', servedBy: 'anthropic:good' },
    })
    const keyOf = async (params: object): Promise<unknown> =>
      ((await talker.ask('chat.history', { sessionKey: 'dm', ...params })).payload as { sessionKey?: string })
        .sessionKey
    expect(await keyOf({ channel: 'slack', peer: { kind: 'dm', id: 'U2' } })).toBe('agent:main:dm')
    expect(await keyOf({ channel: 'slack', peer: send.peer, agentId: 'main' })).toBe('agent:main:dm')
    expect(await keyOf({ channel: 'slack', peer: send.peer, sessionKey: 'agent:main:x' })).toBe('agent:main:x')
    expect(await talker.ask('chat.history', { sessionKey: 'dm', channel: 'slack', peer: 'U1' })).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining('"peer"') },
    })
  })

  test('a turn streams, is remembered, and is not run twice for one key', async () => {
    const on = await stand()
    const talker = await talkTo(on)
    const send = { sessionKey: 'main', message: 'Hello there', idempotencyKey: 'k1' }
    const ack = await talker.ask('chat.send', send)
    expect(ack).toMatchObject({ ok: true, payload: { status: 'started', runId: expect.any(String) } })
    const runId = runIdOf(ack)
    const final = await chat(talker, runId, 'final')
    expect(final).toMatchObject({ payload: { servedBy: 'anthropic:good', attempts: 1, sessionKey: 'agent:main:main' } })
    expect((await chat(talker, runId, 'delta')).payload).toMatchObject({ text: expect.any(String) })
    expect((await talker.ask('chat.send', send)).payload).toMatchObject({
      runId,
      status: 'ok',
      end: { runId, state: 'final' },
    })
    expect(on.sandbox.requests().length).toBe(1)
    const { payload } = (await talker.ask('chat.history', { sessionKey: 'main' })) as {
      payload?: { messages: { role: string }[] }
    }
    expect(payload?.messages.map(({ role }) => role)).toEqual(['user', 'assistant'])
    expect(await talker.ask('sessions.list')).toMatchObject({
      payload: { sessions: [{ key: 'agent:main:main', pin: { id: 'anthropic:good', by: 'auto' } }] },
    })
    expect(await talker.ask('sessions.reset', { sessionKey: 'main' })).toMatchObject({ ok: true })
    expect(await talker.ask('chat.history', { sessionKey: 'main' })).toMatchObject({ payload: { messages: [] } })
    const transcripts = async (): Promise<string[]> =>
      (await readdir(join(on.stateDir, 'agents/main/sessions'))).filter((name) => name.endsWith('.jsonl'))
    const kept = await transcripts()
    expect(kept).toHaveLength(1)
    expect(await talker.ask('chat.send', { sessionKey: 'main', message: 'again', idempotencyKey: 'x9' })).toMatchObject(
      { ok: true },
    )
    await expect.poll(transcripts).toHaveLength(2)
    expect(await talker.ask('sessions.delete', { sessionKey: 'main' })).toMatchObject({ payload: { deleted: true } })
    expect(await transcripts()).toEqual(kept)
    expect(await talker.ask('sessions.get', { sessionKey: 'main' })).toMatchObject({
      ok: false,
      error: { code: 'unknown_session', remedy: expect.any(String) },
    })
  })

  test('a turn under way is in flight for its key, busy for another, and can be stopped', async () => {
    const on = await stand({ sandbox: { tokenDelayMs: 30, words: 3000 } })
    const talker = await talkTo(on)
    const send = { sessionKey: 'main', message: 'Go on', idempotencyKey: 'k1' }
    const runId = runIdOf(await talker.ask('chat.send', send))
    await chat(talker, runId, 'delta')
    expect((await talker.ask('chat.send', send)).payload).toEqual({ runId, status: 'in_flight' })
    const other = await talker.ask('chat.send', { ...send, idempotencyKey: 'k2' })
    expect(other).toMatchObject({ ok: false, error: { code: 'busy', remedy: expect.any(String) } })
    expect(await talker.ask('chat.abort', { sessionKey: 'main', runId: 'another' })).toMatchObject({
      payload: { aborted: false },
    })
    expect(await talker.ask('chat.abort', { sessionKey: 'main', runId })).toMatchObject({ payload: { aborted: true } })
    await chat(talker, runId, 'aborted')
  })

  test('a message with a picture is answered once, whoever asks again, and on which connection', async () => {
    const on = await stand()
    const talker = await talkTo(on)
    const data = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex').toString('base64')
    await talker.ask('chat.enclose', { id: 'k-0', mediaType: 'image/png', name: 'x.png', data })
    const send = { sessionKey: 'main', message: 'What is it?', idempotencyKey: 'k', enclosures: ['k-0'] }
    const first = await talker.ask('chat.send', send)
    const runId = runIdOf(first)
    expect(first.payload).toMatchObject({ status: 'started' })
    expect((await talker.ask('chat.send', send)).payload).toMatchObject({ runId })
    expect((await (await talkTo(on)).ask('chat.send', send)).payload).toMatchObject({ runId })
    // Under another key they would have to be sent again.
    expect(await talker.ask('chat.send', { ...send, idempotencyKey: 'other' })).toMatchObject({ ok: false })
    await chat(talker, runId, 'final')
  })

  test('a failed turn says why', async () => {
    const on = await stand()
    on.sandbox.setFaults([{ preset: 'invalid-key' }])
    const talker = await talkTo(on)
    const ack = await talker.ask('chat.send', { sessionKey: 'main', message: 'Hello', idempotencyKey: 'k1' })
    const { payload } = await chat(talker, runIdOf(ack), 'error')
    expect(payload).toMatchObject({
      error: { code: expect.any(String), message: expect.stringContaining('anthropic') },
    })
  })

  test('events go to those who follow the conversation, and to nobody else', async () => {
    const on = await stand()
    const [sender, follower, other] = [await talkTo(on), await talkTo(on), await talkTo(on)]
    await follower.ask('chat.history', { sessionKey: 'main' })
    await other.ask('chat.history', { sessionKey: 'other' })
    const runId = runIdOf(await sender.ask('chat.send', { sessionKey: 'main', message: 'Hi', idempotencyKey: 'k' }))
    await chat(sender, runId, 'final')
    await chat(follower, runId, 'final')
    await other.ask('health')
    expect(other.frames.filter(({ event }) => event === 'chat')).toEqual([])
  })

  test('a conversation can be given another model and a pinned account, and back', async () => {
    const on = await stand()
    const talker = await talkTo(on)
    const patch = (params: object): Promise<Record<string, unknown>> =>
      talker.ask('sessions.patch', { sessionKey: 'main', ...params })
    expect(await patch({ model: 'openai/gpt-5.1' })).toMatchObject({
      payload: { session: { model: { provider: 'openai', model: 'gpt-5.1' } } },
    })
    expect(await patch({ profile: 'openai:project' })).toMatchObject({
      payload: { session: { pin: { id: 'openai:project', by: 'user' } } },
    })
    const ack = await talker.ask('chat.send', { sessionKey: 'main', message: 'Hi', idempotencyKey: 'k' })
    expect(await chat(talker, runIdOf(ack), 'final')).toMatchObject({ payload: { servedBy: 'openai:project' } })
    expect(await patch({ profile: 'openai:nobody' })).toMatchObject({ ok: false, error: { code: 'unknown_profile' } })
    const reset = (await patch({ model: null })) as { payload?: { session: object } }
    expect(reset.payload?.session).not.toHaveProperty('model')
    expect(reset.payload?.session).not.toHaveProperty('pin')
  })

  test('names that are no names of sessions or agents open nothing (V15)', async () => {
    const on = await stand()
    const talker = await talkTo(on)
    for (const sessionKey of [
      '../x',
      'a/b',
      'a\u0000b',
      '',
      'C:\\x',
      'agent:nobody:x',
      'x'.repeat(400),
      '%2e%2e',
      'a\nb',
    ]) {
      const answer = await talker.ask('chat.send', { sessionKey, message: 'x', idempotencyKey: 'k' })
      expect(answer.ok, sessionKey).toBe(false)
    }
    for (const params of [
      {},
      { sessionKey: 5 },
      { sessionKey: 'main', message: {} },
      { sessionKey: 'main', message: ' ' },
    ]) {
      expect(await talker.ask('chat.send', params)).toMatchObject({ ok: false, error: { code: 'usage' } })
    }
    expect(on.sandbox.requests()).toEqual([])
  })
})

describe('the command line\u2019s side', () => {
  test('a turn goes through the running gateway, or is done here when there is none', async () => {
    const on = await stand()
    let streamed = ''
    const onText = (text: string): void => {
      streamed += text
    }
    const turn = await agentTurn(on.auth, { agentId: 'main', face: 'agent', message: 'Hi', onText })
    expect(turn).toMatchObject({ via: 'gateway', servedBy: 'anthropic:good', sessionKey: 'agent:main:main' })
    expect(streamed).toBe(turn.text)
    await on.gateway.close()
    expect(await agentTurn(on.auth, { agentId: 'main', face: 'agent', message: 'Hi' })).toMatchObject({ via: 'local' })
  })

  test('a method is called, and a failure keeps its code and remedy', async () => {
    const on = await stand()
    const call = (method: string, extra: object = {}): Promise<unknown> =>
      callMethod(on.auth, { method, params: {}, url: on.url, ...extra })
    expect(await call('health')).toMatchObject({ ok: true })
    await expect(call('nonsense')).rejects.toMatchObject({ code: 'unknown_method' })
    await expect(call('health', { token: 'wrong' })).rejects.toMatchObject({ code: 'gateway_refused' })
    await expect(call('health', { url: 'http://203.0.113.9:1' })).rejects.toMatchObject({ code: 'unsafe' })
    await on.gateway.close()
    await expect(call('health')).rejects.toMatchObject({ code: 'gateway_unreachable', remedy: 'openclaw gateway' })
  })
})
