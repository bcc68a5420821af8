// Logins begun through the gateway, with a clock of the test's own: one that is forgotten ends by itself.
import { beforeEach, expect, test } from 'vitest'
import { createAuth } from '../../src/auth/auth.ts'
import type { LoginFlow } from '../../src/core/protocol.ts'
import { createLogins } from '../../src/gateway/logins.ts'
import { createSystem } from '../../src/system/system.ts'
import { lay } from '../auth/place.ts'
import { CALLBACK_HOST, follow } from '../support/logins.ts'
import { machine } from '../support/machine.ts'

const MINUTE = 60_000
type Due = { ms: number; run: () => void }
let due: Due[]
/** The first long wait that was begun. */
let begun: Promise<Due>
let begin: (due: Due) => void
beforeEach(() => {
  due = []
  begun = new Promise((resolve) => {
    begin = resolve
  })
})

test('a login to which nobody comes back ends after ten minutes, with its port, and the next one can begin', async () => {
  const real = createSystem()
  const env = {
    OPENCLAW_STATE_DIR: lay({}),
    OPENCLAW_LOGIN_ISSUER_OPENAI_CODEX: 'http://127.0.0.1:9',
    OPENCLAW_OAUTH_CALLBACK_HOST: CALLBACK_HOST,
  }
  const { system } = machine({
    env,
    parts: {
      timer: (ms, run) => {
        if (ms < MINUTE) return real.timer(ms, run)
        const entry = { ms, run }
        due.push(entry)
        begin(entry)
        return { cancel: () => (due = due.filter((one) => one !== entry)) }
      },
    },
  })
  const heard: LoginFlow[] = []
  let tell: (flow: LoginFlow) => void = () => undefined
  const ended = new Promise<LoginFlow>((resolve) => {
    tell = resolve
  })
  const logins = createLogins(await createAuth(system), (flow) => {
    heard.push(flow)
    tell(flow)
  })
  const wish = { agentId: 'main', provider: 'openai-codex' }
  const first = await logins.start(wish)
  const { ms, run } = await begun
  expect(ms).toBe(10 * MINUTE)
  run()
  expect(await ended).toMatchObject({
    id: first.id,
    state: 'failed',
    error: { code: 'upstream', message: expect.stringContaining('within 10 minutes'), remedy: expect.any(String) },
  })
  await expect(follow('http://localhost:1455/auth/callback?code=x&state=y')).rejects.toThrow()
  const next = await logins.start(wish)
  expect(logins.all().map(({ id, state }) => ({ id, state }))).toEqual([
    { id: first.id, state: 'failed' },
    { id: next.id, state: 'waiting' },
  ])
  await logins.end()
  expect(heard.map(({ state }) => state)).toEqual(['failed', 'cancelled'])
  expect(due).toEqual([])
  await expect(logins.start(wish)).rejects.toMatchObject({ code: 'busy', remedy: expect.any(String) })
})
