// One small request and its whole answer, within a time: probes, logins and renewals. Calls to models stream, and go through send.ts.
import type { OutgoingRequest, RawHeaders, Transport, TransportFailure } from './send.ts'
import type { System } from './system.ts'

export type Asked = { status: number; headers: RawHeaders; body: string } | { failure: TransportFailure }

export type AskOptions = {
  /** For all of it, ms. */
  timeoutMs: number
  /** An answer longer than `mostBytes` is a failure; absent: its beginning will do. */
  needsWhole?: true
  /** Of the answer that are kept; absent: 256 KiB. */
  mostBytes?: number
  signal?: AbortSignal
}

const MOST_BYTES = 256 * 1024

/** Asks once for a text; never throws for what the network does. */
export async function ask(
  transport: Transport,
  timer: System['timer'],
  request: OutgoingRequest,
  options: AskOptions,
): Promise<Asked> {
  const asked = await askBytes(transport, timer, request, options)
  if ('failure' in asked) return asked
  const { status, headers, bytes } = asked
  return { status, headers, body: bytes.toString('utf8') }
}

/** The same for what is no text. */
export function askBytes(
  transport: Transport,
  timer: System['timer'],
  request: OutgoingRequest,
  options: AskOptions,
): Promise<{ status: number; headers: RawHeaders; bytes: Buffer } | { failure: TransportFailure }> {
  const { timeoutMs, needsWhole, mostBytes = MOST_BYTES, signal } = options
  return new Promise((resolve) => {
    let status = 0
    let headers: RawHeaders = []
    let size = 0
    const pieces: Buffer[] = []
    const finish = (asked: Awaited<ReturnType<typeof askBytes>>): void => {
      limit.cancel()
      signal?.removeEventListener('abort', cancel)
      resolve(asked)
    }
    const stop = (kind: TransportFailure['kind']): void => {
      finish({ failure: { kind, answered: status > 0 } })
      exchange.abort()
    }
    const cancel = (): void => stop('cancelled')
    // The transport's own clock is coarse; a person asked for this many milliseconds.
    const limit = timer(timeoutMs, () => stop('timeout'))
    const exchange = transport.send(request, {
      head: (code, raw) => {
        status = code
        headers = raw
      },
      data: (chunk) => {
        size += chunk.byteLength
        if (size <= mostBytes) pieces.push(Buffer.from(chunk))
        else if (needsWhole) stop('malformed')
        return true
      },
      end: () => finish({ status, headers, bytes: Buffer.concat(pieces) }),
      fail: (failure) => finish({ failure }),
    })
    if (signal?.aborted === true) cancel()
    else signal?.addEventListener('abort', cancel, { once: true })
  })
}
