// What a page may see of openclaw.json and change in it: on the version that it saw, with the file's comments, and never a secret.
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { SettingsAnswer, SettingsReport } from '../../src/core/settings.ts'
import { ask, GOOD, key, OTHER, type Setup, type Stand, say, stand, Talker } from './support.ts'

const BOT = '123456789:AAFakeTokenOfABotThatIsNobodys0001'

const file = (on: Stand): Promise<string> => readFile(join(on.stateDir, 'openclaw.json'), 'utf8')

/** A gateway whose file is written by hand, with comments, a secret and a variable. */
async function place(setup: Setup = {}): Promise<Stand> {
  const on = await stand({
    env: { OPENAI_PROJECT_KEY: OTHER },
    profiles: { 'anthropic:good': key('anthropic', GOOD) },
    ...setup,
  })
  await writeFile(
    join(on.stateDir, 'openclaw.json'),
    `{
  // Vendors.
  models: { providers: {
    anthropic: { baseUrl: "${on.sandbox.baseUrl('anthropic')}" }, // played
    openai: { baseUrl: "${on.sandbox.baseUrl('openai')}", apiKey: "\${OPENAI_PROJECT_KEY}" },
  } },
  channels: { telegram: { enabled: false, botToken: "${BOT}" } },
  agents: {
    /* everybody */ defaults: { model: { primary: "anthropic/claude-opus-4-6", fallbacks: ["openai/gpt-5.1"] } },
    list: [
      // The one that is always there.
      { id: "main" },
      { id: "work", name: "Work" }, // for work
    ],
  },
  auth: { wait: { maxMs: 1500 } }, // a little patience
  bindings: [
    // My own chat.
    { agentId: "work", match: { channel: "telegram", peer: { kind: "direct", id: "42" } } },
  ],
}
`,
  )
  await on.auth.home.reload()
  return on
}

async function page(on: Stand): Promise<{ talker: Talker; report: SettingsReport }> {
  const talker = new Talker(on.url)
  expect(await talker.connect(on.token)).toMatchObject({ ok: true })
  return { talker, report: await follow(talker) }
}

const follow = async (talker: Talker): Promise<SettingsReport> =>
  (await talker.ask('settings.follow')).payload as SettingsReport

async function change(talker: Talker, version: string, method: string, params: object): Promise<SettingsAnswer> {
  const answer = await talker.ask(method, { version, ...params })
  expect(answer, method).toMatchObject({ ok: true })
  return answer.payload as SettingsAnswer
}

test('the report says what the file says and what may be changed, and of secrets only where they are', async () => {
  const on = await place()
  const { talker, report } = await page(on)
  expect(report).toMatchObject({
    file: { path: join(on.stateDir, 'openclaw.json'), isThere: true },
    gateway: { url: on.url, bind: '127.0.0.1', beyondLoopback: false, mode: 'token', secret: { source: 'file' } },
    agents: [
      { id: 'main', at: 0, isOwnModel: false, accounts: 1, isDefault: true, canBeDeleted: false },
      { id: 'work', at: 1, name: 'Work', accounts: 0, isDefault: false, canBeDeleted: true },
    ],
    bindings: [{ agentId: 'work', command: 'openclaw agents unbind --agent work --bind telegram --peer direct:42' }],
    channels: [{ name: 'telegram' }],
    model: { primary: 'anthropic/claude-opus-4-6', fallbacks: ['openai/gpt-5.1'] },
    image: { primary: null, fallbacks: [] },
    secrets: [
      { path: 'models.providers.openai.apiKey', variable: 'OPENAI_PROJECT_KEY' },
      { path: 'channels.telegram.botToken' },
    ],
  })
  expect(report.secrets[1]).not.toHaveProperty('variable')
  const fieldOf = (path: string) => report.fields.find((field) => field.path === path)
  expect(fieldOf('auth.wait.maxMs')).toMatchObject({ kind: 'whole', least: 0, most: 300_000, fallback: 0, value: 1500 })
  expect(fieldOf('auth.spend.fromFlatRateToMetered')).toMatchObject({ choices: ['never', 'ask', 'allow'] })
  expect(fieldOf('gateway.port')).toMatchObject({ needsRestart: true, fallback: 18_789 })
  const heard = JSON.stringify(talker.frames)
  for (const secret of [GOOD, OTHER, BOT, on.token]) expect(heard).not.toContain(secret.slice(12))
}, 60_000)

