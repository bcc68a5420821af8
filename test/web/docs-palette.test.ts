// The documentation within the page, the palette of commands and the keys, in a real browser: as a person reads, finds and does, with the keyboard alone.
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { readPages } from '../../scripts/docs/pages.mjs'
import type { DocsContents } from '../../src/core/documentation.ts'
import { docsPath, matching, readPlace } from '../../src/web/page/docs/place.ts'
import { type Item, matchingItems } from '../../src/web/page/palette/match.ts'
import { addressOf, placeIn } from '../../src/web/page/where.ts'
import { en } from '../../src/web/page/words/en.ts'
import { CHROMIUM } from '../support/browser.ts'
import { openclaw, ROOT, until } from '../support/installation.ts'
import { type PageStage, pageStage, TEAM } from './support.ts'

describe('where one is', () => {
  test('stands in the address, and what is no view is none', () => {
    expect(placeIn('#docs/oauth/log-in')).toEqual({ view: 'docs', path: 'oauth/log-in' })
    expect(placeIn(addressOf('whatif', 'if=a%3D1'))).toEqual({ view: 'whatif', path: 'if=a%3D1' })
    expect([placeIn('#main'), placeIn(''), placeIn('#//evil.test'), placeIn('#docsx')]).toEqual(
      Array(4).fill(undefined),
    )
    expect(readPlace(docsPath('oauth', '두-계정'))).toEqual({ topic: 'oauth', anchor: '두-계정' })
    expect(readPlace('%E0%A4%A')).toEqual({ topic: '%E0%A4%A', anchor: '' })
  })
})

describe('what is found', () => {
  const contents: DocsContents = {
    lang: 'en',
    pages: [
      { lang: 'en', topic: 'oauth', title: 'OAuth', about: 'logins', headings: [{ id: 'log-in', text: 'Log in' }] },
      {
        lang: 'en',
        topic: 'faq',
        title: 'Questions',
        about: 'and answers',
        headings: [{ id: 'x', text: 'A login ends' }],
      },
    ],
  }

  test('in the documentation: every word, in titles, lines and headings', () => {
    const found = (filter: string): string[] =>
      matching(contents, filter).map(({ page, headings }) => [page.topic, ...headings.map(({ id }) => id)].join('#'))
    expect(found('')).toEqual(['oauth', 'faq'])
    expect(found('LOG')).toEqual(['oauth#log-in', 'faq#x'])
    expect(found('login ends')).toEqual(['faq#x'])
    expect(found('nothing of it')).toEqual([])
  })

  test('in the palette: what begins so first, then what holds every word, then what its group is called', () => {
    const item = (text: string, group: Item['group'], more = ''): Item => ({
      key: text,
      group,
      text,
      more,
      act: () => {},
    })
    const items = [
      item('Accounts', 'views'),
      item('anthropic:work', 'accounts', 'Next'),
      item('work', 'sessions'),
      item('Add account', 'actions'),
    ]
    const found = (typed: string): string[] => matchingItems(items, typed, en.palette.groups).map(({ text }) => text)
    expect(found('')).toHaveLength(4)
    expect(found('work')).toEqual(['work', 'anthropic:work'])
    expect(found('acc')).toEqual(['Accounts', 'Add account', 'anthropic:work'])
    expect(found('next')).toEqual(['anthropic:work'])
    expect(found('zzz')).toEqual([])
  })
})

/** The words of the page in the frame, and of the page that needs no frame. */
const WORDS = `async (address) => {
  const plain = (element) => (element?.textContent ?? '').replace(/\\s+/g, '')
  const text = await (await fetch(address)).text()
  return [plain(document.querySelector('.docs-text')), plain(new DOMParser().parseFromString(text, 'text/html').querySelector('main'))]
}`
const BEYOND = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'

