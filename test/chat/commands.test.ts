// Commands of a conversation: what they answer, what they change, and that nobody is asked for them.
import { describe, expect, it } from 'vitest'
import { settle } from '../../src/auth/settle.ts'
import { type Right, type Said, say } from '../../src/chat/commands.ts'
import type { ChatEvent } from '../../src/core/protocol.ts'
import { as, conversation } from './support.ts'

type Stage = Awaited<ReturnType<typeof conversation>>

const BOTH = ['anthropic:healthy', 'anthropic:second'] as const

async function stage(profiles: readonly string[] = [...BOTH, 'openai:healthy']) {
  const on: Stage = await conversation(profiles)
  const { sandbox, auth } = on
  /** Its last event. */
  const tell = async (message: string, more: Partial<Said> = {}): Promise<ChatEvent> =>
    (await say(auth, { agentId: 'main', sessionKey: 'main', message, ...more }, () => undefined)).done
  /** The reply to a command. */
  const reply = async (message: string, more: Partial<Said> = {}): Promise<string> => {
    const asked = sandbox.requests().length
    const { command, message: said, attempts } = as(await tell(message, more), 'final')
    expect(command, message).toBeDefined()
    expect([attempts, sandbox.requests().length], message).toEqual([0, asked])
    const text = said.content[0]?.text ?? ''
    // Neither the end of a key nor the beginning of one is anybody's to read in a chat.
    expect(text).not.toMatch(/sk-|…|\*\*/)
    return `${command?.ok === true ? '' : 'no: '}${text}`
  }
  const session = () => on.sessions.get(on.KEY)
  return { ...on, tell, reply, session }
}

const REFUSED: readonly (readonly [string, RegExp])[] = [
  [
    '/model nope',
    /^no: Model "anthropic\/nope" is not allowed\. There are: anthropic\/claude-opus-4-6, openai\/gpt-5\.1\. Use \/model to list the models/,
  ],
  ['/model openai/gpt-9', /^no: Model "openai\/gpt-9" is not allowed\. There are: /],
  ['/model nobody/x', /^no: Model "nobody\/x" is not allowed\./],
  ['/model "gpt"', /^no: ""gpt"" is no model/],
  ['/model sk', /^no: Model "anthropic\/sk" is not allowed/],
  ['/model @anthropic:second', /^no: An account is chosen together with a model/],
  ['/model status@anthropic:second', /^no: An account is chosen together with a model/],
  ['/model list@x', /^no: An account is chosen together with a model/],
  ['/model gpt@', /^no: An account is chosen together with a model/],
  [
    '/model gpt@openai:nope',
    /^no: Auth profile "openai:nope" not found\. Of openai there are: openai:healthy\. .*Use \/model status/,
  ],
  [
    '/model gpt@anthropic:second',
    /^no: Auth profile "anthropic:second" is for anthropic, not openai\. Of openai there are: openai:healthy\./,
  ],
  ['/model gpt@openai:nope?', /^no: Auth profile "openai:nope" not found/],
  ['/model gpt@?', /^no: An account is chosen together with a model/],
  ['/new gpt@openai:nope', /^no: Auth profile "openai:nope" not found/],
  ['/models nobody', /^no: There are no models of "nobody"\. There are: anthropic, openai\./],
  ['/models openai 2', /^no: There is no page 2: openai has 1 to 1\./],
  ['/models openai so many', /^no: "so" is not understood/],
]

