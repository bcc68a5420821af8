// `models set`: the default model of the configuration.
import type { Command } from 'commander'
import { catalogueRow } from '../../core/catalogue.ts'
import { modelRefIn, modelsOf } from '../../core/config.ts'
import { AuthError } from '../../core/errors.ts'
import { formatRef } from '../../core/model-ref.ts'
import { printable } from '../../core/profile.ts'
import { childObject, isObject } from '../../store/document.ts'
import { examples } from '../examples.ts'
import type { CommonFlags, Invocation } from '../invocation.ts'

/** Flags and help of `models set`. */
export function define(command: Command, invocation: () => Invocation): void {
  command
    .argument('<ref>', 'provider/model or alias')
    .option('--json', 'what was done, as JSON')
    .addHelpText(
      'after',
      examples([
        ['openclaw models set anthropic/claude-sonnet-4-5', 'fallbacks stay as they are'],
        ['openclaw models set opus', 'by alias'],
      ]),
    )
    .action((ref: string, _flags: unknown, self: Command) =>
      setDefault(invocation(), ref, self.optsWithGlobals<CommonFlags>()),
    )
}

async function setDefault(invocation: Invocation, text: string, flags: CommonFlags): Promise<void> {
  if (flags.agent !== undefined) {
    throw new AuthError('usage', 'models set changes the default of all agents; it takes no --agent.', {
      remedy: 'openclaw models set --help',
    })
  }
  const { auth, agentId } = await invocation.agent({})
  const { home, registry } = auth
  const before = home.config()
  const ref = modelRefIn(before, agentId, text)
  const key = formatRef(ref)
  if (registry.find(ref.provider, before.providers.get(ref.provider)) === undefined) {
    throw new AuthError(
      'unknown_provider',
      `There is no provider "${printable(ref.provider)}"; nothing was changed. A vendor of your own needs models.providers.${printable(ref.provider)}.baseUrl in ${home.configStore.where()}.`,
      { remedy: 'openclaw models list --all' },
    )
  }
  const notes: string[] = []
  if (catalogueRow(ref.provider, ref.model) === undefined && !before.configured.includes(key)) {
    notes.push(`${key} is not a model we know; it is taken as written, and ${ref.provider} will say whether it exists.`)
  }
  await home.configStore.change((draft) => {
    const defaults = childObject(childObject(draft, 'agents'), 'defaults')
    const model = isObject(defaults.model) ? defaults.model : {}
    defaults.model = { ...model, primary: key }
    const allowed = defaults.models
    if (!isObject(allowed) || Object.keys(allowed).length === 0 || before.configured.includes(key)) return
    allowed[key] = {}
    notes.push(`agents.defaults.models is a list of what is allowed; ${key} was added to it.`)
  })
  await home.reload()
  if (modelsOf(home.config(), agentId).fromAgent.primary) {
    notes.push(`Agent ${agentId} has a model of its own in agents.list, which it goes on using.`)
  }
  const where = home.configStore.where()
  for (const note of notes) invocation.terminal.note(note)
  if (flags.json === true) return invocation.terminal.json({ ok: true, defaultModel: key, configPath: where, notes })
  invocation.terminal.out(`Updated ${where}\nDefault model: ${key}`)
}
