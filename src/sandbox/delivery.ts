// Putting an answer on the wire: whole or event by event, at its pace, and broken off where a fault says so.
import type { ServerResponse } from 'node:http'
import type { FaultRule } from './faults.ts'

export type Reply = {
  status: number
  /** Flat list of names and values. */
  headers: string[]
  /** A list holds the events of a stream. */
  body: string | Buffer | readonly string[]
}

export type Ending = 'end' | 'cut' | 'stall'

/**
 * Sends a reply. The stream stops by itself when the client leaves.
 * @param tokenDelayMs between two events of a stream
 * @param fault what to do to it on the way
 * @param onCut called before the connection is destroyed on purpose
 */
export function deliver(
  res: ServerResponse,
  reply: Reply,
  tokenDelayMs: number,
  fault: FaultRule | undefined,
  onCut: () => void,
): void {
  const headers = fault?.headers === undefined ? reply.headers : override(reply.headers, fault.headers)
  const { body } = reply
  if (fault === undefined && (typeof body === 'string' || Buffer.isBuffer(body))) {
    headers.push('content-length', String(Buffer.byteLength(body)))
    res.writeHead(reply.status, headers)
    res.end(body)
    return
  }
  const whole = typeof body === 'string' || Buffer.isBuffer(body) ? [body] : body
  if (whole !== body) headers.push('content-length', String(Buffer.byteLength(whole[0] ?? '')))
  const { pieces, ending } =
    fault === undefined ? { pieces: whole, ending: 'end' as const } : plan(whole, fault, whole === body)
  res.writeHead(reply.status, headers)
  res.flushHeaders()
  send(res, pieces, whole === body ? tokenDelayMs : 0, () => {
    if (ending === 'stall') return
    if (ending === 'end') return end(res, fault?.extraBytesAfterResponse)
    onCut()
    // What was written leaves first: the wait for an empty write comes after it.
    res.socket?.write('', () => res.destroy())
  })
}

/**
 * Where a reply ends.
 * @param body its pieces, each an event when `streaming`
 */
export function plan(
  body: readonly (string | Buffer)[],
  fault: FaultRule,
  streaming: boolean,
): { pieces: readonly (string | Buffer)[]; ending: Ending } {
  let pieces = body
  let ending: Ending = 'end'
  const stopAfter = (count: number, how: Ending): void => {
    pieces = pieces.slice(0, streaming ? count : 0)
    ending = how
  }
  if (fault.stallAfterEvents !== undefined) stopAfter(fault.stallAfterEvents, 'stall')
  if (fault.cutAfterEvents !== undefined) stopAfter(fault.cutAfterEvents, 'cut')
  if (fault.cutAfterBytes === undefined) return { pieces, ending }
  let left = fault.cutAfterBytes
  const kept: Buffer[] = []
  for (const piece of pieces) {
    const bytes = Buffer.from(piece)
    if (left <= 0) break
    kept.push(bytes.subarray(0, left))
    left -= bytes.length
  }
  return { pieces: kept, ending: 'cut' }
}

function send(res: ServerResponse, pieces: readonly (string | Buffer)[], delayMs: number, done: () => void): void {
  let index = 0
  let timer: NodeJS.Timeout | undefined
  const pump = (): void => {
    while (!res.destroyed) {
      const piece = pieces[index++]
      if (piece === undefined) {
        done()
        return
      }
      const roomLeft = res.write(piece)
      if (delayMs > 0 && index < pieces.length) {
        timer = setTimeout(pump, delayMs)
        return
      }
      if (!roomLeft) {
        res.once('drain', pump)
        return
      }
    }
  }
  if (delayMs > 0) res.once('close', () => clearTimeout(timer))
  pump()
}

function end(res: ServerResponse, extra: string | undefined): void {
  const { socket } = res
  res.end()
  // Node lets go of the connection once the answer is out; the extra bytes go into the same stream, right behind it.
  if (extra !== undefined) socket?.write(extra)
}

function override(headers: readonly string[], changes: Readonly<Record<string, string | null>>): string[] {
  const names = new Set(Object.keys(changes).map((name) => name.toLowerCase()))
  const kept: string[] = []
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const [name = '', value = ''] = headers.slice(index, index + 2)
    if (!names.has(name)) kept.push(name, value)
  }
  for (const [name, value] of Object.entries(changes)) if (value !== null) kept.push(name.toLowerCase(), value)
  return kept
}
