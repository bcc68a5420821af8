// Who may speak to an agent in a chat. Whoever is not let in gets nothing and costs nothing: no model is asked, and nothing is said, but for
// one pairing code where the owner wants strangers to have one.
import type { GroupRule, TelegramAccount } from './channel-settings.ts'

/** Somebody who says something. */
export type Speaker = {
  senderId: string
  chatId: string
  kind: 'direct' | 'group'
  /** Says the name of the bot, or replies to it. */
  isMeant: boolean
}

/** Who was let in by the owner, beside those in the config. */
export type LetIn = { senderId: string; isOwner: boolean }

export type Access =
  /** `isKnown`: named by the owner; commands of anybody else are text. `isOwner`: the owner himself. */
  | { may: 'talk'; isKnown: boolean; isOwner: boolean }
  /** Not yet: is given a pairing code. */
  | { may: 'pair' }
  | { may: 'nothing'; why: string }

/** @param letIn of this account */
export function accessOf(account: TelegramAccount, letIn: readonly LetIn[], speaker: Speaker): Access {
  return speaker.kind === 'direct' ? inPrivate(account, letIn, speaker) : inGroup(account, letIn, speaker)
}

function inPrivate(account: TelegramAccount, letIn: readonly LetIn[], { senderId }: Speaker): Access {
  const { dmPolicy, allowFrom } = account
  if (dmPolicy === 'disabled') return { may: 'nothing', why: 'dmPolicy is disabled' }
  if (isListed(allowFrom, senderId) || isLetIn(letIn, senderId)) return talk(account, letIn, senderId)
  if (dmPolicy === 'open' || allowFrom.includes('*')) return { may: 'talk', isKnown: false, isOwner: false }
  return dmPolicy === 'pairing' ? { may: 'pair' } : { may: 'nothing', why: 'not in allowFrom' }
}

function inGroup(account: TelegramAccount, letIn: readonly LetIn[], speaker: Speaker): Access {
  const { groupPolicy, groupAllowFrom, allowFrom, groups } = account
  const { senderId, chatId, isMeant } = speaker
  if (groupPolicy === 'disabled') return { may: 'nothing', why: 'groupPolicy is disabled' }
  const rule: GroupRule | undefined = groups.get(chatId) ?? groups.get('*')
  // Anybody can take a bot into a group of his own.
  if (rule === undefined && (groups.size > 0 || groupPolicy === 'open')) return { may: 'nothing', why: 'not in groups' }
  if (rule?.isEnabled === false) return { may: 'nothing', why: 'the group is disabled' }
  if (rule?.requireMention !== false && !isMeant) return { may: 'nothing', why: 'not spoken to' }
  const own = rule?.allowFrom ?? groupAllowFrom
  const list = own ?? allowFrom
  if (isListed(list, senderId) || (own === undefined && isLetIn(letIn, senderId))) return talk(account, letIn, senderId)
  if (groupPolicy === 'open' || list.includes('*')) return { may: 'talk', isKnown: false, isOwner: false }
  return { may: 'nothing', why: 'not in groupAllowFrom' }
}

function talk({ owners }: TelegramAccount, letIn: readonly LetIn[], senderId: string): Access {
  const isOwner = owners.includes(senderId) || letIn.some((one) => one.senderId === senderId && one.isOwner)
  return { may: 'talk', isKnown: true, isOwner }
}

function isListed(list: readonly string[], senderId: string): boolean {
  return list.includes(senderId)
}

function isLetIn(letIn: readonly LetIn[], senderId: string): boolean {
  return letIn.some((one) => one.senderId === senderId)
}
