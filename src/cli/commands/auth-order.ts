// `models auth order`: the agent's own sequence of profiles for a provider.

import type { Command } from 'commander'
import { checkedProvider } from '../../auth/paste.ts'
import { orderOf, reorder } from '../../auth/reorder.ts'
import { guessProvider } from '../../core/nearest.ts'
import { examples } from '../examples.ts'
import type { CommonFlags, Invocation } from '../invocation.ts'

type Flags = CommonFlags & { provider: string }

/** `order get`, `order set` and `order clear`. */
export function defineOrder(parent: Command, invocation: () => Invocation): void {
  const order = parent.command('order').description('in which sequence the profiles of a provider are tried')
  order.addHelpText(
    'after',
    examples([
      ['openclaw models auth order get --provider anthropic', 'what is set'],
      ['openclaw models auth order set --provider anthropic anthropic:work anthropic:default', 'work first'],
      ['openclaw models auth order clear --provider anthropic', 'back to least recently used first'],
    ]),
  )
  order
    .command('get')
    .description("show the agent's order")
    .requiredOption('--provider <id>', 'of which provider')
    .option('--json', 'the order as JSON')
    .addHelpText('after', examples([['openclaw models auth order get --provider anthropic --json', 'for scripts']]))
    .action(async (_flags: unknown, self: Command) => {
      const found = await which(invocation(), self)
      const order = await orderOf(found.auth, found)
      if (order === null) await tellUnknown(invocation(), found)
      tell(invocation(), found, order, 'get')
    })
  order
    .command('set')
    .description("set the agent's order; profiles left out are not used")
    .argument('<profileIds...>', 'first choice first')
    .requiredOption('--provider <id>', 'of which provider')
    .option('--allow-missing', 'also ids that no profile has, yet or any more')
    .option('--json', 'the order as JSON')
    .addHelpText(
      'after',
      examples([['openclaw models auth order set --provider openai openai:work openai:default', 'work first']]),
    )
    .action(async (ids: string[], _flags: unknown, self: Command) => {
      const found = await which(invocation(), self)
      const allowsMissing = self.optsWithGlobals<Flags & { allowMissing?: boolean }>().allowMissing === true
      const { ids: set } = await reorder(found.auth, { ...found, ids, allowsMissing })
      tell(invocation(), found, set === null ? null : [...set], 'set')
    })
  order
    .command('clear')
    .description("remove the agent's order")
    .requiredOption('--provider <id>', 'of which provider')
    .option('--json', 'the order as JSON')
    .addHelpText(
      'after',
      examples([['openclaw models auth order clear --provider anthropic', 'also when none is set']]),
    )
    .action(async (_flags: unknown, self: Command) => {
      const found = await which(invocation(), self)
      await tellUnknown(invocation(), found)
      await reorder(found.auth, { ...found, ids: undefined })
      tell(invocation(), found, null, 'clear')
    })
}

type Which = Awaited<ReturnType<Invocation['agent']>> & { provider: string; isJson: boolean }

async function which(invocation: Invocation, self: Command): Promise<Which> {
  const flags = self.optsWithGlobals<Flags>()
  const provider = checkedProvider(flags.provider)
  return { ...(await invocation.agent(flags)), provider, isJson: flags.json === true }
}

/** A mistyped provider has no order, which looks well. */
async function tellUnknown({ terminal }: Invocation, { auth, agentId, provider }: Which): Promise<void> {
  const { home, registry } = auth
  if (registry.find(provider, home.config().providers.get(provider)) !== undefined) return
  const book = await home.agent(agentId).profiles.read()
  if (book.order.has(provider) || book.profiles.some((profile) => profile.provider === provider)) return
  const ids = registry.all().map(({ id }) => id)
  terminal.note(`No provider "${provider}" is known${guessProvider(provider, ids) || '.'}`)
}

function tell({ terminal }: Invocation, which: Which, order: string[] | null, did: 'get' | 'set' | 'clear'): void {
  const { agentId, provider } = which
  const { agentDir, profiles } = which.auth.home.agent(agentId)
  if (which.isJson) {
    terminal.json({ agentId, agentDir, provider, authStorePath: profiles.where(), order })
    return
  }
  const lines = [`Agent: ${agentId}`, `Provider: ${provider}`]
  if (did === 'get') lines.push(`Auth file: ${profiles.where()}`)
  lines.push(did === 'clear' ? 'Cleared per-agent order override.' : `Order override: ${order?.join(', ') ?? '(none)'}`)
  terminal.out(lines.join('\n'))
}
