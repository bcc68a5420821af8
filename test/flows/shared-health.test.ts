// What one process learns, others know: the command line, a second gateway, and the same gateway after a restart. And the other way round: a
// key stored by the command line serves in a gateway that is already running.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { healthOf, type Installation, install, openclaw, until } from '../support/installation.ts'
import { connectClient } from '../support/socket-client.ts'
import { anthropic, providersAt, question, requestsOf, restOf } from './support.ts'

const BROKEN = 'sk-ant-api03-broken-0123456789abcdef'
const GOOD = 'sk-ant-api03-good-0123456789abcdef'
const LATE = 'sk-ant-api03-pasted-later-0123456789abcdef'

let sandbox: Sandbox
let place: Installation
let gateway: GatewayProcess
let other: GatewayProcess

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [
      { name: 'broken', vendor: 'anthropic', key: BROKEN },
      { name: 'good', vendor: 'anthropic', key: GOOD },
      { name: 'late', vendor: 'anthropic', key: LATE },
    ],
  })
  sandbox.setFaults([{ account: 'broken', preset: 'billing-402' }])
  place = await install({
    config: { models: providersAt(sandbox) },
    profiles: [
      { id: 'anthropic:broken', key: BROKEN },
      { id: 'anthropic:good', key: GOOD },
    ],
    order: { anthropic: ['anthropic:broken', 'anthropic:good'] },
    agents: { fresh: {} },
  })
  gateway = await startGateway(place)
  other = await startGateway(place)
})

afterAll(async () => {
  await gateway?.stop()
  await other?.stop()
  await sandbox?.close()
  await place?.remove()
})

type Unusable = { auth: { unusableProfiles: { profileId: string; kind: string; reason: string }[] } }

describe('health', () => {
  test('that one gateway learned is known to the command line and to a gateway beside it', async () => {
    // Both have looked before anything happened; the calls of another agent tell nothing of this one.
    const look = ['models', 'explain', 'anthropic', '--json']
    expect((await openclaw(place, look)).stdout).toContain('anthropic:broken')
    const watching = await connectClient(gateway)
    await watching.call('models.authStatus', {})
    await anthropic({ gateway: other }).messages.create(question())
    const met = requestsOf(sandbox, 'broken')
    expect(met).toBe(1)
    await restOf(place, 'anthropic:broken')
    const seen = await until('the command line to see the rest', async () => {
      const { stdout } = await openclaw(place, ['models', 'status', '--json'])
      const { unusableProfiles } = (JSON.parse(stdout) as Unusable).auth
      return unusableProfiles.find(({ profileId }) => profileId === 'anthropic:broken')
    })
    expect(seen).toMatchObject({ kind: 'disabled', reason: 'billing' })
    await until('the other gateway to see the rest', async () => {
      const { auth } = (await watching.call('models.authStatus', {})) as Unusable
      return auth.unusableProfiles.find(({ profileId }) => profileId === 'anthropic:broken')
    })
    await watching.close()
    for (let calls = 0; calls < 3; calls++) await anthropic({ gateway }).messages.create(question())
    expect(requestsOf(sandbox, 'broken')).toBe(met)
  })

  test('survives a restart of the gateway', async () => {
    const met = requestsOf(sandbox, 'broken')
    expect(await gateway.stop()).toEqual({ code: 0, signal: null })
    gateway = await startGateway(place)
    await anthropic({ gateway }).messages.create(question())
    expect(requestsOf(sandbox, 'broken')).toBe(met)
    expect((await healthOf(place))['anthropic:broken']).toMatchObject({ disabledReason: 'billing' })
  })
})

describe('a key stored while the gateway runs', () => {
  test('is used without a restart', async () => {
    const client = anthropic({ gateway, agent: 'fresh' })
    await expect(client.messages.create(question())).rejects.toThrow('paste-api-key')
    const line = ['models', 'auth', 'paste-api-key', '--provider', 'anthropic', '--agent', 'fresh']
    expect(await openclaw(place, line, { input: `${LATE}\n` })).toMatchObject({ code: 0 })
    const message = await until('the pasted key to serve', () =>
      client.messages.create(question()).catch(() => undefined),
    )
    expect(message.type).toBe('message')
    expect(requestsOf(sandbox, 'late')).toBe(1)
  })

  test('is not used while it is paused, and is again once it is resumed', async () => {
    const client = anthropic({ gateway, agent: 'fresh' })
    const line = (verb: string): string[] => ['models', 'auth', verb, 'anthropic:default', '--agent', 'fresh']
    expect(await openclaw(place, line('pause'))).toMatchObject({ code: 0 })
    const error = await until('the paused key to be passed over', () =>
      client.messages.create(question()).then(
        () => undefined,
        (error: unknown) => error,
      ),
    )
    expect(String(error)).toContain('openclaw models auth resume anthropic:default --agent fresh')
    const met = requestsOf(sandbox, 'late')
    expect(await openclaw(place, line('resume'))).toMatchObject({ code: 0 })
    await until('the resumed key to serve', () => client.messages.create(question()).catch(() => undefined))
    expect(requestsOf(sandbox, 'late')).toBe(met + 1)
  })

  test('is forgotten without a restart when it is removed', async () => {
    const line = ['models', 'auth', 'logout', 'anthropic:default', '--agent', 'fresh', '--yes']
    expect(await openclaw(place, line)).toMatchObject({ code: 0 })
    const client = anthropic({ gateway, agent: 'fresh' })
    const error = await until('the removed key to be gone', () =>
      client.messages.create(question()).then(
        () => undefined,
        (error: unknown) => error,
      ),
    )
    expect(String(error)).toContain('paste-api-key')
  })
})
