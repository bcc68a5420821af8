// With the keyboard alone: every view and dialog is come to and left, focus goes back to where it came from and can always be seen, nothing holds it, and what
// is done with accounts is done. What single views do with keys stands in their own tests.
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { CHROMIUM } from '../support/browser.ts'
import { type Opened, PAGE_VIEWS, type Still, still } from './still.ts'

/** What has the focus, by its name; and whether that can be seen. */
const FOCUS = `(() => {
  const one = document.activeElement
  const style = getComputedStyle(one)
  const name = one.getAttribute('aria-label') ?? one.labels?.[0]?.textContent ?? one.textContent
  return {
    name: (one.id === '' ? '' : '#' + one.id + ' ') + name.trim().slice(0, 60),
    isSeen: one.getClientRects().length > 0 && style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
    isBody: one === document.body,
  }
})()`
type Focus = { name: string; isSeen: boolean; isBody: boolean }

describe.skipIf(CHROMIUM === undefined)('with the keyboard alone', { timeout: 120_000 }, () => {
  let on: Still
  let opened: Opened
  let page: Page
  beforeAll(async () => {
    on = await still()
  }, 60_000)
  afterAll(() => on?.close())
  beforeEach(async () => {
    opened = await on.open('accounts')
    page = opened.page
  })
  afterEach(() => expect(opened.complaints).toEqual([]))

  const press = async (...keys: string[]): Promise<void> => {
    for (const key of keys) await page.keyboard.press(key)
  }
  const focus = async (): Promise<Focus> => (await page.evaluate(FOCUS)) as Focus
  /** Waits: focus follows what is drawn, which may be a drawing later than what a test waited for. */
  const focusOn = (name: string | undefined, why = ''): Promise<void> =>
    expect.poll(async () => (await focus()).name, { message: why }).toBe(name)
  const dialog = (): ReturnType<Page['locator']> => page.locator('dialog[open]')

  test.each(PAGE_VIEWS)(
    'Tab goes through all of $view and out of it again, and is always seen',
    async ({ view, there }) => {
      await page.goto(`${on.url}/#${view}`)
      await page.locator(there).first().waitFor({ state: 'attached' })
      const skip = page.locator('.skip')
      await skip.focus()
      const unseen: string[] = []
      const walked: string[] = [await skip.innerText()]
      for (let step = 0; step < 220; step++) {
        await page.keyboard.press('Tab')
        const { name, isSeen, isBody } = await focus()
        if (isBody) break
        if (!isSeen) unseen.push(name)
        walked.push(name)
      }
      expect(unseen).toEqual([])
      expect(walked.length).toBeGreaterThan(8)
      expect(walked.length).toBeLessThan(200)
      const last = walked.at(-1)
      await press('Shift+Tab')
      await focusOn(last)
    },
  )

  test('numbers choose views, letters open dialogs, Escape closes them, and focus is back', async () => {
    for (const [key, view] of [
      ['2', 'activity'],
      ['3', 'chat'],
    ] as const) {
      await page.locator('body').press(key)
      await page.locator(`.tabs [href="#${view}"][aria-current]`).waitFor()
    }
    // In the field of a message, a number is a number.
    await page.locator('#message:focus').waitFor()
    await press('1')
    await expect.poll(() => page.locator('#message').inputValue()).toBe('1')
    await page.evaluate('document.activeElement.blur()')
    await page.locator('body').press('1')
    const name = page.locator('.row .name').nth(1)
    await name.focus()
    for (const key of ['?', 'Control+k', 'a']) {
      await press(key)
      await dialog().waitFor()
      if (key === 'a') await page.locator('#adding-secret:focus').waitFor()
      // Focus stays within it, however far one goes.
      for (let step = 0; step < 30; step++) {
        await press('Tab')
        expect(
          await page.evaluate(
            "document.activeElement === document.body || document.activeElement.closest('dialog') !== null",
          ),
          key,
        ).toBe(true)
      }
      await press('Escape')
      await dialog().waitFor({ state: 'detached' })
      await focusOn('work', key)
    }
  })

  test('an account is walked to, opened, moved, tested, pinned and found in the palette', async () => {
    const names = page.locator('.group').first().locator('.row .name')
    await names.first().focus()
    await press('j', 'ArrowDown', 'k')
    await focusOn('work')
    await press('Enter')
    await page.locator('.opened').waitFor()
    await focusOn('work')
    await press('Enter')
    await page.locator('.opened').waitFor({ state: 'detached' })
    await press('Alt+ArrowDown')
    await page.locator('.toast', { hasText: 'anthropic:work is number 3 now.' }).waitFor()
    await focusOn('work')
    await press('Control+z')
    await page.locator('.toast', { hasText: 'Taken back' }).waitFor()
    await page.locator('.group').first().locator('.row').nth(1).locator('.name', { hasText: 'work' }).waitFor()
    await focusOn('work')
    await press('t')
    await page.locator('.toast', { hasText: 'anthropic:work' }).last().waitFor()
    await press('p')
    await page.locator('.toast', { hasText: /pinned/i }).waitFor()
    await press('Control+z')
    await press('Control+k')
    await dialog().waitFor()
    await page.keyboard.type('team')
    await press('Enter')
    await dialog().waitFor({ state: 'detached' })
    await page.locator('.opened').waitFor()
    await focusOn('team')
  })

  test('a menu is opened, walked, closed, and gives the focus back', async () => {
    const button = page.getByRole('button', { name: 'Actions for anthropic:team' })
    await button.focus()
    await press('Enter')
    await page.locator('[role=menuitem]:focus').waitFor()
    await press('ArrowDown', 'ArrowDown', 'ArrowUp', 'Escape')
    await focusOn('Actions for anthropic:team')
    await press('Enter')
    await page.locator('[role=menuitem]:focus').waitFor()
    await press('Tab')
    await page.locator('.menu-list').waitFor({ state: 'detached' })
  })

  test('a message is completed, sent and answered; the settings are jumped through', async () => {
    await page.locator('body').press('3')
    await page.locator('#message:focus').waitFor()
    await page.keyboard.type('/mod')
    await page.locator('#completions [role=option]').nth(1).waitFor()
    await press('ArrowDown', 'ArrowUp', 'Tab')
    await expect.poll(() => page.locator('#message').inputValue()).toMatch(/^\/model\w* $/)
    await page.keyboard.type('status')
    await press('Enter')
    await page.locator('#log .message.assistant', { hasText: 'anthropic:work' }).waitFor()
    await press('Control+k')
    await dialog().waitFor()
    await page.keyboard.type('settings')
    await press('Enter')
    await page.locator('.settings form').first().waitFor()
  })
})
