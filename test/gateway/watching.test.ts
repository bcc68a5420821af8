// What a page is told of accounts and calls while it looks, and what it may change in them: over the WebSocket of a gateway of the test's own.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { AccountsReport } from '../../src/core/accounts.ts'
import type { ActivityReport } from '../../src/core/activity.ts'
import { ask, bearer, GOOD, key, OTHER, question, type Stand, say, stand, Talker } from './support.ts'

const LIMITED = 'sk-ant-api03-gateway-limited-0004'

const place = (): Promise<Stand> =>
  stand({
    profiles: {
      'anthropic:limited': key('anthropic', LIMITED),
      'anthropic:good': key('anthropic', GOOD),
      'anthropic:other': key('anthropic', OTHER),
    },
    order: { anthropic: ['anthropic:limited', 'anthropic:good', 'anthropic:other'] },
    sandbox: {
      accounts: [
        { name: 'limited', vendor: 'anthropic', key: LIMITED, quota: 0 },
        { name: 'good', vendor: 'anthropic', key: GOOD },
        { name: 'other', vendor: 'anthropic', key: OTHER },
      ],
    },
  })

async function page(on: Stand): Promise<Talker> {
  const talker = new Talker(on.url)
  expect(await talker.connect(on.token)).toMatchObject({ ok: true })
  return talker
}

const payload = <T>(frame: Record<string, unknown>): T => frame.payload as T
const rowsOf = (report: AccountsReport) => report.groups.flatMap(({ rows }) => rows)
const stateIn = (report: AccountsReport, id: string) => rowsOf(report).find((row) => row.id === id)?.state

/** The event `accounts` of which this is true. */
async function told(talker: Talker, isIt: (report: AccountsReport) => boolean): Promise<AccountsReport> {
  const frame = await talker.frame(
    ({ type, event, payload: report }) => type === 'event' && event === 'accounts' && isIt(report as AccountsReport),
  )
  return payload(frame)
}

test('a page hears that an account rests, of the call that met it, and that the rest was cleared', async () => {
  const on = await place()
  const talker = await page(on)
  const before = payload<AccountsReport>(await talker.ask('accounts.follow'))
  expect(before).toMatchObject({ agentId: 'main', model: 'anthropic/claude-opus-4-6', next: 'anthropic:limited' })
  expect(rowsOf(before).map(({ id, isNext }) => [id, isNext])).toEqual([
    ['anthropic:limited', true],
    ['anthropic:good', false],
    ['anthropic:other', false],
  ])
  expect(payload<ActivityReport>(await talker.ask('activity.follow'))).toMatchObject({
    calls: [],
    hour: { total: { calls: 0 } },
  })
  expect((await ask(on)).status).toBe(200)
  const rested = await told(talker, (report) => report.next === 'anthropic:good')
  expect(stateIn(rested, 'anthropic:limited')).toMatchObject({
    kind: 'resting',
    why: 'rate_limit',
    until: expect.any(Number),
  })
  // What the page shows is what the command line says of the same moment.
  const status = payload<{ auth: { unusableProfiles: { profileId: string; until: number }[] } }>(
    await talker.ask('models.authStatus'),
  )
  expect(status.auth.unusableProfiles).toMatchObject([{ profileId: 'anthropic:limited', until: rested.soonest?.at }])
  expect(await talker.ask('models.explain')).toMatchObject({ payload: { next: rested.next } })
  // Attempts come as they end: the event that is waited for has the last one.
  const news = payload<ActivityReport>(
    await talker.frame(
      ({ event, payload: at }) => event === 'activity' && (at as ActivityReport).calls[0]?.outcome === 'served',
    ),
  )
  expect(news.calls).toMatchObject([
    {
      outcome: 'served',
      attempts: [{ profile: 'anthropic:limited', why: 'rate_limit' }, { profile: 'anthropic:good' }],
    },
  ])
  expect(news.hour.total).toMatchObject({ calls: 1, steppedOver: 1, failed: 0 })
  const whole = await talker.ask('activity.call', { call: news.calls[0]?.call })
  expect(whole).toMatchObject({
    ok: true,
    payload: { lines: [{ trace: expect.any(Array) }, { trace: expect.any(Array) }] },
  })
  expect(await talker.ask('auth.reset', { profileId: 'anthropic:limited' })).toMatchObject({
    payload: { cleared: [{ id: 'anthropic:limited' }] },
  })
  const again = await told(
    talker,
    (report) => report.at > rested.at && stateIn(report, 'anthropic:limited')?.kind === 'ready',
  )
  expect(again.next).toBe('anthropic:limited')
  // Who comes later sees what was.
  const late = await page(on)
  await late.ask('accounts.follow')
  const activity = payload<ActivityReport>(await late.ask('activity.follow'))
  expect(activity.calls.map(({ call }) => call)).toEqual(news.calls.map(({ call }) => call))
  expect(activity.notes.map(({ id, kind }) => [id, kind])).toContainEqual(['anthropic:limited', 'resting'])
  const heard = JSON.stringify([...talker.frames, ...late.frames])
  for (const secret of [LIMITED, GOOD, OTHER, on.token]) expect(heard).not.toContain(secret.slice(14))
})