test('each change holds for the next call, keeps every other byte of the file, and can be taken back', async () => {
  const on = await place()
  const { talker, report } = await page(on)
  const first = await file(on)
  const set = await change(talker, report.file.version, 'settings.set', { path: 'auth.wait.maxMs', value: 2500 })
  expect(await file(on)).toBe(first.replace('maxMs: 1500', 'maxMs: 2500'))
  // Each answer has the version on which the next change builds.
  const model = await change(talker, set.report.file.version, 'settings.model', { ref: 'openai/gpt-5.1' })
  expect(model.report.model.primary).toBe('openai/gpt-5.1')
  expect(await talker.ask('models.explain')).toMatchObject({ payload: { model: 'openai/gpt-5.1' } })
  const unbound = await change(talker, model.report.file.version, 'settings.unbind', {
    agentId: 'work',
    match: report.bindings[0]?.match,
  })
  expect(await file(on)).not.toContain('My own chat')
  expect(await file(on)).toContain('// a little patience')
  for (const { undo } of [unbound, model, set]) {
    expect(await talker.ask('settings.undo', { id: undo?.id })).toMatchObject({ ok: true })
  }
  expect(await file(on)).toBe(first)
  expect(await talker.ask('models.explain')).toMatchObject({ payload: { model: 'anthropic/claude-opus-4-6' } })
  expect(await talker.ask('settings.undo', { id: set.undo?.id })).toMatchObject({
    error: { code: 'nothing_to_undo' },
  })
}, 60_000)

test('models, fallbacks, names and chats: by the verbs of the commands, with their words', async () => {
  const on = await place()
  const { talker, report } = await page(on)
  let { version } = report.file
  const next = async (method: string, params: object): Promise<SettingsAnswer> => {
    const answer = await change(talker, version, method, params)
    version = answer.report.file.version
    return answer
  }
  const refused = async (method: string, params: object): Promise<unknown> => {
    const before = await file(on)
    const answer = await talker.ask(method, { version, ...params })
    expect(await file(on)).toBe(before)
    return answer.error
  }
  await next('settings.fallback', { do: 'add', ref: 'anthropic/claude-sonnet-4-5' })
  const turned = ['anthropic/claude-sonnet-4-5', 'openai/gpt-5.1']
  const order = await next('settings.set', { path: 'agents.defaults.model.fallbacks', value: turned })
  expect(order.report.model.fallbacks).toEqual(turned)
  expect((await next('settings.fallback', { do: 'remove', ref: 'openai/gpt-5.1' })).report.model.fallbacks).toEqual([
    'anthropic/claude-sonnet-4-5',
  ])
  const named = await next('settings.alias', { alias: 'sonnet', ref: 'anthropic/claude-sonnet-4-5' })
  expect(named.notes).toMatchObject([
    { code: 'list_begins', text: expect.stringContaining('agents.defaults.models was empty') },
  ])
  expect(named.report.models).toMatchObject([{ key: 'anthropic/claude-sonnet-4-5', alias: 'sonnet' }])
  const path = 'agents.defaults.models["anthropic/claude-sonnet-4-5"].params.cacheRetention'
  expect((await next('settings.set', { path, value: 'long' })).report.models).toMatchObject([
    { cacheRetention: 'long' },
  ])
  await next('settings.model', { chain: 'imageModel', ref: 'sonnet' })
  const own = await next('settings.model', { agentId: 'work', ref: 'openai/gpt-5.1' })
  expect(own.report.agents[1]).toMatchObject({ model: 'openai/gpt-5.1', isOwnModel: true })
  expect(await file(on)).toContain('// for work')
  await next('settings.set', { path: own.report.agents[1]?.modelPath, value: null })
  const bound = await next('settings.bind', {
    agentId: 'work',
    channel: 'telegram',
    accountId: '*',
    peer: 'group:-100',
  })
  expect(bound.report.bindings[1]).toMatchObject({
    line: 'telegram accountId=* peer=group:-100',
    command: "openclaw agents unbind --agent work --bind 'telegram:*' --peer group:-100",
  })
  expect(await refused('settings.bind', { agentId: 'main', channel: 'telegram', peer: 'direct:42' })).toMatchObject({
    message: expect.stringContaining('Another agent answers there'),
  })
  expect(await refused('settings.model', { ref: 'nobody/x' })).toMatchObject({ code: 'unknown_provider' })
  expect(await refused('settings.alias', { alias: '1', ref: 'openai/gpt-5.1' })).toMatchObject({ code: 'usage' })
  expect(await refused('settings.set', { path: 'auth.wait.maxMs', value: 900_000 })).toMatchObject({
    code: 'invalid_config',
    issues: [{ path: 'auth.wait.maxMs', message: 'five minutes at most' }],
  })
  // What lets others in, where keys go, whatever runs code, and every secret: not from here.
  for (const path of [
    'gateway.bind',
    'gateway.auth.token',
    'gateway.allowedHosts',
    'models.providers.anthropic.baseUrl',
    'plugins.entries.x.enabled',
    'channels.telegram.dmPolicy',
    'env.X',
    'agents.list[1].agentDir',
    'agents.list[1].id',
  ]) {
    expect(await refused('settings.set', { path, value: 'x' }), path).toMatchObject({ code: 'usage' })
  }
  for (const [method, params] of [
    ['settings.model', { ref: 'anthropic/${OPENAI_PROJECT_KEY}' }],
    ['settings.set', { path: 'agents.defaults.model.fallbacks', value: ['a/${OPENAI_PROJECT_KEY}'] }],
    ['settings.agent.name', { agentId: 'work', name: '${OPENAI_PROJECT_KEY}' }],
  ] as const) {
    expect(await refused(method, params), method).toMatchObject({ code: 'usage' })
  }
  expect(JSON.stringify(talker.frames)).not.toContain(OTHER.slice(12))
  const unchanged = await file(on)
  const value = Array.from({ length: 51 }, (_, at) => `openai/gpt-${at}`)
  const latest = await follow(talker)
  const huge = { version: latest.file.version, path: 'agents.defaults.model.fallbacks', value }
  expect(await talker.ask('settings.set', huge)).toMatchObject({ ok: false, error: { code: 'usage' } })
  expect(await talker.ask('settings.set', { ...huge, value: ['x'.repeat(17_000)] })).toMatchObject({ ok: false })
  expect(await file(on)).toBe(unchanged)
}, 60_000)

