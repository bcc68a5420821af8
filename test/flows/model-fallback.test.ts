// When no account can serve a model, the next one of the chain is asked, whatever its dialect: in turns of ours, and for clients only one that
// takes their bytes as they are. The built program, a gateway and the sandbox.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { type Installation, install, openclaw, readJson, until } from '../support/installation.ts'
import { CLAUDE, GPT, providersAt, requestsOf } from './support.ts'

const LIMITED = 'sk-ant-api03-limited-0123456789abcdef'
const GOOD = 'sk-ant-api03-good-0123456789abcdef'
const SPENT = 'sk-proj-spent-0123456789abcdef'
const PROJECT = 'sk-proj-good-0123456789abcdef'
const MIRROR = 'mirror/claude-sonnet-4-5'

/** Agents that keep the same account share what it meets, so each has one of its own. */
const limitedOf = (agent: string) => ({ id: 'anthropic:limited', key: LIMITED + agent })
const AGENTS = ['main', 'chat', 'pinned', 'wish', 'fine', 'alone', 'none', 'worn', 'vendor']
const projectOf = (agent: string) => ({ id: 'openai:project', key: PROJECT + agent })
const mirror = { id: 'mirror:good', key: GOOD }

let sandbox: Sandbox
let place: Installation
let gateway: GatewayProcess

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [
      ...AGENTS.map((agent) => {
        const { key } = limitedOf(agent)
        return { name: `limited-${agent}`, vendor: 'anthropic', key, quota: 0, windowMs: 3_600_000 } as const
      }),
      { name: 'good', vendor: 'anthropic', key: GOOD },
      { name: 'spent', vendor: 'openai', key: SPENT, quota: 0, windowMs: 3_600_000 },
      ...AGENTS.map((agent) => {
        return { name: `project-${agent}`, vendor: 'openai', key: projectOf(agent).key } as const
      }),
    ],
  })
  const { providers } = providersAt(sandbox)
  place = await install({
    config: {
      agents: {
        defaults: {
          model: { primary: CLAUDE, fallbacks: ['gpt', MIRROR] },
          models: { [GPT]: { alias: 'gpt' }, [MIRROR]: {} },
        },
      },
      models: {
        providers: { ...providers, mirror: { baseUrl: providers.anthropic?.baseUrl, api: 'anthropic-messages' } },
      },
    },
    profiles: [limitedOf('main'), projectOf('main'), mirror],
    agents: {
      chat: { profiles: [limitedOf('chat'), projectOf('chat'), mirror] },
      pinned: { profiles: [limitedOf('pinned'), { id: 'anthropic:other', key: GOOD }, projectOf('pinned')] },
      wish: { profiles: [{ id: 'anthropic:other', key: GOOD }, limitedOf('wish'), mirror, projectOf('wish')] },
      fine: { profiles: [{ id: 'anthropic:good', key: GOOD }, projectOf('fine')] },
      alone: {
        profiles: [limitedOf('alone'), projectOf('alone')],
        entry: { model: { fallbacks: [GPT, 'anthropic/claude-opus-4-5'] } },
      },
      gone: { profiles: [{ id: 'anthropic:good', key: GOOD }, mirror] },
      none: { profiles: [limitedOf('none'), projectOf('none'), mirror], entry: { model: { fallbacks: [] } } },
      worn: { profiles: [limitedOf('worn'), { id: 'openai:spent', key: SPENT }] },
      back: {
        profiles: [
          { id: 'anthropic:good', key: GOOD },
          { id: 'openai:spent', key: SPENT },
        ],
      },
      vendor: {
        profiles: [{ id: 'anthropic:good', key: GOOD }, projectOf('vendor')],
        entry: { model: { fallbacks: ['gpt', MIRROR] } },
      },
    },
  })
  gateway = await startGateway(place)
  place.env.OPENCLAW_GATEWAY_PORT = String(gateway.port)
})

afterAll(async () => {
  await gateway?.stop()
  await sandbox?.close()
  await place?.remove()
})

afterEach(() => sandbox.setFaults([]))

