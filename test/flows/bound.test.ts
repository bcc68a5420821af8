// What only one account can open: the official SDKs through the built gateway, with accounts that rest in the middle. The played vendors open for an account
// what they made for it, and nothing else.
import Anthropic, { APIError as ClaudeError } from '@anthropic-ai/sdk'
import fc from 'fast-check'
import OpenAI, { APIError } from 'openai'
import type { ResponseInput, ResponseInputItem } from 'openai/resources/responses/responses'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { tagOfBearer, tagOfKey } from '../../src/sandbox/own.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts'
import { healthOf, type Installation, install, openclaw, until } from '../support/installation.ts'
import { CLAUDE, GPT, providersAt } from './support.ts'

/** Agents with accounts of their own, so that what rests for one test rests for it alone. */
const AGENTS = [
  'thoughts',
  'answers',
  'files',
  'loops',
  'again',
  'signed',
  'chain',
  'many',
  'tools',
  'born',
  'stored',
  'searches',
  'edited',
  'kept',
  'shared',
] as const
type Agent = (typeof AGENTS)[number]
const SIDES = ['a', 'b'] as const
/** Two keys of one organisation, for one of them. */
const projectOf = (agent: Agent, side: string): string =>
  `sk-proj-bound-${agent}${agent === 'shared' ? '-org_ours' : ''}-${side}-0123456789abcdef`
const keyOf = (agent: Agent, side: string): string => `sk-ant-api03-bound-${agent}-${side}-0123456789abcdef`

const ELSEWHERE = 'sk-proj-bound-elsewhere-0123456789abcdef'

let sandbox: Sandbox
let place: Installation
let gateway: GatewayProcess

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [
      { name: 'elsewhere', vendor: 'openai' as const, key: ELSEWHERE },
      ...AGENTS.flatMap((agent) =>
        SIDES.flatMap((side) => [
          { name: `${agent}-${side}`, vendor: 'openai' as const, key: projectOf(agent, side) },
          { name: `${agent}-${side}`, vendor: 'anthropic' as const, key: keyOf(agent, side) },
        ]),
      ),
    ],
  })
  place = await install({
    config: {
      models: {
        providers: {
          ...providersAt(sandbox).providers,
          elsewhere: { baseUrl: `${sandbox.url}/openai/v1`, api: 'openai-responses' },
        },
      },
      agents: { defaults: { model: { primary: CLAUDE, fallbacks: [] } } },
    },
    agents: Object.fromEntries(
      AGENTS.map((agent) => [
        agent,
        {
          ...(agent === 'chain' ? { entry: { model: { primary: GPT, fallbacks: ['elsewhere/gpt-5.1'] } } } : {}),
          profiles: [
            ...(agent === 'chain' ? [{ id: 'elsewhere:only', key: ELSEWHERE }] : []),
            ...SIDES.flatMap((side) => [
              { id: `openai:${side}`, key: projectOf(agent, side) },
              { id: `anthropic:${side}`, key: keyOf(agent, side) },
            ]),
          ],
          order: { openai: ['openai:a', 'openai:b'], anthropic: ['anthropic:a', 'anthropic:b'] },
        },
      ]),
    ),
  })
  gateway = await startGateway(place)
}, 60_000)

afterEach(() => sandbox.setFaults([]))

afterAll(async () => {
  await gateway?.stop()
  await sandbox?.close()
  await place?.remove()
})

const gpt = (agent: Agent): OpenAI =>
  new OpenAI({
    baseURL: `${gateway.url}/v1`,
    apiKey: gateway.token,
    maxRetries: 0,
    defaultHeaders: { 'x-openclaw-agent': agent },
  })
const claude = (agent: Agent): Anthropic =>
  new Anthropic({
    baseURL: gateway.url,
    apiKey: gateway.token,
    maxRetries: 0,
    defaultHeaders: { 'x-openclaw-agent': agent },
  })

/** The account says that its limit is reached, to whatever comes. */
const rest = (agent: Agent, ...sides: readonly string[]): void =>
  sandbox.setFaults(sides.map((side) => ({ account: `${agent}-${side}`, preset: 'rate-limited' as const })))

