// Which agent answers in a chat: the bindings of the config, the narrowest one first (spec section 7).
import { type Binding, DEFAULT_ACCOUNT, type Match } from './binding.ts'

/** Where a message came from; without an account it is the default one. */
export type Spot = Match

export type Route = { agentId: string; by: 'peer' | 'guild' | 'team' | 'account' | 'channel' | 'default' }

/**
 * One peer, then a guild, a team, one account, any account (`*`), else the default agent. Among bindings of one rank the first wins; what a
 * binding names beside that must hold, too. A binding without an account is for the default one alone.
 */
export function routeTo(bindings: readonly Binding[], defaultAgent: string, spot: Spot): Route {
  const fitting = bindings.filter(({ match }) => fits(match, spot))
  for (const by of RANKS) {
    const found = fitting.find(({ match }) => rankOf(match) === by)
    if (found !== undefined) return { agentId: found.agentId, by }
  }
  return { agentId: defaultAgent, by: 'default' }
}

const RANKS = ['peer', 'guild', 'team', 'account', 'channel'] as const

function rankOf(match: Match): Route['by'] {
  if (match.peer !== undefined) return 'peer'
  if (match.guildId !== undefined) return 'guild'
  if (match.teamId !== undefined) return 'team'
  return match.accountId === '*' ? 'channel' : 'account'
}

function fits(match: Match, spot: Spot): boolean {
  if (match.channel.toLowerCase() !== spot.channel.trim().toLowerCase()) return false
  const account = match.accountId ?? DEFAULT_ACCOUNT
  if (account !== '*' && account !== (spot.accountId ?? DEFAULT_ACCOUNT)) return false
  if (match.guildId !== undefined && match.guildId !== spot.guildId) return false
  if (match.teamId !== undefined && match.teamId !== spot.teamId) return false
  return match.peer === undefined || (kindOf(match.peer) === kindOf(spot.peer) && match.peer.id === spot.peer?.id)
}

/** A private chat has two names in the documents. */
function kindOf(peer: Match['peer']): string | undefined {
  return peer?.kind === 'dm' ? 'direct' : peer?.kind
}
