// What goes to stdout. Node's own stream for it brings the network code along, which takes longer than most answers do.
import { fstatSync, writeSync } from 'node:fs'
import { codeOf } from './files.ts'

/** From the first text on that the other side did not take at once, the stream keeps the order. Consoles of Windows need it for their letters. */
let isStreaming = process.platform === 'win32'
let isGone = false

/** Writes the text, all of it, in order. That nobody reads any more is told as the stream tells it: later, to nobody in particular. */
export function writeOut(text: string): void {
  if (isGone) return
  let rest = Buffer.from(text)
  try {
    while (!isStreaming && rest.length > 0) rest = rest.subarray(writeSync(1, rest))
  } catch (error) {
    if (codeOf(error) !== 'EAGAIN') {
      isGone = true
      process.nextTick(() => {
        throw error
      })
      return
    }
    isStreaming = true
  }
  if (rest.length > 0) process.stdout.write(rest)
}

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
