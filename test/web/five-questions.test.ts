// The five questions that the first view answers without a click, above the fold, on a desktop and on a phone: each answer is that of `models status --json`
// and `models explain --json`, field by field. And a rest from its beginning to its end: page, shell and the next real call agree at every step.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { moneyText } from '../../src/web/page/format.ts'
import { en } from '../../src/web/page/words/en.ts'
import { anthropic, question } from '../flows/support.ts'
import { CHROMIUM } from '../support/browser.ts'
import { openclaw, until } from '../support/installation.ts'
import { PHONE, WIDE } from './still.ts'
import { type PageStage, PERSONAL, pageStage } from './support.ts'

/** What stands in sight without scrolling, in the browser. */
const SEEN = `(() => {
  const isInSight = (one) => {
    const { top, bottom, height } = one.getBoundingClientRect()
    return height > 0 && top >= 0 && bottom <= innerHeight
  }
  const words = (one) => (one === null || one === undefined || !isInSight(one) ? undefined : one.innerText.replace(/\\s+/g, ' ').trim())
  const answers = Object.fromEntries([...document.querySelectorAll('.answer')].map((one) => [one.querySelector('.answer-title').innerText, words(one)]))
  return {
    next: words(document.querySelector('#next-id')),
    answers,
    back: document.querySelector('.answer time')?.dateTime,
    filled: [...document.querySelectorAll('.row.is-next .name')].map(words),
    rows: [...document.querySelectorAll('.row')].map((row) => ({
      name: words(row.querySelector('.name')),
      state: words(row.querySelector('.state')),
      second: words(row.querySelector('.c-state .second')),
    })),
    add: words(document.querySelector('#add')),
  }
})()`
type Seen = {
  next?: string
  answers: Record<string, string | undefined>
  back?: string
  filled: string[]
  rows: { name?: string; state?: string; second?: string }[]
  add?: string
}

type Told = { id: string; verdict: string; state: { kind: string; until?: number; since?: number } }
/** `14:32`, where the browser is. */
const hourIn = (at: number): string => new Date(at).toISOString().slice(11, 16)

type Explained = { next: string | null; at: number; model: string; trace: Told[] }
type Status = {
  resolvedDefault: string
  auth: {
    providers: { provider: string; next: { id: string } | null }[]
    unusableProfiles: { profileId: string; until: number }[]
  }
}

