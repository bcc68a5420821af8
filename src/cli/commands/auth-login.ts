// `models auth login`: a login at a vendor becomes a profile. Providers that take only keys and tokens lead into the prompt for those.
import type { Command } from 'commander'
import { choose } from '../../auth/choose.ts'
import { checkWishedId, keepLogin } from '../../auth/keep-login.ts'
import { login, methodNamed } from '../../auth/login.ts'
import { firstModelOf } from '../../auth/onboard.ts'
import { ownStore } from '../../auth/own-store.ts'
import { providerNamed } from '../../auth/provider-named.ts'
import { AuthError } from '../../core/errors.ts'
import { isOnline, type LoginMethod, loginMethods, type Provider } from '../../providers/provider.ts'
import { examples } from '../examples.ts'
import { type CommonFlags, type Invocation, ownerFlag } from '../invocation.ts'
import { atDesk } from '../login-desk.ts'
import { undisturbed } from '../prompts.ts'
import { takeIn, tell } from './auth-paste.ts'

type Flags = CommonFlags & {
  provider: string
  method?: string
  profileId?: string
  setDefault?: boolean
  force?: boolean
  deviceCode?: boolean
  browser?: boolean
}

/** `login`. */
export function defineLogin(parent: Command, invocation: () => Invocation): void {
  parent
    .command('login')
    .description('log in at a vendor, in a browser or with a code on any device')
    .requiredOption('--provider <id>', 'where: openai-codex (ChatGPT), openrouter, anthropic, ...')
    .option('--method <id>', 'how; a wrong one lists them')
    .option('--device-code', 'the same as --method device-code')
    .option('--profile-id <id>', 'its name, provider:name (default: from the account)')
    .option('--set-default', 'make a model of this provider the default')
    .option('--force', 'take away the other profiles of this provider, once the login has worked')
    .option('--no-browser', 'only show the address')
    .option('--json', 'what was done, as JSON')
    .addHelpText(
      'after',
      examples([
        ['openclaw models auth login --provider openai-codex', 'ChatGPT, in a browser'],
        ['openclaw models auth login --provider openai-codex --device-code', 'on a machine without one'],
        ['openclaw models auth login --provider openai-codex --agent work', 'for another agent'],
      ]),
    )
    .action((_flags: unknown, self: Command) => run(invocation(), self.optsWithGlobals<Flags>()))
}

async function run(invocation: Invocation, flags: Flags): Promise<void> {
  const { terminal } = invocation
  const { auth, agentId } = await invocation.agent(flags)
  const provider = await providerNamed(auth, flags.provider)
  const store = ownStore(auth.home, agentId, (flag) => `openclaw models auth login --provider ${provider.id}${flag}`)
  const method = await methodFor(invocation, provider, flags, ownerFlag(auth, agentId))
  if (!isOnline(method)) {
    const kind = method.door === 'paste-api-key' ? 'api_key' : 'token'
    await takeIn(invocation, { command: method.door, kind }, { ...flags, provider: provider.id })
    if (flags.setDefault === true) await setDefault(invocation, provider)
    return
  }
  // Before anybody goes through a login whose outcome could not be kept.
  const book = await store.profiles.read()
  if (flags.profileId !== undefined) checkWishedId(book, provider, flags.profileId)
  const credential = await atDesk(invocation, provider, { noBrowser: flags.browser === false }, (desk) =>
    login(auth, provider, method, desk),
  )
  const done = await undisturbed(() =>
    keepLogin(auth, {
      agentId,
      provider,
      credential,
      ...(flags.profileId === undefined ? {} : { profileId: flags.profileId }),
      ...(flags.force === true ? { replaceAll: true } : {}),
    }),
  )
  const notes = done.removed.map((id) => `${id} was removed from this machine; at the vendor nothing was revoked.`)
  tell(
    invocation,
    agentId,
    { ...done, notes: [...notes.map((text) => ({ text })), ...done.notes] },
    flags.json === true,
  )
  if (flags.setDefault === true) await setDefault(invocation, provider)
  else if (terminal.isInteractive()) recommend(invocation, provider)
}

/** The method that flags name, else the only one, else asked for; in a script the first one that needs a vendor. */
async function methodFor(
  { terminal }: Invocation,
  provider: Provider,
  flags: Flags,
  agentFlag: string,
): Promise<LoginMethod> {
  if (flags.deviceCode === true && flags.method !== undefined && flags.method !== 'device-code') {
    throw new AuthError('usage', `--device-code and --method ${flags.method} name two ways. Nothing was changed.`, {
      remedy: `openclaw models auth login --provider ${provider.id} --device-code`,
    })
  }
  const named = methodNamed(provider, flags.deviceCode === true ? 'device-code' : flags.method)
  if (named !== undefined) return named
  const all = loginMethods(provider)
  const [first] = all
  // A browser is what a login is; whoever wants a code on another device says so.
  if (first !== undefined && isOnline(first)) return first
  if (terminal.isInteractive()) {
    const at = await terminal.choose(
      `How, at ${provider.label}?`,
      all.map(({ label }) => label),
    )
    if (all[at] !== undefined) return all[at]
  }
  throw new AuthError(
    'usage',
    `Nobody can be asked here, and ${provider.id} has several ways: ${all.map(({ id }) => id).join(', ')}. Nothing was changed.`,
    { remedy: `openclaw models auth login --provider ${provider.id}${agentFlag} --method ${first?.id ?? 'api-key'}` },
  )
}

async function setDefault(invocation: Invocation, provider: Provider): Promise<void> {
  const { terminal } = invocation
  const { model } = firstModelOf(provider.id)
  if (model === undefined) {
    terminal.note(`No model of ${provider.id} is known; openclaw models set ${provider.id}/<model> chooses one.`)
    return
  }
  const { key, where, notes } = await choose(await invocation.auth(), { chain: 'model', text: model.ref })
  for (const { text } of notes) terminal.note(text)
  terminal.note(`Default model: ${key} (${where})`)
}

function recommend({ terminal }: Invocation, provider: Provider): void {
  const { model } = firstModelOf(provider.id)
  if (model !== undefined) terminal.note(`To use it by default: openclaw models set ${model.ref}`)
}