/** A person ends the rests of an agent's accounts, and the gateway has heard of it. */
async function wake(agent: Agent, id: string): Promise<void> {
  sandbox.setFaults([])
  await until('its rest to be written down', async () => (await healthOf(place, agent))[id]?.cooldownUntil)
  await openclaw(place, ['models', 'auth', 'reset', '--agent', agent])
  await until('the gateway to hear of it', async () => (await servedBy(agent)) === id || undefined)
}

/** A program's wish for one of the accounts, which may step aside. */
const wish = (side: string) => ({ headers: { 'x-openclaw-profile': `openai:${side}?` } })

/** Who serves a new conversation. */
async function servedBy(agent: Agent): Promise<string | null> {
  const { response } = await gpt(agent)
    .responses.create({ model: GPT, input: `Who is there? ${++asks}` })
    .withResponse()
  return response.headers.get('x-openclaw-served-by')
}
let asks = 0

const tools = [
  {
    type: 'function' as const,
    name: 'get_weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    strict: false,
  },
]
const thinking = {
  model: GPT,
  store: false,
  reasoning: { effort: 'low' as const, summary: 'auto' as const },
  include: ['reasoning.encrypted_content' as const],
}
const says = (content: string): ResponseInputItem => ({ role: 'user', content })

/** One turn of a client that keeps its own history, and who served it. */
async function turn(agent: Agent, history: ResponseInput, streams: boolean, headers: Record<string, string> = {}) {
  const asked = { ...thinking, tools, input: history }
  if (!streams) {
    const { data, response } = await gpt(agent).responses.create(asked, { headers }).withResponse()
    history.push(...(data.output as ResponseInput))
    return { answer: data, by: response.headers.get('x-openclaw-served-by') }
  }
  const { data: events, response } = await gpt(agent)
    .responses.create({ ...asked, stream: true }, { headers })
    .withResponse()
  for await (const event of events) {
    if (event.type !== 'response.completed') continue
    history.push(...(event.response.output as ResponseInput))
    return { answer: event.response, by: response.headers.get('x-openclaw-served-by') }
  }
  throw new Error('the stream did not end')
}

/** What the vendors could not open since, by account. */
const unopened = (since: number): string[] =>
  sandbox
    .requests()
    .filter(({ id, status, faulted }) => id > since && !faulted && (status === 400 || status === 404))
    .map(({ account, status, path }) => `${account} ${status} ${path}`)
const lastRequest = (): number => sandbox.requests().at(-1)?.id ?? 0

const errorOf = async (asked: Promise<unknown>): Promise<APIError | ClaudeError> => {
  try {
    await asked
  } catch (error) {
    if (error instanceof APIError || error instanceof ClaudeError) return error
    throw error
  }
  throw new Error('it was served')
}

