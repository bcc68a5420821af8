// Pasting: a secret from a hidden prompt or a pipe becomes a profile.

import { type Command, InvalidArgumentError } from 'commander'
import type { Kept } from '../../auth/keep.ts'
import { agentFlag, ownStore } from '../../auth/own-store.ts'
import { checkedProvider, paste } from '../../auth/paste.ts'
import { type Credential, expiresAtOf } from '../../core/credential.ts'
import { AuthError } from '../../core/errors.ts'
import { parseDuration } from '../../core/expiry.ts'
import { nearestProvider } from '../../core/nearest.ts'
import { profileFlag } from '../../core/needs.ts'
import { noteTexts } from '../../core/note.ts'
import type { Provider } from '../../providers/provider.ts'
import { examples } from '../examples.ts'
import type { CommonFlags, Invocation } from '../invocation.ts'

export type PasteFlags = CommonFlags & { provider: string; profileId?: string; expiresIn?: number; yes?: boolean }
export type Door = { command: 'paste-api-key' | 'paste-token' | 'setup-token'; kind: 'api_key' | 'token' }

/** `paste-api-key`, `paste-token` and `setup-token`. */
export function definePasting(parent: Command, invocation: () => Invocation): void {
  const open =
    (door: Door) =>
    (_flags: unknown, self: Command): Promise<void> =>
      noSecretAsWord(door, self).then(() => takeIn(invocation(), door, self.optsWithGlobals<PasteFlags>()))
  parent
    .command('paste-api-key')
    .allowExcessArguments()
    .description('keep an API key, from a hidden prompt or standard input')
    .requiredOption('--provider <id>', 'whose key it is')
    .option('--profile-id <id>', 'its name, provider:name (default: <provider>:default)')
    .option('--json', 'what was done, as JSON')
    .addHelpText(
      'after',
      examples([
        ['openclaw models auth paste-api-key --provider anthropic', 'asks for it'],
        ['printf %s "$KEY" | openclaw models auth paste-api-key --provider openai', 'in a script'],
        ['openclaw models auth paste-api-key --provider openai --profile-id openai:work', 'a second one'],
      ]),
    )
    .action(open({ command: 'paste-api-key', kind: 'api_key' }))
  parent
    .command('paste-token')
    .allowExcessArguments()
    .description('keep a bearer token, from a hidden prompt or standard input')
    .requiredOption('--provider <id>', 'whose token it is')
    .option('--profile-id <id>', 'its name, provider:name (default: <provider>:default)')
    .option('--expires-in <length>', 'how long it lives: 365d, 12h, 30m', duration)
    .option('--json', 'what was done, as JSON')
    .addHelpText(
      'after',
      examples([
        ['openclaw models auth paste-token --provider anthropic --expires-in 365d', 'asks for it'],
        ['openclaw models auth paste-token --provider openrouter < token.txt', 'in a script'],
      ]),
    )
    .action(open({ command: 'paste-token', kind: 'token' }))
  parent
    .command('setup-token')
    .allowExcessArguments()
    .description('keep the token that `claude setup-token` prints')
    .option('--provider <id>', 'only anthropic has such tokens', 'anthropic')
    .option('--profile-id <id>', 'its name, provider:name (default: anthropic:default)')
    .option('--yes', 'do not ask whether `claude setup-token` was run')
    .option('--json', 'what was done, as JSON')
    .addHelpText(
      'after',
      examples([
        ['claude setup-token', 'first, on any machine: prints the token'],
        ['openclaw models auth setup-token', 'then asks for it'],
      ]),
    )
    .action(open({ command: 'setup-token', kind: 'token' }))
}

function duration(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined) throw new InvalidArgumentError('A length is a number and ms, s, m, h or d: 365d, 12h, 30m.')
  return ms
}

/** What Anthropic says about such tokens. */
export const POLICY =
  'Anthropic recommends API keys for tools such as this one (openclaw models auth paste-api-key --provider anthropic).\n' +
  'A setup-token belongs to your own subscription and serves only you; Anthropic may refuse it here.\n' +
  '`claude setup-token` prints one, where Claude Code is installed; that may be another machine.'

async function noSecretAsWord(door: Door, self: Command): Promise<void> {
  if (self.args.length === 0) return
  throw new AuthError(
    'usage',
    'A secret does not belong on the command line, where other programs and the history see it; pipe it in, or wait to be asked. Nothing was stored.',
    { remedy: `openclaw models auth ${door.command} --help` },
  )
}

