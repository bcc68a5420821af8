// What the streams of all dialects are read with: events cut out of the bytes, one end, and an end that never came told as the fault that it is.
import { Frames, objectIn } from './frames.ts'
import type { Fault, StreamReader, Telling } from './neutral.ts'
import { Unsayable } from './unsayable.ts'

/** What one dialect makes of the events of one stream. */
export type Events = {
  /** @param data of an event @param name of it, may be empty @throws Unsayable for what cannot be told: that is the end */
  take(data: string, name: string): void
  /** The vendor has ended the connection. @returns whether the answer is whole all the same */
  close?(): boolean
}

export type Say = (telling: Telling) => void

const TOO_DEEP = 'the vendor sent an answer that cannot be translated: it is nested too deeply'

/**
 * Reads one stream.
 * @param tell hears each event; nothing comes behind `end` or `fault`
 * @param readFault of an error within a stream
 * @param begin what reads the events, given who is told
 */
export function streamReader(
  tell: Say,
  readFault: (status: number, body: string) => Fault,
  begin: (say: Say) => Events,
): StreamReader {
  let isOver = false
  const say: Say = (telling) => {
    if (isOver) return
    isOver = telling.is === 'end' || telling.is === 'fault'
    tell(telling)
  }
  const events = begin(say)
  const guarded = (work: () => void): void => {
    if (isOver) return
    try {
      work()
    } catch (error) {
      // What a writer of JSON throws, which calls itself for each level.
      const unsayable = error instanceof RangeError ? new Unsayable('', TOO_DEEP) : error
      if (!(unsayable instanceof Unsayable)) throw error
      const { why } = unsayable
      say(broken(`${why.slice(0, 1).toUpperCase()}${why.slice(1)}.`))
    }
  }
  const frames = new Frames((data, name) => guarded(() => events.take(data, name)))
  return {
    push: (chunk) => {
      if (isOver) return
      frames.push(chunk)
      if (frames.isTooLong) say(broken('An event of the vendor was too long.'))
    },
    close: () =>
      guarded(() => {
        // Some tell their error as JSON that is no event.
        const stray = frames.stray()
        const { error } = objectIn(stray) ?? {}
        if (typeof error === 'object' && error !== null)
          say({ is: 'fault', fault: { ...readFault(0, stray), said: stray } })
        else say(events.close?.() === true ? { is: 'end' } : broken('The vendor broke off the answer.'))
      }),
  }
}

/** The fault that an event tells of. @param said the error as the vendor told it, JSON */
export function toldFault(fault: Fault, said: string): Telling {
  return { is: 'fault', fault: { ...fault, said } }
}

function broken(message: string): Telling {
  return { is: 'fault', fault: { status: 502, message } }
}
