// Flipped and cut stores: noticed or harmless, never written over by a command that failed, never a crash.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { acquire } from '../../src/auth/acquire.ts'
import { createAuth } from '../../src/auth/auth.ts'
import { inspect } from '../../src/auth/inspect.ts'
import { paste } from '../../src/auth/paste.ts'
import { resolve } from '../../src/auth/resolve.ts'
import { AuthError } from '../../src/core/errors.ts'
import { Secret } from '../../src/core/secret.ts'
import { machine, NOON, sharedDir } from '../support/machine.ts'

const STORE = Buffer.from(
  JSON.stringify(
    {
      version: 1,
      profiles: Object.fromEntries([
        ...Array.from({ length: 3 }, (_, index) => [
          `anthropic:key${index}`,
          {
            type: 'api_key',
            provider: 'anthropic',
            key: `sk-ant-api03-${String(index).repeat(16)}`,
            metadata: { team: 'ä' },
          },
        ]),
        [
          'anthropic:token',
          { type: 'token', provider: 'anthropic', token: `sk-ant-oat01-${'t'.repeat(32)}`, expires: NOON + 1e9 },
        ],
        [
          'openai:login',
          { type: 'oauth', provider: 'openai', access: 'aaaaaaaaaaaa', refresh: 'r', expires: NOON + 1e9 },
        ],
        ['bedrock:x', { type: 'aws_sso', provider: 'bedrock', session: { deep: [true, null] } }],
      ]),
      order: { anthropic: ['anthropic:key1', 'anthropic:token'] },
      usageStats: { 'anthropic:key1': { errorCount: 1, cooldownUntil: NOON + 5000, lastFailureAt: NOON } },
    },
    null,
    2,
  ),
)

const state = sharedDir()
const path = join(state, 'agents/main/agent/auth-profiles.json')
let auth: Awaited<ReturnType<typeof createAuth>>
let read: (bytes: Buffer) => Promise<AuthError | undefined>
const TEXT = 'sk-ant-api03-newnewnewnewnewnew'

beforeAll(async () => {
  mkdirSync(join(state, 'agents/main/agent'), { recursive: true })
  writeFileSync(path, STORE)
  auth = await createAuth(machine({ env: { OPENCLAW_STATE_DIR: state } }).system)
  const view = await auth.view('main')
  read = async (bytes) => {
    writeFileSync(path, bytes)
    try {
      await view.reload()
    } catch (error) {
      if (error instanceof AuthError) return error
      throw error
    }
    // Whatever was read, every question has an answer, or an error for people.
    const report = inspect(view, { named: true })
    JSON.stringify(report)
    for (const { provider } of report.auth.providers) {
      resolve(view.facts(), provider, { now: NOON })
      try {
        acquire(view, provider, { now: NOON })
      } catch (error) {
        if (!(error instanceof AuthError)) throw error
      }
    }
    return undefined
  }
})

/** After a failed read every writing verb fails, and the bytes stay; after a good one nothing but the new profile is different. */
async function writesKeepEverything(bytes: Buffer, failure: AuthError | undefined): Promise<void> {
  const { profiles } = auth.home.agent('main')
  if (failure !== undefined) {
    expect(failure).toMatchObject({ code: 'unreadable_store', message: expect.stringContaining(path) })
    await expect(
      paste(auth, { agentId: 'main', provider: 'anthropic', kind: 'api_key', text: TEXT }),
    ).rejects.toMatchObject({ code: 'unreadable_store' })
    expect(readFileSync(path).equals(bytes)).toBe(true)
    return
  }
  const before = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>
  await profiles.put(() => ({
    id: 'anthropic:new',
    provider: 'anthropic',
    credential: { kind: 'api_key', secret: new Secret(TEXT) },
  }))
  const after = JSON.parse(readFileSync(path, 'utf8')) as Record<string, Record<string, unknown>>
  delete after.profiles?.['anthropic:new']
  if (before.profiles === undefined && Object.keys(after.profiles ?? {}).length === 0) delete after.profiles
  expect(after).toEqual({ ...(before.version === undefined ? { version: 1 } : {}), ...before })
}

const WRITE_EVERY = 13
/** `npm run trust` looks at each byte and length, `npm test` at each fourth. */
const STEP = process.env.KEYCLAW_WHOLE === '1' ? 1 : 4

test('every byte flipped in its lowest and in its highest bit', { timeout: 90_000 }, async () => {
  let refused = 0
  for (let at = 0; at < STORE.length; at += STEP) {
    for (const bit of [0x01, 0x80]) {
      const bytes = Buffer.from(STORE)
      bytes[at] = (bytes[at] ?? 0) ^ bit
      const failure = await read(bytes)
      // A high bit alone is never UTF-8.
      if (bit === 0x80 && (STORE[at] ?? 0) < 0x80) expect(failure?.message).toContain('not UTF-8')
      if (failure !== undefined) refused++
      if ((at * 2 + (bit === 1 ? 0 : 1)) % WRITE_EVERY === 0) await writesKeepEverything(bytes, failure)
    }
  }
  expect(refused).toBeGreaterThan(STORE.length / STEP)
})

test('every length it can be cut to', { timeout: 90_000 }, async () => {
  for (let length = 0; length < STORE.length; length += STEP) {
    const bytes = STORE.subarray(0, length)
    const failure = await read(bytes)
    expect(failure?.code).toBe('unreadable_store')
    if (length % WRITE_EVERY === 0) await writesKeepEverything(bytes, failure)
  }
})

test('a flip inside the name of a type or of a field keeps the entry, and no paste writes over it', async () => {
  const text = STORE.toString('utf8')
  for (const [from, to] of [
    [
      '"provider": "anthropic",\n      "key": "sk-ant-api03-1',
      '"provides": "anthropic",\n      "key": "sk-ant-api03-1',
    ],
    ['"type": "token"', '"type": "tokeo"'],
  ] as const) {
    const bytes = Buffer.from(text.replace(from, to))
    expect(bytes.equals(STORE)).toBe(false)
    expect(await read(bytes)).toBeUndefined()
    const id = from.includes('token') ? 'anthropic:token' : 'anthropic:key1'
    await expect(
      paste(auth, { agentId: 'main', provider: 'anthropic', kind: 'api_key', text: TEXT, profileId: id }),
    ).rejects.toMatchObject({ code: 'wrong_kind' })
    expect(readFileSync(path).equals(bytes)).toBe(true)
  }
})
