// What a call notes of its choices: the trace as it stood, whatever happens to the candidates until the line is made.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { View } from '../../src/auth/auth.ts'
import { CallRecord } from '../../src/auth/call-record.ts'
import type { VendorCall } from '../../src/auth/vendor-call.ts'
import { keptTrace, type LedgerLine } from '../../src/core/ledger.ts'
import type { Candidate, ProviderFacts } from '../../src/core/order.ts'
import { explain, pick } from '../../src/core/pick.ts'
import { createSystem } from '../../src/system/system.ts'
import { facts, given, healths, NOW, queries } from '../support/facts.ts'

const system = createSystem({ logLevel: 'silent' })

/** A view of one provider, and the lines that its ledger is handed. */
function viewOf(some: ProviderFacts): { view: View; lines: (() => LedgerLine)[] } {
  const lines: (() => LedgerLine)[] = []
  const view = {
    agentId: 'main',
    home: { system },
    facts: () => ({ providers: new Map([['p', some]]) }),
    store: { ledger: { record: (line: () => LedgerLine) => lines.push(line) } },
  } as unknown as View
  return { view, lines }
}

const request: VendorCall = {
  ...{ provider: 'p', model: 'opus', endpoint: 'messages', method: 'POST', bodyBytes: 0, headers: [], streaming: true },
  from: { face: 'api' },
}
const accessTo = (candidate: Candidate) =>
  ({ candidate: { ...candidate, kind: 'token', source: { kind: 'none' } } }) as Parameters<CallRecord['sent']>[1]

/** A call, and what has happened since the one before. Many ask the same, and to many nothing has happened. */
const calls = fc.array(
  fc.record({
    wait: fc.constantFrom(0, 1, 60_000, 3_600_000, -30_000),
    query: fc.option(queries, { nil: undefined, freq: 1 }),
    marked: fc.option(fc.record({ at: fc.nat(5), health: healths }), { nil: undefined, freq: 1 }),
    isBack: fc.boolean(),
    isWhole: fc.option(fc.boolean(), { nil: undefined, freq: 1 }),
  }),
  { minLength: 1, maxLength: 8 },
)

test('a trace is that of the moment of the choice, and the one it names as taken is the one that was', () => {
  fc.assert(
    fc.property(facts, queries, calls, healths, fc.boolean(), (told, usual, all, spoiled, isCalm) => {
      let whole = false
      const { headroomOf, reserve } = told
      const some: ProviderFacts = {
        ...told,
        candidates: told.candidates.map(({ slots, ramps, defect, behind, ...calm }) =>
          isCalm ? calm : given({ ...calm, slots, ramps, defect, behind }),
        ),
        ...(headroomOf && { headroomOf: (one, at) => (whole ? 1 : headroomOf(one, at)) }),
        ...(reserve && { reserve: { ...reserve, until: (one, at) => (whole ? 0 : reserve.until(one, at)) } }),
      }
      const { view, lines } = viewOf(some)
      let now = NOW
      const expected = all.map(({ wait, query: another = usual, marked, isBack, isWhole }) => {
        now += wait
        whole = isWhole ?? whole
        if (isBack) for (const one of some.candidates) delete one.ramps
        const one = some.candidates[marked?.at ?? -1]
        if (one !== undefined && marked !== undefined) one.health = marked.health
        const query = { ...another, now, tried: new Set(isCalm ? [] : another.tried) }
        const trace = keptTrace(explain(some, query))
        const { candidate } = pick(some, query)
        const record = CallRecord.of(view, request)
        record?.choosing('p', query)
        if (candidate === undefined) record?.refused(request, { status: 503, error: new Error() as never, attempts: 0 })
        else {
          candidate.takenAt = now
          record?.sent(request, accessTo(candidate)).over('served')
        }
        for (const { id } of some.candidates) query.tried.add(id)
        return { trace, profile: candidate?.id, outcome: candidate === undefined ? 'refused' : 'served' }
      })
      // What calls do to those who stand there: taken, marked, used up.
      whole = !whole
      for (const one of some.candidates) {
        one.takenAt = NOW + 5
        one.health = spoiled
        if (one.slots !== undefined) one.slots.load.open += 3
        for (const ramp of one.ramps?.values() ?? []) ramp.open += 3
      }
      expect(lines.map((line) => line()).map(({ trace, profile, outcome }) => ({ trace, profile, outcome }))).toEqual(
        expected,
      )
    }),
  )
})

test('of very many candidates only the one that was taken is noted', () => {
  const candidates = Array.from({ length: 33 }, (_, at) => ({ id: `p:${at}` }) as Candidate)
  const { view, lines } = viewOf({ provider: 'p', candidates })
  const record = CallRecord.of(view, request)
  record?.choosing('p', { now: NOW })
  record?.sent(request, accessTo({ id: 'p:7' } as Candidate)).over('served')
  expect(lines[0]?.()).toMatchObject({
    trace: [{ id: 'p:7', verdict: 'taken', reason: 'one of 33 candidates, more than are noted at each call' }],
  })
})

test('names of calls differ, and a call that nobody says the origin of is not noted', () => {
  const { view } = viewOf({ provider: 'p', candidates: [] })
  const ids = Array.from({ length: 2000 }, () => CallRecord.of(view, request)?.id)
  expect(new Set(ids).size).toBe(2000)
  expect(ids.filter((id) => !/^c[0-9a-f]{9}$/.test(id ?? ''))).toEqual([])
  const { from: _, ...unsaid } = request
  expect(CallRecord.of(view, unsaid)).toBeUndefined()
})

test('a line has what was told until it is made: the failure judged late, the words handed on after all, the tokens', () => {
  const { view, lines } = viewOf({ provider: 'p', candidates: [] })
  const record = CallRecord.of(view, request)
  record?.choosing('p', { now: NOW })
  const first = record?.sent(request, accessTo({ id: 'p:a' } as Candidate))
  first?.answered(404)
  first?.over('stepped_over', { class: 'model_not_found', scope: 'model', status: 404, detail: 'no such model' })
  first?.over('refused')
  const second = record?.sent({ ...request, model: 'haiku' }, accessTo({ id: 'p:b' } as Candidate))
  second?.over('served', undefined, () => ({ input: 1, output: 2, cacheRead: 0, cacheWrite: 0 }))
  expect(lines.map((line) => line())).toMatchObject([
    { attempt: 1, profile: 'p:a', model: 'p/opus', outcome: 'refused', class: 'model_not_found', status: 404 },
    { attempt: 2, profile: 'p:b', model: 'p/haiku', insteadOf: 'p/opus', outcome: 'served', tokens: { output: 2 } },
  ])
  expect(JSON.stringify(lines.map((line) => line()))).not.toContain('no such model')
})

test('what was not judged yet when its line is made is judged then', () => {
  const { view, lines } = viewOf({ provider: 'p', candidates: [] })
  const record = CallRecord.of(view, request)
  const [early, late] = [1, 2].map(() =>
    record?.sent(request, accessTo({ id: 'p:a', provider: 'p' } as unknown as Candidate)),
  )
  const failure = { class: 'rate_limit', scope: 'account', detail: '' } as const
  early?.steppedOver(() => {
    early.failure = failure
  })
  late?.steppedOver(() => {
    throw new Error('it is judged already')
  })
  if (late !== undefined) late.failure = { ...failure, class: 'auth' }
  expect(lines.map((line) => line()).map((line) => line.class)).toEqual(['rate_limit', 'auth'])
})
