// `status`: one screen on the installation. Text and JSON are drawn from one report, which is made of what the other commands say.
import { type Command, InvalidArgumentError } from 'commander'
import { examples } from '../examples.ts'
import type { CommonFlags, Invocation } from '../invocation.ts'

export type StatusFlags = CommonFlags & { all?: boolean; deep?: boolean; usage?: boolean; timeout?: number }

/** Flags and help of `status`. */
export function define(command: Command, invocation: () => Invocation): void {
  command
    .option('--json', 'the report as JSON')
    .option('--all', 'every agent, and providers that no configured model uses')
    .option('--usage', 'how much of their limits the accounts have used, as the vendors said last')
    .option('--deep', 'prove each credential with one tiny real call')
    .option('--timeout <ms>', 'how long the gateway, or one such call, may take (default: 1000, 8000)', milliseconds)
    .addHelpText(
      'after',
      examples([
        ['openclaw status', 'is it well, and what needs me?'],
        ['openclaw status --usage', 'and how much is left of each account?'],
        ['openclaw status --all --deep', 'everything, with live calls'],
        ['openclaw status --json', 'for scripts'],
      ]),
    )
    .action(async (_flags: unknown, self: Command) => {
      const { showInstallation } = await import('../installation.ts')
      await showInstallation(invocation(), self.optsWithGlobals<StatusFlags>())
    })
}

function milliseconds(text: string): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (value < 1) throw new InvalidArgumentError('It is a whole number of milliseconds, at least 1.')
  return value
}
