// `models auth reset`: what is held against a profile is cleared, so that the next call may take it.
import type { Command } from 'commander'
import { clearRest } from '../../auth/clear-rest.ts'
import { restText } from '../../core/pick-reason.ts'
import { printable } from '../../core/profile.ts'
import { examples } from '../examples.ts'
import type { CommonFlags, Invocation } from '../invocation.ts'

/** `reset`. */
export function defineReset(parent: Command, invocation: () => Invocation): void {
  parent
    .command('reset')
    .description('clear cooldowns and failure counts of a profile, or of all, with those of single models')
    .argument('[profileId]', 'as `models explain` shows it (default: all of the agent)')
    .option('--json', 'what was done, as JSON')
    .addHelpText(
      'after',
      examples([
        ['openclaw models auth reset anthropic:work', 'when what it was refused for is settled'],
        ['openclaw models auth reset', 'all of the agent; the gateway may run meanwhile'],
      ]),
    )
    .action((id: string | undefined, _flags: unknown, self: Command) =>
      reset(invocation(), id, self.optsWithGlobals<CommonFlags>()),
    )
}

async function reset(invocation: Invocation, profileId: string | undefined, flags: CommonFlags): Promise<void> {
  const { terminal, system } = invocation
  const { auth, agentId } = await invocation.agent(flags)
  const { cleared, where } = await clearRest(auth, { agentId, ...(profileId === undefined ? {} : { profileId }) })
  if (flags.json === true) return terminal.json({ ok: true, agentId, healthPath: where, cleared })
  if (cleared.length === 0) {
    const whom = profileId === undefined ? 'any profile' : printable(profileId)
    return terminal.out(`Nothing is held against ${whom} of agent ${agentId} in ${where}`)
  }
  const now = system.now()
  const lines = cleared.flatMap(({ id, provider, rests, alsoOf }) => [
    `Reset ${printable(id)} (${provider}, agent ${agentId}) in ${where}`,
    ...rests.map((rest) => `- no longer: ${restText(rest, now)}`),
    ...alsoOf.map((other) => `- also of agent ${other.agentId}, where the same account is ${printable(other.id)}`),
  ])
  terminal.out(lines.join('\n'))
}
