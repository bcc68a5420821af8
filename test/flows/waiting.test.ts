// A call that is held because its only account rests: said beforehand by explain, and answered when a person brings another account.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { healthOf, type Installation, install, openclaw, until } from '../support/installation.ts'
import { anthropic, GOOD, LIMITED, providersAt, question } from './support.ts'

let sandbox: Sandbox
let place: Installation
let gateway: GatewayProcess

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [
      { name: 'limited', vendor: 'anthropic', key: LIMITED, quota: 0, windowMs: 60_000 },
      { name: 'good', vendor: 'anthropic', key: GOOD },
    ],
  })
  place = await install({
    config: { models: providersAt(sandbox), auth: { wait: { maxMs: 300_000 } } },
    profiles: [{ id: 'anthropic:limited', key: LIMITED }],
  })
  gateway = await startGateway(place)
})

afterAll(async () => {
  await gateway?.stop()
  await sandbox?.close()
  await place?.remove()
})

const waiting = async (): Promise<string | undefined> => {
  const answer = await fetch(`${gateway.url}/metrics`, { headers: { authorization: `Bearer ${gateway.token}` } })
  return /^keyclaw_calls_waiting (\d+)$/m.exec(await answer.text())?.[1]
}

test('the SDK gets its answer as soon as somebody can serve', async () => {
  const asked = anthropic({ gateway }).messages.create(question('Is anybody there?')).withResponse()
  await until('the call to be held', async () => ((await waiting()) === '1' ? true : undefined))
  // The gateway holds the call before it has written why.
  await until('the rest to be on disk', async () => (await healthOf(place))['anthropic:limited']?.cooldownUntil)
  const explained = await openclaw(place, ['models', 'explain', 'anthropic'])
  expect(explained.stdout).toContain('a call waits for it (auth.wait.maxMs)')
  const line = ['models', 'auth', 'paste-api-key', '--provider', 'anthropic', '--profile-id', 'anthropic:good']
  expect(await openclaw(place, line, { input: `${GOOD}\n` })).toMatchObject({ code: 0 })
  const { data, response } = await asked
  expect(response.headers.get('x-openclaw-served-by')).toBe('anthropic:good')
  expect(response.headers.get('x-openclaw-attempts')).toBe('2')
  expect(JSON.stringify(data.content)).toContain('You said: Is anybody there?')
  expect(await waiting()).toBe('0')
})