/** Takes a secret in through one of the doors. */
export async function takeIn(invocation: Invocation, door: Door, flags: PasteFlags): Promise<void> {
  const { terminal } = invocation
  const { auth, agentId } = await invocation.agent(flags)
  const providerId = checkedProvider(flags.provider)
  // Before a secret is asked for that could not be kept.
  ownStore(auth.home, agentId, (flag) => `openclaw models auth ${door.command} --provider ${providerId}${flag}`)
  if (door.command === 'setup-token') {
    if (providerId !== 'anthropic') {
      const ids = auth.registry.all().map(({ id }) => id)
      const isTypo = !ids.includes(providerId) && nearestProvider(providerId, ids) === 'anthropic'
      throw new AuthError('usage', 'Only Anthropic has setup-tokens; use paste-token for other providers.', {
        remedy: `openclaw models auth ${isTypo ? 'setup-token --provider anthropic' : `paste-token --provider ${providerId}`}`,
      })
    }
    if (terminal.isInteractive()) {
      terminal.note(POLICY)
      const question = 'Have you run `claude setup-token` and copied the token?'
      if (flags.yes !== true && !(await terminal.confirm(question))) {
        throw new AuthError('interrupted', 'Nothing was changed.', { remedy: 'claude setup-token' })
      }
    }
  }
  const provider = auth.registry.find(providerId, auth.home.config().providers.get(providerId))
  const text = await secretText(
    invocation,
    door,
    providerId,
    provider,
    againFlags(providerId, flags, agentFlag(auth, agentId)),
  )
  const done = await paste(auth, {
    agentId,
    provider: providerId,
    kind: door.kind,
    text,
    ...(flags.profileId === undefined ? {} : { profileId: flags.profileId }),
    ...(flags.expiresIn === undefined ? {} : { expiresInMs: flags.expiresIn }),
    ...(door.command === 'setup-token' ? { toFront: true as const } : {}),
  })
  const ids = auth.registry.all().map(({ id }) => id)
  const other = provider === undefined ? nearestProvider(providerId, ids) : undefined
  tell(invocation, agentId, done, flags.json === true)
  if (other !== undefined) terminal.note(`Did you mean ${other}?`)
}

/** How a secret is asked for. */
export function secretQuestion(kind: Door['kind'], providerId: string, provider: Provider | undefined): string {
  const what = kind === 'api_key' ? 'API key' : 'token'
  const hint = kind === 'api_key' ? provider?.keyHint : undefined
  const looks = hint === undefined ? '' : `${hint}; `
  return `Paste the ${what} of ${provider?.label ?? providerId} (${looks}it is not shown), then Enter: `
}

/** What the same command needs once more, so that it stores the secret in the same place. */
function againFlags(providerId: string, { profileId, expiresIn }: PasteFlags, agent: string): string {
  return `${profileFlag(providerId, profileId)}${expiresIn === undefined ? '' : ` --expires-in ${expiresIn}ms`}${agent}`
}

async function secretText(
  { terminal }: Invocation,
  door: Door,
  providerId: string,
  provider: Provider | undefined,
  flag: string,
): Promise<string> {
  const what = door.kind === 'api_key' ? 'API key' : 'token'
  if (terminal.isInteractive()) {
    return terminal.askSecret(secretQuestion(door.kind, providerId, provider))
  }
  const text = await terminal.readPipe()
  if (text.trim() !== '') return text
  const name = provider?.env.find((variable) => variable.includes('OAUTH') === (door.kind === 'token')) ?? 'SECRET'
  const command = `openclaw models auth ${door.command} --provider ${providerId}${flag}`
  throw new AuthError('bad_secret', `Standard input was empty; pipe the ${what} in, or run this on a terminal.`, {
    remedy: `printf %s "$${name}" | ${command}`,
  })
}

/** Whose it is, as far as the vendor said. */
function accountFields(credential: Credential): Record<string, string> {
  if (credential.kind !== 'oauth') return {}
  const { email, accountId, plan } = credential
  const all = { email, accountId, plan }
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}

/** Says what was stored, as text or as JSON. */
export function tell({ terminal }: Invocation, agentId: string, done: Kept, json: boolean): void {
  const { profile, replaced, where } = done
  const notes = noteTexts(done.notes)
  const { kind } = profile.credential
  const expiresAt = expiresAtOf(profile.credential)
  for (const note of notes) terminal.note(note)
  if (json) {
    terminal.json({
      ok: true,
      profileId: profile.id,
      provider: profile.provider,
      type: kind,
      agentId,
      authStorePath: where,
      replaced,
      ...(expiresAt === undefined ? {} : { expiresAt }),
      ...accountFields(profile.credential),
      notes,
    })
    return
  }
  const ends = expiresAt === undefined ? '' : `, expires ${new Date(expiresAt).toISOString().slice(0, 16)}Z`
  const { email, plan } = accountFields(profile.credential)
  if (email !== undefined) terminal.note(`Logged in as ${email}${plan === undefined ? '' : ` (${plan})`}.`)
  terminal.out(
    `${replaced ? 'Replaced in' : 'Stored in'} ${where}\nAuth profile: ${profile.id} (${profile.provider}/${kind}${ends})`,
  )
}
