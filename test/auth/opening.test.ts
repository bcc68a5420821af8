// A streaming call while its stream begins: held until something was said, handed to the next profile when an error comes first.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { call } from '../../src/auth/call.ts'
import type { Refused, VendorCall } from '../../src/auth/vendor-call.ts'
import type { Failure } from '../../src/core/failure.ts'
import type { Answer, Transport } from '../../src/system/send.ts'
import { NOON } from '../support/machine.ts'
import { holds } from '../support/seeds.ts'
import { cut, type Plays, played, SHARE, STREAM_HEAD, STREAMS, type Stream } from '../support/streams.ts'
import { key, type Place, place } from './place.ts'

const A = 'sk-ant-api03-aaaaaaaaaaaa-canary'
const B = 'sk-ant-api03-bbbbbbbbbbbb-canary'

type Got = { status?: number; body: string; refused?: Refused; broken?: Failure; servedBy?: string; attempts?: number }

type Asking = { got: Got; over: Promise<Got> }

function ask(
  { view }: Place,
  transport: Transport,
  { provider, endpoint }: Stream,
  more: Partial<VendorCall> = {},
): Asking {
  const got: Got = { body: '' }
  const pieces: Uint8Array[] = []
  const over = new Promise<Got>((resolve) => {
    const done = (): void => resolve(Object.assign(got, { body: Buffer.concat(pieces).toString('utf8') }))
    call(
      view,
      transport,
      { provider, endpoint, method: 'POST', bodyBytes: 0, headers: [], streaming: true, ...more },
      {
        begin: ({ status, access, attempts }) => {
          Object.assign(got, { status, servedBy: access.candidate.id, attempts })
        },
        data: (chunk) => {
          pieces.push(chunk)
          return true
        },
        end: done,
        broken: (broken) => {
          got.broken = broken
          done()
        },
        refused: (refused) => {
          got.refused = refused
          done()
        },
      },
    )
  })
  return { got, over }
}

/** Two accounts of each vendor, asked in this order. */
function accounts(): Promise<Place> {
  const mine = (provider: string, secret: string): object => key(secret, { provider })
  return place({
    profiles: {
      'anthropic:a': key(A),
      'anthropic:b': key(B),
      'openai:a': mine('openai', 'sk-proj-aaaaaaaaaaaaaaaaaaaa-canary'),
      'openai:b': mine('openai', 'sk-proj-bbbbbbbbbbbbbbbbbbbb-canary'),
      'google:a': mine('google', 'AIza-aaaaaaaaaaaaaaaaaaaa-canary'),
      'google:b': mine('google', 'AIza-bbbbbbbbbbbbbbbbbbbb-canary'),
    },
    order: {
      anthropic: ['anthropic:a', 'anthropic:b'],
      openai: ['openai:a', 'openai:b'],
      google: ['google:a', 'google:b'],
    },
  })
}

/** Plays the first text to the first profile asked and the second to the next, each piece by itself. */
function plays(...texts: readonly (string | readonly Uint8Array[])[]): Transport & { aborted: number } {
  let asked = 0
  return played((answer) => {
    const text = texts[Math.min(asked++, texts.length - 1)] ?? ''
    say(answer, typeof text === 'string' ? [Buffer.from(text)] : text)
    answer.end()
  })
}

function say(answer: Answer, pieces: readonly Uint8Array[]): void {
  answer.head(200, STREAM_HEAD, () => undefined)
  for (const piece of pieces) answer.data(piece)
}

const goodOf = ({ opening, rest }: Stream): string => [...opening, ...rest].join('')

