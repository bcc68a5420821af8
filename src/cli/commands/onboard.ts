// `onboard`: sets an agent up, from flags without a question, or by asking everything first and writing it at the end.
import { type Command, Option } from 'commander'
import type { Auth } from '../../auth/auth.ts'
import { firstModelOf, type Onboarded, type Onboarding, onboard } from '../../auth/onboard.ts'
import { agentFlag } from '../../auth/own-store.ts'
import { type Move, putBack } from '../../auth/reset.ts'
import { DEFAULT_PORT } from '../../core/config.ts'
import { expiresAtOf } from '../../core/credential.ts'
import { AuthError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import { examples } from '../examples.ts'
import type { Invocation } from '../invocation.ts'
import { KEY_CHOICES } from '../onboard-choices.ts'
import { credentialFor } from '../onboard-credential.ts'
import { type OnboardFlags, type Wanted, wantedBy } from '../onboard-flags.ts'
import { settingsOf } from '../onboard-settings.ts'
import { undisturbed } from '../prompts.ts'
import { ensureService } from './gateway-service.ts'
import { setAside, told } from './reset.ts'

/** Flags and help of `onboard`. */
export function define(command: Command, invocation: () => Invocation): void {
  command.optionsGroup('Credential:')
  for (const { flag, label } of KEY_CHOICES) command.option(`--${flag} [key]`, label)
  command
    .option('--auth-choice <choice>', 'apiKey, setup-token, openai-codex, ..., skip; a wrong one lists them all')
    .option('--device-code', 'for the choices that log in: with a code, on any device')
    .option('--token [token]', 'for the choices token and setup-token; better through a pipe')
    .option('--token-provider [id]', 'whose token, or whose key with apiKey (default: anthropic)')
    .option('--token-profile-id [id]', 'its name (default: <provider>:default)')
    .option('--token-expires-in [length]', 'how long it lives: 365d, 12h')
    .optionsGroup('Settings:')
    .option('--workspace [dir]', 'where the agent works')
    .option('--gateway-port [number]', `where the gateway listens (default: ${DEFAULT_PORT})`)
    .option('--gateway-bind [where]', 'loopback, lan, auto, or an address (default: loopback)')
    .option('--gateway-auth [kind]', 'what clients show: token or password')
    .option('--gateway-token [token]', 'kept in the config; without it the gateway makes its own')
    .option('--gateway-password [password]', 'likewise')
    .optionsGroup('Options:')
    .option('--reset', 'move what is there to the trash first: config, credentials, conversations')
    .option('--install-daemon', 'run the gateway as a service that starts with this machine')
    .option('--non-interactive', 'never ask')
    .option('--yes', 'do not ask before --reset')
    .option('--json', 'what was done, as JSON')
  for (const flag of UNSEEN) command.addOption(new Option(flag).hideHelp())
  command
    .addHelpText(
      'after',
      examples([
        ['openclaw onboard', 'asks everything; writes at the end'],
        ['openclaw onboard --anthropic-api-key "$ANTHROPIC_API_KEY"', 'asks nothing'],
        ['openclaw onboard --auth-choice setup-token', 'asks for the token, or reads it from a pipe'],
        ['openclaw onboard --auth-choice openai-codex', 'logs in at ChatGPT'],
        ['openclaw onboard --agent work --openai-api-key "$OPENAI_API_KEY"', 'another agent'],
      ]),
    )
    .action((_flags: unknown, self: Command) => run(invocation(), self.optsWithGlobals<OnboardFlags>()))
}

/** Accepted for scripts and documents of other releases. */
const UNSEEN: readonly string[] = [
  '--accept-risk',
  '--flow [flow]',
  '--mode [mode]',
  '--remote-url [url]',
  '--remote-token [token]',
  '--tailscale [mode]',
  '--tailscale-reset-on-exit',
  '--no-install-daemon',
  '--skip-daemon',
  '--daemon-runtime [runtime]',
  '--skip-channels',
  '--skip-skills',
  '--skip-health',
  '--skip-ui',
  '--node-manager [name]',
  '--cloudflare-ai-gateway-account-id [id]',
  '--cloudflare-ai-gateway-gateway-id [id]',
]

async function run(invocation: Invocation, flags: OnboardFlags): Promise<void> {
  const { terminal, system } = invocation
  const wanted = wantedBy(flags)
  if (wanted?.text !== undefined) system.log.hide(new Secret(wanted.text))
  const aside: Move[] = []
  const startOver = async (): Promise<void> => {
    aside.push(...(await setAside(invocation, flags)))
  }
  let prepared: Prepared
  try {
    if (flags.reset === true) await startOver()
    prepared = await prepare(invocation, flags, wanted, startOver)
  } catch (error) {
    await putBack(system, aside)
    throw error
  }
  const { auth, plan, authChoice, notes } = prepared
  const done = await undisturbed(() => onboard(auth, plan))
  const service = prepared.daemon ? await serviceFor(invocation) : undefined
  const all = [...notes, ...done.notes]
  for (const note of all) terminal.note(note)
  if (flags.json === true) {
    terminal.json(summary(done, { agentId: plan.agentId, authChoice, flags, notes: all, service, aside }))
  } else {
    if (aside.length > 0) terminal.out(told(aside))
    terminal.out(lines(done, agentFlag(auth, plan.agentId), service).join('\n'))
  }
  if (service?.error !== undefined) {
    terminal.note(`Error: The gateway is no service yet: ${service.error.message}`)
    if (service.error.remedy !== undefined) terminal.note(`  Run: ${service.error.remedy}`)
    invocation.exitWith(1)
  }
}

type Prepared = { auth: Auth; plan: Onboarding; authChoice: string; daemon: boolean; notes: string[] }

/** Everything that can be refused, asked or cancelled; writes nothing. */
async function prepare(
  invocation: Invocation,
  flags: OnboardFlags,
  wanted: Wanted | undefined,
  startOver: () => Promise<void>,
): Promise<Prepared> {
  const { auth, agentId } = await invocation.agent(flags)
  const { daemon, notes, ...settings } = settingsOf(flags, auth.home)
  if (wanted === undefined && !invocation.terminal.isInteractive()) {
    throw new AuthError('usage', 'Nobody can be asked here; a credential flag makes questions needless.', {
      remedy: `openclaw onboard${agentFlag(auth, agentId)} --anthropic-api-key "$ANTHROPIC_API_KEY"`,
    })
  }
  if (wanted === undefined) {
    const { askEverything } = await import('../onboard-wizard.ts')
    const answers = await askEverything(
      { invocation, auth, agentId, flags, startOver },
      { ...settings, ...withDaemon(daemon) },
    )
    return { auth, notes, ...answers }
  }
  const brought = await credentialFor(invocation, auth, agentId, wanted, flags)
  const plan = { agentId, ...brought, ...firstModelOf(wanted.provider), ...settings }
  return {
    auth,
    plan,
    authChoice: wanted.choice.id,
    daemon: daemon === true,
    notes: [...wanted.notes, ...notes, ...brought.notes],
  }
}

const withDaemon = (daemon: boolean | undefined): { daemon?: boolean } => (daemon === undefined ? {} : { daemon })

type Serviced = { told?: string; error?: AuthError }

/** What was set up stays, whatever the service manager says. */
async function serviceFor(invocation: Invocation): Promise<Serviced> {
  try {
    const { service, state } = await ensureService(invocation)
    const pid = state.pid === undefined ? '' : `, pid ${state.pid}`
    return { told: `${service.name} (${service.manager}), ${state.running ? `running${pid}` : 'not running yet'}` }
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    return { error }
  }
}

function lines(done: Onboarded, flag: string, service: Serviced | undefined): string[] {
  const { pasted, gateway } = done
  const expiresAt = pasted === undefined ? undefined : expiresAtOf(pasted.profile.credential)
  const ends = expiresAt === undefined ? '' : `, expires ${new Date(expiresAt).toISOString().slice(0, 16)}Z`
  return [
    ...(pasted === undefined
      ? []
      : [
          `${pasted.replaced ? 'Replaced in' : 'Stored in'} ${pasted.where}`,
          `Auth profile: ${pasted.profile.id} (${pasted.profile.provider}/${pasted.profile.credential.kind}${ends})`,
        ]),
    `Updated ${done.configPath}`,
    `Default model: ${done.defaultModel}`,
    ...(done.workspace === undefined ? [] : [`Workspace: ${done.workspace}`]),
    `Gateway: port ${gateway.port ?? DEFAULT_PORT}, bind ${gateway.bind}, auth ${gateway.authMode}`,
    ...(service?.told === undefined ? [] : [`Service: ${service.told}`]),
    '',
    'Next:',
    `  openclaw models status${flag}`,
    ...(pasted === undefined ? [] : [`  openclaw agent${flag} --message "hi"`]),
    service?.told === undefined ? '  openclaw gateway' : '  openclaw gateway status',
  ]
}

function summary(
  done: Onboarded,
  said: {
    agentId: string
    authChoice: string
    flags: OnboardFlags
    notes: string[]
    service: Serviced | undefined
    aside: readonly Move[]
  },
): unknown {
  const { agentId, authChoice, flags, notes, service, aside } = said
  return {
    ok: service?.error === undefined,
    mode: 'local',
    agentId,
    workspace: done.workspace ?? null,
    authChoice,
    profileId: done.pasted?.profile.id ?? null,
    authStorePath: done.authStorePath,
    configPath: done.configPath,
    defaultModel: done.defaultModel,
    gateway: { ...done.gateway, port: done.gateway.port ?? DEFAULT_PORT, tailscaleMode: 'off' },
    installDaemon: service?.told !== undefined,
    ...(service?.error === undefined ? {} : { error: service.error.toJSON(), exitCode: service.error.exitCode }),
    ...(aside.length === 0 ? {} : { moved: aside }),
    skipSkills: flags.skipSkills === true,
    skipHealth: flags.skipHealth === true,
    notes,
  }
}