describe.skipIf(CHROMIUM === undefined)('in a browser', { timeout: 120_000 }, () => {
  let stage: PageStage
  let page: Page
  let complaints: string[]

  beforeAll(async () => {
    stage = await pageStage()
    const reset = [
      'gateway',
      'call',
      'sessions.reset',
      '--url',
      stage.gateway.url,
      '--params',
      '{"sessionKey":"notes"}',
    ]
    const { code } = await openclaw(stage.place, reset, { env: { OPENCLAW_GATEWAY_TOKEN: stage.gateway.token } })
    expect(code).toBe(0)
  }, 60_000)
  afterAll(() => stage?.close())
  beforeEach(async () => {
    ;({ page, complaints } = await stage.open())
  })

  const title = (text: string): Promise<void> => page.locator('.docs-text h2', { hasText: text }).waitFor()
  const focused = (): Promise<string> => page.evaluate<string>('document.activeElement.textContent')
  const find = async (typed: string): Promise<void> => {
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'An account, a view, a page, a command' }).waitFor()
    await page.keyboard.type(typed)
    await page.locator('.palette [aria-selected="true"]', { hasText: typed }).waitFor()
  }
  const findAndGo = async (typed: string): Promise<void> => {
    await find(typed)
    await page.keyboard.press('Enter')
    await page.locator('.palette').waitFor({ state: 'detached' })
  }

  test('a page is filtered for, read and walked on from, all within the frame, and says what the plain page says', async () => {
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    await page.getByRole('link', { name: 'Docs' }).click()
    await page.locator('.docs-abouts a', { hasText: 'Model failover' }).waitFor()
    await page.getByLabel('Filter pages and headings').fill('which vendors')
    await page.getByRole('link', { name: 'Which vendors' }).press('Enter')
    await title('OAuth')
    await until('the heading has the focus', async () => ((await focused()) === 'Which vendors' ? true : undefined))
    await expect.poll(() => page.url()).toContain('#docs/oauth/which-vendors')
    await page.getByLabel('Filter pages and headings').fill('')
    // A link between pages stays inside, and the way back leads back.
    await page.locator('.docs-text a', { hasText: 'Anthropic' }).first().click()
    await title('Anthropic')
    await until('its heading has the focus', async () => ((await focused()) === 'By setup-token' ? true : undefined))
    await page.goBack()
    await title('OAuth')
    await page.locator('.docs-list a', { hasText: 'Onboarding' }).click()
    await until('the title has the focus', async () => ((await focused()) === 'Onboarding' ? true : undefined))
    for (const { lang, topic } of (await readPages(ROOT)).filter((one) => one.topic !== '' && one.lang !== 'fil')) {
      await page.getByRole('banner').locator('select').last().selectOption(lang)
      await page.evaluate(`location.hash = ${JSON.stringify(addressOf('docs', topic))}`)
      await page.locator(`.docs-text[lang="${lang}"]`).waitFor()
      await page.locator(`.docs-list a[href="${addressOf('docs', topic)}"][aria-current]`).waitFor()
      const address = lang === 'en' ? `/docs/${topic}` : `/docs/${lang}/${topic}`
      await until(`${lang} ${topic} is shown`, async () => {
        const [framed, plain] = await page.evaluate<[string, string]>(`(${WORDS})(${JSON.stringify(address)})`)
        return framed === plain && framed !== '' ? true : undefined
      })
    }
    // What is not translated is shown in English, and says so.
    await page.evaluate(`location.hash = '#docs/faq'`)
    await page.locator('.docs-text[lang="en"]').waitFor()
    await page.getByText('這份文件還沒有翻譯。').waitFor()
    await page.evaluate(`location.hash = '#docs/nonesuch'`)
    await page.getByRole('alert').getByText('無法讀取這份文件。').waitFor()
    expect(asked.filter((url) => !url.startsWith(`${stage.gateway.url}/`))).toEqual([])
    expect(complaints.filter((text) => !text.includes('404'))).toEqual([])
  })

  test('with the palette every account, view, conversation, agent, page and command is a few keys away', async () => {
    const input = page.getByRole('combobox', { name: 'An account, a view, a page, a command' })
    await page.locator('.row .name').first().focus()
    await page.keyboard.press('Control+k')
    await input.waitFor()
    const active = async (): Promise<string> =>
      page
        .locator(`#${await input.getAttribute('aria-activedescendant')}[role=option][aria-selected="true"]`)
        .innerText()
    await expect.poll(active).toContain('Accounts')
    await page.keyboard.press('ArrowDown')
    await expect.poll(active).toContain('Activity')
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('ArrowUp')
    await expect.poll(() => page.locator('[aria-selected="true"]').count()).toBe(1)
    await page.keyboard.type('nothing like it')
    await page.getByText('Nothing matches.').waitFor()
    const told = ['aria-expanded', 'aria-activedescendant']
    await expect.poll(() => Promise.all(told.map((name) => input.getAttribute(name)))).toEqual(['false', null])
    await page.keyboard.press('Enter')
    await page.keyboard.press('Escape')
    await page.locator('.palette').waitFor({ state: 'detached' })
    // Focus is back where it was.
    await expect.poll(focused).toBe('personal')
    await findAndGo('Chat')
    await page.locator('#message').waitFor()
    // From within a field, too.
    await page.locator('#message').focus()
    await findAndGo(TEAM)
    await page.locator('.opened', { hasText: 'openclaw models explain anthropic' }).waitFor()
    await until('the row has the focus', async () => ((await focused()) === 'team' ? true : undefined))
    await findAndGo('notes')
    await page.locator('#chat-title', { hasText: 'notes' }).waitFor()
    await findAndGo('What if')
    await page.locator('.stand .mark.next').first().waitFor()
    await findAndGo('Slash commands')
    await title('Slash commands')
    await findAndGo('other')
    await until('the other agent is shown', async () =>
      (await page.getByRole('banner').locator('select').first().inputValue()) === 'other' ? true : undefined,
    )
    await findAndGo('main')
    await findAndGo('Accounts')
    await page.locator('.row').first().waitFor()
    await findAndGo('Test all: openai')
    await page.locator('.toast', { hasText: 'openai:spare works' }).waitFor()
    await findAndGo('Add account')
    await page.getByRole('dialog', { name: 'Add account' }).waitFor()
    // One dialog at a time.
    await page.keyboard.press('Control+k')
    expect(await page.getByRole('dialog').count()).toBe(1)
    await page.keyboard.press('Escape')
    await page.locator('dialog').waitFor({ state: 'detached' })
    await findAndGo('Filipino')
    await page.locator('html[lang="fil"]').waitFor()
    await page.keyboard.press('Control+k')
    await page.locator('.palette').waitFor()
    await page.keyboard.type('English')
    await page.locator('.palette [aria-selected="true"]', { hasText: 'English' }).waitFor()
    await page.keyboard.press('Enter')
    await page.locator('html[lang="en"]').waitFor()
    await findAndGo('Sign out')
    await page.locator('#token').waitFor()
    await stage.logInAnew()
    expect(complaints.filter((text) => !/WebSocket|401/.test(text))).toEqual([])
  })

  test('the list of keys says them all; P pins; single letters are switched off for good where somebody wants that', async () => {
    await page.locator('body').press('?')
    const list = page.getByRole('dialog', { name: 'Keys' })
    for (const key of ['1 – 4', 'Ctrl K', 'A', 'P', 'T', 'R', '?'])
      await list.locator('kbd', { hasText: new RegExp(`^${key.replace('?', '\\?')}$`) }).waitFor()
    await page.keyboard.press('Escape')
    const name = page.locator('.row .name', { hasText: 'team' })
    await name.focus()
    await page.keyboard.press('p')
    await page.locator('.toast', { hasText: `Chat “main” is pinned to ${TEAM}.` }).waitFor()
    await page.keyboard.press('Control+z')
    await page.locator('.toast', { hasText: 'is pinned' }).waitFor({ state: 'detached' })
    await page.locator('body').press('?')
    await list.getByRole('checkbox').uncheck()
    await list.getByRole('button', { name: 'Close' }).click()
    await expect.poll(() => new URL(page.url()).searchParams.get('letters')).toBe('off')
    for (const again of [false, true]) {
      if (again) {
        await page.reload()
        await page.locator('#link.live').waitFor()
        await page.locator('.row').first().waitFor()
      }
      for (const key of ['2', '?', 'a']) await page.locator('body').press(key)
      await name.focus()
      for (const key of ['p', 'j']) await page.keyboard.press(key)
      expect(await focused()).toBe('team')
      const pinned = await page.locator('.toast', { hasText: 'is pinned' }).count()
      expect([pinned, await page.getByRole('dialog').count()]).toEqual([0, 0])
      expect(new URL(page.url()).hash).not.toContain('activity')
    }
    await page.keyboard.press('ArrowDown')
    await expect.poll(focused).toBe('old')
    await findAndGo('Keys')
    await list.getByRole('checkbox').check()
    await page.keyboard.press('Escape')
    await page.locator('body').press('4')
    await page.locator('.whatif').waitFor()
    await expect.poll(() => new URL(page.url()).searchParams.has('letters')).toBe(false)
    expect(await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])')).toBe(
      '[{},{},""]',
    )
    expect(complaints).toEqual([])
  })

  test('nothing runs over the edge of a phone, in any language', async () => {
    await page.setViewportSize({ width: 360, height: 800 })
    for (const [view, sign] of [
      ['#whatif', '.moment'],
      ['#docs', '.docs-list a'],
      ['#docs/configuration', '.docs-text table'],
    ] as const) {
      await page.evaluate(`location.hash = ${JSON.stringify(view)}`)
      await page.locator(sign).first().waitFor()
      for (const language of ['ko', 'zh-Hant', 'fil', 'en']) {
        await page.getByRole('banner').locator('select').last().selectOption(language)
        await page.locator(`html[lang="${language}"]`).waitFor()
        expect(await page.evaluate<number>(BEYOND), `${view} in ${language}`).toBeLessThanOrEqual(0)
      }
    }
    expect(complaints).toEqual([])
  })
})
