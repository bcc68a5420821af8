// What is changed in chat channels: 'channels add', 'remove', 'pair' and 'unpair'.
import { type Command, Option } from 'commander'
import { addChannel, checkedChannel, type GivenToken, givenToken } from '../../auth/add-channel.ts'
import type { Auth } from '../../auth/auth.ts'
import { accountFlag, addCommand } from '../../auth/channel-token.ts'
import { type Pairings, pair, pairings, unpair } from '../../auth/pair.ts'
import { removeChannel } from '../../auth/remove-channel.ts'
import { DEFAULT_ACCOUNT } from '../../core/binding.ts'
import { DM_POLICIES, type DmPolicy } from '../../core/channel-schema.ts'
import { AuthError } from '../../core/errors.ts'
import { formatRemaining } from '../../core/expiry.ts'
import { printable } from '../../core/profile.ts'
import type { Secret } from '../../core/secret.ts'
import { examples } from '../examples.ts'
import type { CommonFlags, Invocation } from '../invocation.ts'

type AddFlags = CommonFlags & {
  channel?: string
  account: string
  name?: string
  tokenEnv?: string
  tokenFile?: string
  useEnv?: boolean
  token?: string
  allow?: string[]
  owner?: string[]
  dmPolicy?: DmPolicy
}
type RemoveFlags = CommonFlags & { account: string; yes?: boolean }
type PairFlags = CommonFlags & { owner?: boolean }

const PROBE_MS = 10_000

/** `add`, `remove`, `pair` and `unpair`. */
export function defineChanging(command: Command, invocation: () => Invocation): void {
  command
    .command('add')
    .description('add a bot, or give one another token: from a hidden prompt, standard input, a variable or a file')
    .argument('[channel]', 'telegram')
    .option('--channel <name>', 'the same')
    .option('--account <name>', 'which of several bots, by a name of yours', DEFAULT_ACCOUNT)
    .option('--name <text>', 'its name for people')
    .option('--token-env <variable>', 'the token is in this variable, of the gateway, too; it is named, not copied')
    .option('--use-env', 'the same for TELEGRAM_BOT_TOKEN')
    .option('--token-file <path>', 'the token is in this file; it is named, not copied')
    .addOption(new Option('--token <secret>', 'refused').hideHelp())
    .option('--allow <ids...>', 'people who are answered, by numeric id')
    .option('--owner <ids...>', 'you yourself, by numeric id: subscriptions may serve what you say there')
    .addOption(new Option('--dm-policy <policy>', 'who is answered in private').choices(DM_POLICIES))
    .option('--json', 'what was done, as JSON')
    .addHelpText(
      'after',
      examples([
        ['openclaw channels add telegram', 'asks for the token that BotFather gave'],
        ['openclaw channels add telegram --account work < token.txt', 'a second bot, in a script'],
        ['openclaw channels add telegram --use-env', 'the token stays in TELEGRAM_BOT_TOKEN'],
      ]),
    )
    .action((channel: string | undefined, _flags: unknown, self: Command) =>
      add(invocation(), channel, self.optsWithGlobals<AddFlags>()),
    )
  command
    .command('remove')
    .description('remove a bot here, with its token and whom you let in; the bot itself stays at the vendor')
    .argument('<channel>', 'telegram')
    .option('--account <name>', 'which of several', DEFAULT_ACCOUNT)
    .option('--yes', 'do not ask')
    .option('--json', 'what was done, as JSON')
    .addHelpText('after', examples([['openclaw channels remove telegram --account work --yes', 'in a script']]))
    .action((channel: string, _flags: unknown, self: Command) =>
      remove(invocation(), channel, self.optsWithGlobals<RemoveFlags>()),
    )
  command
    .command('pair')
    .description('let somebody speak to a bot by the code it gave him; without a code: who asks, and who was let in')
    .argument('[code]', 'eight letters and digits, for an hour')
    .option('--owner', 'it is you yourself: subscriptions may serve what you say there')
    .option('--json', 'the same as JSON')
    .addHelpText(
      'after',
      examples([
        ['openclaw channels pair', 'who asks'],
        ['openclaw channels pair ABCD2345 --owner', 'this is me'],
      ]),
    )
    .action((code: string | undefined, _flags: unknown, self: Command) =>
      letIn(invocation(), code, self.optsWithGlobals<PairFlags>()),
    )
  command
    .command('unpair')
    .description('take back that somebody may speak to a bot')
    .argument('<id>', 'as `channels pair` shows it')
    .option('--channel <name>', 'where', 'telegram')
    .option('--account <name>', 'at which of several bots', DEFAULT_ACCOUNT)
    .option('--json', 'what was done, as JSON')
    .addHelpText('after', examples([['openclaw channels unpair 123456789', 'he is a stranger again']]))
    .action((id: string, _flags: unknown, self: Command) =>
      shutOut(invocation(), id, self.optsWithGlobals<CommonFlags & { channel: string; account: string }>()),
    )
}

