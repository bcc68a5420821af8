// `docs`: the pages for users, as text.
import type { Command } from 'commander'
import { examples } from '../examples.ts'
import type { CommonFlags, Invocation } from '../invocation.ts'

type Flags = CommonFlags & { lang?: string }

/** Argument, flags and help of `docs`. */
export function define(command: Command, invocation: () => Invocation): void {
  command
    .argument('[topic]', 'a page; without one they are listed')
    .option('--lang <id>', 'en, ko, zh-Hant or fil (default: en)')
    .option('--json', 'the list, or the page, as JSON')
    .addHelpText(
      'after',
      examples([
        ['openclaw docs', 'which pages there are'],
        ['openclaw docs oauth', 'one of them'],
        ['openclaw docs authentication --lang ko', 'in Korean'],
      ]),
    )
    .action(async (topic: string | undefined, _flags: unknown, self: Command) => {
      const { showDocs } = await import('../show-docs.ts')
      await showDocs(invocation(), topic ?? '', self.optsWithGlobals<Flags>())
    })
}