const ask = (agent: string, extra: object = {}, path = '/v1/messages', headers: Record<string, string> = {}) =>
  fetch(gateway.url + path, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${gateway.token}`,
      'content-type': 'application/json',
      'anthropic-version': '2023-06-01',
      'x-openclaw-agent': agent,
      ...headers,
    },
    body: JSON.stringify({
      model: CLAUDE,
      max_tokens: 200,
      messages: [{ role: 'user', content: 'How do you do?' }],
      ...extra,
    }),
  })

const told = (answer: Response) => ({
  status: answer.status,
  model: answer.headers.get('x-openclaw-model'),
  by: answer.headers.get('x-openclaw-served-by'),
  attempts: answer.headers.get('x-openclaw-attempts'),
})

async function complaint(answer: Response): Promise<string> {
  return String(((await answer.json()) as { error: { message: string } }).error.message)
}

async function turn(agent: string, ...more: string[]) {
  const ran = await openclaw(place, ['agent', '--agent', agent, '--message', 'hi', ...more])
  return ran
}

test('a turn goes to the next model, whatever its dialect, says so, and is back at its own when that serves again', async () => {
  const ran = await turn('chat', '--json')
  expect(ran.stderr).toBe('')
  expect(JSON.parse(ran.stdout)).toMatchObject({
    ok: true,
    model: GPT,
    insteadOf: CLAUDE,
    servedBy: 'openai:project',
    attempts: 2,
    notice: `${GPT} answers while nobody can serve ${CLAUDE}, which is tried first at every turn; \`openclaw models explain ${CLAUDE} --agent chat\` says why.`,
  })
  const sessions = `${place.state}/agents/chat/sessions/sessions.json`
  expect(await readJson(sessions)).not.toMatchObject({ 'agent:chat:main': { modelOverride: expect.anything() } })
  expect(await readJson(sessions)).not.toMatchObject({ 'agent:chat:main': { authProfileOverride: expect.anything() } })
  const before = requestsOf(sandbox, 'limited-chat')
  const text = await turn('chat')
  expect(text.stdout).toContain('You said: hi')
  // It was told once.
  expect(text.stderr).toBe('')
  // It rests, and is not asked in vain.
  expect(requestsOf(sandbox, 'limited-chat')).toBe(before)
  expect(
    (
      await openclaw(
        place,
        [
          'models',
          'auth',
          'paste-api-key',
          '--provider',
          'anthropic',
          '--agent',
          'chat',
          '--profile-id',
          'anthropic:new',
        ],
        { input: GOOD },
      )
    ).code,
  ).toBe(0)
  const again = await until('the gateway to hear of the new account', async () => {
    const said = JSON.parse((await turn('chat', '--json')).stdout)
    return said.model === CLAUDE ? said : undefined
  })
  const notice = `${CLAUDE} answers again; ${GPT} no longer stands in for it.`
  expect(again).toMatchObject({ model: CLAUDE, servedBy: 'anthropic:new', notice })
  expect(again).not.toHaveProperty('insteadOf')
  expect(JSON.parse((await turn('chat', '--json')).stdout)).not.toHaveProperty('notice')
})

