// Removes a bot from this installation: its entry in the config, the token that we keep, and who was let in. The bot itself stays at the vendor.
import { DEFAULT_ACCOUNT } from '../core/binding.ts'
import { AuthError } from '../core/errors.ts'
import { printable } from '../core/profile.ts'
import { isObject } from '../store/document.ts'
import { openPairings } from '../store/pairings.ts'
import { checkedName } from './add-channel.ts'
import type { Auth } from './auth.ts'

export type RemovedChannel = {
  channel: string
  accountId: string
  config: string /** Files that are gone. */
  files: string[]
}

/** @throws AuthError usage (no such channel or account), unreadable_config, invalid_config, write_failed */
export async function removeChannel(
  { home }: Auth,
  { channel, accountId }: { channel: string; accountId: string },
): Promise<RemovedChannel> {
  checkedName(channel)
  const { layout, system } = home
  const known = home.config().channels.get(channel) ?? []
  if (!known.includes(accountId)) {
    throw new AuthError(
      'usage',
      `${layout.config} has no ${channel} account "${printable(accountId, 60)}"; ${known.length === 0 ? 'it has none' : `known: ${known.map((id) => printable(id)).join(', ')}`}. Nothing was changed.`,
      { remedy: 'openclaw channels list' },
    )
  }
  await home.configStore.change((draft) => {
    const channels = isObject(draft.channels) ? draft.channels : {}
    const top = channels[channel]
    const accounts = isObject(top) && isObject(top.accounts) ? top.accounts : undefined
    if (isObject(top) && accounts !== undefined && Object.keys(accounts).length > 0) {
      delete accounts[accountId]
      if (accountId === DEFAULT_ACCOUNT) for (const key of ['botToken', 'tokenFile']) delete top[key]
      // With none left, what is at the top would be the default one again.
      if (Object.keys(accounts).length === 0) delete channels[channel]
    } else delete channels[channel]
  })
  await home.reload()
  await openPairings(home.backend, layout).forget(channel, accountId)
  const files: string[] = []
  for (const path of [layout.channelToken(channel, accountId), layout.inbox(channel, accountId)]) {
    if ((await system.files.stat(path)) === undefined) continue
    await system.files.remove(path)
    files.push(path)
  }
  return { channel, accountId, config: layout.config, files }
}