describe.each(Object.entries(STREAMS))('%s', (_name, stream) => {
  const { opening, rest, overload, provider } = stream
  const good = goodOf(stream)

  test('an overload that is told before anything else goes to the next profile, and rests the one that told it', async () => {
    for (const before of ['', opening.join('')]) {
      const there = await accounts()
      const got = await ask(there, plays(before + overload, good), stream).over
      expect(got).toEqual({ status: 200, body: good, servedBy: `${provider}:b`, attempts: 2 })
      await Promise.resolve()
      expect(there.view.store.health.get(`${provider}:a`)).toMatchObject({ reason: 'overloaded', errorCount: 1 })
      expect(there.view.store.health.get(`${provider}:b`)).toMatchObject({ errorCount: 0, lastUsedAt: NOON })
    }
  })

  test('an overload behind the first content reaches the client as it is', async () => {
    const there = await accounts()
    const text = [...opening, rest[0], overload].join('')
    const got = await ask(there, plays(cut(text, [0.2, 0.9]), good), stream).over
    expect(got).toEqual({ status: 200, body: text, servedBy: `${provider}:a`, attempts: 1 })
    // Nobody else has shown that it was not the vendor.
    expect(there.view.store.health.get(`${provider}:a`)).toEqual({ errorCount: 0, failureCounts: {} })
  })

  test('when every profile is told of it, the client gets a refusal with a status of its own', async () => {
    const { refused, status } = await ask(await accounts(), plays(opening.join('') + overload), stream).over
    expect(status).toBeUndefined()
    expect(refused).toMatchObject({ status: 529, attempts: 2, failure: { class: 'overloaded' } })
  })

  test('a stream that ends in its opening, or breaks off in it, is not made longer than it was', async () => {
    const early = opening.join('')
    expect(await ask(await accounts(), plays(early), stream).over).toMatchObject({ body: early, attempts: 1 })
    expect(await ask(await accounts(), plays(''), stream).over).toMatchObject({ status: 200, body: '', attempts: 1 })
    let asked = 0
    const breaks = played((answer) => {
      if (asked++ > 0) {
        say(answer, [Buffer.from(good)])
        answer.end()
        return
      }
      say(answer, [Buffer.from(early)])
      answer.fail({ kind: 'reset', answered: true })
    })
    const got = await ask(await accounts(), breaks, stream).over
    expect(got).toEqual({ status: 200, body: good, servedBy: `${provider}:b`, attempts: 2 })
  })

  test('however a good stream is cut, the client gets the bytes that the vendor sent', async () => {
    const there = await accounts()
    const shares = fc.array(SHARE, { maxLength: 30 })
    await holds(
      fc.asyncProperty(shares, fc.array(fc.boolean(), { maxLength: 30 }), async (at, pauses) => {
        const pieces = cut(good, at)
        const transport = played(async (answer) => {
          answer.head(200, STREAM_HEAD, () => undefined)
          for (const [index, piece] of pieces.entries()) {
            if (pauses[index] === true) await Promise.resolve()
            answer.data(piece)
          }
          answer.end()
        })
        const got = await ask(there, transport, stream).over
        expect(got).toEqual({ status: 200, body: good, servedBy: `${provider}:a`, attempts: 1 })
      }),
      300,
    )
  })
})

describe('the opening', () => {
  const { messages: stream } = STREAMS
  const early = Buffer.from(stream.opening.join(''))
  const late = Buffer.from(stream.rest.join(''))

  /** A stream that stops behind its opening, and a clock that the test winds. */
  async function held(act: (answer: Answer, fire: () => void, got: Got) => void): Promise<Got & { timers: number[] }> {
    const there = await accounts()
    const timers: number[] = []
    let fire = (): void => undefined
    const { timer } = there.system
    there.system.timer = (ms, work) => {
      if (ms !== 2000) return timer(ms, work)
      timers.push(ms)
      fire = work
      return { cancel: () => timers.pop() }
    }
    const transport = played((answer) => {
      say(answer, [early])
      // Behind the microtasks in which a call keeps its books.
      setImmediate(() => act(answer, () => fire(), asking.got))
    })
    const asking: Asking = ask(there, transport, stream)
    return { ...(await asking.over), timers }
  }

  test('leaves together with the first content, and its time is not waited for any more', async () => {
    const got = await held((answer, _fire, sofar) => {
      expect(sofar.status).toBeUndefined()
      answer.data(late)
      expect(sofar.status).toBe(200)
      answer.end()
    })
    expect(got).toMatchObject({ body: goodOf(stream), timers: [] })
  })

  test('is let go after two seconds, and an error that comes then is the client’s', async () => {
    const got = await held((answer, fire, sofar) => {
      fire()
      expect(sofar.status).toBe(200)
      answer.data(Buffer.from(stream.overload))
      answer.end()
    })
    expect(got).toMatchObject({ body: early + stream.overload, attempts: 1, timers: [] })
  })
})