test('an agent is added with the accounts of another, named, and deleted into the trash after its plan was shown', async () => {
  const on = await place()
  const { talker, report } = await page(on)
  const added = await change(talker, report.file.version, 'settings.agent.add', {
    name: 'Night Watch',
    model: 'openai/gpt-5.1',
    inherit: 'main',
  })
  expect(added.report.agents[2]).toMatchObject({ id: 'night-watch', inherits: 'main', model: 'openai/gpt-5.1' })
  const asNight = (): Promise<unknown> =>
    ask(on, { model: 'openclaw:night-watch' }).then(({ status, text }) => [status, text.includes('unknown_agent')])
  const named = await change(talker, added.report.file.version, 'settings.agent.name', {
    agentId: 'night-watch',
    name: 'Nyx',
  })
  expect(named.report.agents[2]).toMatchObject({ name: 'Nyx' })
  expect(await asNight()).toEqual([expect.any(Number), false])
  const plan = await talker.ask('settings.agent.plan', { agentId: 'night-watch' })
  expect(plan).toMatchObject({ payload: { moved: expect.arrayContaining([join(on.stateDir, 'agents/night-watch')]) } })
  const gone = await change(talker, named.report.file.version, 'settings.agent.delete', { agentId: 'night-watch' })
  expect(gone.report.agents.map(({ id }) => id)).toEqual(['main', 'work'])
  expect(gone.undo).toBeUndefined()
  expect(await readdir(join(on.stateDir, 'trash'))).toHaveLength(1)
  expect(await file(on)).toContain('// for work')
  expect(await talker.ask('settings.agent.plan', { agentId: 'main' })).toMatchObject({ error: { code: 'usage' } })
}, 60_000)

