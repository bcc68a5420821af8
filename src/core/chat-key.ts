// Under which key the conversation of a chat is kept (spec section 7).
import type { DmScope } from './channel-schema.ts'
import { sessionKey } from './session.ts'

export type ChatSpot = {
  channel: string
  accountId: string
  kind: 'direct' | 'group'
  /** Of the person in private, of the group else. */
  peerId: string
  /** A topic of the group. */
  topicId?: string
}

/** Where only those are told apart who must be: `main` is the one conversation that all faces of an agent share. */
export function chatKey(
  agentId: string,
  { channel, accountId, kind, peerId, topicId }: ChatSpot,
  scope: DmScope,
): string {
  if (kind === 'group') {
    const topic = topicId === undefined ? '' : `:topic:${topicId}`
    return sessionKey(agentId, `${channel}:group:${peerId}${topic}`)
  }
  switch (scope) {
    case 'main':
      return sessionKey(agentId, 'main')
    case 'per-peer':
      return sessionKey(agentId, `dm:${peerId}`)
    case 'per-channel-peer':
      return sessionKey(agentId, `${channel}:dm:${peerId}`)
    case 'per-account-channel-peer':
      return sessionKey(agentId, `${channel}:${accountId.replace(/[^\w.+-]/g, '_')}:dm:${peerId}`)
  }
}