test('a stored key that a client put where the model belongs reaches no page', async () => {
  const on = await place()
  const talker = await page(on)
  await talker.ask('accounts.follow')
  await talker.ask('activity.follow')
  expect((await ask(on, { model: `anthropic/${GOOD}` })).status).toBe(404)
  const isTold = ({ event }: Record<string, unknown>): boolean => event === 'activity'
  const news = payload<ActivityReport>(await talker.frame(isTold))
  expect(news.calls[0]?.attempts[0]).toMatchObject({ model: 'anthropic/[secret]' })
  await talker.ask('activity.follow')
  expect(JSON.stringify(talker.frames)).not.toContain(GOOD.slice(14))
})

test('many who open a call at once cost one reading of the ledger, and a call that came since is found', async () => {
  const on = await place()
  const talker = await page(on)
  const traceOf = async (): Promise<string> => String((await ask(on)).headers['x-openclaw-trace'])
  const first = await traceOf()
  const { ledger } = on.auth.home.agent('main')
  const { recent } = ledger
  let readings = 0
  ledger.recent = () => {
    readings++
    return recent()
  }
  const all = await Promise.all(Array.from({ length: 30 }, () => talker.ask('activity.call', { call: first })))
  for (const one of all) expect(one).toMatchObject({ ok: true, payload: { call: first } })
  expect(readings).toBeLessThanOrEqual(2)
  const second = await traceOf()
  expect(await talker.ask('activity.call', { call: second })).toMatchObject({ ok: true, payload: { call: second } })
  const refused = await Promise.all(Array.from({ length: 30 }, () => talker.ask('activity.call', { call: 'c0' })))
  for (const one of refused) expect(one).toMatchObject({ ok: false, error: { code: 'usage' } })
  expect(readings).toBeLessThanOrEqual(5)
})

test('orders, pauses and removals are done by the verbs of the command line, and each is taken back by the answer that it gave', async () => {
  const on = await place()
  const talker = await page(on)
  const idsOf = async (): Promise<string[]> =>
    rowsOf(payload(await talker.ask('accounts.follow'))).map(({ id }) => id.slice('anthropic:'.length))
  const done = async (method: string, params: object): Promise<{ undo: { id: string } }> => {
    const answer = await talker.ask(method, params)
    expect(answer, method).toMatchObject({ ok: true, payload: { undo: { id: expect.any(String) } } })
    return payload(answer)
  }
  const order = await done('auth.order', {
    provider: 'anthropic',
    ids: ['anthropic:other', 'anthropic:good', 'anthropic:limited'],
  })
  expect(await idsOf()).toEqual(['other', 'good', 'limited'])
  const pause = await done('auth.pause', { profileId: 'anthropic:other' })
  expect(await talker.ask('models.explain')).toMatchObject({ payload: { next: 'anthropic:good' } })
  const removal = await done('auth.remove', { profileId: 'anthropic:good' })
  expect(await idsOf()).toEqual(['other', 'limited'])
  // Not the newest first: each finds its own change, whatever came after it.
  expect(await talker.ask('auth.undo', { id: pause.undo.id })).toMatchObject({ ok: true, payload: { undone: 'pause' } })
  expect(await talker.ask('auth.undo', { id: removal.undo.id })).toMatchObject({ ok: true, payload: { isWhole: true } })
  expect(await idsOf()).toEqual(['other', 'good', 'limited'])
  expect(await talker.ask('models.explain')).toMatchObject({ payload: { next: 'anthropic:other' } })
  expect(await talker.ask('auth.undo', { id: order.undo.id })).toMatchObject({ ok: true })
  expect(await idsOf()).toEqual(['limited', 'good', 'other'])
  expect(await talker.ask('auth.undo', { id: '12' })).toMatchObject({ ok: false, error: { code: 'nothing_to_undo' } })
  expect(await talker.ask('auth.undo')).toMatchObject({ ok: false, error: { code: 'usage' } })
  expect(await talker.ask('auth.order', { provider: 'anthropic', ids: ['anthropic:nobody'] })).toMatchObject({
    ok: false,
    error: { code: 'unknown_profile', remedy: expect.stringContaining('openclaw models auth list') },
  })
  // Of two changes of one moment each answer names its own.
  const [one, two] = await Promise.all([
    done('auth.pause', { profileId: 'anthropic:good' }),
    done('auth.pause', { profileId: 'anthropic:limited' }),
  ])
  expect(one.undo.id).not.toBe(two.undo.id)
  expect(await talker.ask('auth.undo', { id: one.undo.id })).toMatchObject({ payload: { isWhole: true } })
  const report = payload<AccountsReport>(await talker.ask('accounts.follow'))
  expect(stateIn(report, 'anthropic:good')).toMatchObject({ kind: 'ready' })
  expect(stateIn(report, 'anthropic:limited')).toMatchObject({ kind: 'off', why: 'paused' })
  expect(await talker.ask('auth.undo', { id: two.undo.id })).toMatchObject({ payload: { isWhole: true } })
  // What changes nothing is answered with nothing to take back.
  expect(payload(await talker.ask('auth.resume', { profileId: 'anthropic:good' }))).toEqual({ paused: null })
  // One account is tried, and only that one.
  const asked = on.sandbox.requests().length
  expect(await talker.ask('auth.probe', { profileId: 'anthropic:good' })).toMatchObject({
    payload: { results: [{ profileId: 'anthropic:good', status: 'ok' }] },
  })
  expect(on.sandbox.requests().length - asked).toBe(1)
  expect(await talker.ask('auth.probe')).toMatchObject({ ok: false, error: { code: 'usage' } })
})

