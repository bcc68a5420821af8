// The proof that no write and no race loses a credential: eight processes drive the real verbs on one state directory and are killed at
// random, while a reader looks all the time.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundleWorker } from '../support/bundle.ts'
import { freshDir } from '../support/machine.ts'
import { dice, swarm } from '../support/swarm.ts'
import { expected } from '../support/writer-plan.ts'

const STEPS = Number(process.env.KEYCLAW_WRITER_STEPS ?? 20)
const PROCESSES = 8
const SEED = Number(process.env.KEYCLAW_WRITER_SEED ?? 31)

let bundle = ''
beforeAll(async () => {
  bundle = await bundleWorker('writer-worker')
})
afterAll(() => rmSync(dirname(bundle), { recursive: true, force: true }))

test('every acknowledged profile is there at the end, and the files can be read at every moment', {
  timeout: 60_000 + STEPS * 500,
}, async () => {
  const state = freshDir()
  process.env.OPENCLAW_STATE_DIR = state
  const agentDir = join(state, 'agents/main/agent')
  const stranger = { 'bedrock:x': { type: 'aws_sso', provider: 'bedrock', session: { deep: [1, 2] } } }
  writeFileSync(join(state, 'openclaw.json'), '// mine\n{ gateway: { port: 18789 /* kept */ } }\n')
  let looks = 0
  const broken: string[] = []
  const paths = ['auth-profiles.json', 'auth.json', 'auth-profiles.undo.json'].map((name) => join(agentDir, name))
  const reader = setInterval(() => {
    for (const path of paths) {
      const text = contents(path)
      if (text === undefined) continue
      looks++
      try {
        JSON.parse(text)
      } catch {
        broken.push(text.slice(0, 200))
      }
    }
  }, 2)
  const done = Array.from({ length: PROCESSES }, () => 0)
  const report = await swarm({
    bundle,
    processes: PROCESSES,
    goal: STEPS,
    killEvery: 30,
    random: dice(SEED),
    args: (slot, steps) => [String(slot), String(steps), String(STEPS), String(SEED)],
    onLine: (slot, line) => {
      expect(Number(line)).toBe(done[slot])
      done[slot] = Number(line) + 1
    },
  }).finally(() => clearInterval(reader))
  process.stdout.write(`writers: seed ${SEED}, ${PROCESSES}x${STEPS} steps, ${report.kills} kills, ${looks} looks\n`)
  expect(report.kills).toBeGreaterThan(2)
  expect(looks).toBeGreaterThan(100)
  expect(broken).toEqual([])

  const stored = JSON.parse(contents(paths[0] ?? '') ?? '{}') as {
    profiles: Record<string, { key: string }>
    order?: { openai?: string[] }
  }
  const wanted = new Map(Array.from({ length: PROCESSES }, (_, slot) => [...expected(SEED, slot, STEPS)]).flat())
  expect(new Map(Object.entries(stored.profiles).map(([id, { key }]) => [id, key]))).toEqual(wanted)
  for (const id of stored.order?.openai ?? []) expect([...wanted.keys()]).toContain(id)
  const config = contents(join(state, 'openclaw.json')) ?? ''
  expect(config).toContain('// mine')
  expect(config).toContain('/* kept */')
  for (const id of wanted.keys()) expect(config).toContain(id)

  // One more write by one more process: nothing of the killed is left beside the files.
  writeFileSync(paths[0] ?? '', JSON.stringify({ ...stored, profiles: { ...stored.profiles, ...stranger } }))
  await swarm({
    bundle,
    processes: 1,
    goal: 8,
    random: dice(1),
    args: (_slot, steps) => ['99', String(steps), '8', '5'],
    onLine: () => undefined,
  })
  expect(Object.keys(JSON.parse(contents(paths[0] ?? '') ?? '').profiles)).toContain('bedrock:x')
  const left = [...readdirSync(agentDir), ...readdirSync(state)].filter((name) => /\.tmp$|\.held/.test(name))
  expect(left).toEqual([])
})

function contents(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
