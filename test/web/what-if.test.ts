// What if, in a real browser: what the view shows is what `models explain --if` says, field by field; with the keyboard alone, on a phone, in every language.
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { ExplainedLine, Explanation } from '../../src/core/explanation.ts'
import { hourText, lengthText } from '../../src/web/page/format.ts'
import { commandOf, FAULTS, pathOf, readPath, widened } from '../../src/web/page/whatif/wishes.ts'
import { en } from '../../src/web/page/words/en.ts'
import { CHROMIUM } from '../support/browser.ts'
import { healthOf, openclaw, until } from '../support/installation.ts'
import { OLD, type PageStage, PERSONAL, pageStage, SPARE, TEAM, WORK } from './support.ts'

/** Reads the view, in the browser. */
const SHOWN = `(() => {
  const words = (element) => (element?.innerText ?? '').replace(/\\s+/g, ' ').trim()
  const all = (selector) => [...document.querySelectorAll(selector)]
  return {
    rows: all('.stand').map((row) => ({
      id: row.getAttribute('data-id'),
      now: words(row.querySelector('.s-now .stands-line')),
      would: words(row.querySelector('.s-then .stands-line')),
      why: words(row.querySelector('.s-then .reason')?.parentElement),
      isNext: row.classList.contains('is-next'),
      isChanged: words(row.querySelector('.s-changed')) === '← changed',
    })),
    next: words(document.querySelector('#then-next')) || words(document.querySelector('.following .needs-you')),
    after: words(document.querySelector('#then-after')) || 'nobody else',
    chain: all('.chain li').map(words),
    timeline: all('.moment').map((one) => one.querySelector('time').dateTime + ' ' + words(one.querySelector('.moment-who'))),
  }
})()`
/** What a person hears of the element that has the focus. */
const FOCUSED = `(() => {
  const one = document.activeElement
  return one.getAttribute('aria-label') ?? one.closest('label')?.textContent ?? one.textContent
})()`

describe('what is supposed', () => {
  test('stands in the address and is read from it, whatever the names hold', () => {
    const odd = {
      model: 'anthropic',
      wishes: [
        { id: 'a:x=y&z/#%', what: '429' },
        { id: 'all', what: 'down' },
      ],
    }
    expect(readPath(pathOf(odd))).toEqual(odd)
    expect(readPath('')).toEqual({ model: '', wishes: [] })
    expect(readPath('if=nonsense&if==429&%')).toEqual({ model: '', wishes: [] })
    expect(pathOf({ model: '', wishes: [] })).toBe('')
  })

  test('is the same in a shell, where no name means anything else', () => {
    const wishes = [{ id: WORK, what: '429' }]
    expect(commandOf({ model: '', wishes }, '')).toBe('openclaw models explain --if anthropic:work=429')
    expect(commandOf({ model: 'openai', wishes: [{ id: "a:it's $HOME", what: 'billing' }] }, 'other')).toBe(
      "openclaw models explain openai --if 'a:it'\\''s $HOME=billing' --agent other",
    )
  })

  test('concerns everybody whom it takes down', () => {
    expect(widened({ id: WORK, what: 'server' }, 'anthropic')).toEqual({ id: 'anthropic', what: 'server' })
    expect(widened({ id: WORK, what: 'down' }, 'anthropic')).toEqual({ id: 'all', what: 'down' })
    expect(widened({ id: WORK, what: '429' }, 'anthropic')).toEqual({ id: WORK, what: '429' })
    expect(widened({ id: 'all', what: 'server' }, undefined)).toEqual({ id: 'all', what: 'server' })
  })
})