async function add(invocation: Invocation, channelWord: string | undefined, flags: AddFlags): Promise<void> {
  const { terminal } = invocation
  const { account: accountId } = flags
  const channel = channelWord ?? flags.channel ?? ''
  if (channel === '') {
    throw new AuthError('usage', 'Which channel is to be added? There is telegram. Nothing was changed.', {
      remedy: 'openclaw channels add telegram',
    })
  }
  if (flags.token !== undefined) {
    throw new AuthError(
      'usage',
      'A token does not belong on the command line, where other programs and the history see it; pipe it in, or wait to be asked. Nothing was stored.',
      { remedy: addCommand(DEFAULT_ACCOUNT) },
    )
  }
  const wish = {
    channel,
    accountId,
    ...(flags.name === undefined ? {} : { name: flags.name }),
    ...(flags.dmPolicy === undefined ? {} : { dmPolicy: flags.dmPolicy }),
    ...(flags.allow === undefined ? {} : { allow: flags.allow }),
    ...(flags.owner === undefined ? {} : { owners: flags.owner }),
  }
  // Before a secret is asked for that could not be kept.
  checkedChannel(wish)
  const auth = await invocation.auth()
  const token = await tokenFrom(invocation, flags)
  const secret = await givenToken(auth, accountId, token)
  const bot = await known(invocation, auth, accountId, secret)
  const done = await addChannel(auth, { ...wish, token }, secret)
  if (flags.json === true) return terminal.json({ ok: true, ...done, bot: bot ?? null })
  const which = `${channel} account ${accountId}${bot === undefined ? '' : ` (${bot})`}`
  terminal.out(
    `${done.replaced ? 'Changed' : 'Added'} ${which} in ${done.config}\nToken: ${done.where}\nA gateway that runs takes it up by itself: openclaw channels status\nWho writes to it is given a code, for: openclaw channels pair`,
  )
}

async function tokenFrom({ terminal }: Invocation, flags: AddFlags): Promise<GivenToken> {
  const named = [flags.tokenEnv, flags.useEnv === true ? 'TELEGRAM_BOT_TOKEN' : undefined, flags.tokenFile]
  if (named.filter((one) => one !== undefined).length > 1) {
    throw new AuthError('usage', 'Only one of --token-env, --use-env and --token-file can be the place of the token.', {
      remedy: 'openclaw channels add --help',
    })
  }
  if (flags.tokenFile !== undefined) return { kind: 'file', path: flags.tokenFile }
  const variable = flags.tokenEnv ?? (flags.useEnv === true ? 'TELEGRAM_BOT_TOKEN' : undefined)
  if (variable !== undefined) return { kind: 'variable', name: variable }
  if (terminal.isInteractive()) {
    const text = await terminal.askSecret('Paste the token that BotFather gave (it is not shown), then Enter: ')
    return { kind: 'pasted', text }
  }
  const text = await terminal.readPipe()
  if (text.trim() !== '') return { kind: 'pasted', text }
  throw new AuthError('bad_secret', 'Standard input was empty; pipe the token in, or run this on a terminal.', {
    remedy: `printf %s "$TELEGRAM_BOT_TOKEN" | ${addCommand(flags.account)}`,
  })
}

/** Whose token it is. A vendor that cannot be asked is no reason not to keep it. @throws AuthError bad_secret */
async function known(
  { faces, terminal }: Invocation,
  auth: Auth,
  accountId: string,
  secret: Secret,
): Promise<string | undefined> {
  const probe = await faces.probeBot(auth, secret, { timeoutMs: PROBE_MS })
  if (probe.state === 'known') return probe.name
  if (probe.state === 'refused') {
    throw new AuthError(
      'bad_secret',
      `Telegram does not know this token (${printable(probe.why)}): it was revoked, or a part of it is missing. Nothing was stored.`,
      { remedy: addCommand(accountId) },
    )
  }
  terminal.note(`Telegram could not be asked whether it knows the token (${printable(probe.why)}); it was kept.`)
  return undefined
}

