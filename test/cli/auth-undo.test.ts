// `models auth undo` as a person meets it: what it says, what it brings back, and what a logout leaves on the disk.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { type Installation, install, openclaw } from '../support/installation.ts'
import { build, comparable, transcript } from '../support/program.ts'
import { apiKey, openaiKey } from './secrets.ts'

const STORE = '$STATE/agents/main/agent/auth-profiles.json'

let place: Installation
beforeAll(build, 60_000)
beforeEach(async () => {
  place = await install()
})
afterEach(() => place.remove())

const run = async (line: string, input?: string): Promise<string> => {
  const ran = await openclaw(place, line.split(' '), input === undefined ? {} : { input })
  return transcript(place, ran).replaceAll(/\d+[ms] ago/g, 'T ago')
}
const kept = (name: string): Promise<string> => readFile(`${place.state}/agents/main/agent/${name}`, 'utf8')

it('brings back what a paste replaced, says what, and takes that back as well', async () => {
  expect(await run('models auth undo --list')).toBe('Nothing to undo.\n--- exit 0\n')
  expect(await run('models auth undo')).toBe(
    `--- stderr\nError: There is nothing to undo in ${STORE} (agent main); a change can be undone for 3 days. Nothing was changed.\n  Run: openclaw models auth list --agent main\n--- exit 1\n`,
  )
  await run('models auth paste-api-key --provider anthropic', apiKey('good'))
  await run('models auth paste-api-key --provider anthropic', apiKey('evil'))
  const listed = await run('models auth undo --list')
  expect(listed).toBe(
    `1. paste-api-key, T ago (for 3d more)
- anthropic:default: api_key, ${apiKey('good').slice(0, 10)}…${apiKey('good').slice(-4)}
2. paste-api-key, T ago (cannot be undone)
- anthropic:default: left as it is, it was changed again since
--- exit 0
`,
  )
  expect(await run('models auth undo')).toBe(
    `Undid: paste-api-key, T ago (${STORE})
- anthropic:default: api_key, ${apiKey('good').slice(0, 10)}…${apiKey('good').slice(-4)}
--- stderr
To have it as it was before: openclaw models auth undo
--- exit 0
`,
  )
  expect(await kept('auth-profiles.json')).toContain(apiKey('good'))
  expect(await run('models auth undo')).toContain('Undid: undo of paste-api-key')
  expect(await kept('auth-profiles.json')).toContain(apiKey('evil'))
})

it('answers in JSON, numbers changes, and refuses a number that is none', async () => {
  await run('models auth paste-api-key --provider openai --profile-id openai:a', openaiKey('a'))
  await run('models auth order set --provider openai openai:a')
  const list = await openclaw(place, ['models', 'auth', 'undo', '--list', '--json'])
  expect(JSON.parse(list.stdout)).toMatchObject({
    agentId: 'main',
    changes: [
      { number: 1, change: 'order set', possible: true, profiles: [], orders: [{ provider: 'openai', order: null }] },
      { number: 2, change: 'paste-api-key', possible: true, profiles: [{ profileId: 'openai:a', becomes: null }] },
    ],
  })
  const done = await openclaw(place, ['models', 'auth', 'undo', '2', '--json'])
  expect(JSON.parse(comparable(place, done.stdout))).toMatchObject({
    ok: true,
    authStorePath: STORE,
    change: 'paste-api-key',
    profiles: [{ profileId: 'openai:a', becomes: null }],
  })
  expect(JSON.parse(await kept('auth-profiles.json')).profiles).toEqual({})
  expect(await run('models auth undo 9')).toContain('There are only 2 changes to undo')
  expect(await run('models auth undo zero')).toBe(
    '--- stderr\nError: Changes are numbered from 1 to 10. Nothing was changed.\n  Run: openclaw models auth undo --list\n--- exit 1\n',
  )
})

it('a logout says that the key is kept and how to drop it; --forget drops it at once, or later', async () => {
  const key = apiKey('kkkk')
  await run('models auth paste-api-key --provider anthropic', key)
  const out = await run('models auth logout anthropic:default --yes')
  const drop = 'openclaw models auth logout anthropic:default --forget'
  expect(out).toContain(
    `It is kept for 3d, so that \`openclaw models auth undo\` can bring it back. To drop it now: ${drop}\n`,
  )
  expect(await kept('auth-profiles.undo.json')).toContain(key)
  expect(await run(drop.slice('openclaw '.length))).toContain(`  Run: ${drop} --yes\n--- exit 1\n`)
  expect(await run(`${drop.slice('openclaw '.length)} --yes`)).toBe(
    'Dropped what was kept of anthropic:default for undo\n--- exit 0\n',
  )
  expect(await kept('auth-profiles.undo.json')).not.toContain(key)
  await run('models auth paste-api-key --provider anthropic', key)
  const forgotten = await openclaw(place, [
    ...['models', 'auth', 'logout', 'anthropic:default'],
    ...['--forget', '--yes', '--json'],
  ])
  expect(JSON.parse(forgotten.stdout)).toMatchObject({ ok: true, provider: 'anthropic', undoUntil: null })
  for (const name of ['auth-profiles.json', 'auth-profiles.undo.json']) expect(await kept(name)).not.toContain(key)
  expect(await run('models auth undo')).toContain('There is nothing to undo')
})

it('of another agent reaches that one, and of one that borrows names the owner', async () => {
  await run('models auth paste-api-key --provider anthropic', apiKey('main'))
  const config = JSON.parse(await readFile(`${place.state}/openclaw.json`, 'utf8'))
  config.agents = { list: [{ id: 'main' }, { id: 'work', auth: { inherit: 'main' } }, { id: 'own' }] }
  await mkdir(`${place.state}/agents/own`, { recursive: true })
  await writeFile(`${place.state}/openclaw.json`, JSON.stringify(config))
  expect(await run('models auth undo --agent work')).toContain('  Run: openclaw models auth undo --agent main\n')
  expect(await run('models auth undo --agent own')).toContain('(agent own)')
  expect(await run('models auth undo --agent main')).toContain('- anthropic:default: removed')
})
