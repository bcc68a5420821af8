// `reset`: asks what, moves it to the trash, deletes nothing.
import { type Command, Option } from 'commander'
import type { Auth } from '../../auth/auth.ts'
import { type Move, planReset, RESET_SCOPES, type ResetScope, reset } from '../../auth/reset.ts'
import { AuthError } from '../../core/errors.ts'
import { livingGateways } from '../../store/gateway-notes.ts'
import { createLayout, type Layout } from '../../store/layout.ts'
import { examples } from '../examples.ts'
import type { CommonFlags, Invocation } from '../invocation.ts'
import { undisturbed } from '../prompts.ts'

type Flags = CommonFlags & { scope?: ResetScope; yes?: boolean; force?: boolean }

const GATEWAY_TIMEOUT_MS = 1000

/** Flags and help of `reset`. */
export function define(command: Command, invocation: () => Invocation): void {
  command
    .addOption(new Option('--scope <what>', 'what to move; asked for when absent').choices(RESET_SCOPES))
    .option('--yes', 'do not ask; needs --scope')
    .option('--force', 'also while a gateway runs')
    .option('--json', 'what was moved, as JSON')
    .addHelpText(
      'after',
      examples([
        ['openclaw reset', 'asks what'],
        ['openclaw reset --scope config --yes', 'only the config'],
        ['openclaw reset --scope full --yes', 'the whole state directory'],
      ]),
    )
    .action((_flags: unknown, self: Command) => run(invocation(), self.optsWithGlobals<Flags>()))
}

async function run(invocation: Invocation, flags: Flags): Promise<void> {
  const { terminal, system } = invocation
  if (flags.yes !== true && !terminal.isInteractive()) {
    throw new AuthError('usage', 'Nobody is there to ask: --scope and --yes are needed.', {
      remedy: 'openclaw reset --help',
    })
  }
  if (flags.yes === true && flags.scope === undefined) {
    throw new AuthError('usage', `--yes needs --scope: ${RESET_SCOPES.join(', ')}.`, {
      remedy: 'openclaw reset --help',
    })
  }
  const { layout, agents } = await look(invocation, flags)
  const scope = flags.scope ?? (await askScope(invocation, layout))
  if (scope === undefined) throw declined()
  const planned = await planReset(system, layout, agents, scope)
  if (planned.length > 0 && flags.scope !== undefined && flags.yes !== true) {
    for (const { from } of planned) terminal.note(`  ${from}`)
    if (!(await terminal.confirm('Move this to the trash?'))) throw declined()
  }
  const moves = await undisturbed(() => reset(system, planned))
  if (flags.json === true) return terminal.json({ ok: true, scope, moved: moves })
  terminal.out(moves.length === 0 ? 'Nothing was moved.' : told(moves))
}

/**
 * What was set up before goes to the trash: config, credentials and conversations. A person at the keyboard is shown it and asked.
 * @returns what was moved, to be put back when what follows fails
 * @throws AuthError usage, busy, interrupted, write_failed; nothing was moved then
 */
export async function setAside(invocation: Invocation, flags: Flags & { nonInteractive?: boolean }): Promise<Move[]> {
  const { terminal, system } = invocation
  const isSilent = flags.yes === true || flags.nonInteractive === true
  if (!isSilent && !terminal.isInteractive()) {
    throw new AuthError('usage', 'Nobody is there to ask whether to move it to the trash: say --yes.', {
      remedy: 'openclaw onboard --help',
    })
  }
  const { layout, agents } = await look(invocation, flags)
  const planned = await planReset(system, layout, agents, 'config+creds+sessions')
  if (planned.length > 0 && !isSilent) {
    for (const { from } of planned) terminal.note(`  ${from}`)
    if (!(await terminal.confirm('Move this to the trash?'))) throw declined()
  }
  const moves = await undisturbed(() => reset(system, planned))
  const { home } = await invocation.auth()
  await home.reload({ tookConfig: true })
  return moves
}

/** Where everything is, and that no gateway works with it. What cannot be read is what a reset may be for. */
async function look(invocation: Invocation, flags: Flags): Promise<{ layout: Layout; agents: string[] }> {
  const { system, profile } = invocation
  try {
    const auth = await invocation.auth()
    if (flags.force !== true) await refuseRunning(invocation, auth)
    return { layout: auth.home.layout, agents: auth.home.config().agents.map(({ id }) => id) }
  } catch (error) {
    if (!(error instanceof AuthError) || !/^(?:(?:invalid|unreadable)_config|unreadable_store)$/.test(error.code)) {
      throw error
    }
    const { env, homeDir, workingDir } = system
    const options = { env, homeDir, workingDir, ...(profile === undefined ? {} : { profile }) }
    const layout = createLayout(options, () => undefined)
    const [note] = await livingGateways(system, layout)
    if (note !== undefined && flags.force !== true) throw busy(note)
    return { layout, agents: [] }
  }
}

/** One that is there and does not answer works with it, too. @throws AuthError busy */
async function refuseRunning({ faces, gatewayPort }: Invocation, auth: Auth): Promise<void> {
  const port = gatewayPort === undefined ? {} : { port: gatewayPort }
  const gateway = await faces.gatewayState(auth, { timeoutMs: GATEWAY_TIMEOUT_MS, ...port })
  if (gateway.state !== 'absent' && gateway.state !== 'foreign') throw busy(gateway)
}

function busy({ url, pid }: { url: string; pid?: number }): AuthError {
  const who = pid === undefined ? '' : ` (pid ${pid})`
  return new AuthError('busy', `A gateway runs at ${url}${who}; stop it first, or say --force.`, {
    remedy: pid === undefined ? 'openclaw status' : `kill ${pid}`,
  })
}

/** Each question adds to the one before; Enter means no. */
async function askScope({ terminal }: Invocation, layout: Layout): Promise<ResetScope | undefined> {
  terminal.note('What you say yes to is moved to a trash folder; nothing is deleted.')
  let scope: ResetScope | undefined
  const questions = [
    ['config', `The config (${layout.config})?`],
    ['config+creds+sessions', 'The credentials and conversations of all agents as well?'],
    ['full', `Everything else in ${layout.stateDir} as well?`],
  ] as const
  for (const [wider, question] of questions) {
    if (!(await terminal.confirm(question))) break
    scope = wider
  }
  return scope
}

function declined(): AuthError {
  return new AuthError('interrupted', 'Nothing was changed.')
}

/** What was moved where, for people. */
export function told(moves: readonly Move[]): string {
  return [
    'Moved to the trash; it holds your credentials as before, until you delete it:',
    ...moves.flatMap(({ from, to }) => [`- ${from}`, `  now ${to}`]),
  ].join('\n')
}
