// The page in a real browser: a conversation, what a link can make it do (V1), and what a name pointed at this machine gets (V33).
import { readFile } from 'node:fs/promises'
import type { BrowserContext, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { ChatMessage } from '../../src/core/protocol.ts'
import { limitedThenGood } from '../flows/support.ts'
import { setTrap, type Trap } from '../security/support.ts'
import { CHROMIUM } from '../support/browser.ts'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { type Installation, openclaw, until } from '../support/installation.ts'
import { PNG, type Stage, stageAt } from './support.ts'

const ALIVE = '● live'

describe.skipIf(CHROMIUM === undefined)('in a browser', { timeout: 120_000 }, () => {
  let stage: Stage
  let place: Installation
  let gateway: GatewayProcess
  let trap: Trap
  let context: BrowserContext
  let page: Page
  let complaints: string[]

  beforeAll(async () => {
    const rules = ['MAP evil.test 127.0.0.1', 'MAP localhost.evil.test 127.0.0.1']
    stage = await stageAt(await limitedThenGood(5), { rules })
    place = stage.place
    gateway = stage.gateway
    trap = await setTrap()
  }, 60_000)

  afterAll(async () => {
    await trap?.close()
    await stage?.close()
  })

  beforeEach(async () => {
    ;({ context, page, complaints } = await stage.visit())
  })

  const linkShows = (text: string): Promise<void> => page.locator('#link', { hasText: text }).waitFor()

  const go = (view: string): Promise<void> => page.getByRole('link', { name: view, exact: true }).click()

  async function logIn(at = gateway): Promise<void> {
    await page.goto(at.url)
    await page.fill('#token', at.token)
    await page.click('#login button')
    await linkShows(ALIVE)
  }

  test('a conversation streams, and the page says who answered and why', async () => {
    await logIn()
    await page.locator('#next-id', { hasText: /^anthropic:limited$/ }).waitFor()
    await go('Chat')
    await page.fill('#message', 'How are you?')
    await page.click('#send')
    const log = page.locator('#log')
    const footer = log.locator('.served', { hasText: 'anthropic:good' })
    await footer.first().waitFor()
    await log.locator('.message.user', { hasText: 'How are you?' }).waitFor()
    await footer.getByRole('button', { name: 'why' }).click()
    await footer.locator('.trace', { hasText: /anthropic:good taken[\s\S]*anthropic:limited passed over/ }).waitFor()
    await go('Accounts')
    await page.locator('.row', { hasText: 'limited' }).getByText('Resting until').waitFor()
    await page.locator('#next-id', { hasText: /^anthropic:good$/ }).waitFor()
    await page.locator('.row.is-next .name', { hasText: /^good$/ }).waitFor()
    await go('Activity')
    await page.locator('.entry', { hasText: /limited ✕ rate limit → good ✓/ }).click()
    await page.locator('.peek .attempt').nth(1).getByText('anthropic:good').first().waitFor()
    expect(complaints).toEqual([])
  })

  test('a picture is chosen, taken away, pasted, and shown to the model larger than a frame', async () => {
    await logIn()
    await go('Chat')
    // What stands behind its end is drawn by nobody.
    const picture = Buffer.concat([PNG, Buffer.alloc(700 * 1024, 7)])
    const file = { name: 'cat.png', mimeType: 'image/png', buffer: picture }
    await page.setInputFiles('#attach-files', [file, { ...file, name: 'dog.png' }])
    await page.getByRole('button', { name: 'Do not show dog.png' }).click()
    await page.evaluate(`{
      const data = new DataTransfer()
      data.items.add(new File(['remember the milk'], 'notes.md', { type: 'text/markdown' }))
      const paste = new ClipboardEvent('paste', { clipboardData: data, cancelable: true })
      document.querySelector('#message').dispatchEvent(paste)
    }`)
    // A file is read before it is shown.
    await expect
      .poll(() => page.locator('.attached li').allInnerTexts())
      .toEqual([expect.stringContaining('cat.png'), expect.stringContaining('notes.md')])
    await page.fill('#message', 'What is it?')
    await page.click('#send')
    await page.locator('#log').getByText('You said: What is it? [a picture] [a document: notes.md]').waitFor()
    await expect.poll(() => page.locator('.attached').count()).toBe(0)
    expect(complaints).toEqual([])
    const params = '{"sessionKey":"main"}'
    const env = { OPENCLAW_GATEWAY_PORT: String(gateway.port) }
    // The words are there before they are kept.
    const kept = await until('the question to be kept', async () => {
      const ran = await openclaw(place, ['gateway', 'call', 'chat.history', '--json', '--params', params], { env })
      const { messages } = JSON.parse(ran.stdout) as { messages: ChatMessage[] }
      return messages.findLast(({ enclosures }) => enclosures !== undefined)
    })
    expect(kept.enclosures).toMatchObject([
      { kind: 'image', mediaType: 'image/png', bytes: picture.byteLength },
      { kind: 'document', mediaType: 'text/plain', bytes: 17, name: 'notes.md' },
    ])
    // They stand below the words, as in the transcript: small, large when it is pressed, and as a file.
    const said = page.locator('.message.user').last()
    const drawn = (where: Locator) =>
      expect.poll(() => where.evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth)).toBe(1)
    for (const again of [false, true]) {
      if (again) {
        await page.reload()
        await go('Chat')
      }
      await drawn(said.locator('.shown-small img'))
      expect(await said.locator('.text').innerText()).toBe('What is it?')
    }
    await said.getByRole('button', { name: 'Show cat.png large' }).press('Enter')
    const large = page.getByRole('dialog', { name: 'cat.png' })
    await drawn(large.locator('img'))
    await page.keyboard.press('Escape')
    await large.waitFor({ state: 'hidden' })
    const saving = page.waitForEvent('download')
    await said.getByRole('link', { name: 'notes.md' }).click()
    const saved = await saving
    expect([saved.suggestedFilename(), await readFile(await saved.path(), 'utf8')]).toEqual([
      'notes.md',
      'remember the milk',
    ])
    expect(complaints).toEqual([])
    // Whoever may not read the conversation gets nothing, and no other page of this machine can embed it.
    const address = await said
      .locator('.shown-small img')
      .evaluate((image) => (image as unknown as { src: string }).src)
    const get = async (headers: Record<string, string>) => {
      const { status, headers: heard } = await fetch(address, { headers })
      return [status, heard.get('content-type'), heard.get('x-content-type-options')]
    }
    expect((await get({}))[0]).toBe(401)
    const bearer = { authorization: `Bearer ${gateway.token}` }
    expect(await get(bearer)).toEqual([200, 'image/png', 'nosniff'])
    expect((await get({ ...bearer, 'sec-fetch-site': 'same-site' }))[0]).toBe(403)
    // What is kept as a page, or as whatever else, is never given as one.
    const [, document] = kept.enclosures ?? []
    const other = address.replace(/[0-9a-f]{64}.*/, `${document?.sha256}/text/plain`)
    const file2 = await fetch(other, { headers: bearer })
    expect(
      ['content-type', 'content-disposition', 'content-security-policy'].map((name) => file2.headers.get(name)),
    ).toEqual(['application/octet-stream', 'attachment', expect.stringContaining('sandbox')])
    expect((await fetch(address.replace(/[0-9a-f]{64}/, '0'.repeat(64)), { headers: bearer })).status).toBe(404)
  })

  test('with the keyboard alone an account is moved, paused, removed and cleared, and each is taken back', async () => {
    await logIn()
    const names = page.locator('.row .name')
    const order = async (...wanted: string[]): Promise<void> => {
      await until(`the order ${wanted}`, async () =>
        (await names.allInnerTexts()).join() === wanted.join() ? true : undefined,
      )
    }
    const row = (name: string) =>
      page.locator('.row', { has: page.locator('.name', { hasText: new RegExp(`^${name}$`) }) })
    const choose = async (name: string, item: string): Promise<void> => {
      await row(name)
        .getByRole('button', { name: /^Actions for/ })
        .focus()
      await page.keyboard.press('Enter')
      await page.locator('[role=menuitem]:focus').waitFor()
      for (let step = 0; step < 20; step++) {
        if ((await page.locator(':focus').innerText()) === item) break
        await page.keyboard.press('ArrowDown')
      }
      await page.keyboard.press('Enter')
    }
    await order('limited', 'good')
    await row('limited').locator('.name').focus()
    await page.keyboard.press('Alt+ArrowDown')
    await order('good', 'limited')
    await page.locator('.toast', { hasText: 'anthropic:limited is number 2 now.' }).waitFor()
    await page.keyboard.press('Control+z')
    await order('limited', 'good')
    await choose('good', 'Pause')
    await row('good').getByText('Paused').waitFor()
    // The list hears of it before the answer comes to the one who asked.
    await page.locator('.toast', { hasText: 'anthropic:good is paused.' }).waitFor()
    await page.keyboard.press('Control+z')
    await row('good').getByText('Ready').waitFor()
    await choose('good', 'Remove')
    await order('limited')
    await page.locator('.toast', { hasText: 'anthropic:good is removed.' }).waitFor()
    await page.keyboard.press('Control+z')
    await order('limited', 'good')
    // What the test before brought about, and the key that clears it.
    await row('limited').getByText('Resting until').waitFor()
    await row('limited').locator('.name').focus()
    await page.keyboard.press('r')
    await row('limited').getByText('Ready').waitFor()
    await page.keyboard.press('Enter')
    await page.locator('.opened', { hasText: 'openclaw models explain anthropic' }).waitFor()
    expect(complaints).toEqual([])
  })

  test('every view fits a phone, in every language, and nothing comes from elsewhere', async () => {
    await logIn()
    const asked = new Set<string>()
    page.on('request', (request) => asked.add(new URL(request.url()).origin))
    await page.setViewportSize({ width: 360, height: 800 })
    for (const language of ['ko', 'zh-Hant', 'fil', 'en']) {
      await page.getByRole('banner').locator('select').last().selectOption(language)
      await page.locator(`html[lang="${language}"]`).waitFor()
      for (const view of ['accounts', 'activity', 'chat']) {
        await page.locator(`nav.tabs a[href="#${view}"]`).click()
        await page.locator(`nav.tabs a[href="#${view}"][aria-current]`).waitFor()
        const beyond = await page.evaluate(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        )
        expect(beyond, `${view} in ${language}`).toBeLessThanOrEqual(0)
      }
    }
    expect([...asked].filter((origin) => origin !== gateway.url)).toEqual([])
    expect(complaints).toEqual([])
  })

  test('a slash command is answered by the program, and a new conversation begins with an empty page', async () => {
    await logIn()
    await go('Chat')
    const log = page.locator('#log')
    const say = async (message: string, answer: string | RegExp): Promise<void> => {
      await page.fill('#message', message)
      await page.click('#send')
      await log.locator('.message.assistant .text', { hasText: answer }).waitFor()
    }
    await say('How are you now?', 'You said: How are you now?')
    await say('/model claude-opus-4-6@anthropic:good', 'Auth profile set to anthropic:good.')
    await say('And /status now?', 'Account: anthropic:good (pinned to anthropic:good)')
    await say('/model nobody@anthropic:good', 'There is no model')
    await log.getByText('How are you now?').first().waitFor()
    await say('/new', 'A new conversation begins.')
    await expect.poll(() => log.locator('.message').count()).toBe(1)
    expect(complaints).toEqual([])
  })

  test('the token is exchanged for a cookie that no script can read, and is kept nowhere', async () => {
    await logIn()
    expect(await page.evaluate('document.cookie')).toBe('')
    expect(await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }])')).toBe('[{},{}]')
    expect(await page.content()).not.toContain(gateway.token)
    expect(await page.locator('#token').count()).toBe(0)
    const [cookie] = await context.cookies()
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict', path: '/' })
    expect(cookie?.value).not.toContain(gateway.token)
  })

  test('V1 a link cannot aim the page at another gateway', async () => {
    // One of its own: what the links say is taken for codes, and wrong codes shut the door to this machine for a while.
    const own = await startGateway(place)
    onTestFinished(() => void own.stop())
    await logIn(own)
    const foreign = `127.0.0.1:${trap.port}`
    const aims = [
      'gatewayUrl',
      'gateway',
      'url',
      'ws',
      'wsUrl',
      'server',
      'host',
      'endpoint',
      'base',
      'baseUrl',
      'api',
      'redirect',
      'next',
    ]
    const links = [
      `/?${aims.map((name) => `${name}=ws://${foreign}/`).join('&')}`,
      `/#${aims.map((name) => `${name}=http://${foreign}/`).join('&')}`,
      `/?token=x&gatewayUrl=//${foreign}`,
      `/#code=//${foreign}`,
      `/#//${foreign}`,
      `/?next=javascript:fetch('http://${foreign}')`,
      `/#javascript:fetch('http://${foreign}')`,
      `/?%67atewayUrl=http://${foreign}`,
    ]
    for (const link of links) {
      // Through another page, so that a link that differs behind its # only is opened anew, too.
      await page.goto('about:blank')
      await page.goto(own.url + link)
      await linkShows(ALIVE)
      expect(new URL(page.url()).origin, link).toBe(own.url)
    }
    expect(trap.reached()).toBe(0)
    const told = await page.evaluate(async (url) => {
      const tries = [
        () => fetch(url),
        () => new Promise((_, fail) => new WebSocket(url.replace('http', 'ws')).addEventListener('error', fail)),
      ]
      return await Promise.all(
        tries.map((attempt) =>
          attempt().then(
            () => 'went out',
            () => 'refused',
          ),
        ),
      )
    }, `http://${foreign}/`)
    // Even a script of the page's own could not: its policy holds it back.
    expect(told).toEqual(['refused', 'refused'])
    expect(trap.reached()).toBe(0)
  })

  describe.each(['evil.test', 'localhost.evil.test', 'localhost.'])(
    'V33 the name %s, pointed at this machine',
    (name) => {
      test('is not answered, neither with the page nor to a page of that name', async () => {
        const origin = `http://${name}:${gateway.port}`
        await logIn()
        expect((await page.goto(`${origin}/`))?.status()).toBe(421)
        // What the attacker's own server said before the name was pointed here.
        await page.route(`${origin}/trap`, (route) => route.fulfill({ contentType: 'text/html', body: '<p>hello</p>' }))
        await page.goto(`${origin}/trap`)
        const seen = await page.evaluate(
          async ({ token, port, host }) => {
            const ask = async (path: string, init?: RequestInit): Promise<number | string> => {
              try {
                return (await fetch(path, init)).status
              } catch {
                return 'refused'
              }
            }
            const open = (url: string): Promise<string> =>
              new Promise((resolve) => {
                const socket = new WebSocket(url)
                socket.onopen = () => resolve('open')
                socket.onerror = () => resolve('refused')
              })
            const listen = (url: string): Promise<string> =>
              new Promise((resolve) => {
                const source = new EventSource(url)
                source.onopen = () => resolve('open')
                source.onerror = () => resolve('refused')
              })
            const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
            const body =
              '{"model":"anthropic/claude-opus-4-6","max_tokens":1,"messages":[{"role":"user","content":"hi"}]}'
            return {
              page: await ask('/'),
              health: await ask('/health'),
              models: await ask('/v1/models', { headers }),
              call: await ask('/v1/messages', { method: 'POST', headers, body }),
              login: await ask('/login', { method: 'POST', headers, body: JSON.stringify({ token }) }),
              socket: await open(`ws://${host}/ws`),
              // Straight at the machine, from a page of another origin.
              socketByAddress: await open(`ws://127.0.0.1:${port}/ws`),
              callByAddress: await ask(`http://127.0.0.1:${port}/v1/messages`, { method: 'POST', headers, body }),
              events: await listen('/v1/models'),
            }
          },
          { token: gateway.token, port: gateway.port, host: new URL(origin).host },
        )
        expect(seen).toEqual({
          page: 421,
          health: 421,
          models: 421,
          call: 421,
          login: 421,
          socket: 'refused',
          socketByAddress: 'refused',
          callByAddress: 'refused',
          events: 'refused',
        })
      })
    },
  )

  test('a gateway that goes away and comes back is waited for', async () => {
    const other = await startGateway(place)
    onTestFinished(() => void other.stop())
    await logIn(other)
    // At once: what listens on this port next may be another test's gateway, to which the page is a stranger.
    await Promise.all([other.stop(), page.locator('.banner', { hasText: 'Not connected since' }).waitFor()])
    await until('nothing was said on the console but lost connections', () =>
      complaints.every((text) => /WebSocket|ERR_CONNECTION/.test(text)),
    )
  })
})
