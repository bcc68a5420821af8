// A person logs in with a real browser: the address opens, a click agrees, the browser comes back by itself; and status shows until when.
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { CHROMIUM, startBrowser } from '../support/browser.ts'
import { openclaw, until } from '../support/installation.ts'
import { addressOn, agree, CALLBACK_HOST, follow, type LoginPlace, loginPlace } from '../support/logins.ts'
import { build, onTerminal } from '../support/program.ts'

let place: LoginPlace
beforeAll(build, 60_000)
beforeEach(async () => {
  // Nobody answers at that proxy: a login must not be lost to a variable that is there for other programs.
  place = await loginPlace({ env: { HTTPS_PROXY: 'http://127.0.0.1:9', http_proxy: 'http://127.0.0.1:9' } })
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

it.skipIf(CHROMIUM === undefined)('opens the browser, and is done when somebody has clicked', async () => {
  place.env.DISPLAY = ':9'
  const screen = onTerminal(place, LOGIN)
  await screen.shows('A browser opens.')
  const address = await theOpened()
  const browser = await startBrowser([`MAP localhost ${CALLBACK_HOST}`])
  try {
    const page = await browser.newPage()
    await page.goto(address)
    await page.getByText('Continue as work').click()
    await page.getByText('You can close this window.').waitFor()
    expect(new URL(page.url()).host).toBe('localhost:1455')
    // The page itself holds nothing of the address that it was opened with.
    expect(await page.content()).not.toContain(new URL(page.url()).searchParams.get('code'))
  } finally {
    await browser.close()
  }
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
  expect(list.stdout).toMatch(/openai-codex:work@example\.com +oauth +OAuth \(work@example\.com\) +ok, expires in \d+d/)
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
