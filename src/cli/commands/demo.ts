// `demo`: what `npm start` runs.
import type { Command } from 'commander'
import { examples } from '../examples.ts'
import type { Invocation } from '../invocation.ts'

/** Flags and help of `demo`. */
export function define(command: Command, invocation: () => Invocation): void {
  command
    .option('--once', 'end after the first answer')
    .addHelpText(
      'after',
      examples([
        ['openclaw demo', 'until Ctrl-C; with a key in the environment the real vendor is used'],
        ['openclaw demo --once', 'in a test'],
      ]),
    )
    .action(async (flags: { once?: boolean }) => {
      const { faces, system, exitWith } = invocation()
      exitWith(await faces.demo(system, { once: flags.once === true }))
    })
}
