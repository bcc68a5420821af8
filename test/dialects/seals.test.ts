// What an account has sealed comes back to that account, as it was, and to no other.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Answered, Asking, AssistantPart, DialectName, Seal } from '../../src/dialects/neutral.ts'
import { hasSeals, STAMP_MARK, stampedAnswer, unsealedFor } from '../../src/dialects/seals.ts'
import type { Asked } from '../../src/gateway/api/splice.ts'
import { withoutStamps } from '../../src/gateway/api/without-stamps.ts'

const seals: fc.Arbitrary<Seal> = fc
  .record({
    by: fc.constantFrom<DialectName>('messages', 'responses', 'generate_content'),
    value: fc.string({ unit: 'binary' }),
    id: fc.option(fc.string({ minLength: 1 })),
    isWhole: fc.boolean(),
  })
  .map(({ by, value, id, isWhole }) => ({
    by,
    value,
    ...(id === null ? {} : { id }),
    ...(isWhole ? { isWhole: true as const } : {}),
  }))

const asked = (parts: readonly AssistantPart[]): Asking => ({
  turns: [{ role: 'assistant', parts }],
  tools: [],
  stops: [],
  isStreaming: false,
  wantsUsage: true,
})

const partsOf = ({ turns }: Asking): unknown => turns[0]?.parts

const USAGE = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }
const answer = (parts: readonly AssistantPart[]): Answered => ({
  id: 'a',
  model: 'm',
  parts,
  stop: 'end',
  usage: USAGE,
})

test('a seal that a client brings back is what it was for its own account, and gone for another', () => {
  fc.assert(
    fc.property(seals, fc.string(), (seal, text) => {
      const said: AssistantPart[] = [
        { kind: 'thinking', text, seal },
        { kind: 'text', text: 'Hi' },
      ]
      const { parts } = stampedAnswer(answer(said), 'messages', 'mine')
      // The client sees one of its own dialect, and cannot open it by mistake for the vendor's.
      expect(parts[0]).toMatchObject({ seal: { by: 'messages', value: expect.stringContaining(STAMP_MARK) } })
      const back = asked(parts)
      expect(hasSeals(back)).toBe(true)
      expect(partsOf(unsealedFor(back, 'mine'))).toEqual(said)
      const bare = text === '' ? [] : [{ kind: 'thinking', text }]
      expect(partsOf(unsealedFor(back, 'other'))).toEqual([...bare, said[1]])
    }),
    { numRuns: 60 },
  )
})

test('a thought that nobody sealed goes back to nobody, and what the vendor of the client has sealed stays', () => {
  const { parts } = stampedAnswer(answer([{ kind: 'thinking', text: 'Hm.' }]), 'messages', 'mine')
  expect(partsOf(unsealedFor(asked(parts), 'mine'))).toEqual([{ kind: 'thinking', text: 'Hm.' }])
  const own: AssistantPart[] = [{ kind: 'thinking', text: 'Hm.', seal: { by: 'messages', value: 'EqQBCgIYAhIM' } }]
  expect(partsOf(unsealedFor(asked(own), 'mine'))).toEqual(own)
})

test('names that no address may hold break nothing, and neither does a stamp that somebody has made up', () => {
  const odd: AssistantPart[] = [
    { kind: 'thinking', text: 'Hm.', seal: { by: 'responses', value: 'v', id: 'rs_\ud800' } },
  ]
  const { parts } = stampedAnswer(answer(odd), 'messages', 'mine')
  expect(partsOf(unsealedFor(asked(parts), 'mine'))).toMatchObject([{ seal: { id: 'rs_\ufffd' } }])
  const value = Buffer.from('keyclaw1 mine responses  %E0%A4% v').toString('base64')
  const made: AssistantPart[] = [{ kind: 'thinking', text: 'Hm.', seal: { by: 'messages', value } }]
  expect(partsOf(unsealedFor(asked(made), 'mine'))).toMatchObject([{ seal: { id: '%E0%A4%' } }])
})

test('a body in its own dialect loses the blocks that carry a stamp, and nothing else; another is not touched', () => {
  const bodyOf = (value: object): Asked => {
    const pieces = [Buffer.from(JSON.stringify(value))]
    return { model: 'm', streaming: false, places: {}, pieces, withModel: () => ({ pieces, bytes: 1 }) }
  }
  const [thought] = stampedAnswer(answer([{ kind: 'thinking', text: 'Hm.' }]), 'messages', 'mine').parts
  const signature = thought?.kind === 'thinking' ? thought.seal?.value : undefined
  const kept = { type: 'thinking', thinking: 'Ah.', signature: 'EqQBCgIYAhIM' }
  const ours = { type: 'thinking', thinking: 'Hm.', signature }
  const told = { type: 'text', text: `What does ${STAMP_MARK} mean?` }
  const before = bodyOf({ messages: [{ role: 'assistant', content: [ours, kept, told] }] })
  const { pieces, bytes } = withoutStamps(before).withModel('m')
  expect(JSON.parse(Buffer.concat(pieces).toString())).toEqual({
    messages: [{ role: 'assistant', content: [kept, told] }],
  })
  expect(bytes).toBe(Buffer.concat(pieces).byteLength)
  // Some clients put the seal of a thought beside the call that came of it; and a person may say whatever they like.
  const call = { functionCall: { name: 'f', args: {} } }
  const person = { type: 'text', text: `${STAMP_MARK} is what I was told` }
  const google = bodyOf({
    contents: [
      {
        role: 'model',
        parts: [
          { text: '', thought: true, thoughtSignature: signature },
          { ...call, thoughtSignature: signature },
        ],
      },
      { role: 'user', parts: [person] },
    ],
  })
  expect(JSON.parse(Buffer.concat(withoutStamps(google).withModel('m').pieces).toString())).toEqual({
    contents: [
      { role: 'model', parts: [call] },
      { role: 'user', parts: [person] },
    ],
  })
  const plain = bodyOf({ messages: [{ role: 'assistant', content: [kept] }] })
  expect(withoutStamps(plain)).toBe(plain)
})
