// The page's parts that need no browser: how moments and sums read, what the timeline lists, what a pasted text is taken for, what Markdown becomes.
import { describe, expect, test } from 'vitest'
import type { ActivityCall } from '../../src/core/activity.ts'
import type { ProviderChoice } from '../../src/core/protocol.ts'
import { preferred } from '../../src/gateway/language.ts'
import { entriesOf, inSight, isTrouble } from '../../src/web/page/activity/entries.ts'
import { recognise } from '../../src/web/page/adding/recognise.ts'
import { completions, type Line, withEvent } from '../../src/web/page/chat/log.ts'
import { blocksOf, inlinesOf } from '../../src/web/page/chat/markdown.ts'
import { ageText, cutText, lengthText, moneyText, passedOf, percentText, tookText } from '../../src/web/page/format.ts'
import { moved, withCalls } from '../../src/web/page/state.ts'
import { en } from '../../src/web/page/words/en.ts'
import { LANGUAGES, wordsOf } from '../../src/web/page/words/words.ts'

const MINUTE = 60_000
const NOW = Date.UTC(2026, 5, 1, 12)

describe('moments and sums', () => {
  test('have two units at most, and never say that nothing is left while something is', () => {
    expect(lengthText(1, en)).toBe('1 s')
    expect(lengthText(59_001, en)).toBe('60 s')
    expect(lengthText(11.2 * MINUTE, en)).toBe('12 min')
    expect(lengthText(3 * 60 * MINUTE + 5 * MINUTE, en)).toBe('3 h 5 min')
    expect(lengthText(26 * 60 * MINUTE, en)).toBe('1 day 2 h')
    expect(lengthText(80 * 60 * MINUTE, en)).toBe('3 days')
    expect(ageText(125 * MINUTE, en)).toBe('2 h')
    expect(tookText(640, en)).toBe('640 ms')
    expect(tookText(1840, en)).toBe('1.8 s')
    expect(tookText(42_300, en)).toBe('42 s')
  })

  test('round neither what is left of a window nor small money away', () => {
    expect(percentText(99.9, 'en')).toBe('99%')
    expect(percentText(100, 'en')).toBe('100%')
    expect(moneyText(0.42, 'en')).toBe('$0.42')
    expect(moneyText(0.0031, 'en')).toBe('$0.0031')
    expect(cutText('a-very-long-name-of-an-account', 11)).toBe('a-ver…count')
  })

  test('know how much of a window has passed, where its name tells its length', () => {
    expect(passedOf('5h', NOW + 60 * MINUTE, NOW)).toBeCloseTo(0.8)
    expect(passedOf('requests', NOW + MINUTE, NOW)).toBeUndefined()
    expect(passedOf('5h', NOW - 1, NOW)).toBeUndefined()
    expect(passedOf('5h', NOW + 400 * MINUTE, NOW)).toBeUndefined()
  })
})

describe('languages', () => {
  test('are found by what the reader prefers, first wish first', () => {
    expect(preferred('xx, zh-TW, en')).toBe('zh-Hant')
    expect(preferred('zh-CN')).toBe('en')
    expect(preferred('en;q=0.5, tl-PH;q=0.9, ko;q=0')).toBe('fil')
    expect(preferred('ko')).toBe('ko')
    expect(preferred('')).toBe('en')
  })

  test('say everything that English says, and leave no code without words', async () => {
    for (const [language] of LANGUAGES) {
      const words = await wordsOf(language)
      for (const name of ['why', 'sources', 'kinds'] as const) {
        expect(Object.keys(words[name]).sort(), `${language} ${name}`).toEqual(Object.keys(en[name]).sort())
      }
      expect(words.keys.rows.map(([key]) => key)).toEqual(en.keys.rows.map(([key]) => key))
      expect(words.state.resting('14:32', words.units.min(12))).toContain('14:32')
    }
  })
})

const call = (name: string, at: number, extra: Partial<ActivityCall> = {}): ActivityCall => ({
  call: name,
  at,
  face: 'api',
  session: '',
  model: 'anthropic/opus',
  outcome: 'served',
  ms: 10,
  attempts: [{ attempt: 1, profile: 'anthropic:work', model: 'anthropic/opus', outcome: 'served', ms: 10 }],
  ...extra,
})

describe('the timeline', () => {
  test('takes in calls that are new and calls that have gone on, and keeps the sequence', () => {
    const before = [call('b', 2), call('a', 1)]
    const after = withCalls(before, [call('a', 1, { ms: 99 }), call('c', 3)])
    expect(after.map(({ call: name, ms }) => [name, ms])).toEqual([
      ['c', 10],
      ['b', 10],
      ['a', 99],
    ])
    expect(withCalls(before, [])).toBe(before)
  })

  test('lists all kinds of things newest first, by account and by trouble', () => {
    const refused = call('x', 5, {
      outcome: 'refused',
      attempts: [{ attempt: 1, profile: 'anthropic:old', model: 'm', outcome: 'refused', ms: 1 }],
    })
    const all = {
      calls: [call('y', 9), refused],
      notes: [{ at: 7, id: 'anthropic:old', kind: 'resting', why: 'auth' }],
      renewals: [{ at: 8, id: 'codex:me', outcome: 'renewed' }],
    }
    const keys = (account: string, onlyTrouble: boolean): number[] =>
      entriesOf(all, { account, onlyTrouble }).map(({ at }) => at)
    expect(keys('', false)).toEqual([9, 8, 7, 5])
    expect(keys('', true)).toEqual([7, 5])
    expect(keys('anthropic:old', false)).toEqual([7, 5])
    expect(entriesOf(all, { account: '', onlyTrouble: false }).filter(isTrouble)).toHaveLength(2)
  })

  test('draws what is in sight and little more, however long it is', () => {
    const { from, to } = inSight(10_000, { scrollTop: 32 * 5000, height: 640, rowHeight: 32 })
    expect([from <= 5000, to >= 5020, to - from < 60]).toEqual([true, true, true])
    expect(inSight(3, { scrollTop: 9999, height: 640, rowHeight: 32 })).toEqual({ from: 3, to: 3 })
  })

  test('moves an account within its order, and not beyond its ends', () => {
    expect(moved(['a', 'b', 'c'], 'c', 0)).toEqual(['c', 'a', 'b'])
    expect(moved(['a', 'b', 'c'], 'a', 1)).toEqual(['b', 'a', 'c'])
    expect(moved(['a', 'b'], 'b', 9)).toBeUndefined()
    expect(moved(['a', 'b'], 'x', 0)).toBeUndefined()
  })
})

