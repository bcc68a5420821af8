// The chats of the played Telegram: what bots say in them, how fast they may, and what the real one would mind.

export type PlayedMessage = {
  messageId: number
  chatId: string
  text: string
  /** Everything it has read, oldest first. */
  versions: string[]
  /** What of it is bold, code and so on. */
  entities: object[]
  replyTo?: number
  topicId?: number
}

export type Reply = { status: number; result?: unknown; description?: string; parameters?: object }

export type Chats = {
  /** @param botId each bot has chats of its own with a person */
  send(botId: number, body: Record<string, unknown>): Reply
  edit(botId: number, body: Record<string, unknown>): Reply
  nextId(): number
  /** Oldest first. */
  heardIn(chatId: number | string): PlayedMessage[]
  /** The next message to the chat is refused: ask again in so many seconds. */
  holdBack(chatId: number | string, seconds: number): void
  /** The group becomes a supergroup: its old id takes nothing more, and says where it went. */
  move(from: number, to: number): void
  complain(what: string): void
  complaints(): readonly string[]
}

/** More than so many messages within the time are too fast; the real one is about as lenient. */
const LIMITS = { private: { most: 5, withinMs: 3000 }, group: { most: 20, withinMs: 60_000 } } as const
const MOST_CHARS = 4096

/** A no, as the Bot API says it. */
export function refuse(status: number, description: string, parameters?: object): Reply {
  return { status, description, ...(parameters === undefined ? {} : { parameters }) }
}

/** Nobody has said anything yet. */
export function createChats(): Chats {
  const messages = new Map<string, PlayedMessage[]>()
  const complaints: string[] = []
  const held = new Map<string, { untilAt: number; isTold: boolean; seconds: number }>()
  const movedTo = new Map<string, number>()
  const sentAt = new Map<string, number[]>()
  let messageId = 1
  const nextId = (): number => messageId++

  /** As many as one may send a chat. */
  const tooFast = (botId: number, chatId: string): Reply | undefined => {
    const now = Date.now()
    const hold = held.get(chatId)
    if (hold !== undefined) {
      if (!hold.isTold) {
        hold.isTold = true
        hold.untilAt = now + hold.seconds * 1000
        return refuse(429, `Too Many Requests: retry after ${hold.seconds}`, { retry_after: hold.seconds })
      }
      // A clock of another process may run a little ahead.
      if (now < hold.untilAt - 50) complaints.push(`chat ${chatId} was written to before its retry_after was over`)
      held.delete(chatId)
    }
    const { most, withinMs } = chatId.startsWith('-') ? LIMITS.group : LIMITS.private
    const times = (sentAt.get(`${botId} ${chatId}`) ?? []).filter((at) => now - at < withinMs)
    if (times.length >= most) {
      complaints.push(`chat ${chatId} was written to too fast`)
      return refuse(429, 'Too Many Requests: retry after 1', { retry_after: 1 })
    }
    sentAt.set(`${botId} ${chatId}`, [...times, now])
    return undefined
  }
  const checkText = (text: unknown): Reply | undefined => {
    if (typeof text !== 'string' || text.trim() === '') return refuse(400, 'Bad Request: message text is empty')
    return text.length > MOST_CHARS ? refuse(400, 'Bad Request: message is too long') : undefined
  }

  const movedFrom = (chatId: string): Reply | undefined => {
    const to = movedTo.get(chatId)
    const why = 'Bad Request: group chat was upgraded to a supergroup chat'
    return to === undefined ? undefined : refuse(400, why, { migrate_to_chat_id: to })
  }

  const send = (botId: number, body: Record<string, unknown>): Reply => {
    const chatId = String(body.chat_id)
    const refusal = movedFrom(chatId) ?? tooFast(botId, chatId) ?? checkText(body.text)
    if (refusal !== undefined) return refusal
    const text = String(body.text)
    const reply = body.reply_parameters as { message_id?: number } | undefined
    const message: PlayedMessage = {
      messageId: nextId(),
      chatId,
      text,
      versions: [text],
      entities: (body.entities ?? []) as object[],
      ...(reply?.message_id === undefined ? {} : { replyTo: reply.message_id }),
      ...(typeof body.message_thread_id === 'number' ? { topicId: body.message_thread_id } : {}),
    }
    messages.set(chatId, [...(messages.get(chatId) ?? []), message])
    return { status: 200, result: { message_id: message.messageId, chat: { id: Number(chatId) }, date: 0, text } }
  }
  const edit = (botId: number, body: Record<string, unknown>): Reply => {
    const chatId = String(body.chat_id)
    const refusal = movedFrom(chatId) ?? tooFast(botId, chatId) ?? checkText(body.text)
    if (refusal !== undefined) return refusal
    const text = String(body.text)
    const there = messages.get(chatId)?.find((one) => one.messageId === body.message_id)
    if (there === undefined) return refuse(400, 'Bad Request: message to edit not found')
    const form = JSON.stringify(body.entities ?? [])
    if (there.text === text && JSON.stringify(there.entities) === form) {
      complaints.push(`message ${there.messageId} was changed to what it reads`)
      return refuse(400, 'Bad Request: message is not modified')
    }
    there.text = text
    there.entities = (body.entities ?? []) as object[]
    there.versions.push(text)
    return { status: 200, result: { message_id: there.messageId, chat: { id: Number(chatId) }, date: 0, text } }
  }

  return {
    send,
    edit,
    nextId,
    heardIn: (chatId) => messages.get(String(chatId)) ?? [],
    holdBack: (chatId, seconds) => {
      held.set(String(chatId), { untilAt: 0, isTold: false, seconds })
    },
    move: (from, to) => {
      movedTo.set(String(from), to)
    },
    complain: (what) => {
      complaints.push(what)
    },
    complaints: () => complaints,
  }
}
