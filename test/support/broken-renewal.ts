// An installation with two logins of the played ChatGPT behind a wire, whose holder of a renewal is killed, stopped or refused its disk; and
// what must be so afterwards, read from the vendor's book.
import { cp, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type Installation, install, openclaw, type Ran, type RunOptions } from './installation.ts'
import { entryOf, loginConfig, redeemed, storedLogin } from './logins.ts'
import { aged, ONE_BY_ONE } from './tracing.ts'
import { tapWire, type WireTap } from './wire-tap.ts'

export const ID = 'openai-codex:home'
export const OTHER = 'openai-codex:work'
const HOUR = 3_600_000
export const RENEW = ['models', 'auth', 'refresh', ID] as const

export type Renewing = Installation & { sandbox: Sandbox; wire: WireTap; close(): Promise<void> }

/**
 * @param options.expires of the login's access token, ms from now; it ended an hour ago when absent
 * @param options.disk an empty folder that becomes the state directory
 */
export async function renewing(options: { expires?: number; disk?: string } = {}): Promise<Renewing> {
  const sandbox = await startSandbox()
  const wire = await tapWire(sandbox)
  const place = await install({
    profiles: [
      storedLogin(sandbox, ID, { expires: Date.now() + (options.expires ?? -HOUR) }),
      storedLogin(sandbox, OTHER, { as: 'work', expires: Date.now() + HOUR }),
    ],
    order: { 'openai-codex': [ID, OTHER] },
    config: loginConfig(sandbox),
    env: { ...ONE_BY_ONE, OPENCLAW_LOGIN_ISSUER_OPENAI_CODEX: `${wire.url}/chatgpt` },
  })
  await aged(place)
  if (options.disk !== undefined) {
    await cp(place.state, options.disk, { recursive: true })
    place.state = options.disk
    place.env.OPENCLAW_STATE_DIR = options.disk
  }
  const close = async (): Promise<void> => {
    await wire.close()
    await Promise.all([place.remove(), sandbox.close()])
  }
  return Object.assign(place, { sandbox, wire, close })
}

/** Renews the login with the program, in its own process. */
export const renew = (place: Renewing, options: RunOptions = {}): Promise<Ran> => openclaw(place, RENEW, options)

/** Files with secrets that are there only while something is under way, or waits. */
export async function remains(place: Pick<Installation, 'dir' | 'state'>): Promise<string[]> {
  const folders = new Set([place.dir, place.state])
  const names = (await Promise.all([...folders].map((dir) => readdir(dir, { recursive: true })))).flat()
  return names.filter((name) => /\.tmp$|\.late$|login-[0-9a-f]+\.json/.test(name))
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Whether the answer of the vendor died with the process: it gave one, and no disk has it. */
export async function isLost(place: Renewing, before: Record<string, unknown>): Promise<boolean> {
  if (redeemed(place.sandbox).length === 0) return false
  const spool = await readdir(join(place.state, 'spool')).catch(() => [])
  // A whole draft is as good as the file; half of one is not.
  const isKept = await Promise.all(
    spool.map(async (name) => isJson(await readFile(join(place.state, 'spool', name), 'utf8'))),
  )
  return !isKept.includes(true) && (await entryOf(place, ID)).refresh === before.refresh
}

/**
 * What must hold once another process has carried on: an answer that could be had was had; else one login has ended, and says why.
 * @param next what that process came to
 */
export async function expectCarriedOn(
  place: Renewing,
  { lost, before, next }: { lost: boolean; before: Record<string, unknown>; next: Ran },
): Promise<void> {
  const book = redeemed(place.sandbox)
  const check = await openclaw(place, ['models', 'status', '--check'])
  const ended = (check.stdout + check.stderr).match(/\S+: the login has ended/g) ?? []
  const now = await entryOf(place, ID)
  if (lost) {
    expect(book).toEqual(['granted', 'reused'])
    expect(next.code).toBe(4)
    expect(next.stderr).toContain('nobody knows what became of an attempt before, which may have spent it')
    expect(ended).toEqual([`${ID}: the login has ended`])
    expect(now.refresh).toBe(before.refresh)
  } else {
    // On a machine that does much else it may be used before the store has taken it, and said so.
    const told = next.stderr.split('\n').filter((line) => !line.includes('a renewed login is not stored yet'))
    expect([next.code, told.join('')]).toEqual([0, ''])
    // Asked for by hand it is renewed again, with the token that came before: never with one that was spent.
    expect(new Set(book)).toEqual(new Set(['granted']))
    expect(ended).toEqual([])
    expect(place.sandbox.logins.bearer(String(now.access))?.name).toBe('home')
    expect(now.refresh).not.toBe(before.refresh)
  }
  expect(place.sandbox.logins.bearer(String((await entryOf(place, OTHER)).access))?.name).toBe('work')
  // What the dead left beside a file goes with the next write to it.
  if ((await remains(place)).length > 0)
    await openclaw(place, ['models', 'auth', 'order', 'set', '--provider', 'openai-codex', OTHER, ID])
  expect(await remains(place)).toEqual([])
  const { claim } = JSON.parse(await readFile(join(place.state, 'agents/main/agent/auth.json'), 'utf8')).refresh[ID]
  expect(claim?.state).toBe(lost ? 'refused' : undefined)
}
