// A person logs in with a real browser: the address opens, a click agrees, the browser comes back by itself, or does not; and status shows until
// when. Whatever stands in the way, what fails writes nothing.
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { CHROMIUM, type OwnBrowser, startBrowser } from '../support/browser.ts'
import { openclaw, until } from '../support/installation.ts'
import {
  addressOn,
  agree,
  approve,
  CALLBACK_HOST,
  follow,
  type LoginPlace,
  loginPlace,
  occupy,
  stored,
} from '../support/logins.ts'
import { build, onTerminal, type Screen } from '../support/program.ts'

// Nobody answers at that proxy: a login must not be lost to a variable that is there for other programs.
const PROXY = 'http://127.0.0.1:9'
const PROXIES = {
  HTTPS_PROXY: PROXY,
  https_proxy: PROXY,
  HTTP_PROXY: PROXY,
  http_proxy: PROXY,
  ALL_PROXY: PROXY,
  NODE_USE_ENV_PROXY: '1',
}
const MINUTES_10 = 600_000

let place: LoginPlace
/** By how much the vendor's clock is ahead of ours, ms. */
let ahead = 0
beforeAll(build, 60_000)
beforeEach(async () => {
  ahead = 0
  place = await loginPlace({ env: PROXIES }, { now: () => Date.now() + ahead })
  const bin = join(place.dir, 'bin')
  await mkdir(bin)
  await writeFile(join(bin, 'xdg-open'), `#!/bin/sh\nprintf '%s\\n' "$1" > '${place.dir}/opened'\n`)
  await chmod(join(bin, 'xdg-open'), 0o755)
  place.env.PATH = `${bin}:${place.env.PATH}`
})
afterEach(() => place.close())

const LOGIN = ['models', 'auth', 'login', '--provider', 'openai-codex']
const opened = (): Promise<string> => readFile(join(place.dir, 'opened'), 'utf8').catch(() => '')
const theOpened = (): Promise<string> =>
  until('the browser', async () => {
    const text = await opened()
    return text.endsWith('\n') ? text.trim() : undefined
  })

describe.skipIf(CHROMIUM === undefined)('in a real browser', () => {
  let browser: OwnBrowser
  beforeAll(async () => {
    browser = await startBrowser([`MAP localhost ${CALLBACK_HOST}`])
  }, 60_000)
  afterAll(() => browser.close())

  /** The command, with the page that it opened. */
  async function started(): Promise<{ screen: Screen; page: Page }> {
    place.env.DISPLAY = ':9'
    await rm(join(place.dir, 'opened'), { force: true })
    const screen = onTerminal(place, LOGIN)
    await screen.shows('A browser opens.')
    const page = await browser.newPage()
    await page.goto(await theOpened())
    return { screen, page }
  }

  it('is done when somebody has clicked', async () => {
    const { screen, page } = await started()
    await page.getByText('Continue as work').click()
    await page.getByText('You can close this window.').waitFor()
    expect(new URL(page.url()).host).toBe('localhost:1455')
    // The page itself holds nothing of the address that it was opened with.
    expect(await page.content()).not.toContain(new URL(page.url()).searchParams.get('code'))
    await page.close()
    expect((await screen.exit).code).toBe(0)
    const status = JSON.parse((await openclaw(place, ['models', 'status', '--json'])).stdout)
    expect(status.auth.oauth.profiles).toMatchObject([
      {
        profileId: 'openai-codex:work@example.com',
        type: 'oauth',
        status: 'ok',
        label: expect.stringContaining('work@example.com'),
      },
    ])
    const list = await openclaw(place, ['models', 'auth', 'list'])
    expect(list.stdout).toMatch(
      /openai-codex:work@example\.com +oauth +OAuth \(work@example\.com\) +ok, expires in \d+d/,
    )
  })

  it('comes back on the second port when the first one is taken', async () => {
    const taken = await occupy(1455)
    const { screen, page } = await started()
    await page.getByText('Continue as work').click()
    await page.getByText('You can close this window.').waitFor()
    expect(new URL(page.url()).host).toBe('localhost:1457')
    await page.close()
    expect((await screen.exit).code).toBe(0)
    taken.close()
  })

  it('ends at an address that can be pasted when both ports are taken', async () => {
    const taken = [await occupy(1455), await occupy(1457)]
    const { screen, page } = await started()
    const asked = page.waitForRequest(/auth\/callback/)
    await page.getByText('Continue as work').click({ noWaitAfter: true })
    // What a person copies from the address bar while the page goes on loading.
    screen.type(`\u001b[200~${(await asked).url()}\u001b[201~\r`)
    expect((await screen.exit).code, screen.text()).toBe(0)
    expect(Object.keys((await stored(place)).profiles)).toEqual(['openai-codex:work@example.com'])
    for (const server of taken) server.close()
    await page.close()
  })

  it('leaves nothing when the person says no there, or leaves the terminal first', async () => {
    const { screen, page } = await started()
    await page.getByText('Cancel').click()
    await page.getByText('Where you started the login it says why.').waitFor()
    expect((await screen.exit).code).toBe(1)
    expect(screen.text()).toContain('Nothing was changed.')
    await page.close()
    const left = await started()
    left.screen.type('\u0003')
    expect((await left.screen.exit).code).toBe(130)
    // Nobody waits any more for the browser that comes back.
    const failed = left.page.waitForEvent('requestfailed')
    await left.page.getByText('Continue as work').click({ noWaitAfter: true })
    expect((await failed).failure()?.errorText).toBe('net::ERR_CONNECTION_REFUSED')
    await left.page.close()
    expect(await readdir(place.state)).toEqual([])
    expect(place.sandbox.logins.redemptions()).toEqual([])
  })
})

