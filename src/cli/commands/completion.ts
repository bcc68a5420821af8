// `completion`: the script that makes a shell ask us what may come next.
import { Argument, type Command } from 'commander'
import { examples } from '../examples.ts'
import type { Invocation } from '../invocation.ts'

export const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const
export type Shell = (typeof SHELLS)[number]

/** Argument and help of `completion`. */
export function define(command: Command, invocation: () => Invocation): void {
  command
    .addArgument(new Argument('<shell>', 'whose script').choices(SHELLS))
    .addHelpText(
      'after',
      examples([
        ['eval "$(openclaw completion bash)"', 'in ~/.bashrc; likewise zsh in ~/.zshrc, after compinit'],
        ['openclaw completion fish > ~/.config/fish/completions/openclaw.fish', 'fish'],
        ['openclaw completion powershell | Out-String | Invoke-Expression', 'in $PROFILE'],
      ]),
    )
    .action(async (shell: Shell) => {
      const { scriptFor } = await import('../completion-scripts.ts')
      invocation().terminal.stream(scriptFor(shell))
    })
}
