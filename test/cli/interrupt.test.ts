// Ctrl-C at every question of every wizard leaves everything as it was and exits 130. The first set-up has its own test beside that of
// its questions (onboard-wizard.test.ts), as have the single questions of the other commands.
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { pictureOf } from '../security/support.ts'
import { type Installation, install } from '../support/installation.ts'
import { build, onTerminal } from '../support/program.ts'
import { apiKey } from './secrets.ts'

/** What the screen must show, and what is typed then. */
type Step = readonly [shows: string, types: string]

/** Every question of a wizard, in the sequence in which it asks them; Ctrl-C comes at each of them in turn. */
const WIZARDS: readonly [name: string, line: string, steps: readonly Step[]][] = [
  [
    'agents add',
    'agents add',
    [
      ['Name of the agent: ', 'home\r'],
      ['Workspace [', '\r'],
      ['Model [', ''],
    ],
  ],
  [
    'models auth add',
    'models auth add',
    [
      ['Provider, by number or name [anthropic]: ', '\r'],
      ['1 API key, 2 token', '\r'],
      ['Name of the profile [anthropic:manual]: ', 'default\r'],
      ['anthropic:default exists. Replace its credential? [y/N] ', 'y\r'],
      ['it is not shown), then Enter: ', ''],
    ],
  ],
  [
    'models auth add, of a provider nobody knows',
    'models auth add',
    [
      ['Provider, by number or name [anthropic]: ', 'nosuch\r'],
      ['No provider nosuch is known. Keep a credential for it until it is configured? [y/N] ', 'y\r'],
      ['1 API key, 2 token', '2\r'],
      ['Name of the profile [nosuch:default]: ', '\r'],
      ['Does it end by itself? [y/N] ', 'y\r'],
      ['After how long (365d, 12h, 30m) [365d]: ', '\r'],
      ['then Enter: ', 'half-of-a-secret'],
    ],
  ],
  [
    'onboard, over a set-up',
    'onboard',
    [
      ['What shall become of it?', 'modify\r'],
      ['Whose models?', '\r'],
      ['How?', '\r'],
      ['There is a key already.', '\r'],
      ['Which model by default?', '\r'],
      ['Port of the gateway [18789]: ', '\r'],
      ['Who may reach it?', '\r'],
      ['Write it?', ''],
    ],
  ],
  [
    'reset',
    'reset',
    [
      ['The config (', 'y\r'],
      ['The credentials and conversations of all agents as well? [y/N] ', 'y\r'],
      ['Everything else in ', ''],
    ],
  ],
  ['reset of a scope', 'reset --scope full', [['Move this to the trash? [y/N] ', '']]],
  ['config set', 'config set gateway.auth.password --stdin', [['gateway.auth.password', 'half-of-a-secret']]],
]

let place: Installation
beforeAll(build, 60_000)
beforeEach(async () => {
  place = await install({
    profiles: [{ id: 'anthropic:default', key: apiKey('kkkk') }],
    config: { agents: { defaults: { model: 'anthropic/claude-sonnet-4-5' } } },
  })
})
afterEach(() => place.remove())

describe.each(WIZARDS)('%s', (_name, line, steps) => {
  it.each(steps.map(([question], at) => [question, at] as const))('at "%s"', async (_question, at) => {
    const before = await pictureOf(place.state)
    const screen = onTerminal(place, line.split(' '))
    for (const [question, keys] of steps.slice(0, at)) {
      await screen.shows(question)
      screen.type(keys)
    }
    const [question = '', keys = ''] = steps[at] ?? []
    await screen.shows(question)
    // Half an answer may stand there already.
    screen.type(`${keys.replace('\r', '')}\u0003`)
    expect((await screen.exit).code).toBe(130)
    expect(screen.text()).toContain('Cancelled; nothing was changed.')
    expect(screen.text()).not.toContain('half-of-a-secret')
    expect(await pictureOf(place.state)).toEqual(before)
  })
})
