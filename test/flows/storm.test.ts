// The storm: many processes, each with many agents pointed at one login, all at once when its token has ended; undisturbed, on locks that the
// dead have left, and with one of them killed somewhere in between. Sizes by KEYCLAW_STORM (processes, agents, rounds); `npm run storm` runs a larger one.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startSandbox } from '../../src/sandbox/sandbox.ts'
import { createFilesBackend } from '../../src/store/files-backend.ts'
import { openProfiles } from '../../src/store/profiles.ts'
import { bootId } from '../../src/system/sidecar.ts'
import { createSystem } from '../../src/system/system.ts'
import { bundleWorker } from '../support/bundle.ts'
import { install } from '../support/installation.ts'
import { loginConfig, loginEnv, storedLogin } from '../support/logins.ts'
import { dice } from '../support/swarm.ts'

const [PROCESSES = 6, AGENTS = 4, ROUNDS = 4] = (process.env.KEYCLAW_STORM ?? '').split(',').filter(Boolean).map(Number)
const ID = 'openai-codex:home'
/** How long the vendor takes at most, ms: as on a fast network where figures are wanted. */
const VENDOR_MS = process.env.KEYCLAW_STORM === undefined ? 20 : 500

let redemptions = 0
let rounds = 0
/** The call that each renewal is for, ms: a short answer of a model. */
const CALL_MS = 1000
/** Of each undisturbed round: what the slowest caller of all waited, and what one waits who is alone. */
const waits: { slowestMs: number; aloneMs: number }[] = []
afterAll(() => {
  const ratio = (behindMs: number): string => {
    const all = waits.map(({ slowestMs, aloneMs }) => (slowestMs + behindMs) / (aloneMs + behindMs))
    return all.sort((a, b) => a - b)[Math.floor(all.length / 2)]?.toFixed(2) ?? '-'
  }
  const told = `${PROCESSES} x ${AGENTS}, ${rounds} rounds, ${redemptions} redemptions; the slowest caller waited`
  console.log(
    `storm: ${told} ${ratio(0)} x one renewal alone, ${ratio(CALL_MS)} x with a call of ${CALL_MS} ms behind it`,
  )
})

let bundle = ''
beforeAll(async () => {
  bundle = await bundleWorker('renewal-worker')
})
afterAll(() => rmSync(dirname(bundle), { recursive: true, force: true }))

/** What a killed holder leaves: its pid runs again by now, as another program, which is not the one that holds. */
async function leaveHolders(state: string, mechanism: string, round: number): Promise<void> {
  const dead = { mechanism, pid: process.pid, host: hostname(), boot: await bootId(), startedAt: '1' }
  for (const name of ['refresh-openai-codex', 'auth.json', 'auth-profiles.json']) {
    const sidecar = join(state, 'agents/main/agent', `${name}.lock.held`)
    await writeFile(sidecar, JSON.stringify({ ...dead, nonce: `${name.replace('.', '-')}-${round}` }), { mode: 0o600 })
  }
}

type Worker = { child: ChildProcess; lines: AsyncIterator<string> }

