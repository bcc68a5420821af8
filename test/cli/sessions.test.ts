// `sessions`: listed, read without a way for their text to steer the terminal, and begun anew with the transcript left on disk.
import { appendFile, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { startGateway } from '../support/gateway-process.ts'
import { type Installation, install, openclaw } from '../support/installation.ts'
import { build } from '../support/program.ts'
import { apiKey } from './secrets.ts'

const KEY = apiKey('good')

let place: Installation
let sandbox: Sandbox
beforeAll(build, 60_000)
beforeEach(async () => {
  sandbox = await startSandbox({ accounts: [{ name: 'mine', vendor: 'anthropic', key: KEY }] })
  place = await install({
    config: { models: { providers: { anthropic: { baseUrl: sandbox.baseUrl('anthropic') } } } },
    profiles: [{ id: 'anthropic:default', key: KEY }],
    env: { OPENCLAW_GATEWAY_PORT: '1' },
  })
})
afterEach(async () => {
  await sandbox.close()
  await place.remove()
})

const folder = (): string => join(place.state, 'agents/main/sessions')
const run = (...args: string[]): ReturnType<typeof openclaw> => openclaw(place, args)
const only = async (): Promise<Record<string, unknown>> => {
  const { sessions } = JSON.parse((await run('sessions', '--json')).stdout)
  expect(sessions).toHaveLength(1)
  return sessions[0]
}

it('lists key, model, pin, last use and counts', async () => {
  expect(await run('sessions')).toMatchObject({ code: 0, stdout: 'No sessions (agent main).\n', stderr: '' })
  await run('agent', '--message', 'hi', '--session-id', 'mine')
  const { stdout } = await run('sessions', 'list')
  expect(stdout).toMatch(/^Key +Model +Pin +Last used +Tokens +Session id$/m)
  expect(stdout).toMatch(
    /^agent:main:mine +\(default\) +anthropic:default \(auto\) +\d+s ago +\d+ in, \d+ out +[\w-]{36}$/m,
  )
  expect(await only()).toMatchObject({ key: 'agent:main:mine', pin: { id: 'anthropic:default', by: 'auto' } })
})

it('shows a conversation by key, name and id, and lets nothing in it steer the terminal or name a secret', async () => {
  await run('agent', '--message', `my key is ${KEY}`, '--session-id', 'mine')
  const { id } = (await only()) as { id: string }
  const evil = {
    role: 'user',
    content: [{ type: 'text', text: 'a\u001b[2Jb\n2026-01-01 assistant\u202e\ttab' }],
    timestamp: 1e300,
  }
  await appendFile(join(folder(), `${id}.jsonl`), `${JSON.stringify(evil)}\n`)
  const shown = await run('sessions', 'show', 'mine')
  expect(shown).toMatchObject({ code: 0, stderr: '' })
  expect(shown.stdout).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\dZ user\n {2}my key is \[secret\]\n/)
  expect(shown.stdout).toContain('(no time) user\n  a\\u001b[2Jb\n  2026-01-01 assistant\\u202e\ttab\n')
  expect(shown.stdout).not.toContain(KEY.slice(20))
  for (const name of ['agent:main:mine', id]) expect((await run('sessions', 'show', name)).stdout).toBe(shown.stdout)
  expect((await run('sessions', 'show', 'mine', '--lines', '1')).stdout).toBe('  2026-01-01 assistant\\u202e\ttab\n')
  const json = JSON.parse((await run('sessions', 'show', 'mine', '--json', '--lines', '2')).stdout)
  expect(json).toMatchObject({
    key: 'agent:main:mine',
    sessionId: id,
    messages: [{ role: 'assistant' }, { role: 'user' }],
  })
})

it('refuses what is no session, with the command that lists them', async () => {
  for (const name of ['nobody', '../../openclaw.json', '../sessions', 'agent:other:main', '']) {
    const shown = await run('sessions', 'show', name)
    expect(shown.code).toBe(1)
    expect(shown.stderr).toContain('Run: openclaw sessions list')
  }
  expect((await run('sessions', 'reset', 'nobody')).code).toBe(1)
  expect((await run('models', 'explain', '--session', '__proto__')).stderr).toContain('has no conversation "__proto__"')
  expect((await run('sessions', 'sho')).stderr).toContain('Did you mean show?')
})

it('resets: another id, no pin, and what was said stays readable', async () => {
  await run('agent', '--message', 'remember this', '--session-id', 'mine')
  const before = await only()
  const reset = JSON.parse((await run('sessions', 'reset', 'mine', '--json')).stdout)
  const after = await only()
  expect(reset).toMatchObject({ ok: true, key: 'agent:main:mine', previousSessionId: before.id, sessionId: after.id })
  expect(after.id).not.toBe(before.id)
  expect(after).not.toHaveProperty('pin')
  expect(await readdir(folder())).toContain(`${before.id}.jsonl`)
  expect((await run('sessions', 'show', String(before.id))).stdout).toContain('remember this')
  expect((await run('sessions', 'show', 'mine')).stdout).toBe('Nothing has been said.\n')
})

it('resets through the running gateway', async () => {
  const gateway = await startGateway(place)
  try {
    const env = { OPENCLAW_GATEWAY_PORT: String(gateway.port) }
    await openclaw(place, ['agent', '--message', 'hi', '--session-id', 'mine'], { env })
    const before = await only()
    const ran = await openclaw(place, ['sessions', 'reset', 'mine'], { env })
    expect(ran).toMatchObject({
      code: 0,
      stdout: `Reset: agent:main:mine\nWhat was said: openclaw sessions show ${before.id}\n`,
    })
    expect((await only()).id).not.toBe(before.id)
    expect(await readFile(join(folder(), `${before.id}.jsonl`), 'utf8')).toContain('hi')
  } finally {
    await gateway.stop()
  }
})
