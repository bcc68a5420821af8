// Turns of a conversation against the sandbox: what is heard, what is kept, who is asked.
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { explainTurn } from '../../src/chat/explain.ts'
import { startTurn } from '../../src/chat/turn.ts'
import type { PinWish } from '../../src/core/pick.ts'
import type { Session } from '../../src/core/session.ts'
import { as, conversation, told } from './support.ts'

const pinned =
  (id: string, by: PinWish['by']) =>
  (before: Session | undefined): Session => ({
    ...(before ?? {
      key: 'agent:main:main',
      id: 'one',
      updatedAt: 1,
      compactionCount: 0,
      inputTokens: 0,
      outputTokens: 0,
    }),
    pin: { id, by },
  })

describe('a turn', () => {
  it('streams, and leaves both messages, the counts and an automatic pin', async () => {
    const { say, sessions, KEY } = await conversation(['anthropic:healthy'])
    const { last, events } = await say('hello sandbox')
    const final = as(last, 'final')
    expect(told(events)).toMatch(/^Sandbox answer: .*You said: hello sandbox$/)
    expect(final.message.content).toEqual([{ type: 'text', text: told(events) }])
    expect(final).toMatchObject({
      servedBy: 'anthropic:healthy',
      model: 'anthropic/claude-opus-4-6',
      attempts: 1,
      sessionKey: KEY,
    })
    expect(final.usage.output).toBeGreaterThan(5)
    const session = await sessions.get(KEY)
    expect(session).toMatchObject({ pin: { id: 'anthropic:healthy', by: 'auto' }, outputTokens: final.usage.output })
    expect(session?.inputTokens).toBeGreaterThan(0)
    const history = await sessions.history(session?.id ?? '')
    expect(history.map(({ role, content }) => [role, content[0]?.text])).toEqual([
      ['user', 'hello sandbox'],
      ['assistant', told(events)],
    ])
  })

  it('is noted as what it is: of a chat, or of a schedule', async () => {
    const { say, auth } = await conversation(['anthropic:healthy'])
    for (const sessionKey of ['main', 'agent:main:cron:nightly']) await say('hi', { sessionKey })
    const lines = await auth.home.agent('main').ledger.read()
    expect(lines.map(({ face, session }) => [face, session])).toEqual([
      ['chat', 'agent:main:main'],
      ['cron', 'agent:main:cron:nightly'],
    ])
  })

  it('sends the conversation so far along', async () => {
    const { say, sandbox } = await conversation(['anthropic:healthy'])
    await say('first')
    await say('second')
    const [first, second] = sandbox.requests()
    expect(second?.bodyBytes ?? 0).toBeGreaterThan((first?.bodyBytes ?? 0) + 60)
  })

  it('talks to an OpenAI-compatible provider in its own dialect', async () => {
    const { say, sandbox } = await conversation(['openai:healthy'])
    const { last, events } = await say('hi', { model: 'gpt' })
    expect(as(last, 'final')).toMatchObject({ servedBy: 'openai:healthy', model: 'openai/gpt-5.1' })
    expect(as(last, 'final').usage.output).toBeGreaterThan(5)
    expect(told(events)).toContain('You said: hi')
    expect(sandbox.requests()[0]?.path).toContain('/chat/completions')
  })

  it('steps over refused accounts before the first word, and stays with the one that answered', async () => {
    const { say, sandbox } = await conversation(['anthropic:spent', 'anthropic:broken', 'anthropic:second'])
    const { last } = await say('hi')
    expect(as(last, 'final')).toMatchObject({ servedBy: 'anthropic:second', attempts: 3 })
    await say('again')
    expect(sandbox.requests().length).toBe(4)
  })

  it('keeps the pin of a person and asks nobody else, and says so', async () => {
    const { say, sandbox, sessions, KEY } = await conversation(['anthropic:broken', 'anthropic:healthy'])
    await sessions.put(KEY, pinned('anthropic:broken', 'user'))
    const { last } = await say('hi')
    const { error } = as(last, 'error')
    expect(error.message).toContain(`Session ${KEY} is pinned to anthropic:broken`)
    expect(error.message).toContain('401')
    expect(error.remedy).toMatch(/^openclaw models /)
    expect(sandbox.requests().length).toBe(1)
    expect((await sessions.get(KEY))?.pin).toEqual({ id: 'anthropic:broken', by: 'user' })
  })

  it('lets an automatic pin step aside', async () => {
    const { say, sessions, KEY } = await conversation(['anthropic:broken', 'anthropic:healthy'])
    await sessions.put(KEY, pinned('anthropic:broken', 'auto'))
    expect(as((await say('hi')).last, 'final').servedBy).toBe('anthropic:healthy')
    expect((await sessions.get(KEY))?.pin).toMatchObject({ id: 'anthropic:healthy', by: 'auto' })
  })

  it('stays with its account when the conversation was compacted: what is left is cached there, too', async () => {
    const { say, sessions, KEY } = await conversation(['anthropic:healthy', 'anthropic:second'])
    await sessions.put(KEY, (before) => ({ ...pinned('anthropic:second', 'auto')(before), compactionCount: 3 }))
    expect(as((await say('hi')).last, 'final').servedBy).toBe('anthropic:second')
  })

  it('keeps a soft pin while another account stands in for it', async () => {
    const { say, sessions, KEY, stateDir } = await conversation(['anthropic:broken', 'anthropic:healthy'])
    await sessions.put(KEY, pinned('anthropic:broken', 'soft'))
    expect(as((await say('hi')).last, 'final')).toMatchObject({ servedBy: 'anthropic:healthy', attempts: 2 })
    expect((await sessions.get(KEY))?.pin).toEqual({ id: 'anthropic:broken', by: 'soft' })
    const path = join(stateDir, 'agents/main/sessions/sessions.json')
    const stored = JSON.parse(await readFile(path, 'utf8'))
    // The reference knows no soft pins: to it, this one is a person's.
    expect(stored[KEY]).toMatchObject({
      authProfileOverride: 'anthropic:broken',
      authProfileOverrideSource: 'user',
      authProfileOverrideSoft: 'anthropic:broken',
    })
    // A pin that another program has put in its place is not soft because this one was.
    stored[KEY].authProfileOverride = 'anthropic:healthy'
    await writeFile(path, JSON.stringify(stored))
    expect((await sessions.get(KEY))?.pin).toEqual({ id: 'anthropic:healthy', by: 'user' })
    await sessions.put(KEY, pinned('anthropic:healthy', 'user'))
    expect(await readFile(path, 'utf8')).not.toContain('authProfileOverrideSoft')
  })

  it('ignores a pin that belongs to another provider', async () => {
    const { say, sessions, KEY } = await conversation(['anthropic:healthy', 'openai:healthy'])
    await sessions.put(KEY, pinned('openai:healthy', 'user'))
    expect(as((await say('hi')).last, 'final').servedBy).toBe('anthropic:healthy')
    expect((await sessions.get(KEY))?.pin).toEqual({ id: 'openai:healthy', by: 'user' })
  })

  it('that nobody can serve leaves no message, only the entry, and says who met what and what to do', async () => {
    const { say, sessions, KEY, stateDir } = await conversation(['anthropic:spent', 'anthropic:broken'])
    const { last, events } = await say('lost words')
    const { error } = as(last, 'error')
    expect(events).toHaveLength(1)
    expect(error.message).toMatch(/anthropic:spent: HTTP 429.*anthropic:broken: HTTP 401/)
    expect(error.remedy).toBe('openclaw models explain anthropic')
    expect(JSON.stringify(error)).not.toContain('sk-ant-api03-sandbox')
    expect(await sessions.get(KEY)).toMatchObject({ key: KEY, inputTokens: 0 })
    const dir = join(stateDir, 'agents/main/sessions')
    for (const name of await readdir(dir)) expect(await readFile(join(dir, name), 'utf8')).not.toContain('lost words')
  })

  it.each([
    ['an error event', { errorEventAfterEvents: 5 }],
    ['a cut connection', { cutAfterEvents: 5 }],
  ])('that ends in %s is an error, tries nobody else and keeps nothing', async (_what, fault) => {
    const { say, sandbox, sessions, KEY } = await conversation(['anthropic:healthy', 'anthropic:second'])
    sandbox.setFaults([{ vendor: 'anthropic', times: 1, ...fault }])
    const { last } = await say('hi')
    expect(as(last, 'error').error.message).toContain('The answer of anthropic:healthy broke off')
    expect(sandbox.requests().length).toBe(1)
    expect(await sessions.history((await sessions.get(KEY))?.id ?? '')).toEqual([])
    expect(as((await say('again')).last, 'final').attempts).toBe(1)
  })

  it('that ends politely but before the closing event is an error', async () => {
    const { say, sandbox } = await conversation(['anthropic:healthy'])
    const event = { type: 'content_block_delta', delta: { type: 'text_delta', text: 'half an' } }
    const body = `event: content_block_delta\ndata: ${JSON.stringify(event)}\n\n`
    sandbox.setFaults([{ status: 200, body, headers: { 'content-type': 'text/event-stream' } }])
    const { last, events } = await say('hi')
    expect(told(events)).toBe('half an')
    expect(as(last, 'error').error.message).toContain('without its closing event')
  })

  it('ends an answer that would never end, with what was said', async () => {
    const { say, sandbox } = await conversation(['anthropic:healthy'])
    const event = { type: 'content_block_delta', delta: { type: 'text_delta', text: 'on and '.repeat(10_000) } }
    const body = `event: content_block_delta\ndata: ${JSON.stringify(event)}\n\n`.repeat(20)
    sandbox.setFaults([{ status: 200, body, headers: { 'content-type': 'text/event-stream' } }])
    const { last, events } = await say('hi')
    expect(as(last, 'final').message.content[0]?.text).toBe(told(events))
    expect(told(events)).toHaveLength(70_000 * 15)
  })

  it('rests the account that reports its own limit inside a stream', async () => {
    const { say, sandbox } = await conversation(['anthropic:healthy', 'anthropic:second'])
    const body = { type: 'error', error: { type: 'rate_limit_error', message: 'Sandbox: too much' } }
    sandbox.setFaults([{ account: 'healthy', times: 1, errorEventAfterEvents: 5, body }])
    await say('hi')
    expect(as((await say('again')).last, 'final').servedBy).toBe('anthropic:second')
  })

  it('waits for the account that is soon back, where the config says so', async () => {
    const { say, auth, sandbox } = await conversation(['anthropic:healthy'])
    await auth.home.configStore.change((draft) => {
      draft.auth = { wait: { maxMs: 5000 } }
    })
    await auth.home.reload()
    await (await auth.view('main')).reload()
    sandbox.setFaults([{ account: 'healthy', times: 1, status: 429, headers: { 'retry-after-ms': '250' } }])
    const turn = say('hi')
    while ((await explainTurn(auth, { agentId: 'main' })).waits !== true) await new Promise(setImmediate)
    expect(as((await turn).last, 'final')).toMatchObject({ servedBy: 'anthropic:healthy', attempts: 2 })
    expect((await explainTurn(auth, { agentId: 'main' })).waits).toBeUndefined()
  })

  it('for a model the vendor does not have blames the model, not the account', async () => {
    const { say, auth } = await conversation(['anthropic:healthy'])
    const { last } = await say('hi', { model: 'anthropic/claude-nonesuch' })
    expect(as(last, 'error').error).toMatchObject({ code: 'unknown_model' })
    expect(as(last, 'error').error.remedy).toBe('openclaw models list --provider anthropic')
    expect((await explainTurn(auth, { agentId: 'main' })).next).toBe('anthropic:healthy')
  })

  it('for a provider nobody knows is refused before anything is asked', async () => {
    const { say } = await conversation(['anthropic:healthy'])
    await expect(say('hi', { model: 'nonesuch/model' })).rejects.toMatchObject({ code: 'unknown_provider' })
  })
})

