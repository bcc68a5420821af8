// Telegram's Bot API, played on loopback: it knows its bots by their tokens, keeps what people say until a bot has heard it, takes messages no faster
// than the real one, and notes whatever a bot does that the real one would mind.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

export type PlayedBot = { token: string; id: number; username: string }

/** A person, or what a person says it in. */
export type Speech = {
  bot: PlayedBot
  chat: { id: number; type: 'private' | 'group' | 'supergroup' }
  from: { id: number; first_name: string; username?: string }
  text?: string
  entities?: readonly object[]
  /** Further fields of the message, as the API has them. */
  more?: Readonly<Record<string, unknown>>
}

export type PlayedMessage = {
  messageId: number
  chatId: string
  text: string
  /** Everything it has read, oldest first. */
  versions: string[]
  replyTo?: number
  topicId?: number
}

export type PlayedCall = { at: number; method: string; chatId?: string; status: number; body: Record<string, unknown> }

export type PlayedTelegram = {
  url: string
  /** Somebody says something. @returns the id of the update */
  say(speech: Speech): number
  /** What bots have said in a chat, oldest first. */
  heardIn(chatId: number | string): PlayedMessage[]
  calls(): readonly PlayedCall[]
  /** What the real one would mind, each in a sentence. */
  complaints(): readonly string[]
  /** Updates that a bot has not confirmed. */
  unread(bot: PlayedBot): number
  /** Keeps back what is said until `speak`, so that it comes together. */
  hush(bot: PlayedBot): void
  speak(bot: PlayedBot): void
  /** Takes a token out of force. */
  revoke(bot: PlayedBot): void
  /** The next message to the chat is refused: ask again in so many seconds. */
  holdBack(chatId: number | string, seconds: number): void
  /** The next call of the method is answered with this instead. */
  failNext(method: string, status: number, description: string): void
  close(): Promise<void>
}

/** More than so many messages within the time are too fast; the real one is about as lenient. */
const LIMITS = { private: { most: 5, withinMs: 3000 }, group: { most: 20, withinMs: 60_000 } } as const
const MOST_CHARS = 4096
/** Every picture: the smallest that begins as a JPEG does. */
export const PICTURE = Buffer.from('ffd8ffe000104a46494600ffd9', 'hex')

type Reply = { status: number; result?: unknown; description?: string; parameters?: object }
type Poll = { answer(reply: Reply): void; offset: number; limit: number }
type State = PlayedBot & {
  isRevoked: boolean
  isHushed: boolean
  updates: Record<string, unknown>[]
  poll: Poll | undefined
}