describe('/model', () => {
  it('shows a numbered list, and a number means the list shown last in this conversation', async () => {
    const { reply, session, auth } = await stage()
    expect(await reply('/model 2')).toMatch(/^no: No list was shown in this conversation yet\. Current: /)
    const shown = await reply('/model')
    expect(shown.split('\n')).toEqual([
      'Current: anthropic/claude-opus-4-6, account anthropic:healthy',
      '',
      '1. anthropic/claude-opus-4-6 (current)',
      '2. gpt (openai/gpt-5.1)',
      '',
      'Choose: /model <number>, /model <name> or /model <name>@<account>',
      'Details: /model status',
    ])
    expect(await reply('/MODEL list')).toBe(shown)
    // Another model comes before it in the config: what was shown still counts.
    await auth.home.configStore.change((draft) => {
      draft.agents = {
        defaults: {
          models: { 'openai/gpt-4.1': {}, 'openai/gpt-5.1': { alias: 'gpt' }, 'anthropic/claude-opus-4-6': {} },
        },
      }
    })
    await auth.home.reload()
    expect(await reply('/model 2')).toBe('Model set to gpt (openai/gpt-5.1).')
    expect((await session())?.model).toEqual({ provider: 'openai', model: 'gpt-5.1' })
    expect(await reply('/model 3')).toBe('no: There is no 3: the list shown last has 1 to 2.')
    expect(await reply('/model 0')).toContain('no: There is no 0')
    expect(await reply('/model 2', { sessionKey: 'other' })).toContain('no: No list was shown')
  })

  it('chooses by alias in any case, by name, by a part of one, and by provider/model, and back', async () => {
    const { reply, session } = await stage()
    expect(await reply('/model GPT')).toBe('Model set to gpt (openai/gpt-5.1).')
    expect(await reply('/model claude-opus-4-6')).toBe('Model reset to default (anthropic/claude-opus-4-6).')
    expect(await session()).not.toHaveProperty('model')
    expect(await reply('/gpt')).toBe('Model set to gpt (openai/gpt-5.1).')
    expect(await reply('/model default')).toBe('Model reset to default (anthropic/claude-opus-4-6).')
    expect(await reply('/model Opus-4.6')).toBe('Model reset to default (anthropic/claude-opus-4-6).')
    expect(await reply('/model 6-5')).toMatch(/^no: Model "anthropic\/6-5" is not allowed/)
    expect(await reply('/model gpt-5')).toBe('Model set to gpt (openai/gpt-5.1).')
    expect(await reply('/model openai/gpt-5.1')).toBe('Model set to gpt (openai/gpt-5.1).')
  })

  it('pins an account for the conversation; another model, and a new conversation, end the pin', async () => {
    const { reply, tell, session, auth } = await stage()
    expect(await reply('/model claude-opus-4-6@anthropic:second')).toBe(
      'Model reset to default (anthropic/claude-opus-4-6). Auth profile set to anthropic:second.',
    )
    expect(as(await tell('hello'), 'final')).toMatchObject({ servedBy: 'anthropic:second' })
    expect((await session())?.pin).toEqual({ id: 'anthropic:second', by: 'user' })
    expect(await reply('/model gpt')).toBe('Model set to gpt (openai/gpt-5.1). The pin to anthropic:second has ended.')
    await reply('/model gpt@openai:healthy')
    const { id } = (await session()) ?? {}
    expect(await reply('/new')).toBe('A new conversation begins.')
    const fresh = await session()
    expect(fresh).not.toHaveProperty('pin')
    expect(fresh).not.toHaveProperty('model')
    expect(fresh?.id).not.toBe(id)
    // What the other conversations talk to is theirs.
    await reply('/model gpt')
    expect(await auth.home.agent('main').sessions.get('agent:main:other')).toBeUndefined()
  })

  it('pins an account that may step aside with a question mark, and comes back to it by itself', async () => {
    const { reply, tell, session, sandbox, auth } = await stage()
    expect(await reply('/model claude-opus-4-6@anthropic:second?')).toBe(
      'Model reset to default (anthropic/claude-opus-4-6). Auth profile set to anthropic:second; it may step aside.',
    )
    const pin = { id: 'anthropic:second', by: 'soft' }
    expect((await session())?.pin).toEqual(pin)
    const status = await reply('/model status')
    expect(status).toContain('Session: agent:main:main, pinned to anthropic:second, may step aside')
    expect(status).toContain('- anthropic:second (next): API key, this session prefers it (pinned, may step aside)')
    expect(status).toContain('- anthropic:healthy: API key, usable; takes over when the ones before it are refused')
    const taken = async () => as(await tell('hello'), 'final').servedBy
    expect(await taken()).toBe('anthropic:second')
    sandbox.setFaults([{ account: 'second', preset: 'rate-limited', times: 1 }])
    expect(await taken()).toBe('anthropic:healthy')
    expect((await session())?.pin).toEqual(pin)
    expect(await reply('/model status')).toMatch(/^- anthropic:second: API key, cooldown \(rate_limit\) ends in /m)
    const view = await auth.view('main')
    const back = view
      .facts()
      .providers.get('anthropic')
      ?.candidates.find(({ id }) => id === pin.id)
    if (back !== undefined) settle(view, { candidate: back }, { ok: true }, view.home.system.now())
    expect(await taken()).toBe('anthropic:second')
    expect(await reply('/model gpt')).toContain('The pin to anthropic:second has ended.')
  })

  it('that cannot be fulfilled changes nothing, and says what there is', async () => {
    const { reply, tell, session } = await stage()
    await tell('hello')
    const before = await session()
    for (const [message, said] of REFUSED) {
      expect(await reply(message), message).toMatch(said)
      expect(await session(), message).toEqual(before)
    }
  })

  it('without a list of what is allowed takes a new model of a known vendor as written, and guesses at nothing', async () => {
    const { reply, auth } = await stage()
    await auth.home.configStore.change((draft) => {
      draft.agents = {}
    })
    await auth.home.reload()
    expect(await reply('/model openai/gpt-9')).toContain('gpt-9. It is not a model known here; openai will say')
    expect(await reply('/model nobody/x')).toContain('no: There is no provider "nobody"')
    expect(await reply('/model nope')).toMatch(/^no: There is no model "nope".* such as anthropic\/nope\./)
    expect(await reply('/model claude')).toMatch(/^no: "claude" could be anthropic\/claude-opus-4-6, /)
    // Of several editions of one model the default one is meant; where the config names none of them, nobody knows.
    expect(await reply('/model Opus@anthropic:healthy')).toMatch(
      /^Model reset to default \(anthropic\/claude-opus-4-6\)\. Auth profile set to anthropic:healthy\./,
    )
    expect(await reply('/model sonnet')).toMatch(/^no: "sonnet" could be anthropic\/claude-sonnet-4-5, /)
  })
})