describe('one turn at a time', () => {
  it('refuses a second turn of the session, and takes it when the first is over', async () => {
    const { start, say } = await conversation(['anthropic:healthy'], { tokenDelayMs: 5 })
    const first = await start('one')
    await expect(start('two')).rejects.toMatchObject({ code: 'busy', remedy: expect.stringContaining('chat.abort') })
    await expect(say('elsewhere', { sessionKey: 'other' })).resolves.toMatchObject({ last: { state: 'final' } })
    await first.done
    expect(as((await say('two')).last, 'final').state).toBe('final')
  })

  it('gives the running turn to a resend of the same key', async () => {
    const { start, sandbox } = await conversation(['anthropic:healthy'], { tokenDelayMs: 5 })
    const first = await start('one', { idempotencyKey: 'k1' })
    const again = await start('one', { idempotencyKey: 'k1' })
    expect(again.runId).toBe(first.runId)
    await again.done
    expect(sandbox.requests().length).toBe(1)
  })

  it('is free again after a turn that could not start', async () => {
    const { say } = await conversation(['anthropic:healthy'])
    await expect(say('hi', { model: 'nonesuch/model' })).rejects.toMatchObject({ code: 'unknown_provider' })
    expect((await say('hi')).last.state).toBe('final')
  })

  it('hears nothing before it has the id of the run', async () => {
    const { auth, transport } = await conversation([])
    let hasId = false
    const heardEarly: boolean[] = []
    const turn = await startTurn(auth, transport, { agentId: 'main', sessionKey: 'main', message: 'hi' }, () =>
      heardEarly.push(!hasId),
    )
    hasId = true
    expect(as(await turn.done, 'error').error.code).toBe('no_credential')
    expect(heardEarly).toEqual([false])
  })
})

