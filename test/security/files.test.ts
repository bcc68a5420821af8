// V19, S11: whatever the umask, everything we make is ours alone, and nothing is written outside the state directory.
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { startGateway } from '../support/gateway-process.ts'
import { type Installation, install, openclaw } from '../support/installation.ts'
import { connectClient } from '../support/socket-client.ts'
import { HAS_STRACE, pictureOf, touchesIn, underStrace, underUmask } from './support.ts'

const KEY = 'sk-ant-api03-files-0123456789abcdef'
/** `npm run trust` tries the one between as well. */
const UMASKS = process.env.KEYCLAW_WHOLE === '1' ? ['000', '022', '077'] : ['000', '077']

let sandbox: Sandbox
const places: Installation[] = []

beforeAll(async () => {
  sandbox = await startSandbox({ accounts: [{ name: 'real', vendor: 'anthropic', key: KEY }] })
})

afterAll(async () => {
  for (const place of places) await place.remove()
  await sandbox?.close()
})

const LINES: readonly (readonly [args: string, input?: string])[] = [
  ['models status'],
  ['models auth paste-api-key --provider anthropic', KEY],
  ['models auth paste-api-key --provider anthropic --profile-id anthropic:other', KEY],
  ['models auth order set --provider anthropic anthropic:other anthropic:default'],
  ['models set anthropic/claude-opus-4-6'],
  ['agent --message hi'],
  ['models auth logout anthropic:other --yes'],
  ['models auth undo'],
]

/** Makes an installation grow from nothing under a umask, and writes down what was touched. */
async function grow(umask: string): Promise<{ place: Installation; logs: string[] }> {
  const fresh = await install()
  const state = join(fresh.dir, 'grown')
  const env = { ...fresh.env, OPENCLAW_STATE_DIR: state }
  // Both vendors' addresses come from the config, which the program has to make first.
  const place: Installation = { ...fresh, state, env }
  places.push(place)
  const logs: string[] = []
  const under = (): string[] => {
    if (!HAS_STRACE) return underUmask(umask)
    const log = join(fresh.dir, `strace.${logs.length}`)
    logs.push(log)
    return [...underStrace(log), ...underUmask(umask)]
  }
  expect((await openclaw(place, ['models', 'set', 'anthropic/claude-opus-4-6'], { under: under() })).code).toBe(0)
  await pointAtSandbox(join(state, 'openclaw.json'))
  for (const [line, input] of LINES) {
    const ran = await openclaw(place, line.split(' '), { under: under(), ...(input === undefined ? {} : { input }) })
    expect(ran, line).toMatchObject({ code: 0 })
  }
  const gateway = await startGateway(place, { under: under() })
  const client = await connectClient(gateway)
  await client.call('chat.send', { sessionKey: 'agent:main:files', message: 'hi', idempotencyKey: 'f' })
  await client.close()
  await gateway.stop()
  return { place, logs }
}

/** Edits in place, so that the mode stays as the program made it. */
async function pointAtSandbox(path: string): Promise<void> {
  const config = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>
  const { writeFile } = await import('node:fs/promises')
  const models = { providers: { anthropic: { baseUrl: `${sandbox.url}/anthropic` } } }
  await writeFile(path, JSON.stringify({ ...config, models }))
}

describe('V19 files', () => {
  for (const umask of UMASKS) {
    test(`are ours alone under umask ${umask}, and lie below the state directory`, async () => {
      const { place, logs } = await grow(umask)
      const loose = Object.entries(await pictureOf(place.state)).filter(
        ([, { mode, what }]) => mode !== (what === 'folder' ? '700' : '600'),
      )
      expect(loose).toEqual([])
      expect(((await stat(place.state)).mode & 0o777).toString(8)).toBe('700')
      const names = Object.keys(await pictureOf(place.state))
      for (const name of [
        'openclaw.json',
        'gateway.token',
        'agents/main/agent/auth-profiles.json',
        'agents/main/agent/auth-profiles.undo.json',
        'agents/main/agent/auth.json',
      ]) {
        expect(names).toContain(name)
      }
      for (const log of logs) {
        const outside = (await touchesIn(log)).filter(
          ({ paths, writes, ok }) =>
            writes &&
            ok &&
            paths.some(
              (path) => !path.startsWith(`${place.state}/`) && path !== place.state && !/^\/(?:dev|proc)\//.test(path),
            ),
        )
        expect(outside, log).toEqual([])
      }
    }, 60_000)
  }

  test.skipIf(HAS_STRACE)('are not watched by strace on this machine, which has none', () => {
    expect(HAS_STRACE).toBe(false)
  })
})