test('a file that was changed by hand meanwhile is not written over, and every page hears of it', async () => {
  const on = await place()
  const { talker, report } = await page(on)
  const mine = await change(talker, report.file.version, 'settings.set', { path: 'auth.wait.maxMs', value: 1550 })
  const edited = (await file(on)).replace('maxMs: 1550', 'maxMs: 1600 /* by hand */')
  await writeFile(join(on.stateDir, 'openclaw.json'), edited)
  const { version } = mine.report.file
  for (const [method, params] of [
    ['settings.set', { path: 'auth.wait.maxMs', value: 1 }],
    ['settings.agent.add', { name: 'late' }],
    ['settings.agent.delete', { agentId: 'work' }],
    ['settings.rotate', {}],
  ] as const) {
    expect(await talker.ask(method, { version, ...params }), method).toMatchObject({
      error: { code: 'changed_meanwhile', message: expect.stringContaining('Nothing was changed') },
    })
  }
  expect(await talker.ask('settings.undo', { id: mine.undo?.id })).toMatchObject({
    error: { code: 'changed_meanwhile' },
  })
  expect(await file(on)).toBe(edited)
  expect(await readdir(join(on.stateDir, 'agents'))).toEqual(['main'])
  const isOf = (text: string) => (frame: Record<string, unknown>) =>
    frame.event === 'settings' && JSON.stringify(frame.payload).includes(text)
  await talker.frame(isOf('1600'))
  // One that means nothing is told of, and what was in force stays in force.
  await writeFile(join(on.stateDir, 'openclaw.json'), '{ gateway: { port: "x" } }')
  const told = (await talker.frame(isOf('invalid_config'))).payload as SettingsReport
  expect(told).toMatchObject({
    file: { problem: { code: 'invalid_config', issues: [{ path: 'gateway.port' }] } },
    agents: [{ id: 'main' }, { id: 'work' }],
  })
  await change(talker, told.file.version, 'settings.set', { path: 'gateway.port', value: 18_000 })
  expect(await file(on)).toContain('18000')
}, 60_000)

test('a way back to what an earlier page was told is told to a later one, whatever the clock does', async () => {
  const on = await place()
  const put = async (ms: number): Promise<void> => {
    const now = await file(on)
    await writeFile(join(on.stateDir, 'openclaw.json'), now.replace(/maxMs: \d+/, `maxMs: ${ms}`))
  }
  const told = (talker: Talker, ms: number) =>
    talker.frame(({ event, payload }) => event === 'settings' && JSON.stringify(payload).includes(`${ms}`))
  const first = await page(on)
  await put(71071)
  await told(first.talker, 71071)
  first.talker.socket.close()
  await first.talker.closed
  await put(72072)
  const second = await page(on)
  expect(JSON.stringify(second.report)).toContain('72072')
  const { now } = on.system
  on.system.now = () => now() - 3_600_000
  await put(71071)
  const { payload } = await told(second.talker, 71071)
  expect((payload as SettingsReport).at).toBeGreaterThanOrEqual(second.report.at)
})

test('a file that cannot be written is left, and the refusal says so', async () => {
  const on = await place()
  const { talker, report } = await page(on)
  const before = await file(on)
  // Nobody can lock a folder, not even root.
  await rm(join(on.stateDir, 'openclaw.json.lock'), { force: true })
  await mkdir(join(on.stateDir, 'openclaw.json.lock'))
  const answer = await talker.ask('settings.set', {
    version: report.file.version,
    path: 'auth.wait.maxMs',
    value: 1,
  })
  expect(answer).toMatchObject({ error: { code: 'write_failed' } })
  expect(await file(on)).toBe(before)
}, 60_000)

test('a new token is shown to nobody; the page that asked stays in, and whoever has the old one is out', async () => {
  const on = await place()
  const login = await say(on.url, '/login', {
    headers: { 'content-type': 'application/json', origin: on.url },
    body: JSON.stringify({ token: on.token }),
  })
  const cookie = String(login.headers['set-cookie']).split(';')[0] ?? ''
  const { antiForgery } = login.json as { antiForgery: string }
  const own = new Talker(on.url, { cookie, origin: on.url })
  await own.ask('connect', { auth: { antiForgery } })
  const other = new Talker(on.url)
  await other.connect(on.token)
  const { version } = (await follow(own)).file
  expect(await own.ask('settings.rotate', { version })).toMatchObject({ ok: true })
  const path = join(on.stateDir, 'gateway.token')
  const token = (await readFile(path, 'utf8')).trim()
  expect(token).not.toBe(on.token)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(await other.closed).toMatchObject({ code: 1008, reason: 'the token has changed' })
  expect((await ask(on)).status).toBe(401)
  expect((await ask({ ...on, token })).status).toBe(200)
  // The same cookie, on the socket that is open and on a new one.
  expect(await own.ask('health')).toMatchObject({ ok: true })
  const again = new Talker(on.url, { cookie, origin: on.url })
  expect(await again.ask('connect', { auth: { antiForgery } })).toMatchObject({ ok: true })
  expect(JSON.stringify([...own.frames, ...again.frames])).not.toContain(token.slice(8))
}, 60_000)
