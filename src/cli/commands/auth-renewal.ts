// Logins that renew themselves: `models auth refresh` does it now, `models auth history` tells how it went.

import type { Command } from 'commander'
import type { View } from '../../auth/auth.ts'
import { importLegacy } from '../../auth/import-legacy.ts'
import { AuthError, EXIT } from '../../core/errors.ts'
import { formatRemaining } from '../../core/expiry.ts'
import { guessProfile } from '../../core/nearest.ts'
import type { Candidate } from '../../core/order.ts'
import { printable } from '../../core/profile.ts'
import { examples } from '../examples.ts'
import { type CommonFlags, expiryText, type Invocation, ownerFlag } from '../invocation.ts'
import { columns } from '../terminal.ts'

type Done = {
  profileId: string
  provider: string
  status: 'renewed' | 'ended' | 'failed'
  detail?: string
  expiresAt?: number
}

/** `refresh` and `history`. */
export function defineRenewal(parent: Command, invocation: () => Invocation): void {
  parent
    .command('refresh')
    .description('renew a login now, or every login of the agent; calls and the gateway do it by themselves')
    .argument('[profileId]', 'as `models auth list` shows it')
    .option('--json', 'what became of each, as JSON')
    .addHelpText('after', examples([['openclaw models auth refresh', 'every login of the agent']]))
    .action((id: string | undefined, _flags: unknown, self: Command) =>
      renewNow(invocation(), id, self.optsWithGlobals<CommonFlags>()),
    )
  parent
    .command('history')
    .description('the renewals of a login: when, by which process, with which outcome; no secrets')
    .argument('<profileId>', 'as `models auth list` shows it')
    .option('--json', 'the renewals as JSON')
    .addHelpText('after', examples([['openclaw models auth history openai-codex:me@example.com', 'the last twenty']]))
    .action((id: string, _flags: unknown, self: Command) =>
      history(invocation(), id, self.optsWithGlobals<CommonFlags>()),
    )
}

function loginsOf(view: View): Candidate[] {
  return [...view.facts().providers.values()].flatMap(({ candidates }) =>
    candidates.filter(({ kind, source }) => kind === 'oauth' && source.kind === 'profile'),
  )
}

function loginOf(view: View, profileId: string, flag: string): Candidate {
  const login = loginsOf(view).find(({ id }) => id === profileId)
  if (login !== undefined) return login
  const meant = guessProfile(
    profileId,
    loginsOf(view).map(({ id }) => id),
  )
  const message = `There is no login "${printable(profileId)}" (agent ${view.agentId}, ${view.store.profiles.where()})${meant || '.'}`
  throw new AuthError('unknown_profile', message, { remedy: `openclaw models auth list${flag}` })
}

async function renewNow(invocation: Invocation, profileId: string | undefined, flags: CommonFlags): Promise<void> {
  const { terminal, system } = invocation
  const { auth, view } = await invocation.view(flags, { asksShell: false })
  const flag = ownerFlag(auth, view.agentId)
  // A login of an older layout can be renewed where it will lie from now on.
  await importLegacy(auth, view.agentId)
  const logins = profileId === undefined ? loginsOf(view) : [loginOf(view, profileId, flag)]
  const { refresh } = await import('../../auth/refresh.ts')
  const results: Done[] = []
  for (const { id, provider } of logins) {
    const done = await refresh(view, id, { evenIfLive: true })
    const expiresAt = loginsOf(view).find((login) => login.id === id)?.expiresAt
    results.push({
      profileId: id,
      provider,
      status: done.kind === 'live' ? 'renewed' : done.kind,
      ...(done.kind === 'ended'
        ? { detail: done.reason }
        : done.kind === 'failed'
          ? { detail: done.failure.detail }
          : {}),
      ...(expiresAt === undefined ? {} : { expiresAt }),
    })
  }
  const now = system.now()
  if (flags.json === true)
    terminal.json({ agentId: view.agentId, authStorePath: view.store.profiles.where(), logins: results })
  else if (results.length === 0) terminal.out(`Agent ${view.agentId} has no logins (${view.store.profiles.where()}).`)
  else {
    const rows = results.map(({ profileId: id, status, detail, expiresAt }) => {
      const ends = expiresAt === undefined ? '' : expiryText(expiresAt - now)
      return [`- ${id}`, status, detail ?? ends]
    })
    terminal.out(columns(rows).join('\n'))
  }
  const worst = results.find(({ status }) => status === 'ended') ?? results.find(({ status }) => status === 'failed')
  if (worst === undefined) return
  // The document has said it; a second one would follow it.
  if (flags.json === true) return invocation.exitWith(worst.status === 'ended' ? EXIT.loginNeeded : EXIT.failed)
  if (worst.status === 'ended') {
    const message = `OAuth token refresh failed for ${worst.profileId}: ${worst.detail ?? ''} (agent ${view.agentId}, ${view.store.profiles.where()}).`
    throw new AuthError('login_required', message, {
      remedy: `openclaw models auth login --provider ${worst.provider}${flag}`,
    })
  }
  throw new AuthError('upstream', `${worst.profileId}: ${worst.detail ?? ''} (agent ${view.agentId}).`, {
    remedy: `openclaw models auth refresh ${worst.profileId}${flag}`,
  })
}

async function history(invocation: Invocation, profileId: string, flags: CommonFlags): Promise<void> {
  const { terminal, system } = invocation
  const { auth, view } = await invocation.view(flags, { asksShell: false })
  loginOf(view, profileId, ownerFlag(auth, view.agentId))
  const record = (await view.store.renewals.read()).get(profileId) ?? { past: [] }
  if (flags.json === true) {
    return terminal.json({ agentId: view.agentId, profileId, file: view.store.renewals.where(), ...record })
  }
  const now = system.now()
  const rows = record.past.map(({ at, pid, host, generation, outcome, next, detail }) => [
    `- ${new Date(at).toISOString().slice(0, 19)}Z`,
    outcome,
    `${generation.slice(0, 8)}${next === undefined ? '' : ` -> ${next.slice(0, 8)}`}`,
    `process ${pid} on ${printable(host, 40)}`,
    printable(detail ?? ''),
  ])
  const { claim } = record
  if (claim?.state === 'sent') {
    const ago = formatRemaining(now - claim.at)
    rows.push([
      '- now',
      'sent',
      claim.generation.slice(0, 8),
      `process ${claim.pid} on ${printable(claim.host, 40)}`,
      `${ago} ago, no answer yet`,
    ])
  }
  terminal.out(
    rows.length === 0
      ? `${profileId} was never renewed here (${view.store.renewals.where()}).`
      : columns(rows).join('\n'),
  )
}
