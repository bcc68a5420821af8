// One answer as the messages of a chat that show it: said once it begins, changed while it grows, whole at the end.
import type { Api } from './bot-api.ts'
import { type Formatted, formatAll, plainAll } from './format.ts'
import type { Outbox, Place } from './outbox.ts'

export type Target = Place & {
  topicId?: number
  /** The message that is answered: named where others talk in between. */
  replyTo?: number
}

export type Shown = {
  /** More was said. @param read gives all of it, when the chat takes it */
  grow(read: () => string): void
  /** All of it; resolves when it is shown, or cannot be. */
  end(text: string): Promise<void>
}

/** @see reads what is shown, with its form */
type Sent = { messageId: number; reads: string }

/**
 * @param refused hears why a chat took nothing more
 * @param form what a model writes is Markdown; what we say is shown as it stands
 */
export function showIn(
  api: Api,
  outbox: Outbox,
  target: Target,
  refused: (description: string) => void,
  form: 'markdown' | 'plain' = 'plain',
): Shown {
  const sent: Sent[] = []
  let { topicId } = target
  let newest: () => string = () => ''
  let isBehind = false
  let isGone = false
  let working: Promise<void> | undefined

  const unsaid = (): { at: number; piece: Formatted } | undefined => {
    const pieces = form === 'markdown' ? formatAll(newest()) : plainAll(newest())
    const at = pieces.findIndex((piece, index) => sent[index]?.reads !== readsOf(piece) && piece.text.trim() !== '')
    const piece = pieces[at]
    return piece === undefined ? undefined : { at, piece }
  }
  const sayOne = async (): Promise<void> => {
    let at = -1
    let piece: Formatted = { text: '', entities: [] }
    const outcome = await outbox.say(target, (chatId) => {
      // What is newest when the chat takes it, not what was when we got in line.
      const next = unsaid()
      isBehind = next !== undefined
      if (next === undefined) return undefined
      at = next.at
      piece = next.piece
      const there = sent[at]
      return there === undefined
        ? send(api, { chatId, piece, topicId, replyTo: at === 0 ? target.replyTo : undefined })
        : edit(api, chatId, there.messageId, piece)
    })
    if (outcome === undefined) return
    if ('said' in outcome) {
      sent[at] = { messageId: outcome.said, reads: readsOf(piece) }
      // Whoever waits for the end does not wait for the chat to be free once more.
      isBehind = unsaid() !== undefined
      return
    }
    const { description, refused: how } = outcome
    const there = sent[at]
    if (how === 'bad' && there !== undefined && /not modified/i.test(description)) {
      // It reads so already.
      there.reads = readsOf(piece)
    } else if (how === 'bad' && there !== undefined && /not found|can't be edited/i.test(description)) {
      // Somebody took it away: it is said anew.
      delete sent[at]
    } else if (how === 'bad' && topicId !== undefined && /thread not found/i.test(description)) {
      // Somebody took the topic away: what was paid for is said in the group itself.
      topicId = undefined
      sent.length = 0
    } else {
      isGone = true
      refused(description)
    }
  }
  const work = async (): Promise<void> => {
    while (isBehind && !isGone) await sayOne()
    working = undefined
  }
  const show = (read: () => string): Promise<void> => {
    newest = read
    isBehind = true
    working ??= work()
    return working
  }
  return {
    grow: (read) => {
      show(read).catch(() => {
        // Whoever waits for the end hears of it.
      })
    },
    end: (text) => show(() => text),
  }
}

function readsOf({ text, entities }: Formatted): string {
  return entities.length === 0 ? text : `${text}\u0000${JSON.stringify(entities)}`
}

type Saying = { chatId: string; piece: Formatted; topicId: number | undefined; replyTo: number | undefined }

async function send(api: Api, { chatId, piece, topicId, replyTo }: Saying): Promise<number> {
  const { text, entities } = piece
  const message = await api.sendMessage(chatId, text, {
    ...(entities.length === 0 ? {} : { entities }),
    link_preview_options: { is_disabled: true },
    ...(topicId === undefined ? {} : { message_thread_id: topicId }),
    ...(replyTo !== undefined ? { reply_parameters: { message_id: replyTo, allow_sending_without_reply: true } } : {}),
  })
  return message.message_id
}

async function edit(api: Api, chatId: string, messageId: number, { text, entities }: Formatted): Promise<number> {
  await api.editMessageText(chatId, messageId, text, {
    link_preview_options: { is_disabled: true },
    ...(entities.length === 0 ? {} : { entities }),
  })
  return messageId
}