describe.skipIf(CHROMIUM === undefined)('in a browser', { timeout: 120_000 }, () => {
  let stage: PageStage
  let page: Page
  let complaints: string[]
  /** The last answer of the gateway that the page drew from. */
  let answer: Explanation | undefined

  beforeAll(async () => {
    stage = await pageStage()
  }, 60_000)
  afterAll(() => stage?.close())
  beforeEach(async () => {
    answer = undefined
    ;({ page, complaints } = await stage.open({ before: listen }))
  })

  const heard = new WeakSet<Page>()
  /** Hears what the page is told from its next connection on. */
  async function listen(to: Page): Promise<void> {
    if (heard.has(to)) return
    heard.add(to)
    to.on('websocket', (socket) =>
      socket.on('framereceived', ({ payload }) => {
        const frame = JSON.parse(String(payload)) as { type: string; payload?: Explanation }
        if (frame.type === 'res' && frame.payload?.timeline !== undefined) answer = frame.payload
      }),
    )
  }

  const reload = async (): Promise<void> => {
    await page.reload()
    await page.locator('#link.live').waitFor()
  }

  const clock = (at: number): string => hourText(at, 'en')

  /** As the page says it. */
  function stateText({ state }: ExplainedLine, at: number): string {
    if (state.kind === 'ready') return '● Ready'
    if (state.kind === 'resting') return `◐ Resting until ${clock(state.until)}, in ${lengthText(state.until - at, en)}`
    if (state.kind === 'needs_you') return `▲ Needs you: ${en.why[state.why]}`
    if (state.kind === 'held' && state.why === 'tried') return `◐ ${en.why.tried}`
    throw new Error(`no words for ${state.kind}`)
  }

  /** What the view must show of an answer. */
  function expected(told: Explanation): object {
    const was = new Map(told.before?.trace.map((line) => [line.id, line]))
    const order = [PERSONAL, WORK, TEAM, OLD, SPARE]
    const lines = [...told.trace].sort((a, b) => order.indexOf(a.id as never) - order.indexOf(b.id as never))
    const next = (id: string, decided: { next: string | null } | undefined): string =>
      decided?.next === id ? ' ▶ Next' : ''
    return {
      rows: lines.map((line) => {
        const old = was.get(line.id)
        return {
          id: line.id,
          now: old === undefined ? '' : stateText(old, told.at) + next(line.id, told.before),
          would: stateText(line, told.at) + next(line.id, told),
          why: `${en.verdict[line.verdict]} ${line.rule} ${line.reason}`,
          isNext: told.next === line.id,
          isChanged: told.changed?.includes(line.id) === true,
        }
      }),
      next: told.next ?? 'Nobody could serve this model.',
      after: told.trace.flatMap(({ id, verdict }) => (verdict === 'kept' ? [id] : [])).join(', ') || 'nobody else',
      chain: told.chain.map(({ model, next: serves, reason }) => `${model} ${serves ?? `– ${reason}`}`),
      timeline: (told.timeline ?? []).map(
        ({ at, next: serves }) => `${new Date(at).toISOString()} ${serves ?? 'nobody'}`,
      ),
    }
  }

  /** What the view shows. */
  const shown = (): Promise<object> => page.evaluate<object>(SHOWN)

  /** An answer without what names the moment at which it was given. */
  function steady(told: Explanation, restsUntil: number): unknown {
    const isThat = (at: number): boolean => Math.abs(at - restsUntil) < 1000
    const THEN = 'when the first is back'
    const text = JSON.stringify(told, (name, value: unknown) => {
      if (name === 'label' || name === 'authStorePath' || name === 'since') return undefined
      if ((name === 'reason' || name === 'detail') && typeof value === 'string')
        return value.replace(/(?:ends|back) in .*/, '')
      if (name === 'restsMs') return (value as number[]).map((ms) => (isThat(told.at + ms) ? THEN : ms))
      if (typeof value !== 'number' || !['at', 'until', 'soonestAt'].includes(name)) return value
      return isThat(value) ? THEN : value - told.at
    })
    return JSON.parse(text)
  }

  const supposes = (...wishes: string[]): Promise<void> =>
    until(`the gateway was asked about ${wishes}`, async () => {
      const asked = readPath(new URL(page.url()).hash.replace('#whatif/', ''))
      const isAsked = asked.wishes.map(({ id, what }) => `${id}=${what}`).join() === wishes.join()
      const met = new Set(answer?.if?.map(({ what }) => what))
      return isAsked && answer !== undefined && wishes.every((wish) => met.has(wish.split('=')[1] ?? ''))
        ? true
        : undefined
    }).then(() => undefined)

  const never = (): never => {
    throw new Error('the gateway said nothing')
  }

  /** The view, the answer it was drawn from, and the command that it offers say the same. */
  async function agrees(): Promise<Explanation> {
    try {
      return await agreesNow()
    } catch {
      // Between the two somebody was no longer the one who served within the last minute.
      await reload()
      return agreesNow()
    }
  }

  async function agreesNow(): Promise<Explanation> {
    // Asked anew with every minute: the answer and what is drawn of it may change meanwhile.
    await vi.waitFor(async () => expect(await shown()).toEqual(expected(answer ?? never())), { timeout: 40_000 })
    if (answer === undefined) return never()
    const command = await page.locator('.whatif-shell code').innerText()
    const { code, stdout } = await openclaw(stage.place, [...command.split(' ').slice(1), '--json'])
    expect(code).toBe(0)
    const told = JSON.parse(stdout) as Explanation
    const restsUntil = (await healthOf(stage.place))[PERSONAL]?.cooldownUntil as number
    expect(steady(answer, restsUntil), command).toEqual(steady(told, restsUntil))
    return told
  }

  test('from the menu of an account: each thing that may go wrong, several at once, all as the command says it, and nothing is changed', async () => {
    const before = await healthOf(stage.place)
    await page
      .locator('.row', { hasText: 'work' })
      .getByRole('button', { name: /^Actions for/ })
      .click()
    await page.getByRole('menuitem', { name: 'What if…' }).click()
    await page.getByText('Nothing is changed by this view').waitFor()
    await supposes(`${WORK}=429`)
    const first = await agrees()
    expect(first).toMatchObject({
      next: TEAM,
      before: { next: WORK },
      if: [{ id: WORK, restsMs: [60e3, 300e3, 1500e3, 3600e3] }],
    })
    await page.getByText('rests 5 min, 25 min, 1 h if refused again').waitFor()
    const choose = (at: number, place: number, value: string): Promise<string[]> =>
      page.locator('.wish').nth(at).locator('select').nth(place).selectOption(value)
    const [who, meets] = [0, 1]
    for (const what of FAULTS) {
      await choose(0, who, WORK)
      await choose(0, meets, what)
      const meant = what === 'server' ? `anthropic=${what}` : what === 'down' ? `all=${what}` : `${WORK}=${what}`
      await supposes(meant)
      await agrees()
    }
    // The vendor is down: another model takes over; and with that one's account gone, nobody is left.
    await choose(0, who, 'anthropic')
    await choose(0, meets, 'server')
    await supposes('anthropic=server')
    expect(await agrees()).toMatchObject({ next: null, chain: [{ next: SPARE }] })
    await page.locator('.moment', { hasText: 'openai:spare' }).getByText('openai/gpt-5.1').waitFor()
    await page.getByRole('button', { name: 'And another' }).click()
    await choose(1, who, SPARE)
    await choose(1, meets, 'billing')
    await supposes('anthropic=server', `${SPARE}=billing`)
    expect(await agrees()).toMatchObject({ next: null, chain: [{ next: null }] })
    await page.locator('.following li', { hasText: `${SPARE} out of credit: rests 5 h` }).waitFor()
    await page.getByLabel('Asked for').selectOption('openai')
    await until('the other vendor was asked about', () => (answer?.model === 'openai' ? true : undefined))
    await agrees()
    // A reload keeps what was supposed, a way back takes it away again, and nothing has come of all that.
    const there = page.url()
    await reload()
    expect(page.url()).toBe(there)
    await until('it was asked anew', () => (answer?.model === 'openai' ? true : undefined))
    await agrees()
    await page.getByRole('button', { name: 'Reset' }).click()
    await supposes(`${WORK}=429`)
    expect(await healthOf(stage.place)).toEqual(before)
    expect(complaints).toEqual([])
  })

  test('with the keyboard alone, and what cannot be supposed is said', async () => {
    await page.locator('body').press('4')
    await page.locator('.stand', { hasText: 'team' }).locator('.mark.next').waitFor()
    const focused = (): Promise<string> => page.evaluate<string>(FOCUSED)
    const tabTo = async (text: string): Promise<void> => {
      for (let step = 0; step < 30 && !(await focused()).includes(text); step++) await page.keyboard.press('Tab')
      expect(await focused()).toContain(text)
    }
    await page.keyboard.press('Tab')
    await tabTo('meets')
    await page.keyboard.type('expired')
    await page.locator('.stand', { hasText: 'work' }).getByText('Needs you: expired, sign in again').waitFor()
    await tabTo('And another')
    await page.keyboard.press('Enter')
    await page.locator('.wish:nth-of-type(2) select:focus').waitFor()
    await page.keyboard.type('anthropic:team')
    await page.locator('.stand', { hasText: 'old' }).locator('.mark.next').waitFor()
    await tabTo(`Leave out ${TEAM}`)
    await page.keyboard.press('Enter')
    await page.locator('.stand', { hasText: 'team' }).locator('.mark.next').waitFor()
    await expect.poll(focused).toContain('Account')
    await page.evaluate(`location.hash = 'whatif/if=anthropic%3Anone%3D429'`)
    await page.getByRole('alert').getByText('has no credential "anthropic:none"').waitFor()
    await page.evaluate(`location.hash = 'whatif/if=all%3Dmagic'`)
    await page.getByRole('alert').getByText('"magic" is neither').waitFor()
    await tabTo('Reset')
    await page.keyboard.press('Enter')
    await page.locator('.stand', { hasText: 'team' }).locator('.mark.next').waitFor()
    expect(complaints).toEqual([])
  })

  test('on a phone what would be stands first, and what is behind a switch; nothing runs over the edge in any language', async () => {
    await page.setViewportSize({ width: 360, height: 800 })
    await page.locator('nav.tabs a[href="#whatif"]').click()
    const row = page.locator('.stand', { hasText: 'work' })
    await row.locator('.s-then').getByText('Resting until').waitFor()
    expect(await row.locator('.s-now').isVisible()).toBe(false)
    await page.getByRole('button', { name: 'Show how it is now' }).click()
    await row.locator('.s-now', { hasText: /Now.*Ready/ }).waitFor()
    const [would, is] = await Promise.all([row.locator('.s-then').boundingBox(), row.locator('.s-now').boundingBox()])
    expect(would?.y).toBeLessThan(is?.y ?? 0)
    for (const language of ['ko', 'zh-Hant', 'fil', 'en']) {
      await page.getByRole('banner').locator('select').last().selectOption(language)
      await page.locator(`html[lang="${language}"]`).waitFor()
      const beyond = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
      expect(beyond, language).toBeLessThanOrEqual(0)
    }
    expect(complaints).toEqual([])
  })
})
