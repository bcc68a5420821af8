// Slash commands through the gateway: over the WebSocket they are answered and marked, and requests of programs never hold any.
import { describe, expect, test } from 'vitest'
import { agentTurn } from '../../src/gateway/client.ts'
import { bearer, GOOD, key, OTHER, PROJECT, type Stand, say, stand, Talker } from './support.ts'

const PROFILES = {
  'anthropic:good': key('anthropic', GOOD),
  'anthropic:other': key('anthropic', OTHER),
  'openai:project': key('openai', PROJECT),
}

async function open(): Promise<{ on: Stand; talker: Talker; tell: (message: string) => Promise<Payload> }> {
  const on = await stand({
    profiles: PROFILES,
    order: { anthropic: ['anthropic:good', 'anthropic:other'] },
    config: {
      agents: { defaults: { models: { 'anthropic/claude-opus-4-6': { alias: 'Opus' }, 'openai/gpt-5.1': {} } } },
    },
  })
  const talker = new Talker(on.url)
  await talker.connect(on.token)
  let count = 0
  const tell = async (message: string): Promise<Payload> => {
    const ack = await talker.ask('chat.send', { sessionKey: 'main', message, idempotencyKey: `k${++count}` })
    const { runId } = ack.payload as { runId: string }
    const frame = await talker.frame(({ event, payload }) => {
      const body = payload as { runId?: string; state?: string } | undefined
      return event === 'chat' && body?.runId === runId && body.state !== 'delta' && body.state !== 'command'
    })
    return frame.payload as Payload
  }
  return { on, talker, tell }
}

type Payload = {
  runId: string
  state: string
  servedBy: string
  command?: { name: string; ok: boolean }
  message: { content: { text: string }[] }
}

describe('over the WebSocket', () => {
  test('a command is answered by a final event with a mark, and what /model status says is what models.explain says and the turn takes', async () => {
    const { on, talker, tell } = await open()
    const text = async (message: string): Promise<string> => (await tell(message)).message.content[0]?.text ?? ''
    for (const wish of ['/model', '/model opus@anthropic:other', '/model 2', '/new']) {
      expect(await tell(wish)).toMatchObject({ state: 'final', servedBy: '', command: { ok: true } })
      const predicted = /^Next: (\S+)$/m.exec(await text('/model status'))?.[1]
      const { payload } = await talker.ask('models.explain', { sessionKey: 'main' })
      expect(payload, wish).toMatchObject({ next: predicted })
      const asked = on.sandbox.requests().length
      const turn = await tell('hello')
      expect(turn, wish).toMatchObject({ state: 'final', servedBy: predicted })
      expect(turn.command).toBeUndefined()
      expect(on.sandbox.requests().length).toBe(asked + 1)
    }
    expect(await tell('/model nope')).toMatchObject({ state: 'final', command: { name: 'model', ok: false } })
    expect(JSON.stringify(talker.frames)).not.toMatch(/sk-ant|sk-proj|…000/)
  })

  test('the same key is answered once, and /stop ends the turn of the conversation', async () => {
    const { on, talker, tell } = await open()
    const send = { sessionKey: 'main', message: '/status', idempotencyKey: 'same' }
    const { runId } = (await talker.ask('chat.send', send)).payload as { runId: string }
    await talker.frame(({ event, payload }) => event === 'chat' && (payload as { runId?: string }).runId === runId)
    expect((await talker.ask('chat.send', send)).payload).toMatchObject({
      runId,
      status: 'ok',
      end: { runId, state: 'final' },
    })
    on.sandbox.setFaults([{ account: 'good', stallAfterEvents: 6 }])
    const turn = { sessionKey: 'main', message: 'go on', idempotencyKey: 'turn' }
    const started = (await talker.ask('chat.send', turn)).payload as { runId: string }
    await talker.frame(({ payload }) => (payload as { state?: string } | undefined)?.state === 'delta')
    expect((await tell('/status')).message.content[0]?.text).toContain('an answer is under way')
    expect(await talker.ask('status')).toMatchObject({ payload: { turns: 1 } })
    expect((await tell('/stop')).message.content[0]?.text).toBe('Stopped.')
    const end = await talker.frame(({ event, payload }) => {
      const body = payload as { runId?: string; state?: string } | undefined
      return event === 'chat' && body?.runId === started.runId && body.state !== 'delta'
    })
    expect(end.payload).toMatchObject({ state: 'aborted' })
    expect((await tell('/whoami')).message.content[0]?.text).toContain('may: read, chat')
  })

  test('the command line hears of a command inside its message, and of one that was not carried out', async () => {
    const { on, tell } = await open()
    const notes: string[] = []
    const ask = (message: string) =>
      agentTurn(on.auth, { agentId: 'main', face: 'agent', message, onNote: (note) => notes.push(note) })
    expect(await ask('/model opus@anthropic:other hello')).toMatchObject({
      via: 'gateway',
      servedBy: 'anthropic:other',
    })
    expect(notes).toEqual([
      'Model reset to default (Opus (anthropic/claude-opus-4-6)). Auth profile set to anthropic:other.',
    ])
    expect(await ask('/model opus@anthropic:nobody')).toMatchObject({ command: { name: 'model', ok: false } })
    // Another client gives a command in the same conversation while our answer comes.
    on.sandbox.setFaults([{ account: 'other', stallAfterEvents: 6 }])
    let heard = ''
    const onText = (text: string): void => {
      heard += text
    }
    const end = agentTurn(on.auth, { agentId: 'main', face: 'agent', message: 'go on', onText }).catch(
      (error: unknown) => error,
    )
    await expect.poll(() => heard).not.toBe('')
    expect((await tell('/status')).message.content[0]?.text).toContain('an answer is under way')
    await tell('/stop')
    expect(await end).toMatchObject({ code: 'interrupted' })
  })
})

describe('requests of programs', () => {
  test('never hold commands: what they say goes to the vendor as it is', async () => {
    const { on } = await open()
    const said = '/model openai/gpt-5.1 /new /status /compact'
    const message = { messages: [{ role: 'user', content: said }], max_tokens: 50 }
    const call = (path: string, body: object): Promise<{ status: number; text: string }> =>
      say(on.url, path, { headers: bearer(on.token), body: JSON.stringify(body) })
    const answers = [
      await call('/v1/messages', { model: 'anthropic/claude-opus-4-6', ...message }),
      await call('/v1/chat/completions', { model: 'openai/gpt-5.1', messages: message.messages }),
      await call('/v1/responses', { model: 'openai/gpt-5.1', input: said }),
      await call('/v1/messages', { model: 'openclaw:main', ...message }),
    ]
    for (const { status, text } of answers) {
      expect(status, text).toBe(200)
      expect(text).toContain(`You said: ${said}`)
    }
    expect(on.sandbox.requests()).toHaveLength(4)
    expect(await on.auth.home.agent('main').sessions.list()).toEqual([])
  })
})
