// Bindings: which agent answers in which chat. Read from the config, judged, and asked where a message names its channel.
import * as v from 'valibot'
import { MAIN_AGENT } from './agent-id.ts'
import { BindingSchema } from './config-schema.ts'

export type Match = {
  channel: string
  /** Absent: the default account alone; `*`: any. */
  accountId?: string
  peer?: { kind: string; id: string }
  guildId?: string
  teamId?: string
}

export type Binding = { agentId: string; match: Match }

/** The account meant when a channel is named without one. */
export const DEFAULT_ACCOUNT = 'default'

/** What an entry of the config means. */
export function meantBy({ agentId, match }: v.InferOutput<typeof BindingSchema>): Binding {
  const { channel, accountId, peer, guildId, teamId } = match
  return {
    agentId,
    match: {
      channel: channel.trim().toLowerCase(),
      ...(accountId === undefined || accountId.trim() === '' ? {} : { accountId: accountId.trim() }),
      ...(peer === undefined ? {} : { peer: { kind: peer.kind, id: peer.id } }),
      ...(guildId === undefined ? {} : { guildId }),
      ...(teamId === undefined ? {} : { teamId }),
    },
  }
}

/** The same for a value that may be anything. */
export function bindingIn(raw: unknown): Binding | undefined {
  const read = v.safeParse(BindingSchema, raw)
  return read.success ? meantBy(read.output) : undefined
}

type Listed = {
  agents?: { list?: readonly { id: string }[] | undefined } | undefined
  bindings?: readonly { agentId: string }[] | undefined
}

/** Bindings to agents that do not exist, each with its path. */
export function bindingIssues({ agents, bindings }: Listed): { path: string; message: string }[] {
  const known = new Set([MAIN_AGENT, ...(agents?.list ?? []).map(({ id }) => id)])
  return (bindings ?? []).flatMap(({ agentId }, at) =>
    known.has(agentId) ? [] : [{ path: `bindings.${at}.agentId`, message: 'there is no agent of this id' }],
  )
}

/** `telegram` or `telegram:account`, as `--bind` takes it. @returns undefined for anything else */
export function readBind(text: string): Match | undefined {
  const [, channel, accountId] = /^([a-z0-9][a-z0-9_-]{0,63})(?::([^\s:]{1,128}))?$/i.exec(text.trim()) ?? []
  if (channel === undefined) return undefined
  return { channel: channel.toLowerCase(), ...(accountId === undefined ? {} : { accountId }) }
}

/** `group:-100123`, as `--peer` takes it: one chat of a channel. @returns undefined for anything else */
export function readPeer(text: string): { kind: string; id: string } | undefined {
  const [, kind, id] = /^(direct|dm|group|channel):(\S{1,128})$/i.exec(text.trim()) ?? []
  return kind === undefined || id === undefined ? undefined : { kind: kind.toLowerCase(), id }
}

/** A match in one line: `telegram accountId=work peer=dm:42`. */
export function describeMatch({ channel, accountId, peer, guildId, teamId }: Match): string {
  return [
    channel,
    accountId === undefined ? '' : `accountId=${accountId}`,
    peer === undefined ? '' : `peer=${peer.kind}:${peer.id}`,
    guildId === undefined ? '' : `guild=${guildId}`,
    teamId === undefined ? '' : `team=${teamId}`,
  ]
    .filter((part) => part !== '')
    .join(' ')
}

/** The command that takes a binding away. @param at its place in `bindings`, for what the flags cannot name */
export function unbindCommand({ agentId, match }: Binding, at: number): string {
  const { channel, accountId, peer, guildId, teamId } = match
  const bind = accountId === undefined ? channel : `${channel}:${accountId}`
  const chat = peer === undefined ? undefined : `${peer.kind}:${peer.id}`
  const isPlain = /^[\w:@.+-]+$/
  const words = [bind, ...(chat === undefined ? [] : [chat])]
  const isTaken = readBind(bind) !== undefined && (chat === undefined || readPeer(chat) !== undefined)
  if (!isTaken || guildId !== undefined || teamId !== undefined || words.some((word) => word.includes("'"))) {
    return `openclaw config unset 'bindings[${at}]'`
  }
  const [first = '', second] = words.map((word) => (isPlain.test(word) ? word : `'${word}'`))
  return `openclaw agents unbind --agent ${agentId} --bind ${first}${second === undefined ? '' : ` --peer ${second}`}`
}

/** Whether two matches stand for the same chats: no account and the default account are one. */
export function isSameMatch(a: Match, b: Match): boolean {
  const plain = (match: Match): string => describeMatch({ ...match, accountId: match.accountId ?? DEFAULT_ACCOUNT })
  return plain(a) === plain(b)
}
