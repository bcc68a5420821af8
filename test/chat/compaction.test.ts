// A compaction: what the model is asked, what the next prompt begins with, who serves it, and that a failed or stopped one changes nothing.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createAuth } from '../../src/auth/auth.ts'
import { type Said, say } from '../../src/chat/commands.ts'
import { runningTurn } from '../../src/chat/turn.ts'
import type { ChatEvent } from '../../src/core/protocol.ts'
import { type Act, vendor } from '../support/vendor.ts'
import { as, conversation } from './support.ts'

/** A slow machine is not a failure. */
const PATIENTLY = { timeout: 20_000 }

const BOTH = ['anthropic:healthy', 'anthropic:second'] as const

type Stage = Awaited<ReturnType<typeof conversation>>

function teller({ auth }: Stage) {
  const events: ChatEvent[] = []
  const start = (message: string, more: Partial<Said> = {}) =>
    say(auth, { agentId: 'main', sessionKey: 'main', message, ...more }, (event) => events.push(event))
  const tell = async (message: string, more: Partial<Said> = {}): Promise<ChatEvent> => {
    events.length = 0
    return (await start(message, more)).done
  }
  const reply = async (message: string): Promise<string> =>
    as(await tell(message), 'final').message.content[0]?.text ?? ''
  return { start, tell, reply, events }
}

type Sent = { messages: { role: string; content: string | { text: string }[] }[] }

/** What was said in a request, without the marks of the cache. */
function saidIn(body: string): string[] {
  const { messages } = JSON.parse(body) as Sent
  return messages.map(({ role, content }) => `${role}: ${typeof content === 'string' ? content : content[0]?.text}`)
}

const streamed =
  (text: string, stop = 'end_turn'): Act =>
  (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const events = [
      { type: 'content_block_delta', delta: { type: 'text_delta', text } },
      { type: 'message_delta', delta: { stop_reason: stop } },
      { type: 'message_stop' },
    ]
    response.end(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''))
  }

/** A stage whose Anthropic answers as the test says. */
async function heard() {
  let act: Act = streamed('Well.')
  const { origin, seen } = await vendor((...call) => act(...call))
  const on = await conversation(BOTH, {}, origin)
  const answers = (next: Act): void => {
    act = next
  }
  return { on, seen, answers, ...teller(on) }
}

const texts = async ({ sessions, KEY }: Stage): Promise<(string | undefined)[]> =>
  (await sessions.history((await sessions.get(KEY))?.id ?? '')).map(({ content }) => content[0]?.text)

