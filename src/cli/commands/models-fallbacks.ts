// `models fallbacks` and `models image-fallbacks`: the models that are tried when the first choice fails.

import type { Command } from 'commander'
import type { Chain } from '../../auth/choose.ts'
import { type FallbackChange, fallback } from '../../auth/fallback.ts'
import { DEFAULT_PROVIDER, modelsOf } from '../../core/config.ts'
import { formatRef, parseModelRef } from '../../core/model-ref.ts'
import { noteTexts } from '../../core/note.ts'
import { examples } from '../examples.ts'
import { type CommonFlags, type Invocation, refuseAgent, refuseBoth } from '../invocation.ts'

type Family = { chain: Chain; name: 'fallbacks' | 'image-fallbacks'; title: string }

/** `fallbacks list`, `add`, `remove` and `clear`. */
export function define(command: Command, invocation: () => Invocation): void {
  defineFamily(command, invocation, { chain: 'model', name: 'fallbacks', title: 'Fallbacks' })
}

/** The same of the image model. */
export function defineImage(command: Command, invocation: () => Invocation): void {
  defineFamily(command, invocation, { chain: 'imageModel', name: 'image-fallbacks', title: 'Image fallbacks' })
}

function defineFamily(command: Command, invocation: () => Invocation, family: Family): void {
  const line = `openclaw models ${family.name}`
  command.addHelpText(
    'after',
    examples([
      [`${line} list`, 'in the order in which they are tried'],
      [`${line} add openai/gpt-5.1`, 'put behind those that are there'],
      [`${line} remove openai/gpt-5.1`, 'by any of its names'],
      [`${line} clear`, 'none any more'],
    ]),
  )
  command
    .command('list')
    .description('in the order in which they are tried')
    .option('--json', 'as JSON')
    .option('--plain', 'one per line')
    .addHelpText('after', examples([[`${line} list --plain`, 'for scripts']]))
    .action((_flags: unknown, self: Command) => list(invocation(), family, self.optsWithGlobals<CommonFlags>()))
  const changing = (wish: FallbackChange, self: Command): Promise<void> =>
    change(invocation(), family, wish, self.optsWithGlobals<CommonFlags>())
  command
    .command('add')
    .description('put a model behind those that are there')
    .argument('<ref>', 'provider/model or alias')
    .option('--json', 'what was done, as JSON')
    .addHelpText('after', examples([[`${line} add openai/gpt-5.1`, 'a second time it changes nothing']]))
    .action((text: string, _flags: unknown, self: Command) => changing({ do: 'add', text }, self))
  command
    .command('remove')
    .description('take a model out; it stays allowed')
    .argument('<ref>', 'provider/model or alias')
    .option('--json', 'what was done, as JSON')
    .addHelpText('after', examples([[`${line} remove openai/gpt-5.1`, 'by any of its names']]))
    .action((text: string, _flags: unknown, self: Command) => changing({ do: 'remove', text }, self))
  command
    .command('clear')
    .description('take all of them out')
    .option('--json', 'what was done, as JSON')
    .addHelpText('after', examples([[`${line} clear`, 'also when there are none']]))
    .action((_flags: unknown, self: Command) => changing({ do: 'clear' }, self))
}

async function list(invocation: Invocation, { chain, name, title }: Family, flags: CommonFlags): Promise<void> {
  refuseBoth(flags)
  if (chain === 'imageModel') refuseAgent(flags, `models ${name} list`, 'is about all agents')
  const { terminal } = invocation
  const { auth, agentId, isNamed } = await invocation.agent(flags)
  const config = auth.home.config()
  const own = modelsOf(config, agentId)
  // Without an agent's name the list is the one that `add` and `remove` change.
  const fallbacks = chain === 'imageModel' ? config.image.fallbacks : (isNamed ? own : config.model).fallbacks
  if (flags.json === true) return terminal.json({ fallbacks })
  if (flags.plain === true) {
    if (fallbacks.length > 0) terminal.out(fallbacks.join('\n'))
    return
  }
  const lines = fallbacks.map((text) => {
    const key = formatRef(parseModelRef(text, { aliases: config.aliases, defaultProvider: DEFAULT_PROVIDER }))
    return key === text ? `- ${text}` : `- ${text} -> ${key}`
  })
  const from = isNamed ? ` of agent ${agentId}${own.fromAgent.fallbacks ? '' : ', from the defaults'}` : ''
  terminal.out([`${title} (${fallbacks.length})${from}:`, ...(lines.length === 0 ? ['- none'] : lines)].join('\n'))
  if (chain === 'model' && !isNamed && own.fromAgent.fallbacks) {
    terminal.note(`Agent ${agentId} has a list of its own: openclaw models fallbacks list --agent ${agentId}`)
  }
}

async function change(invocation: Invocation, family: Family, wish: FallbackChange, flags: CommonFlags): Promise<void> {
  refuseAgent(flags, `models ${family.name} ${wish.do}`, 'changes the default of all agents')
  const { terminal } = invocation
  const { fallbacks, key, changed, where, notes: told } = await fallback(await invocation.auth(), family.chain, wish)
  const notes = noteTexts(told)
  for (const note of notes) terminal.note(note)
  if (flags.json === true) return terminal.json({ ok: true, changed, fallbacks, configPath: where, notes })
  const first = changed ? `Updated ${where}` : unchanged(wish, key)
  terminal.out(`${first}\n${family.title}: ${fallbacks.length === 0 ? '-' : fallbacks.join(', ')}`)
}

function unchanged(wish: FallbackChange, key: string | undefined): string {
  return wish.do === 'clear' ? 'There were none; nothing was changed.' : `${key} is there already.`
}
