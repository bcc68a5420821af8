// Adding accounts in a real browser, as a person does: a key is pasted, a login goes to the vendor and comes back by itself.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generate } from 'lean-qr/nano'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { CHROMIUM } from '../support/browser.ts'
import type { GatewayProcess } from '../support/gateway-process.ts'
import { openclaw, until } from '../support/installation.ts'
import { agree, approve, CALLBACK_HOST, type LoginPlace, loginPlace, stored } from '../support/logins.ts'
import { build } from '../support/program.ts'
import { cookiesByLink, type Stage, stageAt } from './support.ts'

const KEY = 'sk-ant-api03-typed-in-the-page-0123456789abcdef'
/** The dark modules of a picture, `x,y`, out of its path or from the text that it is to hold. */
function modulesOf(path: string): Set<string> {
  const dark = new Set<string>()
  for (const [, x, y, run] of path.matchAll(/M(\d+) (\d+)h(\d+)v1H\d+z/g)) {
    for (let at = 0; at < Number(run); at++) dark.add(`${Number(x) + at},${y}`)
  }
  return dark
}
function modulesFor(text: string): Set<string> {
  const bitmap = generate(text)
  const dark = new Set<string>()
  for (let y = 0; y < bitmap.size; y++)
    for (let x = 0; x < bitmap.size; x++) if (bitmap.get(x, y)) dark.add(`${x},${y}`)
  return dark
}

const WRONG = 'sk-ant-oat01-typed-in-the-wrong-field-0123456789abcdef'