async function remove(invocation: Invocation, channel: string, flags: RemoveFlags): Promise<void> {
  const { terminal } = invocation
  const { account: accountId } = flags
  const auth = await invocation.auth()
  const isThere = auth.home.config().channels.get(channel)?.includes(accountId) === true
  if (isThere && flags.yes !== true) {
    if (!terminal.isInteractive()) {
      throw new AuthError(
        'usage',
        `Removing ${channel} account ${accountId} needs --yes where nobody can be asked; nothing was changed.`,
        { remedy: `openclaw channels remove ${channel}${accountFlag(accountId)} --yes` },
      )
    }
    const question = `Remove ${channel} account ${accountId} from ${auth.home.layout.config}, with its token?`
    if (!(await terminal.confirm(question))) throw new AuthError('interrupted', 'Nothing was changed.')
  }
  const done = await removeChannel(auth, { channel, accountId })
  terminal.note('The bot itself stays at the vendor: BotFather revokes its token if it must stop working.')
  if (flags.json === true) return terminal.json({ ok: true, ...done })
  terminal.out(
    [`Removed ${channel} account ${accountId} from ${done.config}`, ...done.files.map((file) => `Gone: ${file}`)].join(
      '\n',
    ),
  )
}

async function letIn(invocation: Invocation, code: string | undefined, flags: PairFlags): Promise<void> {
  const { terminal, system } = invocation
  const auth = await invocation.auth()
  if (code === undefined) {
    const all = await pairings(auth)
    if (flags.json === true) return terminal.json({ accounts: all })
    return terminal.out(whoLines(all, system.now()).join('\n'))
  }
  const { channel, accountId, sender, where } = await pair(auth, { code, isOwner: flags.owner === true })
  const others = (await pairings(auth)).flatMap((one) => one.letIn).length > 1
  const isShared = others && auth.home.config().dmScope === 'main'
  if (flags.json === true) return terminal.json({ ok: true, channel, accountId, ...sender, where, isShared })
  terminal.out(
    `${personText(sender)} may speak to ${channel} account ${accountId}${sender.isOwner ? ', as the owner' : ''} (${where})`,
  )
  if (isShared) {
    terminal.note(
      'Everybody who was let in shares one conversation with you. To give each his own: openclaw config set session.dmScope per-account-channel-peer',
    )
  }
}

function whoLines(all: readonly Pairings[], now: number): string[] {
  const requests = all.flatMap(({ channel, accountId, requests: asked }) =>
    asked.map(
      (one) =>
        `- ${one.code}: ${personText(one)} at ${channel} account ${accountId}, for another ${formatRemaining(one.endsAt - now)}`,
    ),
  )
  const inside = all.flatMap(({ channel, accountId, letIn: people }) =>
    people.map((one) => `- ${personText(one)} at ${channel} account ${accountId}${one.isOwner ? ', owner' : ''}`),
  )
  return [
    'Who asks (openclaw channels pair <code> lets in):',
    ...(requests.length === 0 ? ['- nobody'] : requests),
    'Who was let in (openclaw channels unpair <id> takes it back):',
    ...(inside.length === 0 ? ['- nobody'] : inside),
  ].map((line) => printable(line, 1000))
}

function personText({ senderId, name }: { senderId: string; name: string }): string {
  return printable(name === '' ? senderId : `${senderId} (${name})`, 200)
}

async function shutOut(
  invocation: Invocation,
  senderId: string,
  flags: CommonFlags & { channel: string; account: string },
): Promise<void> {
  const { terminal } = invocation
  const auth = await invocation.auth()
  const where = await unpair(auth, { channel: flags.channel, accountId: flags.account, senderId })
  if (flags.json === true) {
    return terminal.json({ ok: true, channel: flags.channel, accountId: flags.account, senderId, where })
  }
  terminal.out(`${printable(senderId)} may no longer speak to ${flags.channel} account ${flags.account} (${where})`)
}
