// The disk refuses one call, the first, the second, the third ... of each kind, until the verb is through: everything can still be read, what was
// acknowledged is there, and the next try does it. `npm run faults -- io` tries as many refusals as KEYCLAW_FAULTS says.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { remains, renew, renewing } from '../support/broken-renewal.ts'
import { startGateway } from '../support/gateway-process.ts'
import { type Installation, install, openclaw, type Ran, type RunOptions, until } from '../support/installation.ts'
import { entryOf, loginConfig, loginEnv, redeemed, respond, storedLogin } from '../support/logins.ts'
import { CAN_MOUNT, SPOILT, smallDisk } from '../support/small-disk.ts'
import { aged, CAN_TRACE, hasHappened, killTraced, ONE_BY_ONE, SIZES, withMishap } from '../support/tracing.ts'

const LOGIN = 'openai-codex:home'
const KEY = (letter: string): string => `sk-ant-api03-${letter.repeat(32)}`
const HOUR = 3_600_000

type Book = { profiles: Record<string, Record<string, unknown>>; order?: Record<string, string[]> }
type Place = Installation & { sandbox: Sandbox; book(): Promise<Book> }
type Verb = {
  line: readonly string[]
  input?: string
  /** Whether what was asked for is there. */
  isDone: (book: Book, before: Book) => boolean
}

const VERBS: Readonly<Record<string, Verb>> = {
  paste: {
    line: ['models', 'auth', 'paste-api-key', '--provider', 'anthropic', '--profile-id', 'anthropic:new'],
    input: KEY('n'),
    isDone: ({ profiles }) => profiles['anthropic:new']?.key === KEY('n'),
  },
  logout: {
    line: ['models', 'auth', 'logout', 'anthropic:two', '--yes'],
    isDone: ({ profiles }) => profiles['anthropic:two'] === undefined,
  },
  order: {
    line: ['models', 'auth', 'order', 'set', '--provider', 'anthropic', 'anthropic:two', 'anthropic:one'],
    isDone: ({ order }) => order?.anthropic?.[0] === 'anthropic:two',
  },
  refresh: {
    line: ['models', 'auth', 'refresh', LOGIN],
    isDone: ({ profiles }, before) => profiles[LOGIN]?.refresh !== before.profiles[LOGIN]?.refresh,
  },
  login: {
    line: ['models', 'auth', 'login', '--provider', 'openai-codex', '--device-code'],
    isDone: ({ profiles }) => profiles['openai-codex:work@example.com'] !== undefined,
  },
}

const touched = ['anthropic:new', 'anthropic:two', LOGIN, 'openai-codex:work@example.com']

async function place(): Promise<Place> {
  const sandbox = await startSandbox()
  sandbox.logins.settings.deviceInterval = '0.02'
  const { openDevice } = sandbox.logins
  // Somebody agrees to every code at once.
  sandbox.logins.openDevice = (client) => Object.assign(openDevice(client), { login: sandbox.logins.find('work') })
  const made = await install({
    profiles: [
      { id: 'anthropic:one', key: KEY('a') },
      { id: 'anthropic:two', key: KEY('b') },
      storedLogin(sandbox, LOGIN, { expires: Date.now() - HOUR }),
    ],
    order: { anthropic: ['anthropic:one', 'anthropic:two'] },
    config: loginConfig(sandbox),
    env: { ...loginEnv(sandbox), ...ONE_BY_ONE },
  })
  await aged(made)
  const path = join(made.state, 'agents/main/agent/auth-profiles.json')
  return Object.assign(made, { sandbox, book: async () => JSON.parse(await readFile(path, 'utf8')) as Book })
}

const run = (here: Place, { line, input }: Verb, options: RunOptions = {}): Promise<Ran> =>
  openclaw(here, line, { ...options, ...(input === undefined ? {} : { input }) })

let refusals = 0
afterAll(() => console.log(`I/O-error loop: ${refusals} refusals of the disk`))

