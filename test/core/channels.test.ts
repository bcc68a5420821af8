// Chat channels, as far as they are decided without waiting: who may speak, who is let in, where a conversation is kept, how a long text is cut, how fast.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Access, accessOf, type Speaker } from '../../src/core/channel-access.ts'
import { senderIds, telegramAccounts } from '../../src/core/channel-settings.ts'
import { chatKey } from '../../src/core/chat-key.ts'
import { readConfig } from '../../src/core/config.ts'
import { Pace, TELEGRAM_PACE } from '../../src/core/pace.ts'
import { askToPair, codeFrom, letInBy, NO_PAIRINGS, type PairingBook, shutOut } from '../../src/core/pairing.ts'
import { routeTo } from '../../src/core/route.ts'
import { splitText } from '../../src/core/split-text.ts'

const HOUR = 3_600_000

const judge = (
  telegram: object,
  speaker: Partial<Speaker>,
  letIn: { senderId: string; isOwner: boolean }[] = [],
): Access => {
  const [account] = readConfig({ channels: { telegram } }).config?.telegram ?? []
  if (account === undefined) throw new Error('the config is not valid')
  return accessOf(account, letIn, { senderId: '1', chatId: '1', kind: 'direct', isMeant: true, ...speaker })
}
const GROUP = { kind: 'group', chatId: '-5' } as const
const KNOWN = { may: 'talk', isKnown: true, isOwner: false }
const ANYBODY = { may: 'talk', isKnown: false, isOwner: false }

describe('who may speak', () => {
  test.each<[string, object, Partial<Speaker>, object]>([
    ['a stranger gets a code', {}, {}, { may: 'pair' }],
    ['who is listed talks', { allowFrom: [1] }, {}, KNOWN],
    ['ids are read as people write them', { allowFrom: [' tg:1 '] }, {}, KNOWN],
    ['an owner is told apart', { allowFrom: [1], owners: ['1'] }, {}, { ...KNOWN, isOwner: true }],
    ['an owner who is not listed is a stranger', { owners: [1] }, {}, { may: 'pair' }],
    [
      'a list alone gives no code',
      { dmPolicy: 'allowlist', allowFrom: [2] },
      {},
      { may: 'nothing', why: 'not in allowFrom' },
    ],
    ['open is for anybody, whom nobody knows', { dmPolicy: 'open', allowFrom: [2] }, {}, ANYBODY],
    ['a star in the list is the same', { dmPolicy: 'allowlist', allowFrom: ['*'] }, {}, ANYBODY],
    [
      'a name lets nobody in',
      { dmPolicy: 'allowlist', allowFrom: ['@ada'] },
      { senderId: '@ada1' },
      { may: 'nothing', why: 'not in allowFrom' },
    ],
    [
      'disabled is for nobody',
      { dmPolicy: 'disabled', allowFrom: [1] },
      {},
      { may: 'nothing', why: 'dmPolicy is disabled' },
    ],
    ['who is listed talks in any group', { allowFrom: [1] }, GROUP, KNOWN],
    [
      'but only when the bot is meant',
      { allowFrom: [1] },
      { ...GROUP, isMeant: false },
      { may: 'nothing', why: 'not spoken to' },
    ],
    [
      'unless the group says otherwise',
      { allowFrom: [1], groups: { '-5': { requireMention: false } } },
      { ...GROUP, isMeant: false },
      KNOWN,
    ],
    [
      'groups that are named are all there are',
      { allowFrom: [1], groups: { '-6': {} } },
      GROUP,
      { may: 'nothing', why: 'not in groups' },
    ],
    ['a star names any group', { allowFrom: [1], groups: { '*': {} } }, GROUP, KNOWN],
    [
      'a group of its own goes before the star',
      { allowFrom: [1], groups: { '*': {}, '-5': { enabled: false } } },
      GROUP,
      { may: 'nothing', why: 'the group is disabled' },
    ],
    ['no stranger in a group gets a code', {}, GROUP, { may: 'nothing', why: 'not in groupAllowFrom' }],
    [
      'groups may have a list of their own',
      { allowFrom: [1], groupAllowFrom: [2] },
      GROUP,
      { may: 'nothing', why: 'not in groupAllowFrom' },
    ],
    ['and one group, too', { groupAllowFrom: [2], groups: { '-5': { allowFrom: [1] } } }, GROUP, KNOWN],
    ['an open policy holds in groups that are named', { groupPolicy: 'open', groups: { '-5': {} } }, GROUP, ANYBODY],
    ['and in no group that a stranger made', { groupPolicy: 'open' }, GROUP, { may: 'nothing', why: 'not in groups' }],
    [
      'disabled is for nobody there',
      { groupPolicy: 'disabled', allowFrom: [1] },
      GROUP,
      { may: 'nothing', why: 'groupPolicy is disabled' },
    ],
  ])('%s', (_, telegram, speaker, access) => {
    expect(judge(telegram, speaker)).toEqual(access)
  })

  test('whoever was let in talks, in groups without a list of their own as well', () => {
    const letIn = [{ senderId: '1', isOwner: true }]
    expect(judge({}, {}, letIn)).toEqual({ ...KNOWN, isOwner: true })
    expect(judge({}, GROUP, letIn)).toMatchObject({ may: 'talk', isKnown: true })
    expect(judge({ groupAllowFrom: [] }, GROUP, letIn)).toMatchObject({ may: 'nothing' })
    expect(judge({ dmPolicy: 'disabled' }, {}, letIn)).toMatchObject({ may: 'nothing' })
  })
})

