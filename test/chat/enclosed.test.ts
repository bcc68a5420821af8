// What is shown with messages: kept, shown again while it fits and is taken, and refused kindly where it is not.
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Dialect } from '../../src/chat/deltas.ts'
import { type Offer, shownAgain } from '../../src/chat/enclosed.ts'
import { type Question, turnRequest } from '../../src/chat/request.ts'
import { begin } from '../../src/core/session.ts'
import { as, conversation } from './support.ts'

const PNG = Buffer.from('89504e470d0a1a0a0000', 'hex')
const CLAUDE = { provider: 'anthropic', model: 'claude-opus-4-6' }
const MINE = { provider: 'mine', model: 'gpt-5.1' }

const offer = (more: Partial<Offer> = {}): Offer => ({
  kind: 'image',
  mediaType: 'image/jpeg',
  load: async () => PNG,
  ...more,
})
const picture = { kind: 'image' as const, mediaType: 'image/png', bytes: PNG }
const hashOf = (dialect: Dialect, to: typeof CLAUDE, question: Question, retention: 'none' | 'short'): string =>
  createHash('sha256')
    .update(turnRequest(dialect, to, question, { retention }).body)
    .digest('hex')

describe('what is shown with a message', () => {
  it('is kept, shown again in the next turn, and told in words by a compaction', async () => {
    const { say, sandbox, sessions, KEY } = await conversation(['anthropic:healthy'])
    const sent = (): string | undefined => sandbox.requests().at(-1)?.bodySha256
    as((await say('Look', { enclosures: [offer(), offer()] })).last, 'final')
    as((await say('', { enclosures: [offer()] })).last, 'final')
    const session = await sessions.get(KEY)
    const history = await sessions.history(session?.id ?? '')
    expect(history.map(({ content }) => content[0]?.text)).toEqual([
      'Look\n[2 pictures]',
      expect.any(String),
      '[a picture]',
      expect.any(String),
    ])
    const [first, , second] = history
    if (first === undefined || second === undefined) throw new Error('both were kept')
    as((await say('And now?')).last, 'final')
    const shownBefore = new Map([
      [first, [picture, picture]],
      [second, [picture]],
    ])
    expect(sent()).toBe(hashOf('messages', CLAUDE, { history, shownBefore, message: 'And now?' }, 'short'))
    const summary = await say('', { message: 'Sum up', compacts: true })
    expect(as(summary.last, 'final').command).toMatchObject({ ok: true })
    as((await say('Still there?')).last, 'final')
    const after = await sessions.history(session?.id ?? '')
    expect(sent()).toBe(hashOf('messages', CLAUDE, { history: after.slice(0, -2), message: 'Still there?' }, 'short'))
  })

  it('is left out where a model that nobody knows refuses it, and never in silence where it is new', async () => {
    const { say, sandbox, auth, sessions, KEY } = await conversation([])
    await auth.home.configStore.change((draft) => {
      draft.models = {
        providers: {
          mine: {
            baseUrl: sandbox.baseUrl('openai'),
            api: 'openai-completions',
            apiKey: 'sk-proj-sandbox-healthy-openai',
          },
        },
      }
    })
    await auth.home.reload()
    const model = 'mine/gpt-5.1'
    sandbox.setFaults([{ vendor: 'openai', status: 400, times: 1 }])
    expect(as((await say('Look', { model, enclosures: [offer()] })).last, 'error').error.code).toBe('upstream')
    expect(sandbox.requests()).toHaveLength(1)
    as((await say('Look', { model, enclosures: [offer()] })).last, 'final')
    sandbox.setFaults([{ vendor: 'openai', status: 400, times: 1 }])
    as((await say('And?', { model })).last, 'final')
    expect(sandbox.requests()).toHaveLength(4)
    const history = (await sessions.history((await sessions.get(KEY))?.id ?? '')).slice(0, 2)
    expect(sandbox.requests().at(-1)?.bodySha256).toBe(
      hashOf('chat_completions', MINE, { history, message: 'And?' }, 'none'),
    )
  })

  it('is refused before anybody is asked, and before it is fetched, where the model does not take it', async () => {
    const { say, sandbox, sessions, KEY } = await conversation(['anthropic:healthy'])
    let fetched = 0
    const voice = offer({
      kind: 'audio',
      mediaType: 'audio/ogg',
      load: async () => {
        fetched++
        return PNG
      },
    })
    await expect(say('', { enclosures: [voice] })).rejects.toMatchObject({
      code: 'usage',
      message: 'anthropic/claude-opus-4-6 does not hear: it takes text, text files, pictures and PDF.',
    })
    const large = offer({ load: async () => Buffer.alloc(21 * 1024 * 1024) })
    await expect(say('', { enclosures: [large] })).rejects.toMatchObject({ code: 'usage' })
    expect([fetched, sandbox.requests().length, await sessions.get(KEY)]).toEqual([0, 0, undefined])
  })

  it('is fetched one after the other, and no more than may be shown', async () => {
    const { say, sandbox } = await conversation(['anthropic:healthy'])
    let loading = 0
    const fetched: number[] = []
    const large = (at: number, more: Partial<Offer> = {}): Offer =>
      offer({
        ...more,
        load: async () => {
          fetched.push(at)
          expect(++loading).toBe(1)
          await new Promise(setImmediate)
          loading--
          return Buffer.alloc(9 * 1024 * 1024)
        },
      })
    const refused = { code: 'usage', message: 'What is shown with one message may be 20 MB at most.' }
    const some = [0, 1, 2, 3, 4]
    await expect(say('', { enclosures: some.map((at) => large(at)) })).rejects.toMatchObject(refused)
    expect(fetched).toEqual([0, 1, 2])
    const known = some.map((at) => large(at, { bytes: 9 * 1024 * 1024 }))
    await expect(say('', { enclosures: known })).rejects.toMatchObject(refused)
    expect([fetched.length, sandbox.requests().length]).toEqual([3, 0])
  })

  it('goes in steps when there is too much of it', async () => {
    const { auth, sessions } = await conversation(['anthropic:healthy'])
    const view = await auth.view('main')
    const session = begin('agent:main:main', 'many', 1)
    const history = await Promise.all(
      Array.from({ length: 22 }, async (_, at) => ({
        role: 'user' as const,
        content: [{ type: 'text' as const, text: String(at) }],
        enclosures: await sessions.enclosures.keep('many', [{ ...picture, bytes: Buffer.from(`${at}`) }]),
        timestamp: at,
      })),
    )
    const shown = async (count: number): Promise<string[]> =>
      [...(await shownAgain(view, session, history.slice(0, count))).keys()].map(
        ({ content }) => content[0]?.text ?? '',
      )
    expect((await shown(20))[0]).toBe('0')
    for (const count of [21, 22]) expect((await shown(count))[0]).toBe('5')
  })
})