describe('/model status', () => {
  it('is what the next turn takes: by order, by pin, and with the first one resting', async () => {
    const { reply, tell, auth } = await stage(['anthropic:spent', ...BOTH, 'openai:healthy'])
    const predicted = async (): Promise<string | undefined> => {
      const text = await reply('/model status')
      const next = /^Next: (\S+?)(?:, tried early.*)?$/m.exec(text)?.[1]
      // The same one is marked among the candidates of the provider in use, which stands first.
      expect(/^- (\S+) \(next\): /m.exec(text)?.[1]).toBe(next)
      expect(await reply('/status')).toContain(`Account: ${next} (`)
      return next
    }
    const taken = async (): Promise<string> => as(await tell('hello'), 'final').servedBy
    expect(await predicted()).toBe('anthropic:spent')
    // It is refused and rests from now on; the turn goes on with the next.
    expect(await taken()).toBe('anthropic:healthy')
    for (const wish of [undefined, '/model claude-opus-4-6@anthropic:second', '/gpt', '/model default', '/new']) {
      if (wish !== undefined) await reply(wish)
      await auth.flush()
      expect(await predicted(), wish).toBe(await taken())
    }
    // A person's pin is kept whatever happens: both say that nobody is there.
    expect(await reply('/model default@anthropic:spent')).toMatch(
      /Auth profile set to anthropic:spent\. Nothing can be taken/,
    )
    expect(await reply('/model status')).toMatch(/^Next: nothing can be taken now; the first is back in /m)
    expect((await tell('hello')).state).toBe('error')
  })

  it('shows every candidate with its reason, and the endpoint without what is nobody to read', async () => {
    const { reply, auth, sandbox } = await stage()
    await auth.home.configStore.change((draft) => {
      draft.models = {
        providers: {
          anthropic: { baseUrl: sandbox.baseUrl('anthropic') },
          xai: { baseUrl: 'https://x.example/v1?key=1' },
        },
      }
      draft.agents = { defaults: { models: { 'openai/gpt-5.1': { alias: 'gpt' }, 'xai/grok-4': {} } } }
    })
    await auth.home.reload()
    await (await auth.view('main')).reload()
    await reply('/model default@anthropic:second')
    const lines = (await reply('/model status')).split('\n')
    expect(lines).toEqual([
      'Current: anthropic/claude-opus-4-6',
      'Default: anthropic/claude-opus-4-6',
      'Agent: main',
      'Session: agent:main:main, pinned to anthropic:second',
      expect.stringMatching(/^Auth file: \/.*\/agents\/main\/agent\/auth-profiles\.json$/),
      'Next: anthropic:second',
      '',
      `[anthropic] endpoint: ${sandbox.baseUrl('anthropic')}, api: anthropic-messages`,
      '- anthropic:second (next): API key, this session is pinned to it',
      '- anthropic:healthy: API key, this session is pinned to anthropic:second',
      'Models: anthropic/claude-opus-4-6',
      '',
      '[openai] endpoint: default, api: openai-completions',
      expect.stringContaining('- openai:healthy'),
      'Models: openai/gpt-5.1 (gpt)',
      '',
      '[xai] endpoint: https://x.example/v1, api: openai-completions',
      '- no credential from any source: openclaw models auth add',
      'Models: xai/grok-4',
    ])
  })
})

