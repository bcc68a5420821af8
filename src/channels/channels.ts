// The chat channels of a gateway: one bot for each account that the config names, started, stopped and replaced as the config changes.
import { addCommand, botIdIn, channelToken, tokenPath } from '../auth/channel-token.ts'
import type { ChannelDoor, OpenChannels } from '../chat/channel-door.ts'
import type { AccountReport, AccountTrouble } from '../core/channel-report.ts'
import type { TelegramAccount } from '../core/channel-settings.ts'
import type { Secret } from '../core/secret.ts'
import { type RunningAccount, startAccount } from './telegram/account.ts'

type Kept = { running: RunningAccount; token: Secret }

/** How long a bot that is no longer wanted may go on with its answers, ms. */
const LAST_WORDS_MS = 30_000
/** An editor may empty a file before it fills it: the bot need not end in between, ms. */
const SETTLE_MS = 100

/** Starts those that there are; goes on following the config. */
export const openChannels: OpenChannels = async (door: ChannelDoor) => {
  const { home } = door.auth
  const { system } = home
  const running = new Map<string, Kept>()
  /** Accounts that cannot be started at all. */
  const idle = new Map<string, AccountReport>()
  const ending = new Set<Promise<void>>()
  let isStopped = false
  let watched = { paths: '', close: (): void => undefined }

  /** A token that is renewed in its file changes nothing in the config. */
  const watch = (accounts: readonly TelegramAccount[]): void => {
    const files = accounts.filter(({ botToken, missing }) => botToken === undefined && missing === undefined)
    const paths = files.flatMap(({ tokenFile }) => (tokenFile === undefined ? [] : [tokenPath(home, tokenFile)]))
    const unique = [...new Set(paths)].sort()
    const key = JSON.stringify(unique)
    if (key === watched.paths) return
    watched.close()
    const { close } =
      unique.length === 0 ? { close: () => undefined } : home.backend.notice(unique, () => again(SETTLE_MS))
    watched = { paths: key, close }
  }
  const end = (id: string, withinMs: number): Promise<void> => {
    const kept = running.get(id)
    running.delete(id)
    return kept?.running.close(withinMs) ?? Promise.resolve()
  }
  const follow = async (): Promise<void> => {
    const wanted = new Map(
      home
        .config()
        .telegram.filter(({ isEnabled }) => isEnabled)
        .map((one) => [one.id, one]),
    )
    idle.clear()
    // Before the tokens are read: what changes from now on is followed anew.
    watch([...wanted.values()])
    for (const id of [...running.keys()]) {
      if (wanted.has(id)) continue
      const ended = end(id, LAST_WORDS_MS)
      ending.add(ended)
      void ended.then(() => ending.delete(ended))
    }
    const taken = new Set<string>()
    for (const account of wanted.values()) {
      const token = await channelToken(home, account)
      if (isStopped) return
      if (token.secret === undefined) {
        await end(account.id, LAST_WORDS_MS)
        idle.set(account.id, notStarted(account, 'no_token', `The account ${account.id} has no token: ${token.why}.`))
        continue
      }
      const bot = botIdIn(token.secret)
      if (taken.has(bot)) {
        // Two that listen take each other's messages.
        await end(account.id, LAST_WORDS_MS)
        idle.set(
          account.id,
          notStarted(account, 'same_bot', `The account ${account.id} has the token of a bot that another account has.`),
        )
        continue
      }
      taken.add(bot)
      const kept = running.get(account.id)
      if (kept?.token.equals(token.secret) === true) {
        kept.running.adopt(account)
        continue
      }
      // The old one must have let go before the new one asks for the same messages.
      await end(account.id, LAST_WORDS_MS)
      if (isStopped) return
      running.set(account.id, { running: startAccount(door, account, token.secret), token: token.secret })
    }
  }
  let following = Promise.resolve()
  const again = (afterMs: number): void => {
    if (isStopped) return
    following = following
      .then(async () => {
        if (afterMs > 0) await system.sleep(afterMs)
        if (!isStopped) await follow()
      })
      .catch((error: unknown) => {
        system.log.error('a change of the chat channels could not be followed', {
          why: error instanceof Error ? error.message : 'unknown',
        })
      })
  }
  const first = follow()
  following = first.catch(() => undefined)
  try {
    await first
  } catch (error) {
    watched.close()
    throw error
  }

  return {
    report: () => [...[...running.values()].map((kept) => kept.running.report()), ...idle.values()],
    reload: () => again(0),
    stop: () => {
      isStopped = true
      watched.close()
      for (const kept of running.values()) kept.running.stop()
    },
    close: async (withinMs) => {
      isStopped = true
      watched.close()
      await following
      await Promise.all([...[...running.keys()].map((id) => end(id, withinMs)), ...ending])
    },
  }
}

function notStarted({ id }: TelegramAccount, code: AccountTrouble['code'], message: string): AccountReport {
  const trouble = { code, message, remedy: addCommand(id) }
  return { channel: 'telegram', accountId: id, state: 'degraded', trouble, waiting: 0, answering: 0 }
}