describe('an aborted turn', () => {
  it('keeps what was said, marked as stopped, and ends the call of the vendor', async () => {
    const { start, sessions, KEY, sandbox } = await conversation(['anthropic:healthy'], {
      tokenDelayMs: 10,
      words: 500,
    })
    const turn = await start('talk')
    while (told(turn.events) === '') await new Promise((resolve) => setTimeout(resolve, 5))
    turn.abort()
    const aborted = as(await turn.done, 'aborted')
    const text = aborted.message?.content[0]?.text ?? ''
    expect(text).toMatch(/^Sandbox\b.*\[stopped here by the user\]$/s)
    const history = await sessions.history((await sessions.get(KEY))?.id ?? '')
    expect(history.map(({ role }) => role)).toEqual(['user', 'assistant'])
    expect(history[1]?.content[0]?.text).toBe(text)
    await expect.poll(() => sandbox.requests()[0]?.aborted).toBe(true)
    expect(turn.events.at(-1)).toEqual(aborted)
  })

  it('that had not said a word leaves nothing', async () => {
    const { start, sessions, KEY, sandbox } = await conversation(['anthropic:healthy'])
    sandbox.setFaults([{ hang: true }])
    const turn = await start('talk')
    turn.abort()
    turn.abort()
    expect(await turn.done).not.toHaveProperty('message')
    expect(turn.events).toHaveLength(1)
    expect(await sessions.history((await sessions.get(KEY))?.id ?? '')).toEqual([])
  })
})