describe('thoughts that are encrypted', () => {
  test('stay with their account, are left out for another one, and go on there', async () => {
    const since = lastRequest()
    const history: ResponseInput = [says('use the tool')]
    const first = await turn('thoughts', history, true)
    expect(first.by).toBe('openai:a')
    const call = first.answer.output.find(({ type }) => type === 'function_call')
    expect(first.answer.output.map(({ type }) => type)).toEqual(['reasoning', 'function_call'])
    history.push({
      type: 'function_call_output',
      call_id: call?.type === 'function_call' ? call.call_id : '',
      output: 'It rains.',
    })
    rest('thoughts', 'a')
    const second = await turn('thoughts', history, false)
    expect(second.by).toBe('openai:b')
    expect(second.answer.output_text).toContain('It rains.')
    // The first is well again, but the newest thought is the other one's, and so is the warm cache.
    await wake('thoughts', 'openai:a')
    history.push(says('And now?'))
    expect((await turn('thoughts', history, true)).by).toBe('openai:b')
    // Thoughts that were left with the vendor are known by their names.
    const kept = { model: GPT, reasoning: { summary: 'auto' as const } }
    const { output } = await gpt('thoughts').responses.create({ ...kept, input: 'Hello' }, wish('b'))
    expect(output[0]).toMatchObject({ type: 'reasoning', id: expect.stringMatching(/^rs_/) })
    const goesOn = { ...kept, input: [says('Hello'), ...(output as ResponseInput), says('And then?')] }
    expect((await gpt('thoughts').responses.create(goesOn, wish('a'))).output_text).toContain('And then?')
    expect(unopened(since)).toEqual([])
  })

  test('that nobody saw being made are left out once the vendor has said that it cannot open them, and nobody is blamed', async () => {
    const since = lastRequest()
    const history: ResponseInput = [
      says('Hello'),
      { type: 'reasoning', id: 'rs_elsewhere', summary: [], encrypted_content: 'bWFkZSBlbHNld2hlcmUsIGxvbmcgYWdv' },
      {
        type: 'message',
        id: 'msg_elsewhere',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: 'Hi.', annotations: [] }],
      },
      says('Still there?'),
    ]
    const { answer, by } = await turn('again', history, true)
    expect(JSON.stringify(answer.output)).toContain('Still there?')
    expect(by).toBe('openai:a')
    expect(unopened(since)).toEqual(['again-a 400 /openai/v1/responses'])
    // What nobody has is the request's: each account is asked once, and the vendor's own words say so.
    const error = await errorOf(
      gpt('again').responses.create({ model: GPT, input: 'Hello', previous_response_id: 'resp_elsewhere_0123456789' }),
    )
    expect(error).toMatchObject({ status: 400, code: 'previous_response_not_found' })
    expect(unopened(since)).toEqual(
      ['again-a', 'again-a', 'again-b'].map((account) => `${account} 400 /openai/v1/responses`),
    )
    expect(await servedBy('again')).toBe('openai:a')
    // What one of them has is found there, and from then on known: here a file that was uploaded past the gateway.
    const file: ResponseInputItem = {
      role: 'user',
      content: [{ type: 'input_file', file_id: `file-${tagOfBearer(projectOf('again', 'b'))}` }],
    }
    for (const text of ['Read it.', 'Once more.']) {
      const { response } = await gpt('again')
        .responses.create({ model: GPT, input: [file, says(text)] })
        .withResponse()
      expect(response.headers.get('x-openclaw-served-by')).toBe('openai:b')
    }
    expect(unopened(since)).toHaveLength(4)
    // Whoever insists on the other account gets what it says.
    const insisted = gpt('again').responses.create(
      { model: GPT, input: 'Hello', previous_response_id: 'resp_nowhere_0123456789' },
      { headers: { 'x-openclaw-profile': 'openai:a' } },
    )
    expect(await errorOf(insisted)).toMatchObject({ status: 400, code: 'previous_response_not_found' })
    expect(unopened(since)).toHaveLength(5)
  })
})

test('thoughts go to another key of their organisation, once the vendor has named it for both', async () => {
  const since = lastRequest()
  await turn('shared', [says('Who are you?')], false, wish('b').headers)
  const history: ResponseInput = [says('Hello')]
  expect((await turn('shared', history, true)).by).toBe('openai:a')
  rest('shared', 'a')
  history.push(says('Still there?'))
  expect((await turn('shared', history, true)).by).toBe('openai:b')
  expect(unopened(since)).toEqual([])
  // Both were sent the same, thoughts and all; between accounts that share nothing the second is sent less.
  const [refused, served] = sandbox.requests().slice(-2)
  expect([refused?.account, served?.account]).toEqual(['shared-a', 'shared-b'])
  expect(served?.bodySha256).toBe(refused?.bodySha256)
})

test('what a vendor did itself behind a thought goes with it', async () => {
  const since = lastRequest()
  const history: ResponseInput = [says('Look it up')]
  expect((await turn('searches', history, false)).by).toBe('openai:a')
  const [thought, ...said] = history.slice(1)
  if (thought === undefined) throw new Error('nothing was thought')
  const search = { type: 'web_search_call', id: 'ws_0123456789_thought', status: 'completed' } as const
  const action = { type: 'search' as const, query: 'x', queries: ['x'] }
  const goesOn = [says('Look it up'), thought, { ...search, action }, ...said, says('And now?')]
  expect((await turn('searches', [...goesOn], true)).by).toBe('openai:a')
  rest('searches', 'a')
  expect((await turn('searches', [...goesOn], true)).by).toBe('openai:b')
  expect(unopened(since)).toEqual([])
})

