// Which account made what only that account can open: read along where answers pass, behind their bytes, and only where the provider has another
// account that could be shown it.
import { boundInAnswer, handsOut } from '../core/bound.ts'
import { Issued, type Issuer } from '../core/issued.ts'
import { type Candidate, healthIdOf } from '../core/order.ts'
import { asBuffer } from '../core/pieces.ts'
import type { Home } from '../store/home.ts'
import type { Access } from './acquire.ts'
import type { View } from './auth.ts'

const LF = 10
/** Longer lines, and longer answers, are not waited for, bytes. */
const MOST_LINE_BYTES = 1024 * 1024
const MOST_BODY_BYTES = 8 * 1024 * 1024

/** One for each home: its agents share what they mean. */
const memories = new WeakMap<Home, Issued>()

/** What is known of who made what. */
export function issuedOf(home: Home): Issued {
  const memory = memories.get(home) ?? new Issued()
  memories.set(home, memory)
  return memory
}

/** Whose the things are that a candidate is handed: of a login its account, else the profile in its owner's store, or the variable with its key. */
export function issuerOf(view: View, candidate: Candidate): Issuer {
  const { id, account, source } = candidate
  const whose = account?.accountId ?? account?.email
  const own = source.kind === 'profile' ? `${view.store.owner} ${id}` : healthIdOf(candidate)
  return { account: whose === undefined ? own : `account ${whose}`, profile: id }
}

/** Whether somebody else of the provider could be asked. */
export function hasOthers(view: View, provider: string): boolean {
  return (view.facts().providers.get(provider)?.candidates.length ?? 0) > 1
}

/** Reads one answer as it passes. */
export type IssuedReader = {
  /** @param chunk the bytes as they passed */
  push(chunk: Uint8Array): void
  close(): void
}

/** @returns undefined where nothing needs to be known of the answer */
export function issuedReader(
  view: View,
  { candidate, endpoint = 'models' }: Access,
  streaming: boolean,
): IssuedReader | undefined {
  const { provider } = candidate
  if (!handsOut(endpoint) || !hasOthers(view, provider)) return undefined
  const memory = issuedOf(view.home)
  const issuer = issuerOf(view, candidate)
  const read = (bytes: Buffer): void => {
    const now = view.home.system.monotonic()
    boundInAnswer(endpoint, bytes, (key, kind) => {
      if (kind !== 'other') memory.wanted[kind] = true
      memory.note(provider, key, issuer, now)
    })
  }
  return streaming ? lineReader(read) : bodyReader(read)
}

function lineReader(read: (bytes: Buffer) => void): IssuedReader {
  let rest: Buffer | undefined
  return {
    push: (chunk) => {
      let bytes = asBuffer(chunk)
      if (rest !== undefined) bytes = Buffer.concat([rest, bytes])
      const end = bytes.lastIndexOf(LF) + 1
      if (end > 0) read(end === bytes.length ? bytes : bytes.subarray(0, end))
      const left = bytes.length - end
      // The piece belongs to the socket's buffer.
      rest = left > 0 && left <= MOST_LINE_BYTES ? Buffer.from(bytes.subarray(end)) : undefined
    },
    close: () => {
      if (rest !== undefined) read(rest)
      rest = undefined
    },
  }
}

function bodyReader(read: (bytes: Buffer) => void): IssuedReader {
  let pieces: Buffer[] = []
  let size = 0
  return {
    push: (chunk) => {
      size += chunk.byteLength
      if (size <= MOST_BODY_BYTES) pieces.push(Buffer.from(chunk))
    },
    close: () => {
      if (size <= MOST_BODY_BYTES) read(Buffer.concat(pieces))
      pieces = []
    },
  }
}
