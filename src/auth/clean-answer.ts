// What a vendor said, made fit to be handed on: some repeat the key that they refuse, and what is taken out makes an answer shorter.
import type { RawHeaders } from '../system/send.ts'
import type { System } from '../system/system.ts'

/** @returns the very same bytes when there is nothing to hide */
export function scrubbed({ log }: Pick<System, 'log'>, bytes: Buffer): Buffer {
  const text = bytes.toString('latin1')
  const clean = log.scrub(text)
  return clean === text ? bytes : Buffer.from(clean, 'latin1')
}

/** Without secrets, and without a length that may not be true any more. */
export function cleanHeaders(system: Pick<System, 'log'>, headers: RawHeaders): RawHeaders {
  return headers.filter((_, at) => headers[at - (at % 2)] !== 'content-length').map((part) => system.log.scrub(part))
}
