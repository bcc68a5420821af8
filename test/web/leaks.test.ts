// No secret leaks from any flow of the page: after each of them, none stands in the document, a frame or an answer of the gateway, the browser's storage, its
// history, its console, or what the gateway writes; and the page asks nobody but its own gateway.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CHROMIUM } from '../support/browser.ts'
import type { GatewayProcess } from '../support/gateway-process.ts'
import { openclaw, until } from '../support/installation.ts'
import { approve, CALLBACK_HOST, type LoginPlace, loginConfig, loginPlace, stored } from '../support/logins.ts'
import { build } from '../support/program.ts'
import { PAGE_VIEWS } from './still.ts'
import { type Stage, stageAt } from './support.ts'

const FIRST = 'sk-ant-api03-canary-first-0123456789abcdef'
const SECOND = 'sk-ant-api03-canary-second-fedcba9876543210'
const BOT = '123456789:AACanaryOfABotThatIsNobodys00002'

/** What the browser keeps, and what fields hold, as one text. */
const KEPT = `(async () => JSON.stringify([
  document.documentElement.outerHTML,
  [...document.querySelectorAll('input, textarea')].map(({ value }) => value),
  { ...localStorage }, { ...sessionStorage }, document.cookie, location.href, history.state,
  (await indexedDB.databases()).map(({ name }) => name), await caches.keys(),
  performance.getEntriesByType('resource').map(({ name }) => name),
]))()`

