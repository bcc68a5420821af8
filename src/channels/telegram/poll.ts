// Hears what a bot is told, by long polling. What came is on the disk before the vendor is told that it came, and before anything is answered.
import type { Update } from 'grammy/types'
import type { AccountTrouble, TakenWebhook } from '../../core/channel-report.ts'
import type { Inbox } from '../../store/inbox.ts'
import type { System } from '../../system/system.ts'
import type { Api } from './bot-api.ts'
import { type Incoming, joinAlbums, type Reader, readUpdate } from './read.ts'
import { isWebhook, troubleOf } from './trouble.ts'

export type PollParts = {
  system: System
  api: Api
  inbox: Inbox
  accountId: string
  /** Ends it. */
  signal: AbortSignal
  known(me: Reader): void
  well(): void
  told(trouble: AccountTrouble): void
  /** A webhook that was set had to go. */
  tookWebhook(webhook: TakenWebhook): void
  /** A group has another id from now on. */
  moved(from: string, to: string): void
  /** Who we are is known, and what was left from before is loaded. */
  begin(me: Reader): Promise<void>
  /** What came, up to `next`: it must be kept when this resolves. */
  hear(messages: readonly Incoming[], next: number): Promise<void>
}

/** How long the vendor holds a request while nothing comes, s. */
const HOLD_S = 25
const BATCH = 50
/** How long the rest of an album is waited for, ms, and how often. */
const ALBUM_PAUSE_MS = 700
const MOST_ALBUM_ROUNDS = 4
const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 60_000

/** Runs until the signal; only a mistake of ours ends it otherwise. */
export async function poll(parts: PollParts): Promise<void> {
  const { system, api, inbox, signal, accountId } = parts
  let me: Reader | undefined
  let pauseMs = FIRST_PAUSE_MS
  const ask = (timeout: number): Promise<Update[]> =>
    api.getUpdates({ offset: inbox.next(), limit: BATCH, timeout, allowed_updates: ['message'] })
  while (!signal.aborted) {
    try {
      if (me === undefined) {
        const { id, username } = await api.getMe()
        const known = { id, username }
        parts.known(known)
        await inbox.load(id)
        await parts.begin(known)
        // Not before: nothing may be heard, nor written, without what is there already.
        me = known
        parts.well()
      }
      const askedAt = system.monotonic()
      const updates = await wholeAlbums(await ask(HOLD_S), () => ask(0), system, signal)
      const last = updates.at(-1)
      for (const { message } of updates) {
        const to = message?.migrate_to_chat_id
        if (to !== undefined) parts.moved(String(message?.chat.id), String(to))
      }
      // Well is a bot that can keep what it is told, not one that is told it.
      if (last !== undefined)
        await parts.hear(joinAlbums(readAll(system, updates, me, inbox.next())), last.update_id + 1)
      parts.well()
      pauseMs = FIRST_PAUSE_MS
      if (last === undefined) {
        // A server that holds no request would be asked as fast as it answers.
        if (system.monotonic() - askedAt < FIRST_PAUSE_MS && !(await pause(system, FIRST_PAUSE_MS, signal))) return
      }
    } catch (error) {
      if (signal.aborted) return
      const { trouble, leastMs } = troubleOf(error, accountId, inbox.where())
      if (isWebhook(error) && (await endWebhook(parts))) parts.well()
      else parts.told(trouble)
      const waitMs = Math.max(leastMs, pauseMs)
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
      if (!(await pause(system, waitMs, signal))) return
    }
  }
}

/**
 * Pictures that were sent at once come as messages of their own, and the first of them ends our waiting: what follows it is waited for. Until then
 * nothing is confirmed, so that nothing is lost.
 */
async function wholeAlbums(
  first: Update[],
  again: () => Promise<Update[]>,
  system: System,
  signal: AbortSignal,
): Promise<Update[]> {
  let updates = first
  for (let rounds = 0; rounds < MOST_ALBUM_ROUNDS && updates.length < BATCH; rounds++) {
    if (updates.at(-1)?.message?.media_group_id === undefined) return updates
    if (!(await pause(system, ALBUM_PAUSE_MS, signal))) return updates
    const before = updates.length
    updates = await again()
    if (updates.length <= before) return updates
  }
  return updates
}

function readAll(system: System, updates: readonly Update[], me: Reader, next: number): Incoming[] {
  return updates.flatMap((update) => {
    // A server that says the same twice is heard once.
    if (update.update_id < next) return []
    try {
      const read = readUpdate(update, me)
      return read === undefined ? [] : [read]
    } catch (error) {
      // One that is not as the documents say keeps no other from being heard.
      system.log.warn('a message of a chat channel could not be read', {
        channel: 'telegram',
        why: error instanceof Error ? error.message : 'unknown',
      })
      return []
    }
  })
}

async function pause(system: System, ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await system.sleep(ms, signal)
    return true
  } catch {
    return false // stopped meanwhile
  }
}

/** Where a webhook is set, polling is refused; whoever configured this bot here wants it here. What waits there stays. @returns whether it is gone */
async function endWebhook({ system, api, accountId, tookWebhook }: PollParts): Promise<boolean> {
  const { log } = system
  try {
    const { url = '' } = await api.getWebhookInfo()
    const host = URL.canParse(url) ? new URL(url).host : 'an address that is not known'
    await api.deleteWebhook()
    tookWebhook({ host, at: system.now() })
    log.warn(
      'the webhook of a bot was taken away, as this gateway asks for its messages; the program there hears nothing more',
      {
        channel: 'telegram',
        account: accountId,
        host,
      },
    )
    return true
  } catch (error) {
    log.warn('the webhook of a bot could not be taken away', {
      channel: 'telegram',
      why: error instanceof Error ? error.message : 'unknown',
    })
    return false
  }
}