test('a watch that cannot go on is told once and comes back, and one that is refused takes the place of none', async () => {
  const agents = (ids: string[]) => ({ agents: { list: ids.map((id) => ({ id, default: id === 'main' })) } })
  const on = await stand({ config: agents(['main', 'other']) })
  const warnings: string[] = []
  const { log } = on.system
  const warn = log.warn
  log.warn = (message, fields) => {
    warnings.push(message)
    warn(message, fields)
  }
  const [talker, main] = [await page(on), await page(on)]
  expect(await talker.ask('accounts.follow', { agentId: 'other' })).toMatchObject({ ok: true })
  expect(await talker.ask('accounts.follow', { agentId: 'other', model: 'nonsense/x' })).toMatchObject({ ok: false })
  await main.ask('accounts.follow')
  const path = join(on.stateDir, 'openclaw.json')
  const config = JSON.parse(await readFile(path, 'utf8'))
  const write = async (ids: string[]): Promise<void> => {
    await writeFile(path, JSON.stringify({ ...config, ...agents(ids) }))
    await on.auth.home.reload()
  }
  await write(['main'])
  const lost = await talker.event('accounts.failed')
  expect(lost.payload).toMatchObject({ agentId: 'other', error: { code: 'unknown_agent' } })
  // Rounds go on: the next event of another agent comes after them.
  await on.system.sleep(2500)
  expect(talker.frames.filter(({ event }) => event === 'accounts.failed')).toHaveLength(1)
  expect(warnings.filter((message) => message.includes('could not be told'))).toHaveLength(1)
  expect(main.frames.some(({ event }) => event === 'accounts.failed')).toBe(false)
  await write(['main', 'other'])
  expect(await told(talker, ({ agentId }) => agentId === 'other')).toMatchObject({ agentId: 'other' })
})

test('a page hears of the agent that it looks at, and of no other', async () => {
  const on = await stand({ config: { agents: { list: [{ id: 'main', default: true }, { id: 'other' }] } } })
  const [main, other] = [await page(on), await page(on)]
  await main.ask('accounts.follow')
  await main.ask('activity.follow')
  expect(await other.ask('accounts.follow', { agentId: 'other' })).toMatchObject({
    payload: { agentId: 'other', next: null },
  })
  const answer = await say(on.url, '/v1/messages', { headers: bearer(on.token), body: question() })
  expect(answer.status).toBe(200)
  const event = await main.frame(({ event: name }) => name === 'activity')
  expect(event).toMatchObject({ payload: { agentId: 'main' } })
  expect(other.frames.filter(({ event: name }) => name === 'activity' || name === 'accounts')).toEqual([])
  expect(await main.ask('accounts.follow', { agentId: 'nobody' })).toMatchObject({
    ok: false,
    error: { code: 'unknown_agent' },
  })
})
