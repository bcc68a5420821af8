// What a bot is told becomes turns of the gateway: one after the other in each conversation, commands at once, each answer shown while it comes.
import type { ChannelDoor } from '../../chat/channel-door.ts'
import { runningTurn } from '../../chat/turn.ts'
import { DEFAULT_ACCOUNT } from '../../core/binding.ts'
import type { Access } from '../../core/channel-access.ts'
import type { AccountTrouble } from '../../core/channel-report.ts'
import type { TelegramAccount } from '../../core/channel-settings.ts'
import { chatKey } from '../../core/chat-key.ts'
import { AuthError } from '../../core/errors.ts'
import { routeTo } from '../../core/route.ts'
import type { Inbox } from '../../store/inbox.ts'
import { answerIn } from './answer.ts'
import { type Bot, CHANNEL } from './bot-api.ts'
import type { Doorkeeper } from './doorkeeper.ts'
import { offersOf } from './files.ts'
import { begunOf, saysSomething, targetOf, withoutTurn, wordsOf } from './message.ts'
import type { Outbox } from './outbox.ts'
import { type Incoming, isIncoming, type Reader } from './read.ts'
import { showIn, type Target } from './shown.ts'
import { troubleOf } from './trouble.ts'

export type Conversations = {
  /** Goes on with what was left from before. */
  begin(me: Reader): Promise<void>
  /** What came, up to `next`; what is to be answered is on the disk when this resolves. @throws AuthError, what the disk says */
  hear(messages: readonly Incoming[], next: number): Promise<void>
  /** Nothing more is begun; what waits stays on the disk. */
  stop(): void
  /** Resolves when all answers are shown, or the time is over. */
  settled(withinMs: number): Promise<void>
  waiting(): number
  answering(): number
}

export type ConversationParts = {
  door: ChannelDoor
  account: () => TelegramAccount
  bot: Bot
  outbox: Outbox
  inbox: Inbox
  keeper: Doorkeeper
  /** What keeps messages from being answered. */
  told(trouble: AccountTrouble): void
}

type Talk = Extract<Access, { may: 'talk' }>
type Asked = { message: Incoming; access: Talk; agentId: string; key: string }
/** `full`: the chats that were told so since there was room. */
type Line = { waiting: Asked[]; isBusy: boolean; full: Set<string> }

/** In one conversation; whoever says more while an answer is under way is told. */
const MOST_WAITING = 10
/** What needs no turn is said so often in one chat at most, ms. */
const REPLY_EVERY_MS = 60_000
const UNKEPT = 'I could not keep this, so I did not answer it. Say it again in a while.'
const UNFINISHED =
  'Something went wrong here before I could answer this to the end. Say it again if you still want to know.'
const BUSY_PAUSE_MS = 500
const MOST_BUSY_PAUSES = 120