describe('a command inside a message', () => {
  it('is carried out first, told as an event of its own, and taken out of what the model reads', async () => {
    const { auth, sessions, KEY } = await stage()
    const events: ChatEvent[] = []
    const message = '/model gpt please /status answer'
    const turn = await say(auth, { agentId: 'main', sessionKey: 'main', message }, (event) => events.push(event))
    expect(as(await turn.done, 'final')).toMatchObject({ servedBy: 'openai:healthy', runId: turn.runId })
    expect(as(await turn.done, 'final').command).toBeUndefined()
    expect(events.slice(0, 2)).toMatchObject([
      {
        state: 'command',
        runId: turn.runId,
        command: { name: 'model', ok: true },
        text: expect.stringContaining('gpt'),
      },
      { state: 'command', runId: turn.runId, command: { name: 'status', ok: true } },
    ])
    const history = await sessions.history((await sessions.get(KEY))?.id ?? '')
    expect(history[0]?.content).toEqual([{ type: 'text', text: 'please answer' }])
  })

  it('that fails keeps the message from being sent', async () => {
    const { reply, session } = await stage()
    expect(await reply('/model gpt@openai:nope please answer')).toMatch(
      /not found.*\n\nThe rest of the message was not sent\.$/s,
    )
    expect(await session()).toBeUndefined()
  })

  it('begins the new conversation with the rest of /new', async () => {
    const { tell, sessions, KEY } = await stage()
    await tell('hello')
    const old = (await sessions.get(KEY))?.id
    expect(as(await tell('/new gpt and what now?'), 'final').servedBy).toBe('openai:healthy')
    const now = await sessions.get(KEY)
    expect(now?.id).not.toBe(old)
    expect((await sessions.history(now?.id ?? '')).map(({ content }) => content[0]?.text)[0]).toBe('and what now?')
  })
})

