// What axe finds in the page: nothing, in every view and whatever is open in it, light and dark, wide and on a phone, enlarged and in forced colours.
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { CHROMIUM } from '../support/browser.ts'
import { type Opened, PAGE_VIEWS, type PageView, PHONE, type Still, still, WIDE } from './still.ts'

/** 1440x900 at 400 %. */
const ENLARGED = { width: 360, height: 225 }

/** What a person can use of the page, by its names; rows of which those in sight are drawn, and a list that makes way for what is read, aside. */
const OFFERED = `(() => {
  const root = document.querySelector('dialog[open]') ?? document
  return [...root.querySelectorAll('a[href], button, input, select, textarea')]
    .filter((one) => one.getClientRects().length > 0 && getComputedStyle(one).visibility === 'visible')
    .filter((one) => one.tabIndex >= 0 && one.closest('.entries, .docs-list, .docs-abouts') === null)
    .map((one) => one.tagName + ' ' + (one.getAttribute('aria-label') ?? one.labels?.[0]?.textContent ?? one.textContent).trim())
})()`
/** What a phone's header has no room for, and its palette has. */
const IN_PALETTE = new Set(['A Docs', 'BUTTON Sign out', 'BUTTON Keys'])
/** What reaches over the right edge, unless it scrolls by itself. */
const BEYOND = `(() => {
  const root = document.documentElement
  if (root.scrollWidth <= root.clientWidth) return []
  const beyond = [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > root.clientWidth + 1)
  return ['wider by ' + (root.scrollWidth - root.clientWidth), ...beyond.slice(0, 5).map(({ outerHTML }) => outerHTML.slice(0, 120))]
})()`

/** Something that can be open in a view, and how it is opened there. */
type Scene = { view: PageView; what: string; open(page: Page, opened: Opened): Promise<unknown> }

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
  {
    view: 'accounts',
    what: 'the list of keys',
    open: async (page) => {
      await page.keyboard.press('?')
      await page.locator('dialog[open]').waitFor()
    },
  },
  {
    view: 'accounts',
    what: 'the palette',
    open: async (page) => {
      await page.keyboard.press('Control+k')
      await page.keyboard.type('wor')
      await page.locator('#palette-list [role=option]').first().waitFor()
    },
  },
  {
    view: 'accounts',
    what: 'the dialog to add an account, with a wrong key in it',
    open: async (page) => {
      await page.keyboard.press('a')
      await page.getByLabel('Paste a key or a token').fill('sk-ant-oat01-wrong-here')
      await page.locator('#adding-found.ready').waitFor()
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
    view: 'whatif',
    what: 'an account that would be refused',
    open: async (page) => {
      await page.goto(`${page.url()}/if=anthropic%3Awork%3D429`)
      await page.locator('.is-changed').first().waitFor()
    },
  },
  {
    view: 'docs',
    what: 'a page that is read',
    open: async (page) => {
      await page.locator('.docs-list a').nth(3).click()
      await page.locator('.docs-text').waitFor()
    },
  },
  {
    view: 'settings',
    what: 'a value that is refused, and a question',
    open: async (page) => {
      const field = page.getByLabel('How long a call is held until an account is back, in ms')
      await field.fill('soon')
      await field.press('Enter')
      await page.locator('.setting-wrong').waitFor()
      await page.getByRole('button', { name: 'Make a new token' }).click()
      await page.getByRole('dialog').waitFor()
    },
  },
  {
    view: 'accounts',
    what: 'a lost connection',
    open: (_, { cut }) => cut(),
  },
  {
    view: 'accounts',
    what: 'the door',
    open: async (page) => {
      await page.context().clearCookies()
      await page.reload()
      await page.locator('#token').waitFor()
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

/** `npm run shots` looks at all of them. What a scheme changes is colours. */
const IS_WHOLE = process.env.KEYCLAW_SHOTS !== undefined
const LOOKS = [
  [PHONE, 'light', RULES],
  [WIDE, 'dark', COLOURS],
  [WIDE, 'light', RULES],
  [PHONE, 'dark', COLOURS],
] as const

/** What axe has to say. */
async function found({ page }: Opened): Promise<string[]> {
  await page.evaluate(axe.source)
  const all: string[] = []
  for (const [viewport, colorScheme, rules] of IS_WHOLE ? LOOKS : LOOKS.slice(0, 2)) {
    await page.setViewportSize(viewport)
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    const told = (await page.evaluate(rules + TOLD)) as string[]
    all.push(...told.map((one) => `${viewport.width} ${colorScheme}: ${one}`))
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
    const { page } = opened
    await open(page, opened)
    const wide = (await page.evaluate(OFFERED)) as string[]
    expect(await found(opened)).toEqual([])
    await page.setViewportSize(ENLARGED)
    await page.emulateMedia({ colorScheme: 'light', forcedColors: 'active', reducedMotion: 'reduce' })
    const lost = async (): Promise<string[]> => {
      const small = (await page.evaluate(OFFERED)) as string[]
      return wide.filter((one) => !small.includes(one) && !IN_PALETTE.has(one))
    }
    await expect.poll(lost).toEqual([])
    await expect.poll(() => page.evaluate(BEYOND)).toEqual([])
    expect(opened.complaints).toEqual([])
  })

  test('finds nothing where there is no account yet', async () => {
    const none = await still({ isEmpty: true })
    onTestFinished(() => none.close())
    const opened = await none.open('accounts')
    await opened.page.getByLabel('Paste a key or a token').waitFor()
    expect(await found(opened)).toEqual([])
    await opened.page.setViewportSize(ENLARGED)
    await expect.poll(() => opened.page.evaluate(BEYOND)).toEqual([])
    for (const { view } of PAGE_VIEWS.slice(1)) {
      const other = await none.open(view)
      await other.page.locator('main h2').first().waitFor()
      expect(await found(other), view).toEqual([])
      expect(other.complaints, view).toEqual([])
    }
  })
})