/** @returns false when there is no Nth call of this kind */
async function refuse(verb: Verb, call: string, error: string, nth: number): Promise<boolean> {
  const here = await place()
  try {
    const before = await here.book()
    const paths = call === 'openat' ? pathsOf(here) : []
    const hurt = await run(here, verb, { under: withMishap(here, { call, nth, error }, paths) })
    const hasFailed = hurt.code !== 0
    if (!hasHappened(here)) {
      expect([hurt.code, verb.isDone(await here.book(), before)]).toEqual([0, true])
      return false
    }
    refusals++
    expect(hurt.stdout + hurt.stderr).not.toMatch(/sk-ant-api03-[nab]{8}|rt_sandbox|eyJ/)
    if (hasFailed) expect(hurt.stderr).toMatch(/Error: .*\n {2}Run: |^- .*failed/m)
    await isWhole(here, before)
    const isDone = verb.isDone(await here.book(), before)
    // A renewed login may wait beside the store.
    if (!hasFailed && verb !== VERBS.refresh) expect(isDone).toBe(true)
    if (!isDone || verb === VERBS.refresh) {
      const again = await run(here, verb)
      expect([again.code, again.stderr.includes('Error')]).toEqual([0, false])
    } else if ((await remains(here)).length > 0) {
      const next = await openclaw(here, ['models', 'auth', 'order', 'set', '--provider', 'anthropic', 'anthropic:one'])
      expect(next.code).toBe(0)
    }
    expect(verb.isDone(await here.book(), before)).toBe(true)
    await isWhole(here, before)
    expect(await remains(here)).toEqual([])
    expect(redeemed(here.sandbox).filter((outcome) => outcome !== 'granted')).toEqual([])
    return true
  } finally {
    await here.remove()
    await here.sandbox.close()
  }
}

/** What lies where a verb looks; random names of drafts are left out, as are modules of the program itself. */
function pathsOf({ state }: Place): string[] {
  const agent = join(state, 'agents/main/agent')
  const names = ['auth-profiles.json', 'auth.json', 'refresh-openai-codex']
  return [
    state,
    agent,
    join(state, 'openclaw.json'),
    join(state, 'openclaw.json.lock'),
    ...names.flatMap((name) => [name, `${name}.lock`, `${name}.lock.held`].map((file) => join(agent, file))),
  ]
}

/** Every file reads, and what no verb was asked to touch is as it was. */
async function isWhole(here: Place, before: Book): Promise<void> {
  const now = await here.book()
  for (const [id, entry] of Object.entries(before.profiles))
    if (!touched.includes(id)) expect(now.profiles[id]).toEqual(entry)
  for (const path of ['openclaw.json', 'agents/main/agent/auth.json']) {
    const text = await readFile(join(here.state, path), 'utf8').catch(() => '{}')
    expect(JSON.parse(text)).toBeTypeOf('object')
  }
}

describe.skipIf(!CAN_TRACE)('a call that the disk refuses', () => {
  test.each([
    ['paste', 'rename', 'ENOSPC', 1],
    // Behind the folders above, each of which is synced once.
    ['logout', 'fsync', 'EIO', 7],
    ['order', 'openat', 'EACCES', 3],
    ['login', 'rename', 'EROFS', 2],
    ['refresh', 'rename', 'ENOSPC', 1],
    ['refresh', 'rename', 'EROFS', 2],
    ['refresh', 'link', 'EACCES', 4],
    ['refresh', 'unlink', 'EIO', 5],
    ['paste', 'unlink', 'EROFS', 2],
  ])('costs %s nothing but a second try (%s: %s, the time %i)', async (verb, call, error, nth) => {
    const found = VERBS[verb]
    if (found === undefined) throw new Error('no such verb')
    expect(await refuse(found, call, error, nth)).toBe(true)
  })

  test.skipIf(SIZES === undefined)(
    'whichever it is, costs nothing but a second try',
    { timeout: 3_600_000 },
    async () => {
      const wanted = SIZES?.refusals ?? 0
      const failed: string[] = []
      for (const call of ['rename', 'unlink', 'fsync', 'openat', 'link', 'mkdir', 'getdents64']) {
        for (const [name, verb] of Object.entries(VERBS)) {
          for (const error of ['EIO', 'ENOSPC', 'EROFS', 'EACCES']) {
            let isThere = true
            for (let nth = 1; isThere && nth < 40 && refusals < wanted; nth++) {
              isThere = await refuse(verb, call, error, nth).catch((why: unknown) => {
                failed.push(`${name}: ${call} ${error} ${nth}: ${why instanceof Error ? why.message : why}`)
                return true
              })
            }
          }
        }
      }
      expect(failed).toEqual([])
    },
  )
})