/** Starts it; once it listens, bots with these tokens are known. */
export async function startTelegram(bots: readonly PlayedBot[]): Promise<PlayedTelegram> {
  const states = new Map<string, State>(
    bots.map((bot) => [bot.token, { ...bot, isRevoked: false, isHushed: false, updates: [], poll: undefined }]),
  )
  const messages = new Map<string, PlayedMessage[]>()
  const calls: PlayedCall[] = []
  const complaints: string[] = []
  const held = new Map<string, { untilAt: number; isTold: boolean; seconds: number }>()
  const failures = new Map<string, Reply[]>()
  const sentAt = new Map<string, number[]>()
  let updateId = 1000
  let messageId = 1

  const refuse = (status: number, description: string, parameters?: object): Reply => ({
    status,
    description,
    ...(parameters === undefined ? {} : { parameters }),
  })

  /** As many as one may send a chat. */
  const tooFast = (chatId: string): Reply | undefined => {
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
    const times = (sentAt.get(chatId) ?? []).filter((at) => now - at < withinMs)
    if (times.length >= most) {
      complaints.push(`chat ${chatId} was written to too fast`)
      return refuse(429, 'Too Many Requests: retry after 1', { retry_after: 1 })
    }
    sentAt.set(chatId, [...times, now])
    return undefined
  }
  const checkText = (text: unknown): Reply | undefined => {
    if (typeof text !== 'string' || text.trim() === '') return refuse(400, 'Bad Request: message text is empty')
    return text.length > MOST_CHARS ? refuse(400, 'Bad Request: message is too long') : undefined
  }

  const send = (body: Record<string, unknown>): Reply => {
    const chatId = String(body.chat_id)
    const refusal = tooFast(chatId) ?? checkText(body.text)
    if (refusal !== undefined) return refusal
    const text = String(body.text)
    const reply = body.reply_parameters as { message_id?: number } | undefined
    const message: PlayedMessage = {
      messageId: messageId++,
      chatId,
      text,
      versions: [text],
      ...(reply?.message_id === undefined ? {} : { replyTo: reply.message_id }),
      ...(typeof body.message_thread_id === 'number' ? { topicId: body.message_thread_id } : {}),
    }
    messages.set(chatId, [...(messages.get(chatId) ?? []), message])
    return { status: 200, result: { message_id: message.messageId, chat: { id: Number(chatId) }, date: 0, text } }
  }
  const edit = (body: Record<string, unknown>): Reply => {
    const chatId = String(body.chat_id)
    const refusal = tooFast(chatId) ?? checkText(body.text)
    if (refusal !== undefined) return refusal
    const text = String(body.text)
    const there = messages.get(chatId)?.find((one) => one.messageId === body.message_id)
    if (there === undefined) return refuse(400, 'Bad Request: message to edit not found')
    if (there.text === text) {
      complaints.push(`message ${there.messageId} was changed to what it reads`)
      return refuse(400, 'Bad Request: message is not modified')
    }
    there.text = text
    there.versions.push(text)
    return { status: 200, result: { message_id: there.messageId, chat: { id: Number(chatId) }, date: 0, text } }
  }
  const conflict = refuse(
    409,
    'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running',
  )
  const deliver = (bot: State): void => {
    const { poll } = bot
    if (poll === undefined || bot.isHushed) return
    bot.updates = bot.updates.filter((one) => Number(one.update_id) >= poll.offset)
    if (bot.updates.length === 0) return
    bot.poll = undefined
    poll.answer({ status: 200, result: bot.updates.slice(0, poll.limit) })
  }

  /** @returns undefined where the answer comes later */
  const carryOut = (
    bot: State,
    method: string,
    body: Record<string, unknown>,
    later: (reply: Reply) => void,
  ): Reply | undefined => {
    const failure = failures.get(method)?.shift()
    if (failure !== undefined) return failure
    switch (method) {
      case 'getMe':
        return {
          status: 200,
          result: { id: bot.id, is_bot: true, first_name: bot.username, username: bot.username },
        }
      case 'getUpdates':
        bot.poll?.answer(conflict)
        bot.poll = { answer: later, offset: Number(body.offset ?? 0), limit: Number(body.limit ?? 100) }
        setTimeout(
          () => {
            if (bot.poll?.answer !== later) return
            bot.poll = undefined
            later({ status: 200, result: [] })
          },
          Number(body.timeout ?? 0) * 1000,
        ).unref()
        deliver(bot)
        return undefined
      case 'sendMessage':
        return send(body)
      case 'editMessageText':
        return edit(body)
      case 'getFile':
        return { status: 200, result: { file_id: body.file_id, file_path: `photos/${String(body.file_id)}.jpg` } }
      case 'sendChatAction':
      case 'deleteWebhook':
        return { status: 200, result: true }
      default:
        complaints.push(`there is no method ${method}`)
        return refuse(404, 'Not Found')
    }
  }

  const server = createServer({ noDelay: true }, (request, response) => {
    const [, holder = ''] = /^\/file\/bot([^/]+)\/photos\//.exec(request.url ?? '') ?? []
    if (request.method === 'GET' && states.get(holder)?.isRevoked === false) {
      response.writeHead(200, { 'content-type': 'application/octet-stream', 'x-sandbox': '1' })
      response.end(PICTURE)
      return
    }
    whole(request).then(
      (text) => {
        const [, token = '', method = ''] = /^\/bot([^/]+)\/(\w+)$/.exec(request.url ?? '') ?? []
        const bot = states.get(token)
        const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
        const answer = (reply: Reply): void => {
          calls.push({
            at: Date.now(),
            method,
            ...(body.chat_id === undefined ? {} : { chatId: String(body.chat_id) }),
            status: reply.status,
            body,
          })
          respond(response, reply)
        }
        const reply =
          bot === undefined
            ? refuse(404, 'Not Found')
            : bot.isRevoked
              ? refuse(401, 'Unauthorized')
              : carryOut(bot, method, body, answer)
        if (reply !== undefined) answer(reply)
      },
      () => response.destroy(),
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('a TCP server has an address')
  const stateOf = ({ token }: PlayedBot): State => {
    const state = states.get(token)
    if (state === undefined) throw new Error('nobody has this token')
    return state
  }

  return {
    url: `http://127.0.0.1:${address.port}`,
    say: ({ bot, chat, from, text, entities, more }) => {
      const state = stateOf(bot)
      const id = updateId++
      state.updates.push({
        update_id: id,
        message: {
          message_id: messageId++,
          date: Math.floor(Date.now() / 1000),
          chat,
          from: { is_bot: false, ...from },
          ...(text === undefined ? {} : { text }),
          ...(entities === undefined ? {} : { entities }),
          ...more,
        },
      })
      deliver(state)
      return id
    },
    heardIn: (chatId) => messages.get(String(chatId)) ?? [],
    calls: () => calls,
    complaints: () => complaints,
    unread: (bot) => stateOf(bot).updates.length,
    hush: (bot) => {
      stateOf(bot).isHushed = true
    },
    speak: (bot) => {
      stateOf(bot).isHushed = false
      deliver(stateOf(bot))
    },
    revoke: (bot) => {
      const state = stateOf(bot)
      state.isRevoked = true
      state.poll?.answer(refuse(401, 'Unauthorized'))
      state.poll = undefined
    },
    holdBack: (chatId, seconds) => {
      held.set(String(chatId), { untilAt: 0, isTold: false, seconds })
    },
    failNext: (method, status, description) => {
      failures.set(method, [...(failures.get(method) ?? []), refuse(status, description)])
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function whole(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  return Buffer.concat(pieces).toString('utf8')
}

function respond(response: ServerResponse, { status, result, description, parameters }: Reply): void {
  const ok = status === 200
  const body = ok
    ? { ok, result }
    : { ok, error_code: status, description, ...(parameters === undefined ? {} : { parameters }) }
  response.writeHead(status, { 'content-type': 'application/json', 'x-sandbox': '1' })
  response.end(JSON.stringify(body))
}
