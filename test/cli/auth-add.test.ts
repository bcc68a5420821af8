// `models auth add` on a pseudo-terminal: what it asks, what it takes for an answer, and that nothing is written before the end.
import { readdir } from 'node:fs/promises'
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { type Installation, install, openclaw, readJson } from '../support/installation.ts'
import { build, onTerminal, type Screen, transcript } from '../support/program.ts'
import { apiKey, openaiKey, setupToken } from './secrets.ts'

let place: Installation
beforeAll(build, 60_000)
beforeEach(async () => {
  place = await install()
})
afterEach(() => place.remove())

const ADD = ['models', 'auth', 'add']
const profiles = async (): Promise<Record<string, Record<string, unknown>>> => {
  const file = await readJson(`${place.state}/agents/main/agent/auth-profiles.json`)
  return (file as { profiles?: Record<string, Record<string, unknown>> } | undefined)?.profiles ?? {}
}
/** Answers each question once it is on the screen. */
const answer = async (
  screen: Screen,
  ...steps: readonly (readonly [question: string, keys: string])[]
): Promise<void> => {
  for (const [question, keys] of steps) {
    await screen.shows(question)
    screen.type(keys)
  }
}

it('takes the usual answers for Enter, and hides the secret', async () => {
  const screen = onTerminal(place, ADD)
  await answer(
    screen,
    ['Provider, by number or name [anthropic]: ', '\r'],
    ['1 API key, 2 token, such as `claude setup-token` prints [1]: ', '\r'],
    ['Name of the profile [anthropic:default]: ', '\r'],
    ['Paste the API key of Anthropic (sk-ant-api03-…; it is not shown), then Enter: ', `${apiKey('kkkk')}\r`],
  )
  expect((await screen.exit).code).toBe(0)
  expect(screen.text()).toContain('Auth profile: anthropic:default (anthropic/api_key)')
  expect(screen.text()).not.toContain('aaaa')
  expect(await profiles()).toMatchObject({ 'anthropic:default': { type: 'api_key', key: apiKey('kkkk') } })
})

it('takes a token with a name and an end; a wrong answer is asked for again', async () => {
  const screen = onTerminal(place, ADD)
  await answer(
    screen,
    ['[anthropic]: ', '99\r'],
    ['There are ', `${apiKey('oops')}\r`],
    ['That looks like a secret, which is asked for later.', 'no such!\r'],
    ['is not a provider id', 'OpenRouter\r'],
    ['1 API key, 2 token [1]: ', '3\r'],
    ['It is 1 or 2.', '2\r'],
    ['Name of the profile [openrouter:default]: ', 'xai:work\r'],
    ['Another name, please: profile "xai:work" is not named after openrouter.', 'work\r'],
    ['Does it end by itself? [y/N] ', 'y\r'],
    ['After how long (365d, 12h, 30m) [365d]: ', 'soon\r'],
    ['A length is a number', '12h\r'],
    ['it is not shown), then Enter: ', 'or-token-0123456789abcdef\r'],
  )
  expect((await screen.exit).code).toBe(0)
  const kept = (await profiles())['openrouter:work']
  expect(kept).toMatchObject({ type: 'token', token: 'or-token-0123456789abcdef' })
  expect(Math.abs(Number(kept?.expires) - Date.now() - 12 * 3_600_000)).toBeLessThan(60_000)
})

it('offers a free name, and replaces only what a person says may be replaced', async () => {
  await place.remove()
  place = await install({
    profiles: [
      { id: 'anthropic:default', key: apiKey('1111') },
      { id: 'anthropic:manual', token: setupToken('2222') },
    ],
  })
  const screen = onTerminal(place, ADD)
  await answer(
    screen,
    ['[anthropic]: ', 'anthropic\r'],
    ['[1]: ', 'key\r'],
    ['Name of the profile [anthropic:2]: ', 'manual\r'],
    ['anthropic:manual holds another kind of credential', 'default\r'],
    ['anthropic:default exists. Replace its credential? [y/N] ', 'n\r'],
    ['Replace its credential? [y/N] n\r\nName of the profile [anthropic:2]: ', 'default\r'],
    ['Name of the profile [anthropic:2]: default\r\nanthropic:default exists. Replace its credential? [y/N] ', 'y\r'],
  )
  await answer(screen, ['it is not shown), then Enter: ', `${apiKey('3333')}\r`])
  expect((await screen.exit).code).toBe(0)
  expect(screen.text()).toContain('Replaced in ')
  expect((await profiles())['anthropic:default']?.key).toBe(apiKey('3333'))
})

it('keeps a credential for a provider that is not there yet only when a person says so', async () => {
  const screen = onTerminal(place, ADD)
  await answer(
    screen,
    ['[anthropic]: ', 'nosuch\r'],
    ['No provider nosuch is known. Keep a credential for it until it is configured? [y/N] ', '\r'],
    ['is configured? [y/N] \r\nProvider, by number or name [anthropic]: ', 'openai\r'],
    ['1 API key, 2 token [1]: ', '\r'],
    ['[openai:default]: ', '\r'],
    ['then Enter: ', `${openaiKey('kkkk')}\r`],
  )
  expect((await screen.exit).code).toBe(0)
  expect(Object.keys(await profiles())).toEqual(['openai:default'])
})

it.each([
  ['at the first question', ['[anthropic]: ']],
  ['at the name', ['[anthropic]: ', '[1]: ', '[anthropic:default]: ']],
  ['at the secret', ['[anthropic]: ', '[1]: ', '[anthropic:default]: ', 'then Enter: ']],
])('writes nothing when Ctrl-C comes %s, and exits 130', async (_when, questions) => {
  const screen = onTerminal(place, ADD)
  for (const [at, question] of questions.entries()) {
    await screen.shows(question)
    screen.type(at === questions.length - 1 ? '\u0003' : '\r')
  }
  expect((await screen.exit).code).toBe(130)
  expect(screen.text()).toContain('Cancelled; nothing was changed.')
  expect(await readdir(place.state)).toEqual([])
})

it('names the commands that need no terminal where there is none', async () => {
  const ran = await openclaw(place, ADD, { input: apiKey('kkkk') })
  expect(transcript(place, ran)).toBe(`--- stderr
Error: models auth add asks questions and needs a terminal; nothing was stored. In a script use paste-api-key or paste-token, which read the secret from a pipe.
  Run: openclaw models auth paste-api-key --provider anthropic
--- exit 1
`)
  const asJson = await openclaw(place, [...ADD, '--json'])
  expect(JSON.parse(asJson.stdout).error.code).toBe('usage')
  expect(await readdir(place.state)).toEqual([])
})