/** @returns with nothing under way */
export function createConversations(parts: ConversationParts): Conversations {
  const { door, account, bot, outbox, inbox, keeper, told } = parts
  const { api } = bot
  const { home } = door.auth
  const { system } = home
  const { log } = system
  const lines = new Map<string, Line>()
  const under = new Set<Promise<void>>()
  /** When a chat was told what needs no turn, monotonic ms. */
  const repliedAt = new Map<string, number>()
  let isStopped = false

  const unkept = (error: unknown): void =>
    log.error('what a bot has answered could not be written down', {
      channel: CHANNEL,
      account: account().id,
      file: inbox.where(),
      why: error instanceof Error ? error.message : 'unknown',
    })
  const over = ({ id }: Incoming): void => inbox.end(id, unkept)
  const follow = (work: Promise<void>, what: string): void => {
    const mine = work.catch((error: unknown) => {
      log.error(what, {
        channel: CHANNEL,
        account: account().id,
        why: error instanceof Error ? error.message : 'unknown',
      })
    })
    under.add(mine)
    void mine.then(() => under.delete(mine))
  }
  const tell = async (target: Target, text: string): Promise<void> => {
    await showIn(api, outbox, target, () => undefined).end(text)
  }

  /** A message that was taken will not be answered: its sender hears of it, and it holds up no other. */
  const fail = (message: Incoming, error: unknown, text: string): void => {
    log.error('a message to a bot could not be answered', {
      channel: CHANNEL,
      account: account().id,
      why: error instanceof Error ? error.message : 'unknown',
    })
    over(message)
    follow(tell(targetOf(message), text), 'somebody could not be told that he is not answered')
  }

  /** Which agent hears it, and in which conversation; somebody whom the owner does not know has one of his own. */
  const place = (message: Incoming, access: Talk): Asked => {
    const config = home.config()
    const { id } = account()
    const peerId = message.kind === 'direct' ? message.senderId : message.chatId
    const spot = { channel: CHANNEL, accountId: id, peer: { kind: message.kind, id: peerId } }
    const { agentId } = routeTo(config.bindings, home.pickAgent(undefined), spot)
    const scope = access.isKnown ? config.dmScope : 'per-account-channel-peer'
    const topicId = message.topicId === undefined ? {} : { topicId: String(message.topicId) }
    const accountId = id === DEFAULT_ACCOUNT ? DEFAULT_ACCOUNT : id
    const key = chatKey(agentId, { channel: CHANNEL, accountId, kind: message.kind, peerId, ...topicId }, scope)
    return { message, access, agentId, key }
  }

  /** @returns whether the gateway took it; when not, another turn of the conversation is under way */
  const ask = async ({ message, access, agentId, key }: Asked): Promise<boolean> => {
    const answer = answerIn({ system, api, outbox, target: targetOf(message), isKnown: access.isKnown })
    try {
      const enclosures = offersOf(bot, message)
      await door.send(
        {
          agentId,
          sessionKey: key,
          message: wordsOf(message),
          ...(enclosures.length === 0 ? {} : { enclosures }),
          idempotencyKey: `${CHANNEL}:${account().id}:${message.id}`,
          // What somebody else wrote is no command of whoever hands it on.
          rights: access.isKnown && message.isForwarded !== true ? ALL : NONE,
          face: 'chat',
          // A subscription serves its owner: only what he says himself counts as said here.
          ...(access.isOwner ? {} : { beyondLoopback: true }),
        },
        answer.hear,
      )
    } catch (error) {
      if (error instanceof AuthError && error.code === 'busy') {
        answer.drop()
        return false
      }
      answer.failed(error)
    }
    await answer.done
    return true
  }
  /** As often as it takes: a turn may be under way by another face. @returns false when the gateway stops before it is begun */
  const askOften = async (asked: Asked): Promise<boolean> => {
    for (let pauses = 0; !(await ask(asked)); ) {
      if (isStopped) return false
      const turn = await runningTurn(door.auth, asked.key)?.catch(() => undefined)
      if (turn !== undefined) await turn.done
      // The gateway has too much to do.
      else if (pauses++ < MOST_BUSY_PAUSES) await system.sleep(BUSY_PAUSE_MS)
      else {
        await tell(targetOf(asked.message), 'Too much is under way here. Say it again in a while.')
        return true
      }
    }
    return true
  }
  /** Carries one out and lets go of it, whatever happens. @param attempt says whether it was carried out */
  const carryOut = async (asked: Asked, attempt: (asked: Asked) => Promise<boolean>): Promise<boolean> => {
    const { message } = asked
    try {
      await inbox.begin(begunOf(message))
    } catch (error) {
      if (error instanceof AuthError) told(troubleOf(error, account().id, inbox.where()).trouble)
      fail(message, error, UNKEPT)
      return true
    }
    try {
      if (!(await attempt(asked))) return false
      over(message)
    } catch (error) {
      fail(message, error, UNFINISHED)
    }
    return true
  }
  const work = async (line: Line, key: string): Promise<void> => {
    for (let next = line.waiting.shift(); next !== undefined && !isStopped; next = line.waiting.shift()) {
      await carryOut(next, askOften)
    }
    line.isBusy = false
    if (line.waiting.length === 0) lines.delete(key)
  }
  const enqueue = (asked: Asked): void => {
    const line = lines.get(asked.key) ?? { waiting: [], isBusy: false, full: new Set<string>() }
    lines.set(asked.key, line)
    if (line.waiting.length >= MOST_WAITING) {
      over(asked.message)
      // Said of each, it would keep the chat's real answers waiting.
      if (line.full.has(asked.message.chatId)) return
      line.full.add(asked.message.chatId)
      follow(
        tell(
          targetOf(asked.message),
          `I am still answering, and ${MOST_WAITING} messages wait; this one was not taken.`,
        ),
        'a full conversation could not be told of',
      )
      return
    }
    line.full.clear()
    line.waiting.push(asked)
    if (line.isBusy) return
    line.isBusy = true
    follow(work(line, asked.key), 'a message to a bot could not be answered')
  }
  /** '/stop' must not wait for what it stops. */
  const command = async (asked: Asked): Promise<void> => {
    if (!(await carryOut(asked, ask))) enqueue(asked)
  }
  const answer = (message: Incoming, access: Talk): void => {
    let asked: Asked
    try {
      asked = place(message, access)
    } catch (error) {
      fail(message, error, UNFINISHED)
      return
    }
    if (lines.get(asked.key)?.isBusy === true && message.text.trimStart().startsWith('/')) {
      follow(command(asked), 'a command to a bot could not be carried out')
    } else enqueue(asked)
  }
  /** What is said to us by somebody who may; everybody else is dealt with, and leaves no trace on the disk but a code. */
  const letIn = (messages: readonly Incoming[]): { message: Incoming; access: Talk }[] =>
    messages.flatMap((message) => {
      const access = keeper.judge(message)
      if (access.may === 'nothing') return []
      if (access.may === 'pair') {
        follow(keeper.pair(message), 'a stranger could not be given a pairing code')
        return []
      }
      return saysSomething(message) || message.hasMore ? [{ message, access }] : []
    })
  const sayReply = (message: Incoming, text: string): void => {
    const now = system.monotonic()
    for (const [chatId, at] of repliedAt) if (now - at >= REPLY_EVERY_MS) repliedAt.delete(chatId)
    if (repliedAt.has(message.chatId)) return
    repliedAt.set(message.chatId, now)
    follow(tell(targetOf(message), text), 'a bot could not say what it reads')
  }

  return {
    begin: async () => {
      for (const begun of inbox.interrupted()) {
        const target = begun.target as Target | undefined
        inbox.end(begun.id, unkept)
        if (target === undefined) continue
        const text = 'I was stopped before I could answer this to the end. Say it again if you still want to know.'
        follow(tell(target, text), 'somebody could not be told that his answer was interrupted')
      }
      const before = inbox.waiting()
      const still = letIn(before.filter(isIncoming))
      // Whoever was let in when he said it may have been shut out since.
      for (const { id } of before) if (!still.some((one) => one.message.id === id)) inbox.end(id, unkept)
      for (const { message, access } of still) answer(message, access)
    },
    hear: async (messages, next) => {
      if (isStopped) return
      const all = letIn(messages)
      const taken = all.filter((one) => withoutTurn(one) === undefined)
      await inbox.take(
        next,
        taken.map(({ message }) => message),
      )
      for (const one of all) {
        const text = withoutTurn(one)
        if (text === undefined) answer(one.message, one.access)
        else sayReply(one.message, text)
      }
    },
    stop: () => {
      isStopped = true
    },
    settled: async (withinMs) => {
      const late = new AbortController()
      const end = system.sleep(withinMs, late.signal).catch(() => undefined)
      await Promise.race([Promise.all(under), end])
      late.abort()
    },
    waiting: () => [...lines.values()].reduce((sum, { waiting }) => sum + waiting.length, 0),
    answering: () => under.size,
  }
}

const ALL: ReadonlySet<'read' | 'chat'> = new Set(['read', 'chat'])
const NONE: ReadonlySet<never> = new Set()
