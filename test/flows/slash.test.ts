// `openclaw agent` with slash commands: with a running gateway and without one, the same words, the same files.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { type Installation, install, openclaw, type Ran } from '../support/installation.ts'
import { CLAUDE, GOOD, GPT, providersAt } from './support.ts'

const WORK = 'sk-ant-api03-work-0123456789abcdef'

let sandbox: Sandbox
let place: Installation
let gateway: GatewayProcess | undefined

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [
      { name: 'default', vendor: 'anthropic', key: GOOD },
      { name: 'work', vendor: 'anthropic', key: WORK },
    ],
  })
  place = await install({
    config: {
      models: providersAt(sandbox),
      agents: { defaults: { model: CLAUDE, models: { [CLAUDE]: { alias: 'Opus' }, [GPT]: {} } } },
    },
    profiles: [
      { id: 'anthropic:default', key: GOOD },
      { id: 'anthropic:work', key: WORK },
    ],
    order: { anthropic: ['anthropic:default', 'anthropic:work'] },
  })
})

afterAll(async () => {
  await gateway?.stop()
  await sandbox?.close()
  await place?.remove()
})

const agent = (message: string, ...flags: string[]): Promise<Ran> => {
  const env = gateway === undefined ? {} : { OPENCLAW_GATEWAY_PORT: String(gateway.port) }
  return openclaw(place, ['agent', '--message', message, ...flags], { env })
}

async function walkThrough(): Promise<string[]> {
  const via = gateway === undefined ? 'local' : 'gateway'
  const before = sandbox.requests().length
  const picker = await agent('/model')
  expect(picker).toMatchObject({ code: 0, stderr: '' })
  const pinned = await agent('/model opus@anthropic:work', '--json')
  expect(JSON.parse(pinned.stdout)).toMatchObject({ ok: true, command: { name: 'model', ok: true }, attempts: 0, via })
  const status = await agent('/model status')
  expect(status.stdout).toContain('Next: anthropic:work\n')
  expect(status.stdout).toContain(`[anthropic] endpoint: ${sandbox.url}/anthropic, api: anthropic-messages\n`)
  const soft = await agent('/model opus@anthropic:work?')
  expect(soft.stdout).toContain('Auth profile set to anthropic:work; it may step aside.')
  const told = await openclaw(place, ['models', 'explain', '--session', 'main'])
  expect(told.stdout).toContain('(pinned to anthropic:work, may step aside)')
  expect(told.stdout).toContain('pinned: this session prefers it (pinned, may step aside)')
  const listed = await openclaw(place, ['sessions'])
  expect(listed.stdout).toContain('anthropic:work (user, may step aside)')
  const unknown = await agent('/model Opus@anthropic:nope')
  expect(unknown).toMatchObject({ code: 1, stdout: expect.stringContaining('anthropic:default, anthropic:work') })
  expect(sandbox.requests()).toHaveLength(before)
  const turn = JSON.parse((await agent('hello', '--json')).stdout)
  expect(turn).toMatchObject({ servedBy: 'anthropic:work', via })
  const fresh = await agent('/new')
  const all = [picker, pinned, status, unknown, fresh]
  for (const { stdout, stderr } of all) expect(stdout + stderr).not.toMatch(/sk-ant|…/)
  return [picker, status, unknown, fresh].map(({ stdout }) => stdout)
}

test('without a gateway and with one, commands say the same, pin the account the next turn takes, and ask nobody', async () => {
  const alone = await walkThrough()
  expect(alone[0]).toContain(`1. Opus (${CLAUDE}) (current)\n2. ${GPT}\n`)
  gateway = await startGateway(place)
  // The first account was never used by then, and still is the first.
  expect(await walkThrough()).toEqual(alone)
}, 60_000)