describe.skipIf(CHROMIUM === undefined)('in a browser', { timeout: 120_000 }, () => {
  let place: LoginPlace
  let stage: Stage
  let gateway: GatewayProcess
  let context: BrowserContext
  let cookies: Awaited<ReturnType<typeof cookiesByLink>>
  let page: Page
  let complaints: string[]
  let frames: string[]

  beforeAll(async () => {
    await build()
    place = await loginPlace()
    const rules = [`MAP localhost ${CALLBACK_HOST}`]
    stage = await stageAt({ sandbox: place.sandbox, place }, { args: ['--log-level', 'debug'], rules })
    gateway = stage.gateway
    cookies = await cookiesByLink(stage)
  }, 60_000)

  afterAll(() => stage?.close())

  beforeEach(async () => {
    ;({ context, page, complaints } = await stage.visit(cookies))
    frames = []
    page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => frames.push(String(payload))))
    await page.goto(gateway.url)
    await page.locator('#link.live').waitFor()
  })

  /** Where there is one already, the way to another is a dialog. */
  const withAccount = async (): Promise<void> => {
    if (Object.keys((await stored(place)).profiles).length > 0) return
    const line = ['models', 'auth', 'paste-api-key', '--provider', 'anthropic']
    expect(await openclaw(place, line, { input: KEY })).toMatchObject({ code: 0 })
  }
  /** Begins a login. */
  const choose = async (vendor: string, how: 'in the browser' | 'with a code'): Promise<void> => {
    await page.locator('#add').click()
    await page.getByRole('button', { name: `${vendor} ${how}` }).click()
  }
  const added = (text: string): Promise<void> => page.locator('.toast', { hasText: text }).first().waitFor()
  const row = (name: string): Promise<void> => page.locator('.rows .name', { hasText: name }).waitFor()

  test('a key is recognised as it is typed, refused in words when it is the wrong one, and never seen again', async () => {
    const field = page.getByLabel('Paste a key or a token')
    const found = page.locator('#adding-found')
    // With the keyboard alone; the way to the first account stands in the page itself.
    await field.focus()
    expect(await field.getAttribute('type')).toBe('password')
    await page.keyboard.insertText(WRONG)
    await found.getByText('Anthropic, Token that').waitFor()
    await page.getByLabel('How').selectOption({ label: 'API key' })
    await field.focus()
    await page.keyboard.press('Enter')
    await page.locator('.trouble', { hasText: 'openclaw models auth setup-token' }).waitFor()
    await expect.poll(() => field.inputValue()).toBe('')
    expect((await stored(place)).profiles).toEqual({})
    await field.focus()
    await page.keyboard.insertText(`export ANTHROPIC_API_KEY=${KEY}`)
    await found.getByText(`Anthropic, API key, ends in …${KEY.slice(-4)}`).waitFor()
    await page.getByLabel('Name, such as work').focus()
    await page.keyboard.insertText('work')
    await page.keyboard.press('Enter')
    await added('Added: anthropic:work.')
    await row('work')
    expect((await stored(place)).profiles['anthropic:work']).toMatchObject({ key: KEY })
    // Escape closes, and what was in the field is gone with it.
    await page.locator('body').press('a')
    await page.getByRole('dialog', { name: 'Add account' }).waitFor()
    await field.focus()
    await page.keyboard.insertText(KEY)
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    const log = await readFile(join(place.state, 'logs/gateway.log'), 'utf8').catch(() => '')
    const out = [await page.content(), frames.join('\n'), gateway.said(), log, complaints.join('\n')].join('\n')
    const held = await page.evaluate(
      'JSON.stringify([...document.querySelectorAll("input")].map(({ value }) => value)) + JSON.stringify([{ ...localStorage }, { ...sessionStorage }]) + location.href',
    )
    for (const secret of [KEY, WRONG]) expect(`${out}${held}`).not.toContain(secret.slice(13))
    expect(complaints).toEqual([])
  })

  test('a login opens the vendor, comes back by itself, and the account stands in the list', async () => {
    await withAccount()
    await choose('ChatGPT (Codex)', 'in the browser')
    const [vendor] = await Promise.all([
      context.waitForEvent('page'),
      page.getByRole('link', { name: 'Open ChatGPT (Codex)' }).click(),
    ])
    await vendor.getByText('Continue as work').click()
    await vendor.getByText('You can close this window.').waitFor()
    expect(await vendor.evaluate('window.opener')).toBeNull()
    await added('Added: openai-codex:work@example.com (work@example.com, team).')
    await row('work@example.com')
    const { access, refresh } = (await stored(place)).profiles['openai-codex:work@example.com'] ?? {}
    for (const secret of [access, refresh]) {
      expect(`${await page.content()}${frames.join('\n')}${gateway.said()}`).not.toContain(secret)
    }
    expect(complaints).toEqual([])
  })

  test('a code for another device is shown, a reload finds the login again, and leaving the dialog ends it', async () => {
    await withAccount()
    const before = await stored(place)
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    await choose('ChatGPT (Codex)', 'with a code')
    const code = page.locator('#adding-code')
    await code.getByText('SAND-').waitFor()
    const first = await code.innerText()
    // The picture holds the very address that stands beside it, and is counted down.
    const address = await page.locator('.open-vendor').innerText()
    const picture = page.getByRole('img', { name: `Picture of the address ${address}` })
    expect(modulesOf((await picture.locator('path').getAttribute('d')) ?? '')).toEqual(modulesFor(address))
    expect(asked.filter((path) => path.includes('/nano-'))).toHaveLength(1)
    await page.reload()
    await page.locator('#add').click()
    await code.getByText(first).waitFor()
    await page.keyboard.press('Escape')
    await page.locator('#add').click()
    await page.getByLabel('Paste a key or a token').waitFor()
    expect(await stored(place)).toEqual(before)
    await page.getByRole('button', { name: 'Close' }).click()
    await choose('ChatGPT (Codex)', 'with a code')
    await until('another code', async () => {
      const text = await code.innerText()
      return text.startsWith('SAND-') && text !== first ? true : undefined
    })
    await approve(place.sandbox, await code.innerText(), 'home')
    await added('Added: openai-codex:j')
    expect(complaints).toEqual([])
  })

  test('the address of a browser elsewhere is pasted; a wrong one is said and waited again; cancelled, nothing is stored', async () => {
    await withAccount()
    await choose('OpenRouter', 'in the browser')
    const link = page.getByRole('link', { name: 'Open OpenRouter' })
    const back = await agree((await link.getAttribute('href')) ?? '', 'work')
    const field = page.getByLabel('Address at which the browser ended')
    await field.fill(back.replace(/state=[^&]*/, 'state=x'))
    await page.getByRole('button', { name: 'Use this address' }).click()
    await page.locator('.trouble', { hasText: 'it belongs to another login' }).waitFor()
    await expect.poll(() => field.inputValue()).toBe('')
    await page.getByRole('button', { name: 'Cancel the login' }).click()
    await page.locator('.said', { hasText: 'Cancelled. Nothing was changed.' }).waitFor()
    expect(Object.keys((await stored(place)).profiles).filter((id) => id.startsWith('openrouter'))).toEqual([])
    await page.getByRole('button', { name: 'OpenRouter in the browser' }).click()
    await field.fill(await agree((await link.getAttribute('href')) ?? '', 'work'))
    await page.keyboard.press('Enter')
    await added('Added: openrouter:')
    expect(complaints).toEqual([])
  })
})
