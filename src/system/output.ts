// What goes to stdout. Node's own stream for it brings the network code along, which takes longer than most answers do.
import { fstatSync, writeSync } from 'node:fs'
import { codeOf } from './files.ts'

/** From the first text on that the other side did not take at once, the stream keeps the order. */
let isStreaming = false

/**
 * Writes the text, all of it, in order.
 * @throws an error with a code, such as EPIPE, when nobody reads
 */
export function writeOut(text: string): void {
  let rest = Buffer.from(text)
  try {
    while (!isStreaming && rest.length > 0) rest = rest.subarray(writeSync(1, rest))
  } catch (error) {
    if (codeOf(error) !== 'EAGAIN') throw error
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
