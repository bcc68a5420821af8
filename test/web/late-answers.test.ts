// The page in a real browser when answers are late, lost or not for it: what is drawn first, what is asked once, and what a page next door gets.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { BrowserContext, Page, Route } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { limitedThenGood, requestsOf } from '../flows/support.ts'
import { CHROMIUM } from '../support/browser.ts'
import type { GatewayProcess } from '../support/gateway-process.ts'
import { openclaw, until } from '../support/installation.ts'
import { build } from '../support/program.ts'
import { between } from './between.ts'
import { letIn, type Stage, stageAt } from './support.ts'

describe.skipIf(CHROMIUM === undefined)('in a browser', { timeout: 120_000 }, () => {
  let stage: Stage
  let gateway: GatewayProcess
  let neighbour: Server
  let context: BrowserContext
  let page: Page

  beforeAll(async () => {
    await build()
    const parts = await limitedThenGood(5)
    const said = await openclaw(parts.place, [
      'agents',
      'add',
      'other',
      '--non-interactive',
      '--workspace',
      `${parts.place.dir}/other`,
    ])
    expect(said.code, said.stderr).toBe(0)
    stage = await stageAt(parts)
    gateway = stage.gateway
    neighbour = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end(`<a href="${gateway.url}/">there</a>`)
    })
    await new Promise<void>((resolve) => neighbour.listen(0, '127.0.0.1', resolve))
  }, 60_000)

  afterAll(async () => {
    neighbour?.close()
    await stage?.close()
  })

  const logIn = (): Promise<void> => letIn(context, gateway)
  beforeEach(async () => {
    // A context for each: what lies between a page and its gateway stays there.
    context = await stage.browser.newContext({ locale: 'ko-KR' })
    await logIn()
    await context.addCookies([{ name: 'openclaw_language', value: 'en', url: gateway.url }])
    page = await context.newPage()
    page.setDefaultTimeout(40_000)
  })
  afterEach(() => context?.close())

  const live = (): Promise<void> => page.locator('#link', { hasText: '● live' }).waitFor()
  const names = (): Promise<string[]> => page.locator('.row .name').allInnerTexts()
  const agent = (id: string) => page.getByLabel('Agent').selectOption(id)
  const go = (view: string): Promise<void> => page.getByRole('link', { name: view, exact: true }).click()
  /** Once this is there, whatever was sent to the page before it has been taken in. */
  const caughtUp = async (): Promise<void> => {
    await page.fill('#message', '/stat')
    await page.locator('.completions').getByText('/status').waitFor()
  }

  test('the accounts are drawn from the document, in its language, before there is a socket', async () => {
    await page.routeWebSocket(/\/ws$/, () => undefined)
    const [answer] = await Promise.all([page.waitForResponse(`${gateway.url}/`), page.goto(gateway.url)])
    await page.locator('#next-id').getByText('anthropic:limited').waitFor()
    await expect.poll(names).toEqual(['limited', 'good'])
    expect(await page.locator('#link').innerText()).toBe('Connecting…')
    const first = /id="first-answer">([^<]*)/.exec(await answer.text())?.[1] ?? '{}'
    const { antiForgery } = JSON.parse(first) as { antiForgery: string }
    expect(antiForgery).toHaveLength(43)
    // It is in memory alone.
    expect(`${await page.content()}${page.url()}`).not.toContain(antiForgery)
    await context.clearCookies({ name: 'openclaw_language' })
    await page.goto(`${gateway.url}/?`)
    await page.locator('html[lang="ko"]').getByText('계정 추가').first().waitFor()
  })

  test('a message whose receipt is lost on the way is asked once, and its answer arrives', async () => {
    const way = await between(page)
    await page.goto(gateway.url)
    await live()
    await go('Chat')
    const before = requestsOf(stage.sandbox, 'good')
    way.holds = ({ method }) => method === 'chat.send'
    await page.fill('#message', 'Only once?')
    await page.click('#send')
    await until('the gateway to have taken it', () => way.held.length > 0)
    way.holds = () => false
    way.cut()
    await until('the page to come back', () => way.opened > 1)
    await page.locator('.message.assistant .text', { hasText: 'You said: Only once?' }).waitFor()
    await page.locator('.served', { hasText: 'anthropic:good' }).waitFor()
    expect(requestsOf(stage.sandbox, 'good') - before).toBe(1)
    await expect.poll(() => page.locator('#message').inputValue()).toBe('')
    // Another tab has begun another session; this one goes on with that.
    await logIn()
    way.cut()
    await until('the page to come back', () => way.opened > 3)
    await live()
    await page.reload()
    await page.locator('.message.assistant').first().waitFor()
    await expect.poll(() => page.locator('.message.user').count()).toBe(1)
  })

  test('who signed in anew in another tab signs out in both; letters that are held with a key are not the list\u2019s', async () => {
    await page.goto(gateway.url)
    await live()
    await go('Activity')
    await page.locator('.entry').first().click()
    await page.locator('.peeking').waitFor()
    await page.getByRole('button', { name: 'Close' }).first().click()
    await page.locator('.peeking').waitFor({ state: 'detached' })
    await page.locator('.entry').first().focus()
    await page.keyboard.press('Control+j')
    await page.keyboard.press('Control+k')
    await page.locator('dialog[open]').first().waitFor()
    expect(await page.locator('.peeking').count()).toBe(0)
    await page.keyboard.press('Escape')
    // The cookie is another one by now, as is what is shown beside it.
    const meanwhile = async (route: Route): Promise<void> => {
      await logIn()
      await route.continue()
    }
    await page.route('**/logout', meanwhile, { times: 1 })
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.locator('#login').waitFor()
    expect(await page.locator('.toast').count()).toBe(0)
  })

  test('a key that is pasted before the vendors are known is recognised as soon as they are', async () => {
    const way = await between(page)
    await page.goto(gateway.url)
    await live()
    way.holds = ({ method }) => method === 'auth.providers'
    await page.locator('#add').click()
    await until('the question', () => way.held.length === 1)
    await page.getByLabel('Paste a key or a token').fill('sk-ant-api03-pasted-early-0123456789abcdef')
    for (const release of way.held.splice(0)) release()
    await page.locator('#adding-found', { hasText: 'Anthropic, API key' }).waitFor()
  })

  test('what comes late for another agent or another conversation is not drawn', async () => {
    const way = await between(page)
    await page.goto(gateway.url)
    await live()
    await expect.poll(names).toEqual(['limited', 'good'])
    way.holds = ({ method = '', params }) => method.endsWith('.follow') && params?.agentId === 'other'
    await agent('other')
    await until('both questions', () => way.held.length === 2)
    await agent('main')
    await page.locator('.row .name').first().waitFor()
    for (const release of way.held.splice(0)) release()
    way.holds = ({ method, params }) => method === 'chat.history' && params?.sessionKey === 'main'
    await go('Chat')
    await until('the question', () => way.held.length === 1)
    await page.getByRole('button', { name: 'New session' }).click()
    for (const release of way.held.splice(0)) release()
    way.holds = () => false
    await caughtUp()
    expect(await page.locator('.message').count()).toBe(0)
    await expect.poll(() => page.getByLabel('Agent').inputValue()).toBe('main')
    await go('Accounts')
    await expect.poll(names).toEqual(['limited', 'good'])
    // The gateway tells of the agent that was chosen last, too.
    await openclaw(stage.place, ['models', 'auth', 'pause', 'anthropic:good'])
    await page.locator('.row', { hasText: 'good' }).getByText('Paused').waitFor()
    await openclaw(stage.place, ['models', 'auth', 'resume', 'anthropic:good'])
  })

  test('a page on another port of this host gets nothing, and a link there leads in', async () => {
    const { port } = neighbour.address() as AddressInfo
    await page.goto(`http://127.0.0.1:${port}/`)
    const seen = await page.evaluate(async (url) => {
      const told = async (work: () => Promise<unknown>): Promise<string> => {
        try {
          return String(await work())
        } catch {
          return 'refused'
        }
      }
      const open = (): Promise<unknown> =>
        new Promise((resolve, reject) => {
          const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`)
          socket.onopen = () => resolve('open')
          socket.onerror = () => reject(new Error('refused'))
        })
      return {
        page: await told(async () => (await fetch(url, { credentials: 'include' })).text()),
        blind: await told(async () => (await fetch(url, { mode: 'no-cors', credentials: 'include' })).text()),
        logout: await told(
          async () =>
            (await fetch(`${url}/logout`, { method: 'POST', mode: 'no-cors', credentials: 'include' })).status,
        ),
        socket: await told(open),
      }
    }, gateway.url)
    expect(seen).toMatchObject({ page: 'refused', socket: 'refused' })
    expect(`${seen.blind}${seen.logout}`).not.toMatch(/first-answer|200/)
    await page.getByRole('link', { name: 'there' }).click()
    await live()
    await expect.poll(names).toEqual(['limited', 'good'])
  })
})