async function storm(mechanismOf: (slot: number) => string, kills: boolean) {
  const sandbox = await startSandbox()
  const agents = Array.from({ length: AGENTS }, (_, at) => (at === 0 ? 'main' : `heir-${at}`))
  const place = await install({
    profiles: [storedLogin(sandbox, ID, { expires: Date.now() - 1000 })],
    config: {
      ...loginConfig(sandbox),
      agents: { list: agents.map((id) => (id === 'main' ? { id } : { id, auth: { inherit: 'main' } })) },
    },
    env: loginEnv(sandbox),
  })
  const workers: Worker[] = []
  const start = async (slot: number): Promise<void> => {
    const child = spawn(process.execPath, [bundle, mechanismOf(slot), ID, ...agents], {
      env: place.env,
      cwd: place.cwd,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    expect((await lines.next()).value).toBe('"ready"')
    workers[slot] = { child, lines }
  }
  const random = dice(11)
  const store = openProfiles(
    createFilesBackend(createSystem(), place.state),
    join(place.state, 'agents/main/agent/auth-profiles.json'),
  )
  const book = () => sandbox.logins.redemptions().filter(({ grant }) => grant === 'refresh_token')
  const rounds: { answers: string[]; granted: number; reused: number; isKilled: boolean }[] = []
  let aloneMs = 0
  try {
    await Promise.all(Array.from({ length: PROCESSES }, (_, slot) => start(slot)))
    // The round before the first: one process, so that there is something to compare with.
    for (let round = kills ? 0 : -1; round < ROUNDS; round++) {
      const fresh = storedLogin(sandbox, ID, { expires: 0 })
      const { access, refresh } = 'raw' in fresh ? (fresh.raw as Record<string, string>) : {}
      // Somebody logged in anew an hour ago; the token of then has just ended.
      await store.edit((draft) => {
        const profiles = draft.profiles as Record<string, Record<string, unknown>>
        profiles[ID] = { ...profiles[ID], access, refresh, expires: Date.now() - 1 }
      })
      const before = book().length
      if (round % 2 === 1) await leaveHolders(place.state, mechanismOf(round), round)
      const victim = kills ? Math.floor(random() * PROCESSES) : -1
      // A vendor takes its time, so that a kill falls anywhere: before it heard, while it answers, while the answer is stored.
      const delayMs = kills ? Math.floor(random() * VENDOR_MS) : VENDOR_MS
      sandbox.setFaults([{ vendor: 'chatgpt', path: '/oauth/token', delayMs }])
      let slowestMs = 0
      const asked = (round < 0 ? workers.slice(0, 1) : workers).map(async ({ child, lines }, slot) => {
        child.stdin?.write('\n')
        if (slot === victim) {
          setTimeout(() => child.kill('SIGKILL'), random() * (VENDOR_MS + 40))
          await once(child, 'exit')
          return []
        }
        const said = JSON.parse((await lines.next()).value ?? '') as { answers: string[]; slowestMs: number }
        slowestMs = Math.max(slowestMs, said.slowestMs)
        return said.answers
      })
      const answers = (await Promise.all(asked)).flat()
      if (round < 0) {
        aloneMs = slowestMs
        continue
      }
      if (!kills) waits.push({ slowestMs, aloneMs })
      const outcomes = book()
        .slice(before)
        .map(({ outcome }) => outcome)
      rounds.push({
        answers,
        granted: outcomes.filter((outcome) => outcome === 'granted').length,
        reused: outcomes.filter((outcome) => outcome === 'reused' || outcome === 'revoked').length,
        isKilled: kills,
      })
      if (victim >= 0) await start(victim)
    }
  } finally {
    for (const { child } of workers) child.kill('SIGKILL')
    await sandbox.close()
    await place.remove()
  }
  return rounds
}

describe.each<[string, (slot: number) => string]>([
  ['kernel locks', () => 'kernel'],
  ['portable locks', () => 'portable'],
])('with %s', (_name, mechanismOf) => {
  test('every agent of every process is answered, and the vendor is asked once each time, whoever died as a holder', {
    timeout: 600_000,
  }, async () => {
    for (const { answers, granted, reused } of await storm(mechanismOf, false)) {
      rounds++
      redemptions += granted + reused
      expect([granted, reused]).toEqual([1, 0])
      expect(answers).toHaveLength(PROCESSES * AGENTS)
      expect(answers[0]).toMatch(/^[0-9a-f]{32}$/)
      expect([...new Set(answers)]).toEqual([answers[0]])
    }
  })

  test('a process that is killed in the midst costs at most its own login, and then everybody says so', {
    timeout: 600_000,
  }, async () => {
    for (const { answers, granted, reused } of await storm(mechanismOf, true)) {
      // One redemption; a second one only where the first one's answer died with its process, before or after the vendor heard of it.
      expect(granted).toBe(1)
      expect(reused).toBeLessThanOrEqual(1)
      expect(answers).toHaveLength((PROCESSES - 1) * AGENTS)
      expect(new Set(answers).size).toBe(1)
      expect(answers[0]).toMatch(
        reused === 0 ? /^[0-9a-f]{32}$/ : /^ended: .*nobody knows what became of an attempt before/,
      )
    }
  })
})