describe('the other commands', () => {
  it('say who, how much and what there is, and never enter the transcript', async () => {
    const { reply, tell, session, sessions } = await stage()
    expect(await reply('/usage')).toContain('Tokens: 0 in, 0 out')
    expect(await session()).toBeUndefined()
    const { usage } = as(await tell('hello'), 'final')
    expect(await reply('/usage')).toContain(
      `Tokens: ${usage.input + usage.cacheRead + usage.cacheWrite} in, ${usage.output} out`,
    )
    expect(await reply('/usage')).toMatch(/^Cost: \$0\.\d{4}\.$/m)
    expect(await reply('/usage cost')).toMatch(
      /^This chat: 1 call, \d+ in, \d+ out, \$0\.\d{4}\nToday \(UTC\), agent main: 1 call, .*\nThe 30 days that are kept: 1 call, .*\$0\.\d{4}$/,
    )
    expect(await reply('/status')).toMatch(/Account: anthropic:healthy \(used anthropic:healthy last\)\nTokens: \d+ in/)
    expect(await reply('/whoami')).toBe(
      'You speak from this machine and may: read, chat\nAgent: main\nSession: agent:main:main',
    )
    expect(await reply('/id', { beyondLoopback: true })).toContain('another machine')
    const commands = await reply('/commands')
    for (const line of (await reply('/help')).split('\n')) expect(commands).toContain(line)
    expect(await reply('/models')).toMatch(/^Providers:\n- anthropic \(1\)\n- openai \(1\)\n/)
    expect(await reply('/models OpenAI all')).toMatch(
      /^Models of openai: 1 to 1 of 1 \(page 1 of 1\)\n- gpt \(openai\/gpt-5\.1\)\n/,
    )
    expect(await reply('/think high')).toBe(
      'There is no /think here; nothing was asked. /commands lists what there is.',
    )
    expect(await reply('/stop')).toBe('No answer is under way in this conversation.')
    expect(await sessions.history((await session())?.id ?? '')).toHaveLength(2)
  })

  it('of a sender who may not give them are text to the model', async () => {
    const { tell, session } = await stage()
    const rights = new Set<Right>(['read'])
    const final = as(await tell('/model gpt', { rights }), 'final')
    expect(final).toMatchObject({ servedBy: 'anthropic:healthy' })
    expect(final.message.content[0]?.text).toContain('You said: /model gpt')
    expect(await session()).not.toHaveProperty('model')
    expect(as(await tell('/status', { rights }), 'final').command).toEqual({ name: 'status', ok: true })
  })

  it('answer while a turn is under way; /stop and /new end it', async () => {
    const on = await conversation(['anthropic:healthy'], { tokenDelayMs: 20, words: 3000 })
    const tell = (message: string): ReturnType<typeof say> =>
      say(on.auth, { agentId: 'main', sessionKey: 'main', message }, () => undefined)
    const text = async (message: string): Promise<string | undefined> =>
      as(await (await tell(message)).done, 'final').message.content[0]?.text
    const first = await tell('go on')
    expect(await text('/status')).toContain('an answer is under way')
    await expect(tell('/model gpt and more')).rejects.toMatchObject({ code: 'busy' })
    expect(await on.sessions.get(on.KEY)).not.toHaveProperty('model')
    expect(await text('/stop')).toBe('Stopped.')
    expect((await first.done).state).toBe('aborted')
    const second = await tell('go on')
    expect(await text('/new')).toBe('A new conversation begins.')
    expect((await second.done).state).toBe('aborted')
    expect(await on.sessions.history((await on.sessions.get(on.KEY))?.id ?? '')).toEqual([])
  })
})

describe('a line of usage', () => {
  it('stands below every answer for whoever wants it, over a new conversation as well, and the context is told', async () => {
    const { tell, reply, session, sandbox } = await stage()
    expect(await reply('/usage full')).toContain('a line with tokens, cost, account and model stands below')
    const first = as(await tell('hello'), 'final')
    const { input, output, cacheRead, cacheWrite } = first.usage
    const whole = input + cacheRead + cacheWrite
    expect(first.notice).toMatch(
      new RegExp(
        `^Usage: ${whole} tokens in.*, ${output} out, \\$0\\.\\d{4}; anthropic:healthy, anthropic/claude-opus-4-6$`,
      ),
    )
    expect(first.message.content[0]?.text).not.toContain('Usage:')
    expect(await reply('/status')).toContain(`\nContext: ${whole + output} of `)
    expect((await session())?.contextTokens).toBe(whole + output)
    expect(await reply('/usage TOKENS')).toContain('a line with tokens stands below')
    await reply('/new')
    expect(await reply('/status')).not.toContain('Context:')
    expect(as(await tell('hello again'), 'final').notice).toMatch(/^Usage: \d+ tokens in.*, \d+ out$/)
    const asked = sandbox.requests().length
    const summed = as(await tell('/compact'), 'final')
    expect(sandbox.requests()).toHaveLength(asked + 1)
    // What the next message begins with is the summary.
    expect((await session())?.contextTokens).toBe(summed.usage.output)
    // Who may only ask changes nothing.
    const rights = new Set<Right>(['read'])
    expect(await reply('/usage off', { rights })).toBe('no: You may not change this conversation.')
    expect(await reply('/usage off')).toContain('any more')
    expect(as(await tell('bye'), 'final').notice).toBeUndefined()
    expect(await reply('/usage sideways')).toMatch(/^no: "sideways" is not understood; there are \/usage,/)
  })
})