describe('accounts', () => {
  test("a token is one bot's, everything else is taken from above", () => {
    const accounts = telegramAccounts({
      botToken: 'top',
      allowFrom: [1],
      dmPolicy: 'allowlist',
      accounts: { default: {}, work: { tokenFile: 'w.token', dmPolicy: 'open' }, off: { enabled: false } },
    })
    expect(
      accounts.map(({ id, botToken, tokenFile, dmPolicy, allowFrom, isEnabled }) => [
        id,
        botToken,
        tokenFile,
        dmPolicy,
        allowFrom,
        isEnabled,
      ]),
    ).toEqual([
      ['default', 'top', undefined, 'allowlist', ['1'], true],
      ['work', undefined, 'w.token', 'open', ['1'], true],
      ['off', undefined, undefined, 'allowlist', ['1'], false],
    ])
    expect(telegramAccounts(undefined)).toEqual([])
    expect(telegramAccounts({ enabled: false })).toMatchObject([{ id: 'default', isEnabled: false }])
    expect(senderIds(['telegram:7', 7])).toEqual(['7', '7'])
  })

  test('a token whose variable is not set is missing, and the gateway runs', () => {
    const raw = {
      channels: {
        telegram: { botToken: '${NO_SUCH_TOKEN}', accounts: { default: {}, work: { botToken: '${NOR_THIS}' } } },
      },
    }
    expect(readConfig(raw).config?.telegram.map(({ id, missing }) => [id, missing?.name])).toEqual([
      ['default', 'NO_SUCH_TOKEN'],
      ['work', 'NOR_THIS'],
    ])
  })

  test('a private chat is bound by either of its two names', () => {
    const bindings = [{ agentId: 'work', match: { channel: 'telegram', peer: { kind: 'dm', id: '42' } } }]
    expect(routeTo(bindings, 'main', { channel: 'telegram', peer: { kind: 'direct', id: '42' } }).agentId).toBe('work')
    expect(routeTo(bindings, 'main', { channel: 'telegram', peer: { kind: 'group', id: '42' } }).agentId).toBe('main')
  })
})

test('a conversation is kept where the documents say', () => {
  const spot = { channel: 'telegram', accountId: 'work', kind: 'direct', peerId: '42' } as const
  expect(chatKey('a', spot, 'main')).toBe('agent:a:main')
  expect(chatKey('a', spot, 'per-peer')).toBe('agent:a:dm:42')
  expect(chatKey('a', spot, 'per-channel-peer')).toBe('agent:a:telegram:dm:42')
  expect(chatKey('a', spot, 'per-account-channel-peer')).toBe('agent:a:telegram:work:dm:42')
  const group = { ...spot, kind: 'group', peerId: '-5' } as const
  expect(chatKey('a', group, 'main')).toBe('agent:a:telegram:group:-5')
  expect(chatKey('a', { ...group, topicId: '9' }, 'main')).toBe('agent:a:telegram:group:-5:topic:9')
})