describe.skipIf(CHROMIUM === undefined)('the five questions', { timeout: 120_000 }, () => {
  let on: PageStage
  let page: Page
  let complaints: string[]
  beforeAll(async () => {
    on = await pageStage({ locale: 'en-US', timezoneId: 'UTC', viewport: WIDE })
    const opened = await on.open()
    page = opened.page
    complaints = opened.complaints
  }, 60_000)
  afterAll(() => on?.close())

  const json = async (...args: string[]): Promise<unknown> =>
    JSON.parse((await openclaw(on.place, [...args, '--json'])).stdout)
  const seen = async (): Promise<Seen> => (await page.evaluate(SEEN)) as Seen

  /** Whom the vendor has heard since. */
  const askedSince = (id: number): string[] =>
    on.sandbox
      .requests()
      .filter((one) => one.id > id)
      .map(({ account }) => account ?? '')
  const newest = (): number => on.sandbox.requests().at(-1)?.id ?? 0
  /** One real call. @returns whom it asked, in that order */
  const call = async (): Promise<string[]> => {
    const before = newest()
    // A conversation that goes on stays with its account; this one is new.
    await anthropic({ gateway: on.gateway }).messages.create(question(`Question ${before}`))
    return askedSince(before)
  }

  /** What page and shell say, as one value each; the same when they agree. */
  const fromShell = async () => {
    const status = (await json('models', 'status')) as Status
    const told = (await json('models', 'explain', 'anthropic')) as Explained
    const { unusableProfiles, providers } = status.auth
    expect(providers.find(({ provider }) => provider === 'anthropic')?.next?.id).toBe(told.next)
    const back = unusableProfiles.sort((a, b) => a.until - b.until)[0]
    const resting = told.trace.filter(({ state }) => state.kind === 'resting')
    expect(unusableProfiles.map(({ profileId }) => profileId)).toEqual(resting.map(({ id }) => id))
    return {
      next: told.next,
      model: status.resolvedDefault.split('/')[1],
      counts: `${told.trace.length + 1 - resting.length} ready${resting.length > 0 ? ` ${resting.length} resting` : ''}`,
      back: back === undefined ? undefined : new Date(back.until).toISOString(),
      rests: resting.map(({ id, state }) => `${id} ${state.until === undefined ? '' : hourIn(state.until)}`),
    }
  }
  const fromPage = async () => {
    const { next, answers, back, filled, rows } = await seen()
    expect(filled).toEqual([next?.slice('anthropic:'.length)])
    return {
      next,
      model: answers[en.strip.next]?.split(' ').at(-1),
      counts: answers[en.strip.accounts]?.replace(`${en.strip.accounts} `, ''),
      back,
      rests: rows.flatMap(({ name, state }) => {
        const until = /Resting until (\d\d:\d\d)/.exec(state ?? '')?.[1]
        return until === undefined ? [] : [`anthropic:${name} ${until}`]
      }),
    }
  }
  const agree = async (step: string): Promise<void> => {
    let [page, shell]: unknown[] = []
    await until(`page and shell to agree: ${step}`, async () => {
      ;[page, shell] = [await fromPage(), await fromShell()]
      return JSON.stringify(page) === JSON.stringify(shell) ? true : undefined
    }).catch(() => expect(page, step).toEqual(shell))
  }
  const row = (name: string) =>
    page.locator('.row', { has: page.locator('.name', { hasText: new RegExp(`^${name}$`) }) })

  test.each([WIDE, PHONE])('are answered without a click and without scrolling, $width wide', async (viewport) => {
    await page.setViewportSize(viewport)
    await agree('as it stands')
    const { answers, rows, add } = await seen()
    const [personal] = rows
    const { trace, at } = (await json('models', 'explain', 'anthropic')) as Explained
    const { until: end = 0, since = 0 } = trace.find(({ id }) => id === PERSONAL)?.state ?? {}
    // Why was it skipped, and when is it back.
    expect(personal?.second).toContain(`${hourIn(since)}: ${en.why.rate_limit}`)
    expect(Math.abs(end - at - 12 * 60_000)).toBeLessThan(12 * 60_000)
    // What the last hour cost: what the ledger says.
    const ledger = await readFile(join(on.place.state, 'agents/main/sessions/calls.log'), 'utf8')
    const lines = ledger.trim().split('\n')
    const cost = lines.reduce((sum, line) => sum + (JSON.parse(line).cost ?? 0), 0)
    const calls = new Set(lines.map((line) => JSON.parse(line).call)).size
    expect(answers[en.strip.lastHour]).toContain(`${moneyText(cost, 'en')} ${en.strip.calls(String(calls), calls)}`)
    expect(add).toBe(en.add)
    expect(complaints).toEqual([])
  })

  test('a rest begins, is cleared, is probed and ends: page, shell and the next real call agree', async () => {
    await page.setViewportSize(WIDE)
    expect(await call()).toEqual(['work'])
    await agree('while it rests')
    // Cleared in the page: it is asked again, and refused again.
    await row('personal').locator('.name').focus()
    await page.keyboard.press('r')
    await row('personal').getByText(en.state.ready, { exact: true }).waitFor()
    await agree('when it is cleared')
    expect((await fromPage()).next).toBe(PERSONAL)
    expect(await call()).toEqual(['personal', 'work'])
    await row('personal').getByText('Resting until').waitFor()
    await agree('when it began anew')
    // A probe asks, and changes nothing of it.
    const before = await fromShell()
    const asked = newest()
    await row('personal').locator('.name').focus()
    await page.keyboard.press('t')
    await page.locator('.toast.bad', { hasText: PERSONAL }).waitFor()
    expect(askedSince(asked)).toEqual(['personal'])
    expect(await fromShell()).toEqual(before)
    await agree('when it was probed')
    expect(await call()).toEqual(['work'])
    // Its end comes by itself.
    const path = join(on.place.state, 'agents/main/agent/auth.json')
    const file = JSON.parse(await readFile(path, 'utf8'))
    file.usageStats[PERSONAL].cooldownUntil = Date.now() + 1500
    await writeFile(path, JSON.stringify(file), { mode: 0o600 })
    await row('personal').getByText(en.state.ready, { exact: true }).waitFor()
    await agree('when it is over')
    expect(await call()).toEqual(['personal', 'work'])
    expect(complaints).toEqual([])
  })
})