it.each([
  ['ahead', MINUTES_10],
  ['behind', -MINUTES_10],
])('does not mind a vendor whose clock is 10 minutes %s, on any way in', async (_where, by) => {
  ahead = by
  // Shorter than the difference: by its own words such a token has ended already, or lives three times as long.
  place.sandbox.logins.settings.accessLifeMs = MINUTES_10 - 240_000
  const before = Date.now()
  for (const way of ['browser', 'paste', 'device'] as const) {
    const screen = onTerminal(place, [...LOGIN, ...(way === 'device' ? ['--device-code'] : [])])
    if (way === 'device') {
      await screen.shows('Waiting.')
      await approve(place.sandbox, /SAND-[0-9A-F]{6}/.exec(screen.text())?.[0] ?? '')
    } else {
      const location = await agree(await addressOn(screen))
      if (way === 'paste') screen.type(`${location}\r`)
      else await follow(location)
    }
    expect((await screen.exit).code, screen.text()).toBe(0)
  }
  const [entry] = Object.values((await stored(place)).profiles)
  expect(Number(entry?.expires)).toBeGreaterThanOrEqual(before + 360_000)
  expect(Number(entry?.expires)).toBeLessThanOrEqual(Date.now() + 360_000)
  // One account, three times; its token is as good as the vendor said.
  expect(Object.keys((await stored(place)).profiles)).toHaveLength(1)
  const status = JSON.parse((await openclaw(place, ['models', 'status', '--json'])).stdout)
  expect(status.auth.oauth.profiles).toMatchObject([{ status: 'expiring' }])
})

it('opens no browser over SSH, or when told so', async () => {
  for (const [env, flags] of [
    [{ DISPLAY: ':9', SSH_CONNECTION: '10.0.0.1 1 10.0.0.2 22' }, []],
    [{ DISPLAY: ':9' }, ['--no-browser']],
  ] as const) {
    const screen = onTerminal({ ...place, env: { ...place.env, ...env } }, [...LOGIN, ...flags])
    const address = await addressOn(screen)
    expect(screen.text()).toContain('Open this address in a browser:')
    screen.type(`${await agree(address)}\r`)
    expect((await screen.exit).code).toBe(0)
  }
  expect(await opened()).toBe('')
})

it('goes on waiting for a browser that was opened when nothing can be pasted', async () => {
  place.env.DISPLAY = ':9'
  // What is started from an editor or a desktop has a screen, and no line to read.
  const run = openclaw(place, LOGIN)
  await follow(await agree(await theOpened()))
  expect((await run).code).toBe(0)
})