describe.skipIf(CHROMIUM === undefined)('nothing leaks', { timeout: 120_000 }, () => {
  let place: LoginPlace
  let stage: Stage
  let gateway: GatewayProcess
  let context: BrowserContext
  let page: Page
  /** What came to the page and what it said, as far as any of it was heard. */
  const heard: string[] = []
  const reading: Promise<unknown>[] = []
  const asked = new Set<string>()
  let complaints: string[]
  const secrets = new Set<string>([FIRST, SECOND, BOT])

  beforeAll(async () => {
    await build()
    place = await loginPlace()
    const config = {
      ...loginConfig(place.sandbox),
      channels: { telegram: { enabled: false, botToken: BOT } },
      gateway: { auth: { mode: 'token' } },
    }
    await writeFile(join(place.state, 'openclaw.json'), JSON.stringify(config), { mode: 0o600 })
    const rules = [`MAP localhost ${CALLBACK_HOST}`]
    stage = await stageAt({ sandbox: place.sandbox, place }, { args: ['--log-level', 'debug'], rules })
    gateway = stage.gateway
    secrets.add(gateway.token)
    ;({ context, page, complaints } = await stage.visit())
    page.on('request', (request) => asked.add(new URL(request.url()).origin))
    page.on('framenavigated', (frame) => heard.push(frame.url()))
    page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => heard.push(String(payload))))
    page.on('response', (response) => {
      heard.push(response.url(), JSON.stringify(withoutCookies(response.headers())))
      reading.push(
        response.text().then(
          (text) => heard.push(text),
          () => undefined,
        ),
      )
    })
  }, 60_000)

  afterAll(() => stage?.close())

  const withoutCookies = ({ 'set-cookie': _, ...headers }: Record<string, string>): object => headers

  /** All of it, after a flow. */
  const clean = async (): Promise<void> => {
    for (const [, profile] of Object.entries((await stored(place)).profiles)) {
      for (const name of ['key', 'token', 'access', 'refresh']) {
        const value = profile[name]
        if (typeof value === 'string') secrets.add(value)
      }
    }
    secrets.add((await readFile(join(place.state, 'gateway.token'), 'utf8')).trim())
    // An answer whose page has left it may never be read to its end.
    await Promise.race([Promise.all(reading.splice(0)), page.waitForTimeout(1000)])
    const log = await readFile(join(place.state, 'logs/gateway.log'), 'utf8').catch(() => '')
    const cookies = (await context.cookies(gateway.url)).map(({ name, value, httpOnly }) => (httpOnly ? name : value))
    const all = [...heard, ...complaints, log, gateway.said(), cookies.join(), await page.evaluate(KEPT)].join('\n')
    // The marks at its end may be shown; a part of it may not.
    const found = [...secrets].filter((secret) => all.includes(secret.slice(12, -4)))
    expect(found.map((secret) => secret.slice(0, 14))).toEqual([])
    expect([...asked].filter((origin) => origin !== gateway.url)).toEqual([])
    expect(complaints).toEqual([])
  }

  const toast = (text: string): Promise<void> => page.locator('.toast', { hasText: text }).last().waitFor()
  const row = (name: string) => page.locator('.row', { has: page.locator('.name', { hasText: name }) }).first()
  const act = async (name: string, item: string): Promise<void> => {
    await row(name)
      .getByRole('button', { name: /^Actions for/ })
      .click()
    await page.getByRole('menuitem', { name: item, exact: true }).click()
  }

  test('signing in by the code of a link', async () => {
    const { url } = JSON.parse((await openclaw(place, ['dashboard', '--json'])).stdout) as { url: string }
    secrets.add(`............${new URL(url).hash.replace('#code=', '')}....`)
    await page.goto(url)
    await page.locator('#link.live').waitFor()
    // The address it came by is gone from the history as well.
    heard.splice(0, heard.length, ...heard.filter((text) => text !== url))
    await clean()
  })

  test('a key that is pasted, mistaken, replaced, removed and taken back', async () => {
    const field = page.getByLabel('Paste a key or a token')
    await field.fill(FIRST)
    await page.locator('#adding-found', { hasText: 'Anthropic' }).waitFor()
    await page.keyboard.press('Enter')
    await toast('Added: anthropic:')
    await clean()
    await act('default', 'Replace the key')
    await page.getByRole('dialog').locator('input[type=password]').fill(SECOND)
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await until('the other key to be stored', async () =>
      JSON.stringify(await stored(place)).includes(SECOND) ? true : undefined,
    )
    await clean()
    await act('default', 'Test')
    await page.locator('.toast', { hasText: 'anthropic:default' }).last().waitFor()
    await act('default', 'Remove')
    await toast('is removed')
    await page.locator('.toast button', { hasText: 'Undo' }).last().click()
    await row('default').waitFor()
    await clean()
  })

  test('logins by browser and by device', async () => {
    await page.locator('#add').click()
    await page.getByRole('button', { name: 'ChatGPT (Codex) in the browser' }).click()
    const [vendor] = await Promise.all([
      context.waitForEvent('page'),
      page.getByRole('link', { name: 'Open ChatGPT (Codex)' }).click(),
    ])
    await vendor.getByText('Continue as work').click()
    await vendor.getByText('You can close this window.').waitFor()
    await vendor.close()
    await row('work@example.com').waitFor()
    await clean()
    await page.locator('#add').click()
    await page.getByRole('button', { name: 'ChatGPT (Codex) with a code' }).click()
    const code = page.locator('#adding-code')
    await code.getByText('SAND-').waitFor()
    await approve(place.sandbox, await code.innerText(), 'home')
    await toast('Added: openai-codex:')
    await clean()
  })

  test('a conversation, with what is said of accounts in it', async () => {
    await page.getByRole('link', { name: 'Chat', exact: true }).click()
    for (const text of ['How are you?', '/model status', '/status']) {
      const before = await page.locator('#log .message.assistant').count()
      await page.fill('#message', text)
      await page.click('#send')
      await page.locator('#log .message.assistant').nth(before).locator('.text').waitFor()
      await page.locator('#stop').waitFor({ state: 'detached' })
    }
    await clean()
  })

  test('every view there is', async () => {
    for (const { view } of PAGE_VIEWS) {
      await page.goto(`${gateway.url}/#${view}`)
      await page.locator('main h2').first().waitFor({ state: 'attached' })
      await clean()
    }
  })

  test('a new token of the gateway, and signing out', async () => {
    await page.goto(`${gateway.url}/#settings`)
    await page.getByRole('button', { name: 'Make a new token' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Make a new token' }).click()
    await page.locator('.notice', { hasText: 'gateway.token' }).waitFor()
    await clean()
    const token = (await readFile(join(place.state, 'gateway.token'), 'utf8')).trim()
    expect(token).not.toBe(gateway.token)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.locator('#token').waitFor()
    await clean()
    await page.fill('#token', token)
    await page.click('#login button')
    await page.locator('#link.live').waitFor()
    await clean()
  })
})