describe('a pasted text', () => {
  const secret = (id: string, begins?: string) => ({
    id,
    label: id,
    kind: 'secret' as const,
    ...(begins === undefined ? {} : { begins }),
  })
  const providers: ProviderChoice[] = [
    {
      id: 'anthropic',
      label: 'Anthropic',
      methods: [secret('setup-token', 'sk-ant-oat01-'), secret('api-key', 'sk-ant-api03-')],
    },
    { id: 'deepseek', label: 'DeepSeek', methods: [secret('api-key', 'sk-')] },
    { id: 'moonshot', label: 'Moonshot', methods: [secret('api-key', 'sk-')] },
    { id: 'groq', label: 'Groq', methods: [secret('api-key', 'gsk_')] },
  ]

  test('is taken for what begins most like it, also with what people copy along', () => {
    const token = { kind: 'one', provider: 'anthropic', method: 'setup-token', tail: 'wxyz' }
    expect(recognise('sk-ant-oat01-abcdwxyz', providers)).toEqual(token)
    expect(recognise('  export CLAUDE_TOKEN="sk-ant-oat01-abcdwxyz";', providers)).toEqual(token)
    expect(recognise('Authorization: Bearer gsk_1234wxyz', providers)).toMatchObject({ kind: 'one', provider: 'groq' })
  })

  test('that could be of several vendors, or of none, is said to be so; a little of one says nothing', () => {
    expect(recognise('sk-0123456789', providers)).toEqual({ kind: 'several', providers: ['deepseek', 'moonshot'] })
    expect(recognise('whatever-this-is', providers)).toEqual({ kind: 'unknown' })
    expect(recognise('sk-ant', providers)).toBeUndefined()
  })
})

describe('an answer', () => {
  test('is read as Markdown, and no markup in it becomes markup of the page', () => {
    expect(blocksOf('# Title\ntext **bold** and `code`\n\n- one\n- two\n\n```js\nlet a\n\nlet b\n```')).toEqual([
      { kind: 'heading', level: 1, inlines: [{ kind: 'text', text: 'Title' }] },
      {
        kind: 'paragraph',
        inlines: [
          { kind: 'text', text: 'text ' },
          { kind: 'strong', text: 'bold' },
          { kind: 'text', text: ' and ' },
          { kind: 'code', text: 'code' },
        ],
      },
      {
        kind: 'list',
        isOrdered: false,
        start: 1,
        items: [[{ kind: 'text', text: 'one' }], [{ kind: 'text', text: 'two' }]],
      },
      { kind: 'code', text: 'let a\n\nlet b', language: 'js' },
    ])
    expect(inlinesOf('<img src=x onerror=alert(1)>')).toEqual([{ kind: 'text', text: '<img src=x onerror=alert(1)>' }])
  })

  test('has links to the web only, and what is never closed stays as it was written', () => {
    expect(inlinesOf('[a](https://x.example/) [b](javascript:alert(1))')).toEqual([
      { kind: 'link', text: 'a', href: 'https://x.example/' },
      { kind: 'text', text: ' [b](javascript:alert(1))' },
    ])
    expect(inlinesOf('2 * 3 * 4 and `open')).toEqual([{ kind: 'text', text: '2 * 3 * 4 and `open' }])
    expect(blocksOf('```\nstill coming')).toEqual([{ kind: 'code', text: 'still coming', language: '' }])
  })

  test('grows by its pieces and ends once', () => {
    const begun: Line = { key: 'k', role: 'assistant', text: 'Hel', at: 1, isRunning: true }
    const own = { runId: 'r', sessionKey: 'main' }
    const grown = withEvent(begun, { ...own, state: 'delta', text: 'lo' })
    expect(grown).toMatchObject({ text: 'Hello', isRunning: true })
    const message = { role: 'assistant' as const, content: [{ type: 'text' as const, text: 'Hello!' }], timestamp: 7 }
    const usage = { input: 1, output: 2, cacheRead: 0, cacheWrite: 0 }
    const done = withEvent(grown, { ...own, state: 'final', message, servedBy: 'a:b', model: 'm', attempts: 2, usage })
    expect(done).toEqual({
      key: 'k',
      role: 'assistant',
      text: 'Hello!',
      at: 7,
      served: { servedBy: 'a:b', model: 'm', attempts: 2, usage },
    })
    expect(withEvent(grown, { ...own, state: 'aborted' })).toMatchObject({ text: 'Hello', end: 'aborted' })
  })

  test('commands are offered as they are typed', () => {
    const all = ['/model', '/model status', '/new'].map((text) => ({ text }))
    expect(completions('/mo', all).map(({ text }) => text)).toEqual(['/model', '/model status'])
    expect(completions('/model', all).map(({ text }) => text)).toEqual(['/model status'])
    expect(completions('say /mo', all)).toEqual([])
  })
})
