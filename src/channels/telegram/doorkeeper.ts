// Who may speak to a bot, kept current while the owner lets people in; gives strangers their code.
import { type Access, accessOf } from '../../core/channel-access.ts'
import type { TelegramAccount } from '../../core/channel-settings.ts'
import { askToPair, CODE_LENGTH, codeFrom, type PairingBook } from '../../core/pairing.ts'
import type { Home } from '../../store/home.ts'
import type { PairingStore } from '../../store/pairings.ts'
import { type Api, CHANNEL } from './bot-api.ts'
import type { Outbox } from './outbox.ts'
import type { Incoming } from './read.ts'

export type Doorkeeper = {
  judge(message: Incoming): Access
  /** A stranger wrote: he gets a code, unless he has one. @throws AuthError, what the store throws */
  pair(message: Incoming): Promise<void>
  close(): void
}

export type DoorkeeperParts = {
  home: Home
  pairings: PairingStore
  account: () => TelegramAccount
  api: Api
  outbox: Outbox
}

/** Reads who was let in. @throws AuthError unreadable_store */
export async function createDoorkeeper({ home, pairings, account, api, outbox }: DoorkeeperParts): Promise<Doorkeeper> {
  const { system } = home
  const { id } = account()
  let book: PairingBook = await pairings.read(CHANNEL, id)
  const read = async (): Promise<void> => {
    const before = new Set(book.letIn.map(({ senderId }) => senderId))
    book = await pairings.read(CHANNEL, id)
    for (const { senderId } of book.letIn) {
      if (before.has(senderId)) continue
      // In private the chat has the id of the person.
      await tell(senderId, 'You may write to me now.')
    }
  }
  const tell = async (to: string, text: string): Promise<void> => {
    await outbox.say({ chatId: to, isGroup: false }, (chatId) => api.sendMessage(chatId, text))
  }
  const watch = home.backend.notice([home.layout.pairings], () => {
    read().catch((error: unknown) => {
      system.log.error('who may speak to a bot could not be read; what was known before stays in force', {
        file: pairings.where(),
        why: error instanceof Error ? error.message : 'unknown',
      })
    })
  })
  return {
    judge: (message) => accessOf(account(), book.letIn, message),
    pair: async ({ senderId, senderName, chatId }) => {
      const stranger = { senderId, name: senderName }
      // In memory first: whoever has a code costs no look at the disk.
      if (askToPair(book, stranger, '', system.now()) === undefined) return
      const request = await pairings.change(CHANNEL, id, (present) => {
        const asked = askToPair(present, stranger, codeFrom(system.randomBytes(CODE_LENGTH)), system.now())
        book = asked?.book ?? present
        return asked === undefined ? { result: undefined } : { book: asked.book, result: asked.request }
      })
      if (request === undefined) return
      system.log.info('a stranger wrote to a bot and was given a pairing code', {
        channel: CHANNEL,
        account: id,
        sender: senderId,
      })
      await tell(
        chatId,
        `I answer those whom my owner lets in. Your code is ${request.code}; it holds for an hour. My owner lets you in with:\n\nopenclaw channels pair ${request.code}`,
      )
    },
    close: () => watch.close(),
  }
}