describe('what lies at the vendor', () => {
  test('goes to whoever has it, against the order, and is refused by name while that one rests', async () => {
    const client = gpt('answers')
    rest('answers', 'a')
    const first = await client.responses.create({ model: GPT, input: 'Hello' }).withResponse()
    expect(first.response.headers.get('x-openclaw-served-by')).toBe('openai:b')
    await wake('answers', 'openai:a')
    const goesOn = { model: GPT, input: 'And then?', previous_response_id: first.data.id }
    const second = await client.responses.create(goesOn).withResponse()
    expect(second.response.headers.get('x-openclaw-served-by')).toBe('openai:b')
    // An item of it is known, too.
    const item = second.data.output[0]
    const referring = await client.responses
      .create({ model: GPT, input: [{ type: 'item_reference', id: item?.id ?? '' }, says('What was that?')] })
      .withResponse()
    expect(referring.response.headers.get('x-openclaw-served-by')).toBe('openai:b')

    const since = lastRequest()
    rest('answers', 'b')
    const error = await errorOf(client.responses.create(goesOn))
    expect(error).toMatchObject({ status: 429, code: 'bound_to_account', param: 'previous_response_id' })
    expect(error.message).toMatch(
      /openai:b made the previous_response_id of this request, and no other account of openai can open it\. openai:b: .*\. It is back /,
    )
    expect(Number(error.headers?.get('retry-after'))).toBeGreaterThan(0)
    // The one that asked for it was told so; nobody else was shown it.
    expect(
      sandbox
        .requests()
        .filter(({ id }) => id > since)
        .map(({ account }) => account),
    ).toEqual(['answers-b'])
    expect(await servedBy('answers')).toBe('openai:a')
    // Whoever names the other account by header hears the same.
    const wished = await errorOf(client.responses.create(goesOn, { headers: { 'x-openclaw-profile': 'openai:a' } }))
    expect(wished).toMatchObject({ code: 'bound_to_account' })
    expect(unopened(since)).toEqual([])
  })

  test('of two accounts at once is refused with both names', async () => {
    const client = gpt('files')
    const file = (side: string): ResponseInputItem => ({
      role: 'user',
      content: [{ type: 'input_file', file_id: `file-${tagOfBearer(projectOf('files', side))}` }],
    })
    // Nobody knows whose a file is that was uploaded past the gateway, until an account has opened it.
    const first = await client.responses.create({ model: GPT, input: [file('a'), says('Read it.')] }).withResponse()
    expect(first.response.headers.get('x-openclaw-served-by')).toBe('openai:a')
    rest('files', 'a')
    expect(await errorOf(client.responses.create({ model: GPT, input: [file('a'), says('Again.')] }))).toMatchObject({
      ...{ status: 429, code: 'bound_to_account', param: 'file_id' },
    })
    const other = await client.responses.create({ model: GPT, input: [file('b'), says('Read this.')] }).withResponse()
    expect(other.response.headers.get('x-openclaw-served-by')).toBe('openai:b')
    // That an account has opened something proves nothing of the others, and nothing is refused by it unasked.
    const both = await errorOf(client.responses.create({ model: GPT, input: [file('a'), file('b')] }))
    expect(both).toMatchObject({ status: 429, code: 'bound_to_account', param: 'file_id' })
    sandbox.setFaults([])
    const made = async (side: string): Promise<ResponseInputItem> => {
      const { output } = await gpt('again').responses.create({ model: GPT, input: 'Hello' }, wish(side))
      return { type: 'item_reference', id: output.at(-1)?.id ?? '' }
    }
    const since = lastRequest()
    const input = [await made('a'), await made('b'), says('What was that?')]
    const two = await errorOf(gpt('again').responses.create({ model: GPT, input }))
    expect(two).toMatchObject({ status: 400, code: 'bound_to_account', param: 'item_reference' })
    expect(two.message).toContain('openai:a')
    expect(two.message).toContain('openai:b')
    expect(unopened(since)).toEqual([])
  })

  test('and was made past the gateway is found at the account that has it, however its name is written', async () => {
    const tag = tagOfBearer(projectOf('kept', 'b'))
    const served = async (body: string): Promise<string | null> => {
      const response = await fetch(`${gateway.url}/v1/responses`, {
        method: 'POST',
        headers: {
          ...{ 'content-type': 'application/json', authorization: `Bearer ${gateway.token}` },
          'x-openclaw-agent': 'kept',
        },
        body,
      })
      expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('"completed"')])
      return response.headers.get('x-openclaw-served-by')
    }
    const since = lastRequest()
    // Each a conversation of its own: nothing but what they hold says whose they are.
    const asked = (more: string): string => `{"model":"${GPT}","input":"Search it. ${++asks}",${more}}`
    const searching = `"tools":[{"type":"file_search","vector_store_ids":["vs_${tag}"]}]`
    const template = `"id":"pmpt_${tag}","variables":{"id":"a customer"}`
    expect(await served(asked(searching))).toBe('openai:b')
    expect(await served(asked(`"prompt":{${template}}`))).toBe('openai:b')
    expect(unopened(since)).toHaveLength(2)
    // From then on they are known, in disguise as well.
    expect(await served(asked(searching.replace('vector_store', 'vector\\u005fstore')))).toBe('openai:b')
    expect(await served(asked(`"pr\\u006fmpt":{${template}}`))).toBe('openai:b')
    expect(await served(asked(`"prompt":null,"model":"${GPT}","prompt":{${template}}`))).toBe('openai:b')
    expect(unopened(since)).toHaveLength(2)
    // An account that is there no more made things that no other one can open, for as long as it may come back.
    const made = await gpt('kept').responses.create({ model: GPT, input: 'Hello' }, wish('b'))
    const goesOn = { model: GPT, input: 'And then?', previous_response_id: made.id }
    await openclaw(place, ['models', 'auth', 'logout', 'openai:b', '--agent', 'kept', '--yes'])
    const gone = await until('the gateway to hear of it', async () => {
      const error = await errorOf(gpt('kept').responses.create(goesOn)).catch(() => undefined)
      return error?.message.includes('has that account no more') ? error : undefined
    })
    expect(gone).toMatchObject({ status: 409, code: 'bound_to_account', param: 'previous_response_id' })
    await openclaw(place, ['models', 'auth', 'undo', '--agent', 'kept'])
    await until('it to be back', async () => {
      const back = gpt('kept').responses.create(goesOn)
      return await back.then(({ id }) => id).catch(() => undefined)
    })
  })

  test('is nothing that a tool was told, whatever its fields are called', async () => {
    const asked = (...files: string[]): Anthropic.MessageCreateParamsNonStreaming => ({
      model: CLAUDE,
      max_tokens: 64,
      tools: [{ name: 'drive', input_schema: { type: 'object', properties: { file_id: { type: 'string' } } } }],
      messages: [
        { role: 'user', content: `Read ${files.join(' and ')}.` },
        {
          role: 'assistant',
          content: files.map((file_id, at) => ({
            ...{ type: 'tool_use', id: `toolu_${at}`, name: 'drive', input: { file_id } },
          })) as Anthropic.ContentBlockParam[],
        },
        {
          role: 'user',
          content: files.map((_, at) => ({ type: 'tool_result', tool_use_id: `toolu_${at}`, content: 'Read.' })),
        },
      ],
    })
    const servedWith = async (side: string | undefined, ...files: string[]) => {
      const headers = side === undefined ? {} : { 'x-openclaw-profile': `anthropic:${side}?` }
      const { response } = await claude('tools')
        .messages.create(asked(...files), { headers })
        .withResponse()
      return response.headers.get('x-openclaw-served-by')
    }
    expect(await servedWith('a', 'drive-file-X')).toBe('anthropic:a')
    expect(await servedWith('b', 'drive-file-Y')).toBe('anthropic:b')
    expect(await servedWith(undefined, 'drive-file-X', 'drive-file-Y')).toMatch(/^anthropic:[ab]$/)
    rest('tools', 'a')
    expect(await servedWith(undefined, 'drive-file-X')).toBe('anthropic:b')
  })

  test("is Anthropic's container, and a file of its own", async () => {
    const client = claude('files')
    const asked = { model: CLAUDE, max_tokens: 500, messages: [{ role: 'user' as const, content: 'Hello' }] }
    const made = await client.messages.create({
      ...asked,
      tools: [{ type: 'code_execution_20250825', name: 'code_execution' }],
    } as unknown as Anthropic.MessageCreateParamsNonStreaming)
    const container = (made as unknown as { container: { id: string } }).container.id
    expect(container).toContain(tagOfKey(keyOf('files', 'a')))
    rest('files', 'a')
    const error = await errorOf(
      client.messages.create({ ...asked, container } as Anthropic.MessageCreateParamsNonStreaming),
    )
    expect(error.status).toBe(429)
    expect(error.message).toContain('anthropic:a made the container of this request')
    const file = { type: 'document', source: { type: 'file', file_id: 'file_nobody_knows_of_it' } }
    const since = lastRequest()
    const unknown = { ...asked, messages: [{ role: 'user', content: [file] }] } as unknown as typeof asked
    expect(await errorOf(client.messages.create(unknown))).toMatchObject({ status: 404 })
    // One account said no; the others need not be asked, and the model is there.
    expect(unopened(since)).toEqual(['files-b 404 /anthropic/v1/messages'])
  })
})