describe('an error in a good answer', () => {
  const { messages: stream } = STREAMS
  const error = (type: string, message: string): string =>
    `event: error\ndata: ${JSON.stringify({ type: 'error', error: { type, message } })}\n\n`

  test('that is the request’s own reaches the client as the vendor sent it, and blames nobody', async () => {
    const there = await accounts()
    const text = stream.opening[0] + error('invalid_request_error', `not ${A}`)
    const got = await ask(there, plays(text, goodOf(stream)), stream).over
    expect(got).toMatchObject({ status: 200, servedBy: 'anthropic:a', attempts: 1 })
    expect(got.body).toContain('invalid_request_error')
    expect(got.body).not.toContain('canary')
    expect(there.view.store.health.get('anthropic:a')).toEqual({ errorCount: 0, failureCounts: {} })
  })

  test('that speaks of the account rests it, first or last', async () => {
    const limit = error('rate_limit_error', 'slow down, try again in 40s')
    const mark = { reason: 'rate_limit', cooldownUntil: NOON + 40_000 }
    const first = await accounts()
    expect(await ask(first, plays(limit, goodOf(stream)), stream).over).toMatchObject({ servedBy: 'anthropic:b' })
    expect(first.view.store.health.get('anthropic:a')).toMatchObject(mark)
    const last = await accounts()
    const text = [...stream.opening, stream.rest[0], limit].join('')
    expect(await ask(last, plays(text), stream).over).toMatchObject({ servedBy: 'anthropic:a', body: text })
    expect(last.view.store.health.get('anthropic:a')).toMatchObject(mark)
  })

  test('about a model that is not there is told in the vendor’s words when there is no other model', async () => {
    const { chat } = STREAMS
    const told = `data: ${JSON.stringify({ error: { code: 'model_not_found', message: 'no gpt-9' } })}\n\n`
    const there = await accounts()
    const got = await ask(there, plays(chat.opening.join('') + told, goodOf(chat)), chat).over
    expect(got).toEqual({ status: 200, body: chat.opening.join('') + told, servedBy: 'openai:a', attempts: 1 })
    expect(there.view.store.health.get('openai:a')).toEqual({ errorCount: 0, failureCounts: {} })
  })

  test('ends the exchange that told it, which may have more to say', async () => {
    let asked = 0
    const transport = played((answer) => {
      const isFirst = asked++ === 0
      say(answer, [Buffer.from(isFirst ? stream.overload : goodOf(stream))])
      if (!isFirst) answer.end()
    })
    const got = await ask(await accounts(), transport, stream).over
    expect(got).toMatchObject({ servedBy: 'anthropic:b', body: goodOf(stream) })
    expect(transport.aborted).toBe(1)
  })
})

test('an answer that is no stream is passed on as it comes', async () => {
  const there = await accounts()
  const { messages: stream } = STREAMS
  const acts: Plays = (answer) => {
    answer.head(200, [], () => undefined)
    answer.data(Buffer.from('{"type":"error"'))
    answer.data(Buffer.from(',"error":{"type":"overloaded_error"}}'))
    answer.end()
  }
  const got = await ask(there, played(acts), stream, { streaming: false }).over
  expect(got).toMatchObject({ status: 200, body: '{"type":"error","error":{"type":"overloaded_error"}}', attempts: 1 })
})
