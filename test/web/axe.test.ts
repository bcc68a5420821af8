// What axe finds in the page: nothing, in every view and whatever is open in it, light and dark, wide and on a phone, enlarged and in forced colours.
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { CHROMIUM } from '../support/browser.ts'
import { type Opened, PAGE_VIEWS, type PageView, PHONE, type Still, still, WIDE } from './still.ts'

/** Something that can be open in a view, and how it is opened there. */
type Scene = { view: PageView; what: string; open(page: Page): Promise<unknown> }

const SCENES: readonly Scene[] = [
  ...PAGE_VIEWS.map(({ view }): Scene => ({ view, what: 'as it comes', open: async () => {} })),
  {
    view: 'accounts',
    what: 'an opened row and an opened menu',
    open: async (page) => {
      await page.locator('.row .name').first().click()
      await page.locator('.opened').waitFor()
      await page.locator('.row .menu button').first().click()
    },
  },
  {
    view: 'accounts',
    what: 'what was done, to be taken back',
    open: async (page) => {
      await page.locator('.row .name', { hasText: 'team' }).focus()
      await page.keyboard.press('Alt+ArrowDown')
      await page.locator('.toast').waitFor()
    },
  },
  { view: 'accounts', what: 'the list of keys', open: (page) => page.keyboard.press('?') },
  {
    view: 'accounts',
    what: 'the dialog to add an account, with a wrong key in it',
    open: async (page) => {
      await page.keyboard.press('a')
      await page.getByLabel('Paste a key or a token').fill('sk-ant-oat01-wrong-here')
      await page.locator('#adding-found').waitFor()
    },
  },
  {
    view: 'activity',
    what: 'a call with its attempts, and the numbers of a chart',
    open: async (page) => {
      await page.locator('.entry', { hasText: '→' }).first().click()
      await page.locator('.peek .attempt').first().waitFor()
      await page.locator('.bars button').first().click()
    },
  },
  {
    view: 'chat',
    what: 'the commands that complete a slash',
    open: (page) => page.locator('#message').pressSequentially('/mo'),
  },
]

const RULES = "axe.run(document, { resultTypes: ['violations'] })"
const COLOURS = "axe.run(document, { resultTypes: ['violations'], runOnly: ['color-contrast'] })"
const TOLD =
  '.then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.slice(0, 3).map(({ html, any }) => `${id}: ${html.slice(0, 160)} ${any[0]?.message ?? ""}`)))'

/** What axe has to say, in both sizes and schemes; what a scheme changes is colours. */
async function found({ page }: Opened): Promise<string[]> {
  await page.evaluate(axe.source)
  const all: string[] = []
  for (const viewport of [WIDE, PHONE]) {
    await page.setViewportSize(viewport)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      const told = (await page.evaluate((colorScheme === 'light' ? RULES : COLOURS) + TOLD)) as string[]
      all.push(...told.map((one) => `${viewport.width} ${colorScheme}: ${one}`))
    }
  }
  return all
}

describe.skipIf(CHROMIUM === undefined)('axe', { timeout: 120_000 }, () => {
  let on: Still
  beforeAll(async () => {
    on = await still()
  }, 60_000)
  afterAll(() => on?.close())

  test.each(SCENES)('finds nothing in $view: $what', async ({ view, open }) => {
    const opened = await on.open(view)
    onTestFinished(() => opened.context.close())
    await open(opened.page)
    expect(await found(opened)).toEqual([])
    expect(opened.complaints).toEqual([])
  })
})
