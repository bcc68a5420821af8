// `models aliases`: short names of models, listed, given and taken away.

import type { Command } from 'commander'
import { type AliasChange, alias } from '../../auth/alias.ts'
import { noteTexts } from '../../core/note.ts'
import { examples } from '../examples.ts'
import { type CommonFlags, type Invocation, refuseAgent, refuseBoth } from '../invocation.ts'

/** `aliases list`, `aliases add` and `aliases remove`. */
export function define(command: Command, invocation: () => Invocation): void {
  command.addHelpText(
    'after',
    examples([
      ['openclaw models aliases list', 'which there are'],
      ['openclaw models aliases add opus anthropic/claude-opus-4-6', 'from now on "opus" means that model'],
      ['openclaw models aliases remove opus', 'no longer'],
    ]),
  )
  command
    .command('list')
    .description('the aliases, and the models they stand for')
    .option('--json', 'as JSON')
    .option('--plain', 'alias and model, one pair per line')
    .addHelpText('after', examples([['openclaw models aliases list --plain', 'for scripts']]))
    .action((_flags: unknown, self: Command) => list(invocation(), self.optsWithGlobals<CommonFlags>()))
  command
    .command('add')
    .description('give a model a short name')
    .argument('<alias>', 'letters, digits and . _ : -')
    .argument('<ref>', 'provider/model or another alias')
    .option('--json', 'what was done, as JSON')
    .addHelpText('after', examples([['openclaw models aliases add fast anthropic/claude-haiku-4-5', '']]))
    .action((name: string, text: string, _flags: unknown, self: Command) =>
      change(invocation(), { do: 'add', alias: name, text }, self.optsWithGlobals<CommonFlags>()),
    )
  command
    .command('remove')
    .description('take a short name away; the model stays allowed')
    .argument('<alias>', 'as `models aliases list` shows it')
    .option('--json', 'what was done, as JSON')
    .addHelpText('after', examples([['openclaw models aliases remove fast', 'what was chosen by it is spelt out']]))
    .action((name: string, _flags: unknown, self: Command) =>
      change(invocation(), { do: 'remove', alias: name }, self.optsWithGlobals<CommonFlags>()),
    )
}

const OF_ALL = 'is about all agents'

async function list(invocation: Invocation, flags: CommonFlags): Promise<void> {
  refuseBoth(flags)
  refuseAgent(flags, 'models aliases list', OF_ALL)
  const { terminal } = invocation
  const aliases = [...(await invocation.auth()).home.config().aliasNames]
  if (flags.json === true) return terminal.json({ aliases: Object.fromEntries(aliases) })
  if (flags.plain === true) {
    if (aliases.length > 0) terminal.out(aliases.map(([name, key]) => `${name} ${key}`).join('\n'))
    return
  }
  const lines = aliases.map(([name, key]) => `- ${name} -> ${key}`)
  terminal.out([`Aliases (${aliases.length}):`, ...(lines.length === 0 ? ['- none'] : lines)].join('\n'))
}

async function change(invocation: Invocation, wish: AliasChange, flags: CommonFlags): Promise<void> {
  refuseAgent(flags, `models aliases ${wish.do}`, OF_ALL)
  const { terminal } = invocation
  const { alias: name, key, where, notes: told } = await alias(await invocation.auth(), wish)
  const notes = noteTexts(told)
  for (const note of notes) terminal.note(note)
  if (flags.json === true) return terminal.json({ ok: true, alias: name, model: key, configPath: where, notes })
  terminal.out(
    `Updated ${where}\n${wish.do === 'add' ? `Alias: ${name} -> ${key}` : `Removed alias: ${name} (${key})`}`,
  )
}
