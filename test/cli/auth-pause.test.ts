// `models auth pause` and `resume` as a person meets them: what they say, where a paused profile is shown, and what is refused.
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Installation, install, openclaw } from '../support/installation.ts'
import { build, comparable, transcript } from '../support/program.ts'
import { apiKey } from './secrets.ts'

const STORE = '$STATE/agents/main/agent/auth-profiles.json'
const ID = 'anthropic:work'

let place: Installation
beforeAll(async () => {
  await build()
  place = await install({
    profiles: [
      { id: ID, key: apiKey('work') },
      { id: 'anthropic:home', key: apiKey('home') },
    ],
    order: { anthropic: [ID, 'anthropic:home'] },
    env: { OPENAI_API_KEY: 'sk-proj-0123456789abcdef0123456789' },
  })
}, 60_000)
afterAll(() => place.remove())

const run = async (line: string): Promise<string> => transcript(place, await openclaw(place, line.split(' ')))
const file = (): Promise<string> => readFile(`${place.state}/agents/main/agent/auth-profiles.json`, 'utf8')

it('sets a profile aside for a while, shows it everywhere, and takes it back', async () => {
  expect(await run(`models auth pause ${ID} --until 2h`)).toBe(
    `Paused ${ID} (anthropic, agent main) until DATE (2h) in ${STORE}\n--- exit 0\n`,
  )
  const [status, explain, list, json, doctor, undo] = await Promise.all([
    run('models status --check'),
    run('models explain anthropic'),
    run('models auth list'),
    openclaw(place, ['models', 'status', '--json']),
    openclaw(place, ['doctor', '--json']),
    run('models auth undo --list'),
  ])
  expect(status).toContain(' [paused 2h], anthropic:home=')
  expect(status).toContain('next=anthropic:home')
  expect(status).toContain('Check (exit 0)')
  expect(explain).toMatch(/ {2}passed over {2}anthropic:work .* paused: paused by a person, ends in 2h \(TIME\)\n/)
  expect(explain).toContain(`    run: openclaw models auth resume ${ID}\n`)
  expect(list).toMatch(
    /- anthropic:work .* paused, back in 2h \(TIME\)\n {4}run: openclaw models auth resume anthropic:work\n/,
  )
  expect(JSON.parse(json.stdout).auth.pausedProfiles).toEqual([
    { profileId: ID, provider: 'anthropic', until: expect.any(Number), remainingMs: expect.any(Number) },
  ])
  expect(JSON.parse(doctor.stdout).findings).toContainEqual(
    expect.objectContaining({ code: 'paused', severity: 'note', remedy: `openclaw models auth resume ${ID}` }),
  )
  expect(undo).toMatch(/^1\. pause, \d+[ms] ago \(for 3d more\)\n- anthropic:work: not paused\n/)
  expect(await run(`models auth resume ${ID}`)).toBe(`Resumed ${ID} (anthropic, agent main) in ${STORE}\n--- exit 0\n`)
  expect(await run(`models auth resume ${ID}`)).toBe(
    `${ID} (anthropic, agent main) was not paused; it is in use (${STORE})\n--- exit 0\n`,
  )
})

it('says when nothing else can serve, and answers in JSON', async () => {
  await run('models auth pause anthropic:home')
  const ran = await openclaw(place, ['models', 'auth', 'pause', ID, '--json'])
  expect(JSON.parse(comparable(place, ran.stdout))).toEqual({
    ok: true,
    agentId: 'main',
    profileId: ID,
    provider: 'anthropic',
    authStorePath: STORE,
    paused: true,
    until: null,
    wasPaused: false,
  })
  expect(ran.stderr).toBe(
    `Nothing else can serve anthropic now, so calls to it are refused. To have it back: openclaw models auth resume ${ID}\n`,
  )
  const status = await run('status')
  expect(status).toContain(`- ${ID}: paused, until it is resumed\n`)
  expect(status).toContain('Nothing needs you.\n--- exit 0\n')
})

it('refuses an end that is none or has passed, and what is not kept here', async () => {
  const before = await file()
  const refused = await Promise.all(
    ['90', '2020-01-01T00:00:00Z'].map((until) => run(`models auth pause ${ID} --until ${until}`)),
  )
  for (const [at, text] of ['90', '2020-01-01T00:00:00Z'].entries()) {
    expect(refused[at]).toBe(
      `--- stderr\nError: --until takes a length such as 90m, 2h or 3d, or a moment ahead such as DATE; "${text}" is neither. Nothing was changed.\n  Run: openclaw models auth pause ${ID} --until 2h\n--- exit 1\n`,
    )
  }
  const variable = await run('models auth pause env:OPENAI_API_KEY')
  expect(variable).toBe(
    `--- stderr\nError: env:OPENAI_API_KEY (agent main) is not kept here but comes from env: OPENAI_API_KEY, so it cannot be paused in ${STORE}. Unset it where the gateway starts. Nothing was changed.\n  Run: openclaw models where openai\n--- exit 1\n`,
  )
  expect(await file()).toBe(before)
})

it('is found by help and completed with the names of profiles', async () => {
  const [help, offers] = await Promise.all([
    run('models auth --help'),
    openclaw(place, ['__complete', '--current=anth', 'models', 'auth', 'resume']),
  ])
  expect(help).toMatch(/ pause \[options\] <profileId> /)
  expect(help).toMatch(/ resume \[options\] <profileId> /)
  expect(offers.stdout.trim().split('\n')).toEqual([ID, 'anthropic:home'])
})
