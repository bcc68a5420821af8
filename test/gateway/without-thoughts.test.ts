// Bodies without the thoughts in them: what is left is what their vendors take.
import { describe, expect, test } from 'vitest'
import type { VendorCall } from '../../src/auth/vendor-call.ts'
import { BodyScan } from '../../src/core/scan.ts'
import { textKey } from '../../src/core/text-key.ts'
import { stamped } from '../../src/dialects/seals.ts'
import { readAsked } from '../../src/gateway/api/splice.ts'
import { withoutStamps } from '../../src/gateway/api/without-stamps.ts'
import { type IsMeant, withoutAnyThoughts, withoutThoughts } from '../../src/gateway/api/without-thoughts.ts'

const callOf = (endpoint: 'responses' | 'messages', body: object): VendorCall => {
  const bytes = Buffer.from(JSON.stringify(body))
  return {
    provider: 'p',
    endpoint,
    method: 'POST',
    body: [bytes],
    bodyBytes: bytes.length,
    headers: [],
    streaming: false,
  }
}
const bodyOf = (call: Pick<VendorCall, 'body'> | undefined): unknown =>
  call?.body === undefined ? undefined : JSON.parse(Buffer.concat(call.body).toString())
const without = (endpoint: 'responses' | 'messages', body: object, isMeant?: IsMeant): unknown =>
  bodyOf(withoutThoughts(callOf(endpoint, body), isMeant))
const isOf =
  (...texts: string[]): IsMeant =>
  (keys) =>
    texts.some((text) => keys.includes(textKey(Buffer.from(text))))

const thought = (signature: string) => ({ type: 'thinking', thinking: 'Hm.', signature })
const text = { type: 'text', text: 'Well.' }
const call = { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} }
const result = { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'x' }] }
const user = { role: 'user', content: 'Hi' }
const assistant = (...content: object[]) => ({ role: 'assistant', content })
const budget = { type: 'enabled', budget_tokens: 1024 }

describe('of Messages', () => {
  test('up to the last one that is meant all go, and turns that were nothing else', () => {
    const messages = [
      user,
      assistant(thought('A')),
      user,
      assistant(thought('B'), text),
      user,
      assistant(thought('C'), text),
    ]
    const body = { model: 'm', thinking: budget, messages }
    expect(without('messages', body, isOf('B'))).toEqual({
      ...body,
      messages: [user, user, assistant(text), user, assistant(thought('C'), text)],
    })
    expect(without('messages', body)).toEqual({
      ...body,
      messages: [user, user, assistant(text), user, assistant(text)],
    })
    expect(without('messages', body, isOf('D'))).toBeUndefined()
    expect(
      without('messages', { messages: [user, assistant({ type: 'redacted_thinking', data: 'x' }, text)] }),
    ).toEqual({
      messages: [user, assistant(text)],
    })
  })

  test('a model with a budget does not think in the middle of calling tools where its thoughts are gone', () => {
    const messages = [user, assistant(thought('A'), call), result]
    const left = [user, assistant(call), result]
    expect(without('messages', { thinking: budget, messages })).toEqual({ messages: left })
    const adaptive = { type: 'adaptive' }
    expect(without('messages', { thinking: adaptive, messages })).toEqual({ thinking: adaptive, messages: left })
  })

  test('whoever signs: what is written for an account is without them, too', () => {
    const own = callOf('messages', { messages: [user, assistant(thought('A'), text)] })
    const light = withoutAnyThoughts({ ...callOf('messages', { messages: [user] }), sentBy: () => own })
    expect(bodyOf(light.sentBy?.({} as never, own))).toEqual({ messages: [user, assistant(text)] })
  })

  test('so it is with those that were translated from another vendor', () => {
    const seal = stamped(undefined, 'i')
    const cleanedOf = (body: object): unknown => {
      const bytes = Buffer.from(JSON.stringify(body))
      const scan = new BodyScan()
      scan.push(bytes)
      const asked = readAsked(scan, [bytes], bytes.length)
      if (typeof asked === 'string') throw new Error(asked)
      return JSON.parse(Buffer.concat(withoutStamps(asked).withModel('m').pieces).toString())
    }
    const messages = [user, assistant(thought(seal)), user, assistant(thought(seal), call), result]
    expect(cleanedOf({ model: 'm', thinking: budget, messages })).toEqual({
      ...{ model: 'm', messages: [user, user, assistant(call), result] },
    })
    const model = { role: 'model', parts: [{ text: 'Hm.', thought: true, thoughtSignature: seal }] }
    expect(cleanedOf({ model: 'm', contents: [user, model, user] })).toEqual({ model: 'm', contents: [user, user] })
  })
})

test('of Responses: what followed one loses its name, and what the vendor did itself goes with it', () => {
  const reasoning = (id: string) => ({ type: 'reasoning', id, summary: [], encrypted_content: `of ${id}` })
  const message = { type: 'message', role: 'assistant', content: [] }
  const input = [
    { role: 'user', content: 'Hi' },
    reasoning('rs_1'),
    { type: 'web_search_call', id: 'ws_1', status: 'completed' },
    { type: 'computer_call', id: 'cu_1', call_id: 'c', action: {} },
    { type: 'computer_call_output', call_id: 'c', output: {} },
    { type: 'local_shell_call', id: 'lsh_1', call_id: 'd', action: {} },
    { type: 'local_shell_call_output', id: 'd', output: 'x' },
    { ...message, id: 'msg_1' },
    { role: 'user', content: 'More' },
    reasoning('rs_2'),
    { type: 'web_search_call', id: 'ws_2', status: 'completed' },
    { ...message, id: 'msg_2' },
  ]
  expect(without('responses', { model: 'm', input }, isOf('rs_1'))).toEqual({
    model: 'm',
    input: [
      input[0],
      { type: 'local_shell_call', call_id: 'd', action: {} },
      { type: 'local_shell_call_output', id: 'd', output: 'x' },
      message,
      ...input.slice(8),
    ],
  })
})
