// `onboard`: sets an agent up, from flags without a question, or by asking everything first and writing it at the end.
import { type Command, Option } from 'commander'
import { firstModelOf, type Onboarded, type Onboarding, onboard } from '../../auth/onboard.ts'
import { DEFAULT_PORT } from '../../core/config.ts'
import { expiresAtOf } from '../../core/credential.ts'
import { AuthError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import { examples } from '../examples.ts'
import { agentFlag, type Invocation } from '../invocation.ts'
import { KEY_CHOICES } from '../onboard-choices.ts'
import { credentialFor } from '../onboard-credential.ts'
import { type OnboardFlags, wantedBy } from '../onboard-flags.ts'
import { settingsOf } from '../onboard-settings.ts'
import { undisturbed } from '../prompts.ts'

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
    .option('--non-interactive', 'never ask')
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
  '--reset',
  '--flow [flow]',
  '--mode [mode]',
  '--remote-url [url]',
  '--remote-token [token]',
  '--tailscale [mode]',
  '--tailscale-reset-on-exit',
  '--install-daemon',
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
  const { auth, agentId } = await invocation.agent(flags)
  const settings = settingsOf(flags, auth.home)
  const notes = [...(wanted?.notes ?? []), ...settings.notes]
  let plan: Onboarding
  let authChoice: string
  if (wanted !== undefined) {
    const brought = await credentialFor(invocation, auth, agentId, wanted, flags)
    notes.push(...brought.notes)
    plan = { agentId, ...brought, ...firstModelOf(wanted.provider), ...settings }
    authChoice = wanted.choice.id
  } else if (terminal.isInteractive()) {
    const { askEverything } = await import('../onboard-wizard.ts')
    const answers = await askEverything(invocation, auth, agentId, settings, flags)
    if (answers === undefined) return
    ;({ plan, authChoice } = answers)
  } else {
    throw new AuthError('usage', 'Nobody can be asked here; a credential flag makes questions needless.', {
      remedy: 'openclaw onboard --anthropic-api-key "$ANTHROPIC_API_KEY"',
    })
  }
  const done = await undisturbed(() => onboard(auth, plan))
  for (const note of [...notes, ...done.notes]) terminal.note(note)
  const flag = agentFlag(auth, agentId)
  if (flags.json === true)
    terminal.json(summary(done, { agentId, authChoice, flags, notes: [...notes, ...done.notes] }))
  else terminal.out(lines(done, flag).join('\n'))
}

function lines(done: Onboarded, flag: string): string[] {
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
    '',
    'Next:',
    `  openclaw models status${flag}`,
    ...(pasted === undefined ? [] : [`  openclaw agent${flag} --message "hi"`]),
    '  openclaw gateway',
  ]
}

function summary(
  done: Onboarded,
  { agentId, authChoice, flags, notes }: { agentId: string; authChoice: string; flags: OnboardFlags; notes: string[] },
): unknown {
  return {
    ok: true,
    mode: 'local',
    agentId,
    workspace: done.workspace ?? null,
    authChoice,
    profileId: done.pasted?.profile.id ?? null,
    authStorePath: done.authStorePath,
    configPath: done.configPath,
    defaultModel: done.defaultModel,
    gateway: { ...done.gateway, port: done.gateway.port ?? DEFAULT_PORT, tailscaleMode: 'off' },
    installDaemon: false,
    skipSkills: flags.skipSkills === true,
    skipHealth: flags.skipHealth === true,
    notes,
  }
}