test('thoughts of a Claude are good at every account: a loop of tools goes on where the other one stopped, byte for byte', async () => {
  const client = claude('loops')
  const asked = {
    model: CLAUDE,
    max_tokens: 2000,
    thinking: { type: 'enabled' as const, budget_tokens: 1024 },
    tools: [
      { name: 'get_weather', input_schema: { type: 'object' as const, properties: { city: { type: 'string' } } } },
    ],
  }
  const question = { role: 'user' as const, content: 'use the tool' }
  const first = await client.messages.stream({ ...asked, messages: [question] }).finalMessage()
  expect(first.content.map(({ type }) => type)).toEqual(['thinking', 'tool_use'])
  const call = first.content.find((block) => block.type === 'tool_use')
  rest('loops', 'a')
  const { data, response } = await client.messages
    .create({
      ...asked,
      messages: [
        question,
        { role: 'assistant', content: first.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: call?.id ?? '', content: 'It rains.' }] },
      ],
    })
    .withResponse()
  expect(response.headers.get('x-openclaw-served-by')).toBe('anthropic:b')
  expect(data.content.at(-1)).toMatchObject({ type: 'text', text: expect.stringContaining('It rains.') })
  const [refused, served] = sandbox.requests().slice(-2)
  expect(served?.bodySha256).toBe(refused?.bodySha256)
})

