// Pairing: a stranger is given a code, and the owner lets him in with it on this machine. Pure; the code comes in.
import { HOUR_MS } from './expiry.ts'

export type PairingRequest = {
  code: string
  senderId: string
  /** As the stranger calls himself. */
  name: string
  /** ms epoch */
  at: number
}

export type LetInSender = { senderId: string; name: string; isOwner: boolean /** ms epoch */; at: number }

/** Of one account of a channel. */
export type PairingBook = { requests: readonly PairingRequest[]; letIn: readonly LetInSender[] }

export const NO_PAIRINGS: PairingBook = { requests: [], letIn: [] }

/** How long a code holds, and how long nothing more is said to whoever has one, ms. */
export const CODE_LIVES_MS = HOUR_MS
/** So many strangers have a code at a time; others hear nothing, so that a crowd costs neither messages nor disk. */
const MOST_REQUESTS = 20
const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'
export const CODE_LENGTH = 8

/** @param chance a byte for each letter */
export function codeFrom(chance: Uint8Array): string {
  return Array.from(chance.subarray(0, CODE_LENGTH), (byte) => LETTERS[byte % LETTERS.length]).join('')
}

/** A stranger asks. @returns undefined when he has a code already, or too many have one */
export function askToPair(
  book: PairingBook,
  stranger: { senderId: string; name: string },
  code: string,
  now: number,
): { book: PairingBook; request: PairingRequest } | undefined {
  const alive = livingRequests(book, now)
  if (alive.length >= MOST_REQUESTS || alive.some(({ senderId }) => senderId === stranger.senderId)) return undefined
  const request = { code, senderId: stranger.senderId, name: stranger.name, at: now }
  return { book: { ...book, requests: [...alive, request] }, request }
}

/** Requests whose code holds; one from a clock that was ahead holds no longer for it. */
export function livingRequests({ requests }: PairingBook, now: number): PairingRequest[] {
  return requests.filter(({ at }) => now - at < CODE_LIVES_MS && at - now < CODE_LIVES_MS)
}

/** The owner lets somebody in by his code, in any case. @returns undefined for a code that nobody has */
export function letInBy(
  book: PairingBook,
  code: string,
  isOwner: boolean,
  now: number,
): { book: PairingBook; letIn: LetInSender } | undefined {
  const alive = livingRequests(book, now)
  const request = alive.find((one) => one.code === code.trim().toUpperCase())
  if (request === undefined) return undefined
  const letIn = { senderId: request.senderId, name: request.name, isOwner, at: now }
  return {
    book: {
      requests: alive.filter((one) => one !== request),
      letIn: [...book.letIn.filter(({ senderId }) => senderId !== letIn.senderId), letIn],
    },
    letIn,
  }
}

/** @returns undefined when nobody of this id was let in */
export function shutOut(book: PairingBook, senderId: string): PairingBook | undefined {
  const letIn = book.letIn.filter((one) => one.senderId !== senderId)
  return letIn.length === book.letIn.length ? undefined : { ...book, letIn }
}
