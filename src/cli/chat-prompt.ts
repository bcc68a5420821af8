// The line at which a person types in a chat: kept history, a paste of many lines as one message, and Ctrl-C for whatever is under way.
import { createInterface } from 'node:readline'
import { PassThrough } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { writeErr } from '../system/output.ts'
import { createStrokes, lineOfMessage, messageOfLine, type Stroke } from './strokes.ts'

export type ChatPrompt = {
  /**
   * Waits for a message.
   * @param mark stands before the prompt
   * @returns undefined at the end: Ctrl-D, Ctrl-C twice, the terminal gone, a signal that ends the program
   */
  ask(mark?: string): Promise<string | undefined>
  /** What Ctrl-C does while nothing is asked; keys typed meanwhile wait for the next question. */
  whileBusy(interrupt: () => void): void
  /** Whether a signal has ended it, not the person. */
  isKilled(): boolean
  close(): void
}

const PROMPT = '> '
const PASTE_MARKS_ON = '\u001b[?2004h'
const PASTE_MARKS_OFF = '\u001b[?2004l'
const MOST_HISTORY = 200
const INTERRUPT = '\u0003'
const SIGNALS = ['SIGTERM', 'SIGHUP'] as const

/**
 * Takes the keyboard until it is closed.
 * @param options.history messages that the arrow keys go back to, newest first
 * @param options.hasMarks whether the terminal can be asked to mark what is pasted
 */
export function openChatPrompt(options: { history: readonly string[]; hasMarks: boolean }): ChatPrompt {
  const { stdin, stderr } = process
  const decoder = new StringDecoder('utf8')
  const strokes = createStrokes()
  let asked: ((message: string | undefined) => void) | undefined
  let interrupt: () => void = () => undefined
  /** Typed while nothing was asked. */
  let ahead: Stroke[] = []
  let isOver = false
  let isKilled = false
  /** Ctrl-C was pressed at an empty line just now. */
  let isLeaving = false

  // What readline reads is what we let through; the mode of the terminal stays its affair.
  const keys = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (raw: boolean) => stdin.setRawMode(raw) })
  const line = createInterface({
    input: keys,
    output: stderr,
    terminal: true,
    prompt: PROMPT,
    history: options.history.map(lineOfMessage),
    historySize: MOST_HISTORY,
    removeHistoryDuplicates: true,
    crlfDelay: Number.POSITIVE_INFINITY,
  })

  const answer = (message: string | undefined): void => {
    const to = asked
    asked = undefined
    to?.(message)
  }
  const end = (): void => {
    if (asked !== undefined) writeErr('\n')
    isOver = true
    answer(undefined)
  }
  const kill = (): void => {
    isKilled = true
    interrupt()
    end()
  }
  const onInterrupt = (): void => {
    if (asked === undefined) {
      // As a terminal does: what was typed before it is not meant any more.
      ahead = []
      interrupt()
    } else if (line.line !== '') {
      isLeaving = false
      line.write(null, { ctrl: true, name: 'e' })
      line.write(null, { ctrl: true, name: 'u' })
    } else if (isLeaving) {
      end()
    } else {
      isLeaving = true
      writeErr('\n(Ctrl-C again, or Ctrl-D, ends the chat.)\n')
      line.prompt()
    }
  }
  const feed = (stroke: Stroke): void => {
    const isInterrupt = 'key' in stroke && stroke.key === INTERRUPT
    if (isInterrupt) onInterrupt()
    else if (asked === undefined) ahead.push(stroke)
    else {
      isLeaving = false
      // One at a time, and texts as a whole: of several keys in one piece, readline puts all but the last behind the line.
      if ('text' in stroke) line.write(stroke.text)
      else keys.emit('data', Buffer.from(stroke.key))
    }
  }
  const onData = (chunk: Buffer): void => {
    for (const stroke of strokes.feed(decoder.write(chunk))) feed(stroke)
  }

  line.on('line', (text) => answer(messageOfLine(text)))
  line.on('close', end)
  stdin.on('data', onData)
  stdin.on('end', end)
  process.on('SIGINT', onInterrupt)
  for (const signal of SIGNALS) process.on(signal, kill)
  stdin.resume()
  if (options.hasMarks) writeErr(PASTE_MARKS_ON)

  return {
    ask: (mark = '') =>
      new Promise((resolve) => {
        if (isOver) {
          resolve(undefined)
          return
        }
        asked = resolve
        isLeaving = false
        line.setPrompt(`${mark}${PROMPT}`)
        line.prompt()
        for (const stroke of ahead.splice(0)) feed(stroke)
      }),
    whileBusy: (stop) => {
      interrupt = stop
    },
    isKilled: () => isKilled,
    close: () => {
      isOver = true
      line.off('close', end)
      line.close()
      stdin.off('data', onData)
      stdin.off('end', end)
      process.off('SIGINT', onInterrupt)
      for (const signal of SIGNALS) process.off(signal, kill)
      stdin.setRawMode(false)
      stdin.pause()
      if (options.hasMarks) writeErr(PASTE_MARKS_OFF)
    },
  }
}