test('a relayed call goes to the next model whatever its dialect, before the first byte, and names it', async () => {
  const answer = await ask('main', { stream: true })
  expect(told(answer)).toEqual({ status: 200, model: GPT, by: 'openai:project', attempts: '2' })
  expect(await answer.text()).toMatch(/^event: message_start\ndata: .*"model":"gpt-5\.1"[\s\S]*event: message_stop\n/)
  // What its vendor cannot be told is not left out for it: the model behind it is asked.
  const exact = await ask('main', { stream: true, top_k: 5 })
  expect(told(exact)).toEqual({ status: 200, model: MIRROR, by: 'mirror:good', attempts: '1' })
  expect(await exact.text()).toContain('"model":"claude-sonnet-4-5"')
  const fine = await ask('fine')
  expect(told(fine)).toEqual({ status: 200, model: null, by: 'anthropic:good', attempts: '1' })
  sandbox.setFaults([{ vendor: 'openai', status: 503 }])
  const other = { model: 'gpt', messages: [{ role: 'user', content: 'Well?' }] }
  const down = await ask('fine', { ...other, seed: 1 }, '/v1/chat/completions')
  expect(down.status).toBe(503)
  expect(await complaint(down)).toMatch(
    /Not asked: mirror\/claude-sonnet-4-5 cannot be asked this: seed: Anthropic .*; anthropic\/claude-opus-4-6 cannot/,
  )
  const before = requestsOf(sandbox, 'project-fine')
  const instead = await ask('fine', { ...other, stream: true }, '/v1/chat/completions')
  expect(told(instead)).toMatchObject({ status: 200, model: CLAUDE, by: 'anthropic:good' })
  expect(await instead.text()).toMatch(/^data: \{"id":"chatcmpl-[\s\S]*data: \[DONE\]\n\n$/)
  // It is rested once another model has answered, and not asked again meanwhile.
  for (const _ of [1, 2]) {
    expect(JSON.parse((await turn('fine', '--model', 'gpt', '--json')).stdout)).toMatchObject({
      model: CLAUDE,
      insteadOf: GPT,
    })
  }
  expect(requestsOf(sandbox, 'project-fine')).toBe(before + 1)
})

test('a model that cannot be told all of it is passed over with that reason, and nothing follows an empty list', async () => {
  const alone = await ask('alone', { top_k: 5 })
  expect(told(alone)).toMatchObject({ status: 429, model: null, by: null, attempts: '1' })
  expect(alone.headers.get('retry-after')).toMatch(/^\d+$/)
  const said = await complaint(alone)
  expect(said).toContain('No profile of anthropic could serve this call. anthropic:limited: HTTP 429')
  expect(said).toContain(
    `Not asked: anthropic/claude-opus-4-5 is not in agents.defaults.models, the list of what is allowed; ${GPT} cannot be asked this: top_k: Chat Completions has no such field. OpenAI does not speak Anthropic Messages, so the request has to be translated.`,
  )
  const none = await complaint(await ask('none'))
  expect(none).not.toContain('Not asked')
  expect(none).not.toContain('All models')
})

test('every model failing is told with what each met, by the refusal of the one that was asked for', async () => {
  const ran = await turn('worn')
  expect(ran.code).toBe(1)
  expect(ran.stderr).toMatch(
    /All models failed \(3\): anthropic\/claude-opus-4-6: .*anthropic:limited: HTTP 429.* \(rate_limit\) \| openai\/gpt-5\.1: .*openai:spent: HTTP 429.* \(.*\) \| mirror\/claude-sonnet-4-5: No API key found.* \(no_credential\)/,
  )
  expect(ran.stderr).toContain('openclaw models explain anthropic --agent worn')
})

test('the primary model is the last of the chain, and a person’s pin holds at its own vendor only', async () => {
  const back = JSON.parse((await turn('back', '--model', 'gpt', '--json')).stdout)
  expect(back).toMatchObject({ model: CLAUDE, insteadOf: GPT, servedBy: 'anthropic:good' })
  const params = JSON.stringify({ key: 'agent:pinned:main', agentId: 'pinned', profile: 'anthropic:limited' })
  expect((await turn('pinned')).code).toBe(0)
  const patched = await openclaw(place, ['gateway', 'call', 'sessions.patch', '--params', params])
  expect(patched.stderr).toBe('')
  const before = requestsOf(sandbox, 'good')
  expect(JSON.parse((await turn('pinned', '--json')).stdout)).toMatchObject({ model: GPT, servedBy: 'openai:project' })
  expect(requestsOf(sandbox, 'good')).toBe(before)
})

test('a header chooses the profile of one call: strictly, or softly with a question mark', async () => {
  const wish = (header: string, path = '/v1/messages', extra = {}) =>
    ask('wish', extra, path, { 'x-openclaw-profile': header })
  const counted = '/v1/messages/count_tokens'
  // The order of things would take the other one, which was never used; a wish comes before it.
  expect(told(await wish('anthropic:other'))).toMatchObject({ status: 200, by: 'anthropic:other', attempts: '1' })
  expect(told(await wish('anthropic:other'))).toMatchObject({ status: 200, by: 'anthropic:other', attempts: '1' })
  expect(told(await wish('anthropic:other', counted)).by).toBe('anthropic:other')
  const chat = await wish('openai:project?', '/v1/chat/completions', { model: GPT })
  expect(told(chat)).toMatchObject({ status: 200, by: 'openai:project' })
  // It is met with a refusal and rests: a soft wish steps aside, during the call and after it.
  expect(told(await wish('anthropic:limited?'))).toMatchObject({ status: 200, by: 'anthropic:other', attempts: '2' })
  expect(told(await wish('anthropic:limited?'))).toMatchObject({ status: 200, by: 'anthropic:other', attempts: '1' })
  // A strict one is refused, and neither another account nor the mirror is asked, which would have served.
  const before = sandbox.requests().length
  const refused = await wish('anthropic:limited')
  expect([refused.status, refused.headers.has('retry-after')]).toEqual([429, true])
  const { type, error } = (await refused.json()) as { type: string; error: { type: string; message: string } }
  expect([type, error.type]).toEqual(['error', 'rate_limit_error'])
  expect(error.message).toMatch(
    /^The header x-openclaw-profile asks for anthropic:limited, and no other account of anthropic is tried\. .*anthropic:limited: cooldown \(rate_limit\) ends in \d+m.* Not asked: .*mirror\/claude-sonnet-4-5 is of mirror, and this call may use anthropic:limited only.* Try: openclaw models explain anthropic --agent wish$/,
  )
  expect(error.message).not.toContain('anthropic:other')
  expect(sandbox.requests()).toHaveLength(before)
})

test('a header that names no profile of the agent is refused in the shape of the dialect, and asks nobody', async () => {
  const before = sandbox.requests().length
  const message = async (header: string, path = '/v1/messages', extra = {}) => {
    const answer = await ask('wish', extra, path, { 'x-openclaw-profile': header })
    const body = (await answer.json()) as { type?: string; error: { type: string; message: string } }
    return [answer.status, body.type, body.error.type, body.error.message]
  }
  for (const header of ['anthropic:nobody', 'anthropic:nobody?']) {
    expect(await message(header)).toEqual([
      400,
      'error',
      'invalid_request_error',
      expect.stringMatching(/^Agent wish has no profile "anthropic:nobody" \(\S+\); .*auth list --agent wish$/),
    ])
  }
  const chat = await message('openai:nobody', '/v1/chat/completions', { model: GPT })
  expect(chat).toEqual([400, undefined, 'invalid_request_error', expect.stringContaining('openai:nobody')])
  expect((await message('openai:project'))[3]).toContain('is for openai, not for anthropic')
  expect((await message(GOOD))[3]).not.toContain(GOOD)
  for (const header of ['', '?', 'a??', 'a b', 'anthropic:other, anthropic:limited', 'a'.repeat(300)]) {
    const [status, type, , text] = await message(header)
    expect([status, type, text], header).toEqual([400, 'error', expect.stringContaining('holds no profile')])
  }
  expect(sandbox.requests()).toHaveLength(before)
})

test('a model that its vendor does not have is replaced by the next one; without one the vendor\u2019s own words are the answer', async () => {
  sandbox.setFaults([{ account: 'good', status: 404, times: 1 }])
  const served = await ask('gone')
  expect([served.status, served.headers.get('x-openclaw-model')]).toEqual([200, MIRROR])
  sandbox.setFaults([{ account: 'good', status: 404, times: 1 }])
  const told = await ask('fine', { top_k: 5 })
  expect([told.status, told.headers.get('x-openclaw-model')]).toEqual([404, null])
  expect(await told.json()).toMatchObject({ type: 'error', error: { type: 'not_found_error' } })
  // Both are gone: what each met is said, and nobody is blamed.
  sandbox.setFaults([{ account: 'good', status: 404, times: 2 }])
  const neither = await ask('gone')
  const text = await neither.text()
  expect([neither.status, text]).toEqual([404, expect.stringContaining('All models failed (3)')])
  sandbox.setFaults([])
  expect((await ask('gone')).headers.get('x-openclaw-model')).toBeNull()
})

test('what is wrong with the request itself never falls back', async () => {
  const before = requestsOf(sandbox, 'project-vendor')
  for (const extra of [{ messages: [] }, { model: 'anthropic/claude-of-nowhere' }]) {
    const answer = await ask('vendor', extra)
    expect(told(answer)).toMatchObject({ model: null, by: 'anthropic:good', attempts: '1' })
    expect(answer.status).toBeGreaterThanOrEqual(400)
  }
  sandbox.setFaults([{ vendor: 'anthropic', times: 1, errorEventAfterEvents: 5 }])
  const cut = await turn('vendor')
  expect(cut.stderr).toContain('Once an answer has begun no other account is tried')
  expect(requestsOf(sandbox, 'project-vendor')).toBe(before)
})

test('models explain shows the chain with what each model would take', async () => {
  const text = await openclaw(place, ['models', 'explain', '--agent', 'alone'])
  expect(text.stdout).toMatch(
    /When nobody can serve it:\n {2}openai\/gpt-5\.1 +openai:project\n {2}anthropic\/claude-opus-4-5 +- +is not in agents\.defaults\.models/,
  )
  const { chain } = JSON.parse(
    (await openclaw(place, ['models', 'explain', 'gpt', '--agent', 'worn', '--json'])).stdout,
  )
  expect(chain).toMatchObject([
    { model: MIRROR, from: 'fallback', next: null, reason: 'nobody can serve it' },
    { model: CLAUDE, from: 'primary' },
  ])
})