describe('a session', () => {
  it('that is reset during a turn stays as it was reset', async () => {
    const { start, sessions, KEY } = await conversation(['anthropic:healthy'], { tokenDelayMs: 3 })
    const turn = await start('talk')
    await sessions.put(KEY, () => ({
      key: KEY,
      id: 'fresh',
      updatedAt: 1,
      compactionCount: 0,
      inputTokens: 0,
      outputTokens: 0,
    }))
    expect((await turn.done).state).toBe('final')
    expect(await sessions.get(KEY)).toMatchObject({ id: 'fresh', outputTokens: 0 })
    expect(await sessions.history('fresh')).toEqual([])
  })

  it.each(['agent:other:main', 'agent:main:', 'a b', '../up', ''])('cannot be called %j', async (sessionKey) => {
    const { start } = await conversation([])
    await expect(start('hi', { sessionKey })).rejects.toMatchObject({ code: 'unknown_session' })
  })
})

describe('the explanation', () => {
  it('names the account the turn then takes, and why others are passed over', async () => {
    const { auth, say, KEY } = await conversation(['anthropic:spent', 'anthropic:broken', 'anthropic:second'])
    expect(await explainTurn(auth, { agentId: 'main', model: 'anthropic' })).toMatchObject({
      next: 'anthropic:spent',
      model: 'anthropic',
    })
    await say('hi')
    const told = await explainTurn(auth, { agentId: 'main', sessionKey: 'main' })
    expect(told).toMatchObject({
      sessionKey: KEY,
      model: 'anthropic/claude-opus-4-6',
      next: 'anthropic:second',
      pin: { id: 'anthropic:second', by: 'auto' },
    })
    expect(told.trace.map(({ id, verdict, rule }) => [id, verdict, rule])).toEqual([
      ['anthropic:second', 'taken', 'pinned'],
      ['anthropic:broken', 'passed_over', 'cooldown'],
      ['anthropic:spent', 'passed_over', 'cooldown'],
    ])
    expect(as((await say('again')).last, 'final').servedBy).toBe(told.next)
  })

  it('knows aliases, and refuses what nobody knows', async () => {
    const { auth } = await conversation(['openai:healthy'])
    expect(await explainTurn(auth, { agentId: 'main', model: 'GPT' })).toMatchObject({
      provider: 'openai',
      next: 'openai:healthy',
    })
    await expect(explainTurn(auth, { agentId: 'main', model: 'nonesuch/x' })).rejects.toMatchObject({
      code: 'unknown_provider',
    })
  })
})
