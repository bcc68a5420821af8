// One bot: hears what is said to it, lets in whom the owner lets in, and has the gateway answer. Its trouble is its own: nothing of it reaches
// the gateway but a report.
import type { ChannelDoor } from '../../chat/channel-door.ts'
import type {
  AccountReport,
  AccountState,
  AccountTrouble,
  MovedGroup,
  TakenWebhook,
} from '../../core/channel-report.ts'
import type { TelegramAccount } from '../../core/channel-settings.ts'
import { AuthError } from '../../core/errors.ts'
import { Pace, TELEGRAM_PACE } from '../../core/pace.ts'
import type { Secret } from '../../core/secret.ts'
import { openInbox } from '../../store/inbox.ts'
import { openPairings } from '../../store/pairings.ts'
import { CHANNEL, openBot } from './bot-api.ts'
import { type Conversations, createConversations } from './conversations.ts'
import { createDoorkeeper } from './doorkeeper.ts'
import { type Outbox, openOutbox } from './outbox.ts'
import { poll } from './poll.ts'
import { tokenRefused } from './trouble.ts'

export type RunningAccount = {
  readonly account: TelegramAccount
  report(): AccountReport
  /** The config says something else of the same bot; the token is the same. */
  adopt(account: TelegramAccount): void
  stop(): void
  close(withinMs: number): Promise<void>
}

/** Begins to listen; whatever goes wrong is in the report. */
export function startAccount(door: ChannelDoor, first: TelegramAccount, token: Secret): RunningAccount {
  const { home } = door.auth
  const { system } = home
  const { log } = system
  let account = first
  let state: AccountState = 'starting'
  let trouble: AccountTrouble | undefined
  let bot: string | undefined
  let lastMessageAt: number | undefined
  let webhook: TakenWebhook | undefined
  /** What groups are called now, by what they were called. */
  const movedTo = new Map<string, string>()
  let conversations: Conversations | undefined
  const polling = new AbortController()
  const base = { channel: CHANNEL, account: first.id }

  const told = (next: AccountTrouble): void => {
    const isNews = trouble?.code !== next.code
    trouble = next
    state = 'degraded'
    if (isNews)
      log.warn('a chat channel has trouble; the gateway goes on without it', {
        ...base,
        code: next.code,
        why: next.message,
        remedy: next.remedy,
      })
  }
  const well = (): void => {
    if (trouble !== undefined) log.info('a chat channel is well again', base)
    trouble = undefined
    if (!polling.signal.aborted) state = 'running'
  }
  const moved = (from: string, to: string): void => {
    outbox.follow(from, to)
    if (movedTo.get(from) === to) return
    movedTo.set(from, to)
    log.warn(
      'a group has another id at Telegram from now on; what the config says of the old one no longer holds for it',
      {
        ...base,
        from,
        to,
      },
    )
  }
  /** Those that the config still calls by their old id. */
  const misnamed = (): MovedGroup[] =>
    [...movedTo].flatMap(([from, to]) => {
      const isBound = home.config().bindings.some(({ match }) => match.peer?.id === from)
      return isBound || account.groups.has(from) ? [{ from, to }] : []
    })
  const outbox: Outbox = openOutbox({
    system,
    pace: new Pace(TELEGRAM_PACE),
    revoked: () => told(tokenRefused(first.id)),
    told: (what, fields) => log.info(what, { ...base, ...fields }),
    moved: (from, to) => moved(from, to),
  })
  const inbox = openInbox(home.backend, home.layout.inbox(CHANNEL, first.id))
  const pairings = openPairings(home.backend, home.layout)
  const running = (async (): Promise<void> => {
    const opened = await openBot(system, token, { polling: polling.signal })
    const { api } = opened
    const keeper = await createDoorkeeper({ home, pairings, account: () => account, api, outbox })
    const talk = createConversations({ door, account: () => account, bot: opened, outbox, inbox, keeper, told })
    conversations = talk
    try {
      await poll({
        system,
        api,
        inbox,
        accountId: first.id,
        signal: polling.signal,
        known: (me) => {
          bot = `@${me.username}`
          log.hide(token)
        },
        well,
        told,
        tookWebhook: (taken) => {
          webhook = taken
        },
        moved,
        begin: (me) => talk.begin(me),
        hear: async (messages, next) => {
          if (messages.length > 0) lastMessageAt = system.now()
          await talk.hear(messages, next)
        },
      })
    } finally {
      keeper.close()
    }
  })()
  const ended = running.catch((error: unknown) => {
    if (error instanceof AuthError) {
      // What lies on our disk, or where the token may go: nothing that is tried again mends it.
      const again = `${error.remedy ?? 'openclaw doctor'} && openclaw gateway restart`
      return told({
        code: 'store',
        message: `The account ${first.id} does not listen: ${error.message}`,
        remedy: again,
      })
    }
    log.error('a chat channel ended in an unforeseen way', {
      ...base,
      why: error instanceof Error ? error.message : 'unknown',
    })
    const message = `The account ${first.id} ended in a way nobody foresaw; the log says more.`
    return told({ code: 'refused', message, remedy: 'openclaw logs' })
  })

  return {
    get account() {
      return account
    },
    report: () => ({
      channel: CHANNEL,
      accountId: first.id,
      state,
      ...(misnamed().length === 0 ? {} : { moved: misnamed() }),
      ...(bot === undefined ? {} : { bot }),
      ...(trouble === undefined ? {} : { trouble }),
      ...(webhook === undefined ? {} : { webhook }),
      ...(lastMessageAt === undefined ? {} : { lastMessageAt }),
      waiting: conversations?.waiting() ?? 0,
      answering: conversations?.answering() ?? 0,
    }),
    adopt: (next) => {
      account = next
    },
    stop: () => {
      polling.abort(new Error('stopped'))
      conversations?.stop()
      state = 'stopped'
    },
    close: async (withinMs) => {
      polling.abort(new Error('stopped'))
      conversations?.stop()
      await conversations?.settled(withinMs)
      outbox.close()
      await ended
      await inbox.flush()
    },
  }
}
