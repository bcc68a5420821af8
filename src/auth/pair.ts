// Lets somebody speak to a bot, by the code the bot gave him, and takes that back.
import { AuthError } from '../core/errors.ts'
import {
  CODE_LIVES_MS,
  type LetInSender,
  letInBy,
  livingRequests,
  type PairingRequest,
  shutOut,
} from '../core/pairing.ts'
import { printable } from '../core/profile.ts'
import { openPairings } from '../store/pairings.ts'
import type { Auth } from './auth.ts'

export type Paired = { channel: string; accountId: string; sender: LetInSender; where: string }

export type Pairings = {
  channel: string
  accountId: string
  requests: (PairingRequest & { endsAt: number })[]
  letIn: readonly LetInSender[]
}

/** Who asks and who was let in, by account. Writes nothing. @throws AuthError unreadable_store */
export async function pairings({ home }: Auth): Promise<Pairings[]> {
  const all = await openPairings(home.backend, home.layout).all()
  return all.map(({ channel, accountId, book }) => ({
    channel,
    accountId,
    requests: livingRequests(book, home.system.now()).map((one) => ({ ...one, endsAt: one.at + CODE_LIVES_MS })),
    letIn: book.letIn,
  }))
}

/**
 * Lets in whoever has the code.
 * @param input.isOwner the person at this machine is meant: subscriptions may serve what he says there
 * @throws AuthError usage, unreadable_store, write_failed
 */
export async function pair(auth: Auth, input: { code: string; isOwner: boolean }): Promise<Paired> {
  const { home } = auth
  const store = openPairings(home.backend, home.layout)
  for (const { channel, accountId } of await store.all()) {
    const sender = await store.change(channel, accountId, (book) => {
      const done = letInBy(book, input.code, input.isOwner, home.system.now())
      return done === undefined ? { result: undefined } : { book: done.book, result: done.letIn }
    })
    if (sender !== undefined) return { channel, accountId, sender, where: store.where() }
  }
  throw new AuthError(
    'usage',
    `Nobody has the code "${printable(input.code, 20)}": it may have ended (it holds for an hour), or was used. Whoever writes to the bot gets a new one.`,
    { remedy: 'openclaw channels pair' },
  )
}

/** Takes it back. @throws AuthError usage, when nobody of this id was let in there */
export async function unpair(
  auth: Auth,
  input: { channel: string; accountId: string; senderId: string },
): Promise<string> {
  const { home } = auth
  const { channel, accountId, senderId } = input
  const store = openPairings(home.backend, home.layout)
  const isDone = await store.change(channel, accountId, (book) => {
    const next = shutOut(book, senderId)
    return next === undefined ? { result: false } : { book: next, result: true }
  })
  if (isDone) return store.where()
  throw new AuthError(
    'usage',
    `${printable(senderId, 40)} was not let in to the ${channel} account ${printable(accountId, 60)} by a code; who is listed in allowFrom of ${home.layout.config} is taken out there.`,
    { remedy: 'openclaw channels pair' },
  )
}
