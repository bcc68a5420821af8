// On a real (pseudo) terminal: the secret is never shown, a wrapped paste arrives whole, and Ctrl-C changes nothing.
import { readdir } from 'node:fs/promises'
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { type Installation, install, readJson } from '../support/installation.ts'
import { build, onTerminal } from '../support/program.ts'
import { apiKey, setupToken } from './secrets.ts'

let place: Installation
beforeAll(build, 60_000)
beforeEach(async () => {
  place = await install()
})
afterEach(() => place.remove())

const ASKS = 'Paste the API key of Anthropic (sk-ant-api03-…; it is not shown), then Enter: '
const PASTE = ['models', 'auth', 'paste-api-key', '--provider', 'anthropic']
const profiles = async (): Promise<Record<string, { key?: string; token?: string }>> => {
  const file = await readJson(`${place.state}/agents/main/agent/auth-profiles.json`)
  return (file as { profiles?: Record<string, { key?: string; token?: string }> } | undefined)?.profiles ?? {}
}

it('asks without showing what is typed, and keeps it', async () => {
  const screen = onTerminal(place, PASTE)
  await screen.shows(ASKS)
  screen.type(apiKey('kkkk'))
  screen.type('\r')
  expect((await screen.exit).code).toBe(0)
  expect(screen.text()).toContain('Auth profile: anthropic:default (anthropic/api_key)')
  expect(screen.text()).not.toContain('aaaa')
  expect(await profiles()).toMatchObject({ 'anthropic:default': { key: apiKey('kkkk') } })
})

it('takes a paste that was wrapped over lines as one secret, marked or not', async () => {
  const wrapped = `${apiKey('kkkk').slice(0, 30)}\r\n  ${apiKey('kkkk').slice(30, 60)}\r\n${apiKey('kkkk').slice(60)}`
  for (const typed of [`\u001b[200~${wrapped}\u001b[201~\r`, `${wrapped}\r`]) {
    const screen = onTerminal(place, PASTE)
    await screen.shows(ASKS)
    screen.type(typed)
    expect((await screen.exit).code).toBe(0)
    expect(await profiles()).toEqual({ 'anthropic:default': expect.objectContaining({ key: apiKey('kkkk') }) })
  }
})

it('asks the terminal to mark pastes, and takes that back at the end', async () => {
  const screen = onTerminal(place, PASTE)
  await screen.shows('\u001b[?2004h')
  await screen.shows(ASKS)
  screen.type('\u0003')
  await screen.exit
  expect(screen.text()).toContain('\u001b[?2004l')
})

it.each([
  ['Ctrl-C', '\u0003'],
  ['Ctrl-C behind half a secret', `${apiKey('kkkk').slice(0, 20)}\u0003`],
  ['Ctrl-D on an empty line', '\u0004'],
])('changes nothing on %s and exits 130', async (_what, keys) => {
  const screen = onTerminal(place, PASTE)
  await screen.shows(ASKS)
  screen.type(keys)
  expect((await screen.exit).code).toBe(130)
  expect(screen.text()).toContain('Cancelled; nothing was changed.')
  expect(await readdir(place.state)).toEqual([])
})

it('asks whether claude setup-token was run, says what the vendor recommends, and stops at no', async () => {
  const screen = onTerminal(place, ['models', 'auth', 'setup-token'])
  await screen.shows('Anthropic recommends API keys')
  await screen.shows('Have you run `claude setup-token` and copied the token? [y/N] ')
  screen.type('n\r')
  expect((await screen.exit).code).toBe(130)
  expect(screen.text()).toContain('Nothing was changed.')
  expect(await readdir(place.state)).toEqual([])
})

it('takes the token after yes, or at once with --yes', async () => {
  for (const args of [[], ['--yes']]) {
    const screen = onTerminal(place, ['models', 'auth', 'setup-token', ...args])
    if (args.length === 0) {
      await screen.shows('[y/N] ')
      screen.type('y\r')
    }
    await screen.shows('Paste the token of Anthropic (it is not shown), then Enter: ')
    screen.type(`\u001b[200~${setupToken('tttt')}\n\u001b[201~\r`)
    expect((await screen.exit).code).toBe(0)
    expect(screen.text()).not.toContain('bbbb')
    expect(await profiles()).toMatchObject({ 'anthropic:default': { token: setupToken('tttt') } })
  }
})

it('asks before a profile is removed; Ctrl-C at the question is 130, too', async () => {
  await place.remove()
  place = await install({ profiles: [{ id: 'anthropic:default', key: apiKey('kkkk') }] })
  const question = 'Remove anthropic:default from '
  for (const [keys, code] of [
    ['\u0003', 130],
    ['\r', 130],
    ['yes\r', 0],
  ] as const) {
    expect(Object.keys(await profiles())).toEqual(['anthropic:default'])
    const screen = onTerminal(place, ['models', 'auth', 'logout', 'anthropic:default'])
    await screen.shows(question)
    await screen.shows('[y/N] ')
    screen.type(keys)
    expect((await screen.exit).code).toBe(code)
  }
  expect(await profiles()).toEqual({})
})

it('uses colours on a terminal, and none with --no-color', async () => {
  const colour = '\u001b[3'
  const coloured = onTerminal(place, ['models', 'status'])
  await coloured.exit
  expect(coloured.text()).toContain(colour)
  const plain = onTerminal(place, ['models', 'status', '--no-color'])
  await plain.exit
  expect(plain.text()).not.toContain('\u001b[')
})
