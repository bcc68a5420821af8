// `models refresh`: the providers' own models endpoints are asked which models the accounts can reach, and what they say is kept.
import type { Command } from 'commander'
import { providerNamed } from '../../auth/provider-named.ts'
import { type RefreshedProvider, refreshModels } from '../../auth/refresh-models.ts'
import { AuthError } from '../../core/errors.ts'
import { printable } from '../../core/profile.ts'
import { atLeastOne } from '../at-least-one.ts'
import { examples } from '../examples.ts'
import type { CommonFlags, Invocation } from '../invocation.ts'
import { momentText } from '../status-text.ts'

type Flags = CommonFlags & { provider?: string; timeout?: number }

const TIMEOUT_MS = 15_000
const MOST_NAMED = 10
const LONGEST_ERROR = 300

/** Flags and help of `models refresh`. */
export function define(command: Command, invocation: () => Invocation): void {
  command
    .option('--provider <id>', 'only this provider')
    .option('--timeout <ms>', `how long each provider may take (default: ${TIMEOUT_MS})`, atLeastOne)
    .option('--json', 'what each provider said, as JSON')
    .addHelpText(
      'after',
      examples([
        ['openclaw models refresh', 'asks every provider that has an account'],
        ['openclaw models refresh --provider openrouter', 'asks one of them'],
        ['openclaw models list --all', 'shows what was found'],
      ]),
    )
    .action((_flags: unknown, self: Command) => refresh(invocation(), self.optsWithGlobals<Flags>()))
}

async function refresh(invocation: Invocation, flags: Flags): Promise<void> {
  const { terminal } = invocation
  const { auth, view } = await invocation.view(flags, { asksShell: true })
  const provider = flags.provider === undefined ? undefined : (await providerNamed(auth, flags.provider)).id
  const options = { timeoutMs: flags.timeout ?? TIMEOUT_MS, ...(provider === undefined ? {} : { provider }) }
  const { at, file, providers } = await refreshModels(view, options)
  const { agentId } = view
  if (providers.length === 0) {
    throw new AuthError('no_credential', `Agent ${agentId} has no account of any provider, so that nobody was asked.`, {
      remedy: 'openclaw models auth add',
    })
  }
  const failed = providers.filter(({ outcome }) => outcome === 'failed' || outcome === 'no_account')
  // One that was named must answer.
  const isDone = failed.length === 0
  if (flags.json === true) terminal.json({ ok: isDone, agentId, at, file, providers })
  else {
    const stored = providers.some(({ outcome }) => outcome === 'listed') ? [`Stored: ${file}`] : ['Nothing was stored.']
    terminal.out([`Agent: ${agentId}`, ...providers.flatMap(textOf), ...stored].join('\n'))
    if (!isDone) terminal.note('  Run: openclaw models status --probe')
  }
  if (!isDone) invocation.exitWith(1)
}

function textOf({ provider, outcome, by, models, added, gone, error, keptFrom }: RefreshedProvider): string[] {
  if (outcome === 'listed') {
    const changed = [...named('new', added), ...named('gone', gone)]
    return [`${provider}: ${models} models, told to ${printable(by ?? '')}`, ...changed]
  }
  const kept =
    typeof keptFrom === 'number'
      ? `the list of ${momentText(keptFrom)} is kept`
      : 'there is no list of it, only the catalogue'
  return [`${provider}: not refreshed, ${kept}: ${printable(error ?? '', LONGEST_ERROR)}`]
}

function named(what: string, ids: readonly string[] = []): string[] {
  if (ids.length === 0) return []
  const more = ids.length > MOST_NAMED ? ` and ${ids.length - MOST_NAMED} more` : ''
  return [
    `  ${what}: ${ids
      .slice(0, MOST_NAMED)
      .map((id) => printable(id))
      .join(', ')}${more}`,
  ]
}
