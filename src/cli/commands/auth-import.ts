// `models auth import`: what another program of the same person keeps becomes a profile here, with the person's eyes open.
import { type Command, Option } from 'commander'
import { type Found, fileOfTool, importFrom, lookInto, OTHER_TOOLS, type OtherTool } from '../../auth/import-from.ts'
import { ownStore } from '../../auth/own-store.ts'
import { labelOf } from '../../core/credential.ts'
import { AuthError } from '../../core/errors.ts'
import { examples } from '../examples.ts'
import { type CommonFlags, type Invocation, ownerFlag } from '../invocation.ts'
import { undisturbed } from '../prompts.ts'

type Flags = CommonFlags & { from: OtherTool; yes?: boolean }

/** `import`. */
export function defineImport(parent: Command, invocation: () => Invocation): void {
  parent
    .command('import')
    .description('take over what the Codex CLI, Claude Code or a file keeps; their file is read and left as it is')
    .argument('[file]', 'another place than the usual one; needed with --from file')
    .addOption(new Option('--from <tool>', 'whose').choices([...OTHER_TOOLS]).makeOptionMandatory())
    .option('--yes', 'do not ask, also where a login would then be used by two programs')
    .option('--json', 'what was imported, as JSON')
    .addHelpText(
      'after',
      examples([
        ['openclaw models auth import --from codex', 'an API key or a login of the Codex CLI'],
        ['openclaw models auth import --from file ~/backup/auth-profiles.json', 'profiles of another machine'],
      ]),
    )
    .action((file: string | undefined, _flags: unknown, self: Command) =>
      run(invocation(), file, self.optsWithGlobals<Flags>()),
    )
}

async function run(invocation: Invocation, file: string | undefined, flags: Flags): Promise<void> {
  const { terminal } = invocation
  const { auth, agentId } = await invocation.agent(flags)
  ownStore(auth.home, agentId, (flag) => `openclaw models auth import --from ${flags.from}${flag}`)
  const path = fileOfTool(auth, flags.from, file)
  const found = await lookInto(auth, flags.from, path)
  await agreed(invocation, flags, found, path, ownerFlag(auth, agentId))
  const done = await undisturbed(() => importFrom(auth, { agentId, tool: flags.from, found }))
  for (const { notes } of done) for (const { text } of notes) terminal.note(text)
  for (const { provider, credential } of found) {
    if (provider === 'anthropic' && credential.kind === 'token' && flags.from === 'claude') terminal.note(CLAUDE)
  }
  if (flags.json === true) {
    const profiles = done.map(({ profile, replaced }) => ({
      profileId: profile.id,
      provider: profile.provider,
      replaced,
    }))
    return terminal.json({ ok: true, agentId, file: path, authStorePath: done[0]?.where, profiles })
  }
  for (const { profile, replaced, where } of done) {
    terminal.out(`${replaced ? 'Renewed' : 'Imported'} ${profile.id} (${labelOf(profile.credential)}) in ${where}`)
  }
}

const CLAUDE =
  'This token ends within hours and is not renewed here, and the vendor may take it in Claude Code only. `claude setup-token` makes one for a year.'

/** @throws AuthError usage, interrupted; then nothing has changed */
async function agreed(
  { terminal }: Invocation,
  flags: Flags,
  found: readonly Found[],
  path: string,
  agentFlag: string,
): Promise<void> {
  const shared = found.filter(({ isShared }) => isShared)
  if (shared.length === 0 || flags.yes === true) return
  const providers = [...new Set(shared.map(({ provider }) => provider))]
  const warning = `${path} holds a login of ${providers.join(', ')} that renews itself. Used by two programs, the one that renews it first logs the other one out.`
  const remedy = `openclaw models auth login --provider ${providers[0]}${agentFlag}`
  if (!terminal.isInteractive()) {
    throw new AuthError(
      'usage',
      `${warning} A login of its own is better; --yes imports it all the same. Nothing was changed.`,
      {
        remedy,
      },
    )
  }
  terminal.note(`${warning}\nA login of its own does not: ${remedy}`)
  if (!(await terminal.confirm('Import it all the same?'))) throw new AuthError('interrupted', 'Nothing was changed.')
}
