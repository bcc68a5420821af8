// An account that has no room for a call: explain, the call that waits or is refused, and doctor say the same of it.
import { expect, test } from 'vitest'
import { acquire } from '../../src/auth/acquire.ts'
import { diagnose } from '../../src/auth/diagnose.ts'
import { refuse } from '../../src/auth/refuse.ts'
import { Patience } from '../../src/auth/wait.ts'
import { nextText } from '../../src/chat/commands/model-status.ts'
import { explainTurn } from '../../src/chat/explain.ts'
import type { AuthError } from '../../src/core/errors.ts'
import { key, type Place, place } from '../auth/place.ts'
import { NOON } from '../support/machine.ts'

const account = (auth: object): Promise<Place> =>
  place({ profiles: { 'anthropic:a': key('sk-ant-api03-aaaaaaaaaaaa-canary') }, config: { auth } })

type Who = 'chat' | 'program'

const isHeld = ({ view }: Place, who: Who): boolean => {
  const patience = new Patience(view, 'anthropic', () => ({ now: NOON, for: who }))
  const is = patience.hold(() => undefined)
  patience.end()
  return is
}

const refusal = ({ view }: Place, who: Who): AuthError => {
  const facts = view.facts().providers.get('anthropic') ?? { provider: 'anthropic', candidates: [] }
  return refuse(view, facts, { now: NOON, for: who })
}

test('a call to a busy account waits until another one ends, and explain says so', async () => {
  const there = await account({ concurrency: { anthropic: 1 }, wait: { maxMs: 60_000 } })
  const { slot } = acquire(there.view, 'anthropic', { now: NOON })
  const busy = await explainTurn(there.auth, { agentId: 'main' })
  expect([busy.next, busy.untilCallEnds, busy.waits, isHeld(there, 'chat')]).toEqual([null, true, true, true])
  expect(nextText(busy)).toBe('nothing can be taken until another call ends, and the turn waits for that')
  slot?.free()
  const free = await explainTurn(there.auth, { agentId: 'main' })
  expect([free.next, free.untilCallEnds, free.waits]).toEqual(['anthropic:a', undefined, undefined])
})

test('where all places are kept for chat, programs are told what to change, and neither wait nor come back', async () => {
  const there = await account({ concurrency: { anthropic: 2 }, reserve: { slots: 2 }, wait: { maxMs: 60_000 } })
  const error = refusal(there, 'program')
  expect(error.message).toContain('anthropic:a: all of its 2 calls at once are kept for chat (auth.reserve.slots)')
  expect([error.until, error.remedy]).toEqual([undefined, 'openclaw config set auth.reserve.slots 1'])
  const program = await explainTurn(there.auth, { agentId: 'main', for: 'program' })
  expect([program.next, program.untilCallEnds, program.waits, isHeld(there, 'program')]).toEqual([
    null,
    undefined,
    undefined,
    false,
  ])
  // Nor when they are taken by people who talk, nor after a rest.
  for (const _ of [1, 2]) acquire(there.view, 'anthropic', { now: NOON })
  expect([refusal(there, 'program').until, isHeld(there, 'program')]).toEqual([undefined, false])
  expect([refusal(there, 'chat').until, isHeld(there, 'chat')]).toEqual([NOON + 1000, true])
  const failure = { class: 'rate_limit', scope: 'account', detail: '' } as const
  there.view.store.health.apply('anthropic:a', { kind: 'failed', at: NOON, failure })
  await there.view.reload()
  expect(refusal(there, 'program')).toMatchObject({
    code: 'no_available_profile',
    until: undefined,
    remedy: 'openclaw config set auth.reserve.slots 1',
  })
  expect(isHeld(there, 'program')).toBe(false)
})

test('doctor tells of places that are kept from all programs, and of those that are kept of none', async () => {
  const said = async (auth: object): Promise<unknown[]> => {
    const { findings } = await diagnose((await account(auth)).system)
    return findings.flatMap(({ code, remedy, message }) => (code.startsWith('reserve') ? [code, remedy, message] : []))
  }
  expect(await said({ concurrency: { anthropic: 1, openai: 2, 'openai:b': 3 }, reserve: { slots: 2 } })).toEqual([
    'reserve_takes_all',
    'openclaw config unset auth.reserve.slots',
    expect.stringContaining('anthropic (1) and openai (2) serve no program and no job'),
  ])
  expect(await said({ reserve: { slots: 2 } })).toEqual([
    'reserve_of_nothing',
    'openclaw config unset auth.reserve.slots',
    expect.stringContaining('auth.concurrency'),
  ])
  expect(await said({ concurrency: { anthropic: 3 }, reserve: { slots: 2 } })).toEqual([])
})