describe('/compact', () => {
  it('asks with the beginning of the conversation as it was, and later prompts begin alike with the summary', async () => {
    const { on, seen, answers, tell, reply, events } = await heard()
    await tell('one')
    await tell('two')
    answers(streamed('They counted to two.'))
    expect(await reply('/compact every number')).toBe(
      'Compacted: the next message is sent with a summary of 4 words in the place of 4 messages. Model and account stay, and so does what was said, in the transcript.',
    )
    expect(events).toMatchObject([{ state: 'final', command: { name: 'compact', ok: true }, attempts: 1 }])
    answers(streamed('Well.'))
    for (const message of ['three', 'four']) await tell(message)
    const [, second = [], wish = [], third = [], fourth] = seen.map(({ body }) => saidIn(body))
    expect(wish.slice(0, -1)).toEqual([...second, 'assistant: Well.'])
    expect(wish.at(-1)).toMatch(/^user: Sum up our conversation.*Keep this above all: every number$/s)
    expect(third).toEqual(['user: Sum up what we have said so far.', 'assistant: They counted to two.', 'user: three'])
    expect(fourth).toEqual([...third, 'assistant: Well.', 'user: four'])
    // All that was said is still there, and where the summary stands.
    expect(await texts(on)).toEqual([
      ...['one', 'Well.', 'two', 'Well.'],
      'They counted to two.',
      ...['three', 'Well.', 'four', 'Well.'],
    ])
    expect(await reply('/status')).toContain('\nCompacted: once\n')
    // The second one sums up the first one with what came since.
    answers(streamed('Up to four.'))
    expect(await reply('/compact')).toContain('a summary of 3 words in the place of 4 messages')
    const again = saidIn(seen.at(-1)?.body ?? '')
    expect(again.slice(0, -1)).toEqual([...(fourth ?? []), 'assistant: Well.'])
    expect(again.at(-1)).not.toContain('above all')
    expect(await reply('/compact')).toBe(
      'Nothing has been said in this conversation since it was compacted last; nothing was changed.',
    )
    expect(seen).toHaveLength(6)
  })

  it('alone never moves the conversation to another account, whoever pinned it, and reads what the account has cached', async () => {
    const on = await conversation(BOTH)
    const { tell } = teller(on)
    for (const by of ['auto', 'user', 'soft'] as const) {
      const sessionKey = `by-${by}`
      const key = `agent:main:${sessionKey}`
      await tell(`hello ${`${by} `.repeat(200)}`, { sessionKey })
      await on.sessions.put(key, (before) => {
        if (before === undefined) throw new Error('the turn left an entry')
        return { ...before, pin: { id: 'anthropic:second', by, ...(by === 'auto' ? { compactionCount: 0 } : {}) } }
      })
      const { usage } = as(await tell('go on', { sessionKey }), 'final')
      const compaction = as(await tell('/compact', { sessionKey }), 'final')
      expect(compaction.servedBy, by).toBe('anthropic:second')
      expect(compaction.usage.cacheRead, by).toBe(usage.cacheRead + usage.cacheWrite)
      expect(compaction.usage.cacheRead, by).toBeGreaterThan(200)
      const session = await on.sessions.get(key)
      // The reference moves an automatic pin on when the count has grown past the one that was kept with it.
      const pin = { id: 'anthropic:second', by, ...(by === 'auto' ? { compactionCount: 1 } : {}) }
      expect(session).toMatchObject({ compactionCount: 1, pin })
      expect(session?.outputTokens).toBeGreaterThan(compaction.usage.output)
      await on.auth.flush()
      // One of them goes on in another process, which remembers nothing of it.
      const own = by === 'soft' ? await createAuth(on.auth.home.system) : on.auth
      const next = await say(own, { agentId: 'main', sessionKey, message: `and now ${by}` }, () => undefined)
      expect(as(await next.done, 'final').servedBy, by).toBe('anthropic:second')
      await own.flush()
    }
    const booked = await on.auth.home.agent('main').cacheTurns.read()
    for (const by of ['auto', 'soft']) {
      const ofOne = booked.filter(({ session }) => session === `agent:main:by-${by}`).map(({ miss }) => miss?.cause)
      // The summary was asked of a warm account; the prompt after it begins otherwise.
      expect(ofOne.slice(-2), by).toEqual([undefined, 'changed'])
    }
  })

  it('that fails says why, changes nothing, and can be tried again', async () => {
    const { on, seen, answers, tell } = await heard()
    await tell('one')
    const path = join(on.stateDir, 'agents/main/sessions')
    const id = (await on.sessions.get(on.KEY))?.id
    const files = async () => [
      await readFile(join(path, 'sessions.json'), 'utf8'),
      await readFile(join(path, `${id}.jsonl`), 'utf8'),
    ]
    const before = await files()
    const failing: readonly (readonly [Act, RegExp])[] = [
      [streamed(' \n'), /answered without a word/],
      [streamed('They said that', 'max_tokens'), /grew too long and was cut off/],
      [
        (response) => {
          response.writeHead(400, { 'content-type': 'application/json' })
          response.end('{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long"}}')
        },
        /prompt is too long/,
      ],
      [
        (response) => {
          response.writeHead(200, { 'content-type': 'text/event-stream' })
          response.end('data: {"type":"content_block_delta","delta":{"type":"text_delta","text":"They"}}\n\n')
        },
        /broke off/,
      ],
    ]
    for (const [act, why] of failing) {
      answers(act)
      const { error } = as(await tell('/compact'), 'error')
      expect(error.message).toMatch(/^agent:main:main was not compacted, nothing of it was changed\. /)
      expect(error.message).toMatch(why)
      expect(error.remedy).toMatch(/^openclaw /)
      expect(await files()).toEqual(before)
    }
    answers(streamed('Well.'))
    await tell('two')
    expect(saidIn(seen.at(-1)?.body ?? '')).toEqual(['user: one', 'assistant: Well.', 'user: two'])
  })

  it('of a conversation that has outgrown the model sums up the newer half, and says so', async () => {
    const { on, seen, answers, tell, reply } = await heard()
    for (const message of ['one', 'two', 'three', 'four']) await tell(message)
    answers((...call) => {
      if (saidIn(call[1].body).length > 3) {
        call[0].writeHead(400, { 'content-type': 'application/json' })
        call[0].end('{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long"}}')
      } else streamed('Up to four.')(...call)
    })
    const { error } = as(await tell('five'), 'error')
    expect(error.remedy).toBe('openclaw agent --session-id agent:main:main --message "/compact"')
    const before = (await on.sessions.get(on.KEY))?.pin
    expect(await reply('/compact')).toBe(
      'Compacted: the next message is sent with a summary of 3 words in the place of 8 messages. The oldest 6 of them no longer fitted into the prompt and are not in it. Model and account stay, and so does what was said, in the transcript.',
    )
    expect(seen.slice(-3).map(({ body }) => saidIn(body).length)).toEqual([9, 5, 3])
    expect((await on.sessions.get(on.KEY))?.pin).toEqual({ ...before, compactionCount: 1 })
    await tell('five')
    expect(saidIn(seen.at(-1)?.body ?? '').slice(1)).toEqual(['assistant: Up to four.', 'user: five'])
    // A message that is too long by itself is not made shorter by a summary of nothing.
    answers((response) => {
      response.writeHead(400, { 'content-type': 'application/json' })
      response.end('{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long"}}')
    })
    await tell('/new')
    const alone = as(await tell('six'), 'error').error
    expect(alone.message).toContain('What was said is too long for the model')
    expect(alone.remedy).toBe('openclaw models list --provider anthropic')
  })

  it('is refused while a turn is under way, keeps turns out while it is itself, and /stop ends it without a trace', async () => {
    const { on, seen, answers, start, tell, reply } = await heard()
    await tell('one')
    const before = await on.sessions.get(on.KEY)
    answers((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: {"type":"content_block_delta","delta":{"type":"text_delta","text":"They "}}\n\n')
    })
    const turn = await start('two')
    await expect.poll(() => seen.length, PATIENTLY).toBe(2)
    await expect(start('/compact')).rejects.toMatchObject({ code: 'busy' })
    await expect(start('/model gpt /compact')).rejects.toMatchObject({ code: 'busy' })
    expect(await reply('/stop')).toBe('Stopped.')
    await turn.done
    expect(await on.sessions.get(on.KEY)).not.toHaveProperty('model')
    const told = (await texts(on)).length
    const compaction = await start('/compact')
    // The gateway's chat.abort and its count of turns know it as the turn that it is.
    expect(compaction.command).toBeUndefined()
    await expect.poll(() => seen.length, PATIENTLY).toBe(3)
    await expect(start('three')).rejects.toMatchObject({ code: 'busy' })
    expect(await reply('/stop')).toBe('Stopped.')
    expect(await compaction.done).toMatchObject({ state: 'aborted' })
    expect(await compaction.done).not.toHaveProperty('message')
    expect(runningTurn(on.auth, on.KEY)).toBeUndefined()
    expect(await on.sessions.get(on.KEY)).toMatchObject({ id: before?.id, compactionCount: 0 })
    expect(await texts(on)).toHaveLength(told)
  })

  it('leaves what another process said meanwhile out of the summary, and in the prompt', async () => {
    const { on, seen, answers, tell } = await heard()
    await tell('one')
    const id = (await on.sessions.get(on.KEY))?.id ?? ''
    const elsewhere = ['user', 'assistant'] as const
    answers((response, call, request) => {
      const timestamp = Date.now() + 5000
      const messages = elsewhere.map((role, at) => ({
        role,
        content: [{ type: 'text' as const, text: `${role} elsewhere` }],
        timestamp: timestamp + at,
      }))
      void on.sessions.append(id, messages).then(() => streamed('They began.')(response, call, request))
    })
    expect((await tell('/compact')).state).toBe('final')
    answers(streamed('Well.'))
    await tell('two')
    expect(saidIn(seen.at(-1)?.body ?? '').slice(1)).toEqual([
      'assistant: They began.',
      'user: user elsewhere',
      'assistant: assistant elsewhere',
      'user: two',
    ])
  })

  it('of a conversation without a word asks nobody, as one of a sender without the right is text', async () => {
    const { seen, reply, tell, on } = await heard()
    expect(await reply('/compact')).toBe('Nothing has been said in this conversation; nothing was changed.')
    expect(await reply('/model nope /compact')).toMatch(/is not allowed.*\n\nThe rest of the message was not sent\.$/s)
    expect(seen).toEqual([])
    expect(as(await tell('/compact', { rights: new Set(['read']) }), 'final').command).toBeUndefined()
    expect(saidIn(seen[0]?.body ?? '')).toEqual(['user: /compact'])
    expect((await on.sessions.get(on.KEY))?.compactionCount).toBe(0)
  })

  it('is told together with the commands before it', async () => {
    const { on, seen, answers, tell, events } = await heard()
    await tell('one')
    answers(streamed('They began.'))
    await tell('/model claude-opus-4-6@anthropic:second /compact')
    expect(events).toMatchObject([
      { state: 'command', command: { name: 'model', ok: true } },
      { state: 'final', command: { name: 'compact' }, servedBy: 'anthropic:second' },
    ])
    expect(seen).toHaveLength(2)
    const session = await on.sessions.get(on.KEY)
    expect(session?.pin).toEqual({ id: 'anthropic:second', by: 'user' })
  })
})
