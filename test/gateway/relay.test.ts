// The relay: a client's dialect in, the vendor's bytes out, whichever profile serves.

import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import { ask, bearer, GOOD, key, OTHER, question, type Stand, say, stand, vendor } from './support.ts'

const anthropic = (on: Stand): Anthropic => new Anthropic({ baseURL: on.url, apiKey: on.token, maxRetries: 0 })
const openai = (on: Stand): OpenAI => new OpenAI({ baseURL: `${on.url}/v1`, apiKey: on.token, maxRetries: 0 })

describe('relay', () => {
  test('the official Anthropic SDK gets its answer, whole and streamed', async () => {
    const on = await stand()
    const params = JSON.parse(question())
    const whole = await anthropic(on).messages.create(params)
    expect(whole.content[0]).toMatchObject({ type: 'text' })
    const stream = anthropic(on).messages.stream(params)
    const text = await stream.finalText()
    expect(text).toContain('Sandbox')
    const count = await anthropic(on).messages.countTokens({ model: params.model, messages: params.messages })
    expect(count.input_tokens).toBeGreaterThan(0)
  })

  test('the official OpenAI SDK gets its answer, in both of its dialects', async () => {
    const on = await stand()
    const messages = [{ role: 'user' as const, content: 'Well?' }]
    const whole = await openai(on).chat.completions.create({ model: 'openai/gpt-5.1', messages })
    expect(whole.choices[0]?.message.content).toContain('Sandbox')
    let text = ''
    for await (const chunk of await openai(on).chat.completions.create({
      model: 'openai/gpt-5.1',
      messages,
      stream: true,
    })) {
      text += chunk.choices[0]?.delta.content ?? ''
    }
    expect(text).toContain('Sandbox')
    const response = await openai(on).responses.create({ model: 'openai/gpt-5.1', input: 'Well?' })
    expect(response.output_text).toContain('Sandbox')
  })

  test('a streamed answer is the vendor\u2019s, byte for byte', async () => {
    const on = await stand()
    const body = question({ stream: true })
    const direct = await say(on.sandbox.baseUrl('anthropic'), '/v1/messages', {
      headers: { 'x-api-key': GOOD, 'anthropic-version': '2023-06-01', 'content-type': 'application/json' },
      body: body.replace('anthropic/', ''),
    })
    // It counts its answers; starting anew, it gives the same one.
    on.sandbox.reset()
    const relayed = await say(on.url, '/v1/messages', { headers: bearer(on.token), body })
    expect(direct.status).toBe(200)
    expect(relayed.text).toBe(direct.text)
    expect(relayed.headers['content-type']).toBe(direct.headers['content-type'])
    expect(relayed.headers['x-openclaw-served-by']).toBe('anthropic:good')
    expect(relayed.headers['x-openclaw-attempts']).toBe('1')
  })

  test('bytes reach the vendor as they were but for the model\u2019s name, and reach it as they come', async () => {
    const heard = await vendor((_request, response) => response.end('{}'))
    const on = await stand({ anthropicUrl: heard.url })
    const odd =
      '{ "x":1.0, "big":12345678901234567890,\n "model" : "anthropic\\/claude-opus-4-6", "t":"\\u00e9\u00e9", "z":[{"model":"anthropic/no"}] }'
    await say(on.url, '/v1/messages', { headers: bearer(on.token), body: odd })
    expect(heard.bodies[0]).toBe(odd.replace('"anthropic\\/claude-opus-4-6"', '"claude-opus-4-6"'))
    const large = question({ padding: 'p'.repeat(300_000) })
    await say(on.url, '/v1/messages', { headers: bearer(on.token), body: large })
    expect(heard.bodies[1]).toBe(large.replace('"anthropic/claude-opus-4-6"', '"claude-opus-4-6"'))
  })

  test('an answer that is billed by use instead of by the subscription says so, and a vendor cannot', async () => {
    const heard = await vendor((request, response) => {
      const status = request.headers['x-api-key'] === undefined ? 429 : 200
      response.writeHead(status, { 'retry-after': '60', 'x-openclaw-notice': 'all is free' })
      response.end('{}')
    })
    const subscription = { type: 'token', provider: 'anthropic', token: `sk-ant-oat01-${'Ab1-'.repeat(24)}` }
    const profiles = { 'anthropic:good': key('anthropic', GOOD), 'anthropic:max': subscription }
    const on = await stand({ anthropicUrl: heard.url, profiles })
    const notices: unknown[] = []
    for (const headers of [{}, { 'x-openclaw-profile': 'anthropic:good' }]) {
      const answer = await say(on.url, '/v1/messages', {
        headers: { ...bearer(on.token), ...headers },
        body: question(),
      })
      notices.push([answer.status, answer.headers['x-openclaw-notice']])
    }
    expect(notices).toEqual([
      [200, 'billed by use: anthropic:good serves instead of a subscription of anthropic (anthropic:max)'],
      [200, undefined],
    ])
  })

  test('a body that could be read in two ways reaches the vendor with one reading', async () => {
    const heard = await vendor((_request, response) => response.end('{}'))
    const on = await stand({ anthropicUrl: heard.url })
    await say(on.url, '/v1/messages', { headers: bearer(on.token), body: '{"model":"openai/x","model":"anthropic/a"}' })
    expect(heard.bodies[0]).toBe('{"model":"a"}')
  })

  test('only headers of the list travel, and ours are our own', async () => {
    const heard = await vendor((_request, response) => response.end('{}'))
    const on = await stand({ anthropicUrl: heard.url })
    await ask(
      on,
      {},
      {
        cookie: 'a=b',
        'x-forwarded-for': '1.2.3.4',
        'x-stainless-os': 'Linux',
        'user-agent': 'a-client/1',
        'accept-encoding': 'gzip',
        'anthropic-beta': 'some-beta',
        'x-api-key': 'nonsense',
        'x-portkey-custom-host': 'http://evil',
        'x-openclaw-profile': 'anthropic:good',
        'x-openclaw-session-key': 'mine',
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      },
    )
    const headers = heard.requests[0]?.headers ?? {}
    expect(Object.keys(headers).sort()).toEqual(
      [
        'accept-encoding',
        'anthropic-beta',
        'anthropic-version',
        'connection',
        'content-length',
        'content-type',
        'host',
        'traceparent',
        'user-agent',
        'x-api-key',
      ].sort(),
    )
    expect(headers['x-api-key']).toBe(GOOD)
    expect(headers['user-agent']).toMatch(/^keyclaw\//)
    expect(headers['accept-encoding']).toBe('identity')
    expect(headers['anthropic-version']).toBe('2023-06-01')
  })

  test('a request chooses neither the place it goes to nor the key it gets (V23)', async () => {
    const on = await stand()
    const elsewhere = await vendor((_request, response) => response.end('{}'))
    const steering = {
      api_base: elsewhere.url,
      base_url: elsewhere.url,
      mcp_servers: [{ type: 'url', url: elsewhere.url }],
      api_key: 'sk-ant-api03-mine',
    }
    const answer = await ask(on, steering, { 'x-openai-host': elsewhere.url, 'x-portkey-custom-host': elsewhere.url })
    expect(answer.status).toBe(200)
    expect(elsewhere.requests).toEqual([])
    expect(on.sandbox.requests().at(-1)?.account).toBe('good')
  })

  test('a redirect is the vendor\u2019s failure and is not followed (V31)', async () => {
    const elsewhere = await vendor((_request, response) => response.end('{}'))
    for (const status of [301, 302, 303, 307, 308]) {
      const heard = await vendor((_request, response) => {
        response.writeHead(status, { location: `${elsewhere.url}/v1/messages` }).end()
      })
      const on = await stand({ anthropicUrl: heard.url })
      const answer = await ask(on)
      expect(answer.status).toBe(502)
      expect(answer.headers.location).toBeUndefined()
    }
    expect(elsewhere.requests).toEqual([])
  })

  test('what belongs to a connection, or to the vendor\u2019s own site, stays behind', async () => {
    const heard = await vendor((_request, response) => {
      response.writeHead(200, [
        ['set-cookie', 'session=1'],
        ['access-control-allow-origin', '*'],
        ['alt-svc', 'h3'],
        ['server', 'x'],
        ['x-openclaw-served-by', 'somebody'],
        ['x-listed', '1'],
        ['connection', 'x-listed'],
        ['request-id', 'req_1'],
        ['anthropic-ratelimit-requests-remaining', '5'],
      ])
      response.end('{}')
    })
    const on = await stand({ anthropicUrl: heard.url })
    const { headers } = await ask(on)
    for (const name of ['set-cookie', 'access-control-allow-origin', 'alt-svc', 'server', 'x-listed']) {
      expect(headers[name], name).toBeUndefined()
    }
    expect(headers['x-openclaw-served-by']).toBe('anthropic:good')
    expect(headers['request-id']).toBe('req_1')
    expect(headers['anthropic-ratelimit-requests-remaining']).toBe('5')
  })

  test('a dead key is stepped over, and the client sees one good answer', async () => {
    const on = await stand({
      profiles: { 'anthropic:dead': key('anthropic', 'sk-ant-api03-dead'), 'anthropic:good': key('anthropic', GOOD) },
      order: { anthropic: ['anthropic:dead', 'anthropic:good'] },
    })
    const answer = await ask(on, { stream: true })
    expect(answer.status).toBe(200)
    expect(answer.headers['x-openclaw-served-by']).toBe('anthropic:good')
    expect(answer.headers['x-openclaw-attempts']).toBe('2')
  })

  test('when nobody can serve, the dialect\u2019s own error names the recovery and the command that helps', async () => {
    const on = await stand()
    on.sandbox.setFaults([{ preset: 'rate-limited' }])
    const answer = await ask(on)
    expect(answer.status).toBe(429)
    expect(answer.headers['x-should-retry']).toBe('false')
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
    expect(answer.json).toMatchObject({ type: 'error', error: { type: 'rate_limit_error' } })
    expect(answer.text).toContain('openclaw models explain anthropic')
    const other = await say(on.url, '/v1/chat/completions', {
      headers: bearer(on.token),
      body: '{"model":"openai/gpt-5.1","messages":[]}',
    })
    expect(other.status).toBe(429)
    expect(other.json).toMatchObject({ error: { type: 'rate_limit_error', param: null, code: expect.any(String) } })
  })

  test('a malformed request is refused in the dialect and blames no profile', async () => {
    const on = await stand()
    for (const body of ['', 'nonsense', '{"model":', '[]', '{"model":5}', '{}', '{"model":"a b"}']) {
      const answer = await say(on.url, '/v1/messages', { headers: bearer(on.token), body, method: 'POST' })
      expect(answer.status, body).toBe(400)
      expect(answer.json, body).toMatchObject({ type: 'error', error: { type: 'invalid_request_error' } })
    }
    expect(on.sandbox.requests()).toEqual([])
    // What only the vendor can see comes back in its own words.
    const answer = await ask(on, { max_tokens: undefined })
    expect(answer.status).toBe(400)
    expect((await ask(on)).status).toBe(200)
  })

  test('a provider of another dialect counts no tokens, and is told nothing that is left out on the way', async () => {
    const on = await stand()
    const counted = await say(on.url, '/v1/messages/count_tokens', {
      headers: bearer(on.token),
      body: question({ model: 'openai/gpt-5.1' }),
    })
    expect(counted.status).toBe(400)
    expect(counted.text).toContain('does not count tokens')
    const wrong = await ask(on, { model: 'openai/gpt-5.1', container: 'x' })
    expect(wrong.status).toBe(400)
    expect(wrong.text).toContain('container: what runs and lies in a container is at Anthropic')
    const deep = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`
    const body = question({ model: 'openai/gpt-5.1', tools: [{ name: 'f', input_schema: 'SCHEMA' }] })
    const nested = await say(on.url, '/v1/messages', {
      headers: bearer(on.token),
      body: body.replace('"SCHEMA"', deep),
    })
    expect([nested.status, nested.text]).toEqual([400, expect.stringContaining('nested deeper than 200 levels')])
    expect(on.sandbox.requests()).toEqual([])
    const unknown = await ask(on, { model: 'nobody/x' })
    expect(unknown.status).toBe(404)
    expect((await ask(on, {}, { 'x-openclaw-agent': 'nobody' })).status).toBe(404)
  })

  test('an agent is named by the model or by a header, and answers with its own model and credentials', async () => {
    const on = await stand({
      config: {
        agents: {
          list: [
            { id: 'main' },
            { id: 'work', model: 'anthropic/claude-sonnet-4-5', auth: { inherit: 'main' } },
            { id: 'bare' },
          ],
        },
      },
    })
    const modelOf = async (model: string, headers = {}): Promise<unknown> => {
      const answer = await ask(on, { model }, headers)
      return answer.status === 200 ? (answer.json as { model: string }).model : answer.status
    }
    for (const name of ['openclaw:work', 'openclaw/work', 'agent:work', 'OpenClaw:Work', 'agent:WORK']) {
      expect(await modelOf(name), name).toBe('claude-sonnet-4-5')
    }
    for (const name of ['openclaw', 'openclaw:default', 'openclaw:main', 'agent:main']) {
      expect(await modelOf(name), name).toBe('claude-opus-4-6')
    }
    // A header says which agent, whatever the name says; a plain model stays the one asked for.
    expect(await modelOf('openclaw', { 'x-openclaw-agent-id': 'work' })).toBe('claude-sonnet-4-5')
    expect(await modelOf('agent:main', { 'x-openclaw-agent-id': 'work' })).toBe('claude-sonnet-4-5')
    expect(await modelOf('anthropic/claude-opus-4-6', { 'x-openclaw-agent-id': 'work' })).toBe('claude-opus-4-6')
    expect(await modelOf('openclaw:nobody')).toBe(404)
    expect(await modelOf('openclaw:main', { 'x-openclaw-agent-id': 'nobody' })).toBe(404)
    expect(await modelOf('openclaw:bare')).toBe(401)
    expect(await modelOf('x', { 'x-openclaw-agent-id': 'work', 'x-openclaw-agent': 'main' })).toBe(400)
    expect(await modelOf('openclaw:main', { 'x-openclaw-agent-id': 'work', 'x-openclaw-agent': 'work' })).toBe(
      'claude-sonnet-4-5',
    )
    expect(
      (await say(on.url, '/v1/models', { headers: { ...bearer(on.token), 'x-openclaw-agent-id': 'work' } })).text,
    ).toContain('claude-sonnet-4-5')
  })

  test('an answer that breaks off is seen to be broken off', async () => {
    const on = await stand()
    on.sandbox.setFaults([{ cutAfterEvents: 5 }])
    const answer = await ask(on, { stream: true })
    expect(answer.status).toBe(200)
    expect(answer.broken).toBe(true)
  })

  test('a header that cannot be sent on is refused by name, and nobody is blamed (V39)', async () => {
    const on = await stand()
    const answer = await ask(on, {}, { 'anthropic-beta': 'caf\u00e9' })
    expect(answer.status).toBe(400)
    expect(answer.text).toContain('anthropic-beta')
    expect(answer.text).not.toContain('caf')
    expect((await ask(on, {}, { 'anthropic-beta': 'x'.repeat(9000) })).status).toBe(400)
    expect(on.sandbox.requests()).toEqual([])
  })

  test('bytes a vendor sends beyond its answer never reach another caller (V38)', async () => {
    const on = await stand({
      profiles: { 'anthropic:good': key('anthropic', GOOD), 'anthropic:other': key('anthropic', OTHER) },
    })
    const poison = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 12\r\n\r\n{"poison":1}'
    on.sandbox.setFaults([{ times: 1, extraBytesAfterResponse: poison }])
    for (let i = 0; i < 6; i++) {
      const answer = await ask(on)
      expect(answer.status).toBe(200)
      expect(answer.text).not.toContain('poison')
    }
  })

  test('the list of models has the shape of the dialect that asks', async () => {
    const on = await stand()
    const mine = await openai(on).models.list()
    expect(mine.data.map(({ id }) => id)).toContain('anthropic/claude-opus-4-6')
    const theirs = await anthropic(on).models.list()
    expect(theirs.data[0]).toMatchObject({ type: 'model', id: 'anthropic/claude-opus-4-6' })
  })

  test('a gateway whose provider points at itself says so instead of going round', async () => {
    const on = await stand()
    const answer = await ask(on, {}, { 'user-agent': 'keyclaw/1.0.0' })
    expect(answer.status).toBe(508)
  })
})