describe('pairing', () => {
  const stranger = { senderId: '1', name: 'M' }
  const asked = (book: PairingBook, now: number, code = 'AAAABBBB'): PairingBook => {
    const done = askToPair(book, stranger, code, now)
    if (done === undefined) throw new Error('no code was given')
    return done.book
  }

  test('one code in an hour, which works once, in any case, and then no more', () => {
    const book = asked(NO_PAIRINGS, 0)
    expect(askToPair(book, stranger, 'CCCCDDDD', HOUR - 1)).toBeUndefined()
    expect(letInBy(book, 'AAAABBBB', false, HOUR)).toBeUndefined()
    expect(asked(book, HOUR, 'CCCCDDDD').requests).toHaveLength(1)
    const done = letInBy(book, ' aaaabbbb ', true, 1)
    expect(done?.letIn).toEqual({ senderId: '1', name: 'M', isOwner: true, at: 1 })
    expect(letInBy(done?.book ?? NO_PAIRINGS, 'AAAABBBB', false, 2)).toBeUndefined()
    expect(letInBy(book, '', false, 1)).toBeUndefined()
    expect(shutOut(done?.book ?? NO_PAIRINGS, '1')?.letIn).toEqual([])
    expect(shutOut(book, '1')).toBeUndefined()
  })

  test('a crowd of strangers takes no more room than twenty', () => {
    let book = NO_PAIRINGS
    for (let id = 0; id < 20; id++) book = askToPair(book, { senderId: `s${id}`, name: '' }, 'X', 0)?.book ?? book
    expect(book.requests).toHaveLength(20)
    expect(askToPair(book, stranger, 'X', 1)).toBeUndefined()
    expect(askToPair(book, stranger, 'X', HOUR)?.book.requests).toHaveLength(1)
    expect(codeFrom(Uint8Array.from([0, 1, 31, 32, 255, 8, 9, 10]))).toMatch(/^[A-HJ-NP-Z2-9]{8}$/)
  })
})

describe('a long text', () => {
  const texts = fc.string({ unit: fc.constantFrom('a', ' ', '\n', '\n\n', '😀', 'word '), maxLength: 120 })

  test('put together again it is the same, in messages that fit, and no character is cut', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 2, max: 30 }), (text, most) => {
        const pieces = splitText(text, most)
        expect(pieces.join('')).toBe(text)
        for (const piece of pieces) {
          expect(piece.length).toBeLessThanOrEqual(most)
          // Half of a character has no form in UTF-8.
          expect(() => encodeURIComponent(piece)).not.toThrow()
        }
      }),
    )
  })

  test('while it grows, the messages before the last stay as they are', () => {
    fc.assert(
      fc.property(texts, texts, fc.integer({ min: 2, max: 30 }), (text, more, most) => {
        const before = splitText(text, most)
        expect(splitText(text + more, most).slice(0, Math.max(0, before.length - 1))).toEqual(before.slice(0, -1))
      }),
    )
  })

  test('it is cut between paragraphs, lines, or words where that is not far', () => {
    expect(splitText('aaaa bb\n\nccc dd', 10)).toEqual(['aaaa bb\n\n', 'ccc dd'])
    expect(splitText('aaaa bb\nccc dd', 10)).toEqual(['aaaa bb\n', 'ccc dd'])
    expect(splitText('a bbbbbbbbbbbb', 10)).toEqual(['a bbbbbbbb', 'bbbb'])
    expect(splitText('')).toEqual([])
  })
})

test('no chat is written to faster than it takes, whatever is asked for', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom('1', '-1'), fc.integer({ min: 0, max: 500 })), { maxLength: 80 }),
      (asks) => {
        const pace = new Pace(TELEGRAM_PACE)
        const times = new Map<string, number[]>()
        let now = 0
        for (const [chat, after] of asks) {
          now += after
          now += pace.waitMs(chat, now)
          pace.took(chat, chat.startsWith('-'), now)
          times.set(chat, [...(times.get(chat) ?? []), now])
        }
        for (const [chat, sent] of times) {
          const gap = chat.startsWith('-') ? 3000 : 1000
          for (let at = 1; at < sent.length; at++)
            expect((sent[at] ?? 0) - (sent[at - 1] ?? 0)).toBeGreaterThanOrEqual(gap)
        }
      },
    ),
  )
  const pace = new Pace(TELEGRAM_PACE)
  pace.hold('1', 5000, 0)
  expect(pace.waitMs('1', 1000)).toBe(4000)
  expect(pace.waitMs('2', 1000)).toBe(0)
})