test('thoughts of a Claude come back to the account that made them, even in what looks like another conversation', async () => {
  // Newer models show an account its own thoughts only; those of another one they leave out in silence.
  const client = claude('signed')
  const asked = { model: CLAUDE, max_tokens: 2000, thinking: { type: 'enabled' as const, budget_tokens: 1024 } }
  const begins = (content: string) => [{ role: 'user' as const, content }]
  const servedBy = async (messages: Anthropic.MessageParam[], headers = {}) => {
    const { data, response } = await client.messages.create({ ...asked, messages }, { headers }).withResponse()
    return { content: data.content, by: response.headers.get('x-openclaw-served-by') }
  }
  const { content } = await servedBy(begins('Begin'), { 'x-openclaw-profile': 'anthropic:b?' })
  expect((await servedBy(begins('Something else'))).by).toBe('anthropic:a')
  const goesOn = [...begins('Began'), { role: 'assistant' as const, content }, ...begins('Go on')]
  expect((await servedBy(goesOn)).by).toBe('anthropic:b')
})

test('thoughts of a Claude that belong to another conversation are left out once it has said so, and from then on', async () => {
  const client = claude('edited')
  const asked = {
    ...{ model: CLAUDE, max_tokens: 2000, thinking: { type: 'enabled' as const, budget_tokens: 1024 } },
    tools: [{ name: 'get_weather', input_schema: { type: 'object' as const } }],
  }
  const begins = (content: string) => [{ role: 'user' as const, content }]
  const first = await client.messages.create({ ...asked, messages: begins('use the tool') })
  const call = first.content.find((block) => block.type === 'tool_use')
  const result = { type: 'tool_result' as const, tool_use_id: call?.id ?? '', content: 'It rains.' }
  const messages: Anthropic.MessageParam[] = [
    ...begins('use the tool, please'),
    { role: 'assistant', content: first.content },
    { role: 'user', content: [result] },
  ]
  const message =
    'messages.1.content.0: Invalid `signature` in `thinking` block. The block is bound to a different conversation.'
  const error = { type: 'error', error: { type: 'invalid_request_error', message } }
  sandbox.setFaults([{ account: 'edited-a', times: 1, status: 400, body: error }])
  const since = lastRequest()
  const served = async () => {
    const { data, response } = await client.messages.create({ ...asked, messages }).withResponse()
    expect(response.headers.get('x-openclaw-served-by')).toBe('anthropic:a')
    return data.content
  }
  const answer = await served()
  // In the middle of calling tools it does not think any more, as its thoughts from the beginning of that are gone.
  expect(answer.map(({ type }) => type)).toEqual(['text'])
  messages.push({ role: 'assistant', content: answer }, ...begins('And now?'))
  expect((await served()).map(({ type }) => type)).toEqual(['thinking', 'text'])
  const [refused, ...others] = sandbox.requests().filter(({ id }) => id > since)
  expect([refused?.status, ...others.map(({ status }) => status)]).toEqual([400, 200, 200])
})

