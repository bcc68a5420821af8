// What goes to stdout and stderr. Node's own streams for them bring the network code along, which takes longer than most answers do.
import { fstatSync, writeSync } from 'node:fs'
import { codeOf } from './files.ts'

/** Where there is none. */
const USUAL_WIDTH = 80

type Stream = () => Pick<NodeJS.WriteStream, 'write'>

/** Writes all of a text, in order. That nobody reads any more is told as the stream tells it: later, to nobody in particular. */
function writer(fd: number, stream: Stream): (text: string) => void {
  // From the first text on that the other side did not take at once, the stream keeps the order. Consoles of Windows need it for their letters.
  let isStreaming = process.platform === 'win32'
  let isGone = false
  return (text) => {
    if (isGone) return
    let rest = Buffer.from(text)
    try {
      while (!isStreaming && rest.length > 0) rest = rest.subarray(writeSync(fd, rest))
    } catch (error) {
      if (codeOf(error) !== 'EAGAIN') {
        isGone = true
        process.nextTick(() => {
          throw told(fd, error)
        })
        return
      }
      isStreaming = true
    }
    if (rest.length > 0) stream().write(rest)
  }
}

/** A reader that went away is nobody's mistake; that the rest cannot be written is said with the place, as what came out is cut off. */
function told(fd: number, error: unknown): unknown {
  const code = codeOf(error)
  if (fd !== 1 || code === 'EPIPE' || !(error instanceof Error)) return error
  const why = code === 'ENOSPC' ? 'the disk that it goes to is full' : error.message
  return Object.assign(
    new Error(`Standard output could not be written: ${why}. What is there of the answer is cut off.`),
    { code },
  )
}

/** The answer. */
export const writeOut = writer(1, () => process.stdout)

/** What is said beside it. */
export const writeErr = writer(2, () => process.stderr)

/** Whether a person reads along. */
export function isScreen(): boolean {
  try {
    // What is no device is no terminal; only for the others is the stream asked.
    return fstatSync(1).isCharacterDevice() && process.stdout.isTTY === true
  } catch {
    // Closed by whoever started us.
    return false
  }
}

/** How wide the screen is, in columns. */
export function screenWidth(): number {
  return isScreen() ? process.stdout.columns : USUAL_WIDTH
}
