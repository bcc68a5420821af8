// Activity and what is done with accounts, in a real browser: calls of another process arrive under the eyes of who reads, and nothing moves under the hand.
import { appendFile, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { LedgerLine } from '../../src/core/ledger.ts'
import { limitedThenGood } from '../flows/support.ts'
import { CHROMIUM } from '../support/browser.ts'
import { type Installation, until } from '../support/installation.ts'
import { type Stage, stageAt } from './support.ts'

const LONG = 'anthropic:an-account-with-a-rather-long-name'

describe.skipIf(CHROMIUM === undefined)('in a browser', { timeout: 120_000 }, () => {
  let place: Installation
  let stage: Stage
  let page: Page

  const now = Date.now()
  const line = (call: string, at: number, more: Partial<LedgerLine> = {}): LedgerLine => ({
    ...{ at, call, attempt: 1, agent: 'main', face: 'cron', endpoint: 'messages', session: '', ms: 900 },
    ...{ model: 'anthropic/claude-opus-4-6', profile: 'anthropic:good', outcome: 'served', status: 200 },
    ...{ tokens: { input: 100, output: 20, cacheRead: 300, cacheWrite: 0 }, cost: 0.25 },
    ...more,
  })
  /** As another process of this home writes it. */
  const write = async (...lines: LedgerLine[]): Promise<void> => {
    const path = join(place.state, 'agents/main/sessions/calls.log')
    await mkdir(dirname(path), { recursive: true })
    await appendFile(path, lines.map((one) => `${JSON.stringify(one)}\n`).join(''))
  }

  beforeAll(async () => {
    const parts = await limitedThenGood(5)
    place = parts.place
    // A day of them, four of them within the hour; the newest but one went through five accounts.
    await write(...Array.from({ length: 250 }, (_, at) => line(`call-${249 - at}`, now - (273 - at) * 300_000)))
    const { cost: _, ...free } = line('free', now - 600_000)
    await write(line('hour-1', now - 900_000), line('hour-2', now - 800_000), free)
    const ways = ['anthropic:limited', LONG, `${LONG}-2`, `${LONG}-3`].map((profile, at) =>
      line('long', now - 300_000, { attempt: at + 1, profile, outcome: 'stepped_over', class: 'auth_permanent' }),
    )
    await write(...ways.map(({ tokens, cost, ...refused }) => refused), line('long', now - 299_000, { attempt: 5 }))
    stage = await stageAt(parts, { context: { viewport: { width: 1440, height: 900 }, locale: 'en' } })
  }, 60_000)

  afterAll(() => stage?.close())
  beforeEach(async () => {
    page = (await stage.enter()).page
  })

  const open = async (view: string): Promise<void> => {
    await page.goto(`${stage.gateway.url}/#${view}`)
    await page.locator('#link', { hasText: '● live' }).waitFor()
  }
  const focused = (): Promise<string> =>
    page.evaluate('document.activeElement.dataset.key ?? document.activeElement.className')

  test('whoever walks the list keeps the focus when calls arrive and when rows leave the sight, and sees how each call ended', async () => {
    await open('activity')
    const entries = page.locator('.entry')
    const first = page.locator('[data-key="long"]')
    await expect.poll(() => first.innerText()).toMatch(/limited[\s\S]*✕[\s\S]*\+2[\s\S]*good[\s\S]*✓/)
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: 900 })
      const isWhole = async (): Promise<boolean> => {
        const [row, end] = [await first.boundingBox(), await first.locator('.way').last().getByText('✓').boundingBox()]
        if (row === null || end === null) return false
        return end.x + end.width <= row.x + row.width && end.width > 4
      }
      await expect.poll(isWhole, { message: `the end of the call at ${width}` }).toBe(true)
    }
    await page.setViewportSize({ width: 1440, height: 900 })
    await entries.nth(1).focus()
    await expect.poll(focused).toBe('free')
    await write(line('elsewhere', Date.now()))
    await page.getByRole('button', { name: '1 new' }).waitFor()
    expect(await focused()).toBe('free')
    await expect.poll(() => entries.first().getAttribute('data-key')).toBe('long')
    for (let step = 0; step < 30; step++) await page.keyboard.press('ArrowDown')
    // Two of the hour stand between it and those of the day.
    await until('the focus to follow', async () => (await focused()) === 'call-27')
    await page.locator('[data-key="call-27"][aria-pressed="true"]').waitFor()
    await page.locator('.timeline').hover()
    await page.mouse.wheel(0, 5000)
    await page.locator('[data-key="call-27"]').waitFor({ state: 'detached' })
    await until('the list to take the focus', async () => (await focused()) === 'timeline')
    await page.keyboard.press('ArrowUp')
    await until('the focus to come back', async () => (await focused()) === 'call-26')
    await page.locator('.peek').getByRole('button', { name: 'Close' }).click()
    await until('the focus to be where it was', async () => (await focused()) === 'call-26')
    await page.getByRole('button', { name: 'new' }).click()
    await page.locator('[data-key="elsewhere"]').waitFor()
    // What the hour cost, with what the sum leaves out, as a chart and in figures.
    await page.getByText('5 calls · 4 stepped over · 0 failed · $1.00 · 1 call without a price').waitFor()
    await page.getByRole('figure').filter({ hasText: 'Cost' }).getByRole('img', { name: 'Cost: $1.00 Cost' }).waitFor()
    await open('accounts')
    await page.getByText('5 calls · 1 unpriced').waitFor()
    await page.locator('.strip', { hasText: '$1.00' }).waitFor()
  })

  test('each account tells how its test came out, and a pin that is taken back leaves the one before', async () => {
    await open('accounts')
    const choose = async (whose: string, item: string): Promise<void> => {
      await page.getByRole('button', { name: `Actions for ${whose}`, exact: true }).click()
      await page.getByRole('menuitem', { name: item }).click()
    }
    const row = (name: string) => page.locator('.row', { has: page.locator('.name', { hasText: name }) })
    await choose('anthropic', 'Test all')
    await row('good').getByText('✓ good works').waitFor()
    await row('limited').getByText('✕ limited does not work').waitFor()
    for (const name of ['limited', 'good']) {
      await choose(`anthropic:${name}`, 'Pin in chat')
      await page.locator('.toast', { hasText: `is pinned to anthropic:${name}.` }).waitFor()
    }
    await page.keyboard.press('Control+z')
    await page.locator('.toast', { hasText: 'Taken back.' }).waitFor()
    await page.getByRole('link', { name: 'Chat', exact: true }).click()
    await page.locator('.pin', { hasText: 'pinned to anthropic:limited' }).waitFor()
  })
})
