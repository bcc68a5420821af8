// What a turn hears of a streaming answer: its text as it comes, and how it ended.
import { reader as completions } from '../dialects/completions/stream.ts'
import { reader as generateContent } from '../dialects/generate-content/stream.ts'
import { reader as messages } from '../dialects/messages/stream.ts'
import type { DialectName, Opened, StreamReader, Telling } from '../dialects/neutral.ts'
import { reader as responses } from '../dialects/responses/reader.ts'

/** The endpoints a turn can talk to. */
export type Dialect = DialectName

export type DeltaReader = {
  /**
   * @param chunk the bytes as they came
   * @returns the text of the events that this chunk completes
   */
  push(chunk: Uint8Array): string
  /** The vendor has ended the connection, which for some is the end of the answer. */
  close(): void
  /** `open` until the answer is over; `failed` when the vendor said so with an error, whose JSON is `body`. */
  state(): DeltaState
}

/** `isCut`: the answer ended because it had grown too long. */
export type DeltaState = { is: 'open' } | { is: 'complete'; isCut?: true } | { is: 'failed'; body: string }

const READERS: Readonly<Record<Dialect, (tell: (telling: Telling) => void) => StreamReader>> = {
  messages,
  chat_completions: completions,
  responses,
  generate_content: generateContent,
}

/** Starts reading one answer. */
export function readDeltas(dialect: Dialect): DeltaReader {
  let state: DeltaState = { is: 'open' }
  let isCut = false
  let isClosed = false
  let text = ''
  const kinds: Opened['kind'][] = []
  const reader = READERS[dialect]((telling) => {
    switch (telling.is) {
      case 'open':
        kinds[telling.at] = telling.part.kind
        return
      case 'piece': {
        const kind = kinds[telling.at]
        if (kind === 'text' || kind === 'refusal') text += telling.text
        return
      }
      case 'stop':
        isCut = telling.stop === 'length' || telling.stop === 'pause'
        return
      case 'end':
        state = isCut ? { is: 'complete', isCut } : { is: 'complete' }
        return
      case 'fault': {
        const { said, message } = telling.fault
        // That the connection ended before the answer is nothing that the vendor said.
        if (said !== undefined || !isClosed)
          state = { is: 'failed', body: said ?? JSON.stringify({ error: { message } }) }
      }
    }
  })
  return {
    state: () => state,
    push: (chunk) => {
      text = ''
      reader.push(chunk)
      return text
    },
    close: () => {
      isClosed = true
      reader.close()
    },
  }
}