test('nor does a model of another vendor get them that stands in', async () => {
  const since = lastRequest()
  const history: ResponseInput = [says('Hello')]
  expect((await turn('chain', history, false)).by).toBe('openai:a')
  const answer = await gpt('chain').responses.create({ model: GPT, input: 'Hello' })
  history.push(says('Still there?'))
  rest('chain', 'a', 'b')
  const instead = await turn('chain', history, true)
  expect(instead.by).toBe('elsewhere:only')
  expect(JSON.stringify(instead.answer.output)).toContain('Still there?')
  const error = await errorOf(
    gpt('chain').responses.create({ model: GPT, input: 'Go on', previous_response_id: answer.id }),
  )
  expect(error).toMatchObject({ status: 429, code: 'bound_to_account', param: 'previous_response_id' })
  expect(error.message).toContain('Not asked: elsewhere/gpt-5.1 is of elsewhere, and only openai:a can open')
  expect(unopened(since)).toEqual([])
})

test('whoever serves when, no account is sent what another one was seen to make', async () => {
  const since = lastRequest()
  const step = fc.record({
    conversation: fc.nat(2),
    // A soft wish moves a conversation as a rest does.
    wish: fc.constantFrom(undefined, 'openai:a?', 'openai:b?'),
    streams: fc.boolean(),
    isKept: fc.boolean(),
  })
  const servers = new Set<string | null>()
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 12 }), async (steps) => {
      const histories = new Map<number, ResponseInput>()
      const kept = new Map<number, string>()
      for (const { conversation, wish, streams, isKept } of steps) {
        const headers = wish === undefined ? {} : { 'x-openclaw-profile': wish }
        if (isKept) {
          const previous = kept.get(conversation)
          const goesOn = previous === undefined ? {} : { previous_response_id: previous }
          const asked = { model: GPT, input: 'Go on.', ...goesOn }
          const { data, response } = await gpt('many').responses.create(asked, { headers }).withResponse()
          kept.set(conversation, data.id)
          servers.add(response.headers.get('x-openclaw-served-by'))
        } else {
          const history = histories.get(conversation) ?? [says('Hello')]
          histories.set(conversation, history)
          servers.add((await turn('many', history, streams, headers)).by)
          history.push(says(`What about ${history.length}?`))
        }
      }
    }),
    { numRuns: 20 },
  )
  expect([...servers].sort()).toEqual(['openai:a', 'openai:b'])
  expect(unopened(since)).toEqual([])
}, 60_000)

describe('after a start, when nobody knows who made what', () => {
  /** Nothing that the process knew is left. */
  async function restart(): Promise<void> {
    await gateway.stop()
    gateway = await startGateway(place)
  }

  test('thoughts that cannot be opened are refused once, and left out from then on', async () => {
    const history: ResponseInput = [says('Hello')]
    expect((await turn('born', history, false)).by).toBe('openai:a')
    await restart()
    const since = lastRequest()
    rest('born', 'a')
    for (const text of ['Still there?', 'And now?', 'And then?']) {
      history.push(says(text))
      expect((await turn('born', history, true)).by).toBe('openai:b')
    }
    expect(unopened(since)).toEqual(['born-b 400 /openai/v1/responses'])
  })

  test('what lies with another account is looked for there, before a client hears that it is nowhere', async () => {
    sandbox.setFaults([])
    const { output } = await gpt('stored').responses.create({ model: GPT, input: 'Hello' }, wish('b'))
    await restart()
    for (const text of ['What was that?', 'And before?']) {
      const input: ResponseInput = [{ type: 'item_reference', id: output.at(-1)?.id ?? '' }, says(text)]
      const { response } = await gpt('stored').responses.create({ model: GPT, input }).withResponse()
      expect(response.headers.get('x-openclaw-served-by')).toBe('openai:b')
    }
  })
})
