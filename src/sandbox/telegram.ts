// Telegram's Bot API, played on loopback: it knows its bots by their tokens, keeps what people say until a bot has heard it, takes messages no faster
// than the real one, and notes whatever a bot does that the real one would mind.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createChats, type PlayedMessage, type Reply, refuse } from './telegram-chats.ts'

export type { PlayedMessage } from './telegram-chats.ts'

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
  /** A webhook is set for the bot: nobody may ask for its messages until it is taken away. */
  setWebhook(bot: PlayedBot, url: string): void
  /** What a file of this id holds; any other is a picture. */
  putFile(fileId: string, bytes: Buffer): void
  /** Takes a token out of force. */
  revoke(bot: PlayedBot): void
  /** The next message to the chat is refused: ask again in so many seconds. */
  holdBack(chatId: number | string, seconds: number): void
  /** The group becomes a supergroup with another id; the bots in it hear nothing of that before they say something. */
  moveGroup(from: number, to: number): void
  /** The next call of the method is answered with this instead. */
  failNext(method: string, status: number, description: string): void
  /** The next call of the method succeeds with this result, whatever it is: the real one never says such things, a proxy may. */
  answerNext(method: string, result: unknown): void
  close(): Promise<void>
}

/** Every picture: the smallest that begins as a JPEG does. */
export const PICTURE = Buffer.from('ffd8ffe000104a46494600ffd9', 'hex')

const WEBHOOK = refuse(
  409,
  "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
)

type Poll = { answer(reply: Reply): void; offset: number; limit: number }
type State = PlayedBot & {
  isRevoked: boolean
  isHushed: boolean
  updates: Record<string, unknown>[]
  webhook: string
  poll: Poll | undefined
}

/** Starts it; once it listens, bots with these tokens are known. */
export async function startTelegram(bots: readonly PlayedBot[]): Promise<PlayedTelegram> {
  const states = new Map<string, State>(
    bots.map((bot) => [
      bot.token,
      { ...bot, isRevoked: false, isHushed: false, updates: [], webhook: '', poll: undefined },
    ]),
  )
  const chats = createChats()
  const calls: PlayedCall[] = []
  const failures = new Map<string, Reply[]>()
  const files = new Map<string, Buffer>()
  let updateId = 1000

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
        if (bot.webhook !== '') return WEBHOOK
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
        return chats.send(bot.id, body)
      case 'editMessageText':
        return chats.edit(bot.id, body)
      case 'getFile':
        return { status: 200, result: { file_id: body.file_id, file_path: `photos/${String(body.file_id)}.jpg` } }
      case 'getWebhookInfo':
        return { status: 200, result: { url: bot.webhook, has_custom_certificate: false, pending_update_count: 0 } }
      case 'deleteWebhook':
        bot.webhook = ''
        return { status: 200, result: true }
      case 'sendChatAction':
        return { status: 200, result: true }
      default:
        chats.complain(`there is no method ${method}`)
        return refuse(404, 'Not Found')
    }
  }

  const server = createServer({ noDelay: true }, (request, response) => {
    const [, holder = '', fileId = ''] = /^\/file\/bot([^/]+)\/photos\/(.*)\.jpg$/.exec(request.url ?? '') ?? []
    if (request.method === 'GET' && states.get(holder)?.isRevoked === false) {
      response.writeHead(200, { 'content-type': 'application/octet-stream', 'x-sandbox': '1' })
      response.end(files.get(fileId) ?? PICTURE)
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
          message_id: chats.nextId(),
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
    heardIn: chats.heardIn,
    calls: () => calls,
    complaints: chats.complaints,
    unread: (bot) => stateOf(bot).updates.length,
    hush: (bot) => {
      stateOf(bot).isHushed = true
    },
    speak: (bot) => {
      stateOf(bot).isHushed = false
      deliver(stateOf(bot))
    },
    setWebhook: (bot, url) => {
      const state = stateOf(bot)
      state.webhook = url
      state.poll?.answer(WEBHOOK)
      state.poll = undefined
    },
    putFile: (fileId, bytes) => {
      files.set(fileId, bytes)
    },
    revoke: (bot) => {
      const state = stateOf(bot)
      state.isRevoked = true
      state.poll?.answer(refuse(401, 'Unauthorized'))
      state.poll = undefined
    },
    holdBack: chats.holdBack,
    moveGroup: chats.move,
    failNext: (method, status, description) => {
      failures.set(method, [...(failures.get(method) ?? []), refuse(status, description)])
    },
    answerNext: (method, result) => {
      failures.set(method, [...(failures.get(method) ?? []), { status: 200, result }])
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
