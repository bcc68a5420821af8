// `models auth pause` and `models auth resume`: a profile is set aside for a while, and taken back into use.
import type { Command } from 'commander'
import { type Paused, pause, resume } from '../../auth/pause.ts'
import { lackOf } from '../../auth/refuse.ts'
import { AuthError } from '../../core/errors.ts'
import { formatRemaining, HOUR_MS } from '../../core/expiry.ts'
import { isPlain, resuming } from '../../core/needs.ts'
import { parseUntil } from '../../core/pause.ts'
import { printable } from '../../core/profile.ts'
import { examples } from '../examples.ts'
import { type CommonFlags, type Invocation, ownerFlag } from '../invocation.ts'

type Flags = CommonFlags & { until?: string }

/** `pause` and `resume`. */
export function definePause(parent: Command, invocation: () => Invocation): void {
  parent
    .command('pause')
    .description('set a profile aside: it is kept and renewed, and never chosen')
    .argument('<profileId>', 'as `models auth list` shows it')
    .option('--until <when>', 'it serves again by itself then: a length (90m, 2h, 3d) or a moment (RFC 3339)')
    .option('--json', 'what was done, as JSON')
    .addHelpText(
      'after',
      examples([
        ['openclaw models auth pause anthropic:work', 'until it is resumed'],
        ['openclaw models auth pause anthropic:work --until 2h', 'for two hours'],
        ['openclaw models auth pause anthropic:work --until 2031-05-06T08:00:00+02:00', 'until that moment'],
      ]),
    )
    .action((id: string, _flags: unknown, self: Command) => setAside(invocation(), id, self.optsWithGlobals<Flags>()))
  parent
    .command('resume')
    .description('take a paused profile back into use')
    .argument('<profileId>', 'as `models auth list` shows it')
    .option('--json', 'what was done, as JSON')
    .addHelpText('after', examples([['openclaw models auth resume anthropic:work', 'also when it is not paused']]))
    .action((id: string, _flags: unknown, self: Command) => takeBack(invocation(), id, self.optsWithGlobals<Flags>()))
}

async function setAside(invocation: Invocation, profileId: string, flags: Flags): Promise<void> {
  const { terminal, system } = invocation
  const { auth, agentId } = await invocation.agent(flags)
  const flag = ownerFlag(auth, agentId)
  const until = flags.until === undefined ? undefined : untilOf(flags.until, profileId, flag, system.now())
  const done = await pause(auth, { agentId, profileId, ...(until === undefined ? {} : { until }) })
  if (flags.json === true) terminal.json(jsonOf(done, agentId, profileId))
  else {
    const now = system.now()
    const ends =
      until === undefined ? 'until it is resumed' : `until ${dateOf(until)} (${formatRemaining(until - now)})`
    terminal.out(`Paused ${printable(profileId)} (${done.provider}, agent ${agentId}) ${ends} in ${done.where}`)
  }
  const lack = lackOf(await auth.view(agentId), done.provider, system.now())
  if (lack === undefined) return
  terminal.note(
    `Nothing else can serve ${done.provider} now, so calls to it are refused. To have it back: ${resuming(profileId, flag)}`,
  )
}

async function takeBack(invocation: Invocation, profileId: string, flags: Flags): Promise<void> {
  const { terminal } = invocation
  const { auth, agentId } = await invocation.agent(flags)
  const done = await resume(auth, { agentId, profileId })
  if (flags.json === true) return terminal.json(jsonOf(done, agentId, profileId))
  const name = `${printable(profileId)} (${done.provider}, agent ${agentId})`
  terminal.out(
    done.wasPaused ? `Resumed ${name} in ${done.where}` : `${name} was not paused; it is in use (${done.where})`,
  )
}

/** @throws AuthError usage */
function untilOf(text: string, profileId: string, flag: string, now: number): number {
  const until = parseUntil(text, now)
  if (until !== undefined) return until
  const example = isPlain(profileId) ? profileId : 'anthropic:work'
  throw new AuthError(
    'usage',
    `--until takes a length such as 90m, 2h or 3d, or a moment ahead such as ${dateOf(now + HOUR_MS)}; "${printable(text, 60)}" is neither. Nothing was changed.`,
    { remedy: `openclaw models auth pause ${example}${flag} --until 2h` },
  )
}

function dateOf(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16)}Z`
}

function jsonOf({ provider, pause: is, wasPaused, where }: Paused, agentId: string, profileId: string): object {
  return {
    ok: true,
    agentId,
    profileId,
    provider,
    authStorePath: where,
    paused: is !== undefined,
    until: is?.until ?? null,
    wasPaused,
  }
}
