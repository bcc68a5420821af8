// Requests and answers of any shape in the neutral form, as far as a dialect can say them, and what of them must come back.
import fc from 'fast-check'
import { tellAll } from '../../src/dialects/gather.ts'
import type {
  Answered,
  Asking,
  AssistantPart,
  DialectName,
  Telling,
  Turn,
  UserPart,
} from '../../src/dialects/neutral.ts'
import { turnsOf } from '../../src/dialects/turns.ts'

/** Anthropic takes no text without a word in it. */
const WORDS = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }).filter((said) => said.trim() !== '')
const NAME = fc.constantFrom('weather', 'get_time', 'f')
const BASE64 = fc.uint8Array({ minLength: 3, maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString('base64'))
const INPUT = fc
  .dictionary(fc.constantFrom('a', 'b', 'city'), fc.oneof(WORDS, fc.integer(), fc.boolean()))
  .map((value) => JSON.stringify(value))
const text = WORDS.map((said) => ({ kind: 'text', text: said }) as const)
const image = BASE64.map(
  (base64) => ({ kind: 'image', source: { by: 'bytes', mediaType: 'image/png', base64 } }) as const,
)
const pdf = BASE64.map(
  (base64) => ({ kind: 'document', source: { by: 'bytes', mediaType: 'application/pdf', base64 } }) as const,
)

function thinking(by: DialectName): fc.Arbitrary<AssistantPart> {
  return fc.tuple(WORDS, BASE64).map(([said, value]) => ({ kind: 'thinking', text: said, seal: { by, value } }))
}

/** A turn of the model: thoughts, then words, then calls; and the user's answer to it. */
function exchange(by: DialectName, at: number): fc.Arbitrary<Turn[]> {
  const calls = fc.array(fc.tuple(NAME, INPUT), { maxLength: 3 })
  return fc
    .record({
      thought: fc.option(thinking(by)),
      said: fc.option(text),
      calls,
      results: fc.array(WORDS, { minLength: 3, maxLength: 3 }),
      // Responses has no word for that.
      failed: by === 'responses' ? fc.constant(false) : fc.boolean(),
      words: text,
    })
    .map(({ thought, said, calls: made, results, failed, words }) => {
      const parts: AssistantPart[] = [
        ...(thought === null ? [] : [thought]),
        ...(said === null && made.length > 0 ? [] : [said ?? { kind: 'text' as const, text: '.' }]),
        ...made.map(([name, input], index) => ({ kind: 'call', id: `call_${at}_${index}`, name, input }) as const),
      ]
      const answers = made.map(
        (_call, index): UserPart => ({
          kind: 'result',
          callId: `call_${at}_${index}`,
          content: [{ kind: 'text', text: results[index] ?? '' }],
          ...(failed ? { isError: true } : {}),
        }),
      )
      return [
        { role: 'assistant', parts },
        { role: 'user', parts: [...answers, words] },
      ]
    })
}

const SCHEMA = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
}

/** Requests that the dialect can say. */
export function requests(by: DialectName): fc.Arbitrary<Asking> {
  const strict = by === 'responses' ? { isStrict: false } : {}
  const tool = { name: 'weather', description: 'tells it', schema: SCHEMA, ...strict }
  return fc
    .record({
      system: fc.option(text),
      first: fc.array(fc.oneof(text, image, pdf), { minLength: 1, maxLength: 3 }),
      one: fc.option(exchange(by, 0)),
      other: fc.option(exchange(by, 1)),
      hasTools: fc.boolean(),
      must: fc.constantFrom('auto', 'none', 'any', undefined),
      maxTokens: fc.option(fc.integer({ min: 16, max: 9999 })),
      // What vendors do by themselves is not said to them.
      temperature: fc.option(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
      topP: fc.option(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
    })
    .map(({ system, first, one, other, hasTools, must, maxTokens, temperature, topP }) => ({
      turns: turnsOf([
        ...(system === null ? [] : [{ role: 'system', parts: [system] } as const]),
        { role: 'user', parts: first },
        ...(one ?? []),
        ...(other ?? []),
      ]),
      tools: hasTools ? [tool] : [],
      ...(hasTools && must !== undefined ? { toolChoice: { must } } : {}),
      ...(maxTokens === null ? {} : { maxTokens }),
      ...(temperature === null ? {} : { temperature }),
      ...(topP === null ? {} : { topP }),
      stops: [],
      isStreaming: false,
      wantsUsage: true,
    }))
}

/** Answers that the dialect can tell. */
export function answers(by: DialectName): fc.Arbitrary<Answered> {
  return fc
    .record({
      thought: fc.option(thinking(by)),
      said: fc.option(text),
      calls: fc.array(fc.tuple(NAME, INPUT), { maxLength: 3 }),
      isCut: fc.boolean(),
      counts: fc.tuple(fc.nat(999), fc.nat(999), fc.nat(999)),
    })
    .map(({ thought, said, calls, isCut, counts: [input, output, cacheRead] }) => ({
      id: 'answer1',
      model: 'm',
      parts: [
        ...(thought === null ? [] : [thought]),
        ...(said === null ? [] : [said]),
        ...calls.map(([name, made], index) => ({ kind: 'call', id: `call_${index}`, name, input: made }) as const),
      ],
      stop: isCut ? 'length' : calls.length > 0 ? 'tools' : 'end',
      usage: { input, output, cacheRead, cacheWrite: 0 },
    }))
}

/** What must come back of a request; of thoughts only what their maker wants to see again, in whatever part of the turn. */
export function asAsked({ turns, ...rest }: Asking): unknown {
  const kept = turns.map(({ role, parts }) => ({
    role,
    parts: parts.flatMap((part) =>
      part.kind === 'thinking' ? [] : [part.kind === 'document' ? { ...part, name: '' } : part],
    ),
    seals: parts.flatMap((part) => (part.kind === 'thinking' ? [part.seal?.value] : [])),
  }))
  return { ...rest, turns: kept }
}

/** Tells an answer as events, every text in pieces of a few characters. */
export function tellInPieces(answered: Answered, tell: (telling: Telling) => void): void {
  tellAll(answered, (telling) => {
    if (telling.is !== 'piece') return tell(telling)
    const letters = [...telling.text]
    for (let at = 0; at < letters.length; at += 3) tell({ ...telling, text: letters.slice(at, at + 3).join('') })
  })
}

/** What must come back of an answer. */
export function asTold({ id: _, usage: { reasoning: __, ...usage }, parts, ...rest }: Answered): unknown {
  const kept = parts.map((part) =>
    part.kind === 'thinking' ? { kind: part.kind, text: part.text, seal: part.seal?.value } : part,
  )
  return { ...rest, usage, parts: kept }
}