test.skipIf(!CAN_TRACE)(
  'a gateway whose lock the disk would not let go keeps nobody out for long, itself neither',
  async () => {
    const here = await renewing()
    onTestFinished(() => here.close())
    const held = join(here.state, 'agents/main/agent/refresh-openai-codex.lock.held')
    const gateway = await startGateway(here, {
      under: withMishap(here, { call: 'unlink', nth: 1, error: 'EIO' }, [held]),
    })
    onTestFinished(() => killTraced(gateway.pid))
    expect((await respond(gateway)).status).toBe(200)
    await until('the refusal', () => (hasHappened(here) ? true : undefined))
    expect(await renew(here)).toMatchObject({ code: 0, stderr: '' })
    expect(redeemed(here.sandbox)).toEqual(['granted', 'granted'])
  },
)

describe.skipIf(!CAN_MOUNT).each(SPOILT)('on a disk $what', ({ spoil, mend }) => {
  test('a gateway serves from memory, sends no token that it could not keep, and all is well afterwards', async () => {
    // Every call wants it renewed, and none needs it.
    const here = await renewing({ expires: 120_000, disk: smallDisk() })
    onTestFinished(() => here.close())
    const gateway = await startGateway(here)
    onTestFinished(() => void gateway.stop('SIGKILL'))
    const before = await entryOf(here, LOGIN)
    spoil(here.state)
    for (let count = 0; count < 5; count++) expect((await respond(gateway)).status).toBe(200)
    const told = await renew(here)
    expect([told.code, told.stderr]).toEqual([1, expect.stringContaining('Cannot write')])
    expect(redeemed(here.sandbox)).toEqual([])
    mend(here.state)
    expect(await entryOf(here, LOGIN)).toEqual(before)
    expect((await renew(here)).code).toBe(0)
    expect((await respond(gateway)).status).toBe(200)
    expect(await remains(here)).toEqual([])
    expect(new Set(redeemed(here.sandbox))).toEqual(new Set(['granted']))
  })
})

test.skipIf(!CAN_MOUNT)(
  'what comes for a token that was sent already goes to another disk, serves from there, and comes home',
  async () => {
    const [full] = SPOILT
    if (full === undefined) throw new Error('a disk can be full')
    const here = await renewing({ disk: smallDisk() })
    onTestFinished(() => here.close())
    const gateway = await startGateway(here)
    onTestFinished(() => void gateway.stop('SIGKILL'))
    const before = await entryOf(here, LOGIN)
    here.wire.hold(40)
    const running = renew(here)
    await until('half an answer', () => (here.wire.held() > 0 ? true : undefined))
    full.spoil(here.state)
    here.wire.release()
    expect((await running).code).toBe(0)
    expect(await entryOf(here, LOGIN)).toEqual(before)
    expect(await remains(here)).toEqual([expect.stringMatching(/^home\/.*login-[0-9a-f]{32}\.json$/)])
    // A gateway that runs all the while finds it there, as nobody may send the token once more.
    expect((await respond(gateway)).status).toBe(200)
    const last = here.sandbox.requests().findLast(({ path }) => path.endsWith('/responses'))
    expect(last).toMatchObject({ account: 'home' })
    expect(redeemed(here.sandbox)).toEqual(['granted'])
    full.mend(here.state)
    expect((await renew(here)).code).toBe(0)
    expect(redeemed(here.sandbox)).toEqual(['granted', 'granted'])
    expect(here.sandbox.logins.bearer(String((await entryOf(here, LOGIN)).access))?.name).toBe('home')
    expect(await remains(here)).toEqual([])
  },
)
