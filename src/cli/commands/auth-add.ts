// `models auth add`: a credential asked for step by step, for whoever does not know the flags. The secret is asked for last, hidden;
// nothing is written before all of it is known.
import type { Command } from 'commander'
import type { Auth } from '../../auth/auth.ts'
import { agentFlag, ownStore } from '../../auth/own-store.ts'
import { checkedProvider, paste } from '../../auth/paste.ts'
import { modelRefIn, modelsOf } from '../../core/config.ts'
import { AuthError } from '../../core/errors.ts'
import { parseDuration } from '../../core/expiry.ts'
import { complaintAboutProfileId, profileId } from '../../core/profile.ts'
import { Secret } from '../../core/secret.ts'
import type { ProfileBook } from '../../store/profiles.ts'
import { examples } from '../examples.ts'
import type { CommonFlags, Invocation } from '../invocation.ts'
import { columns, type Terminal } from '../terminal.ts'
import { POLICY, secretQuestion, tell } from './auth-paste.ts'

type Kind = 'api_key' | 'token'

/** `add`. */
export function defineAdding(parent: Command, invocation: () => Invocation): void {
  parent
    .command('add')
    .description('keep a credential, asked for step by step')
    .option('--json', 'what was done, as JSON')
    .addHelpText(
      'after',
      examples([
        ['openclaw models auth add', 'asks; needs a terminal'],
        ['openclaw models auth add --agent work', 'for another agent'],
      ]),
    )
    .action((_flags: unknown, self: Command) => add(invocation(), self.optsWithGlobals<CommonFlags>()))
}

async function add(invocation: Invocation, flags: CommonFlags): Promise<void> {
  const { terminal } = invocation
  const { auth, agentId } = await invocation.agent(flags)
  // Nobody is asked for a secret that is not taken then.
  ownStore(auth.home, agentId, (flag) => `openclaw models auth add${flag}`)
  if (!terminal.isInteractive()) {
    throw new AuthError(
      'usage',
      'models auth add asks questions and needs a terminal; nothing was stored. In a script use paste-api-key or paste-token, which read the secret from a pipe.',
      {
        remedy: `openclaw models auth paste-api-key --provider ${defaultProvider(auth, agentId)}${agentFlag(auth, agentId)}`,
      },
    )
  }
  const providerId = await askProvider(terminal, auth, agentId)
  const provider = auth.registry.find(providerId, auth.home.config().providers.get(providerId))
  const kind = await askKind(terminal, providerId)
  if (kind === 'token' && providerId === 'anthropic') terminal.note(POLICY)
  const id = await askId(terminal, await auth.home.agent(agentId).book(), providerId, kind)
  const expiresInMs = kind === 'token' ? await askExpiry(terminal) : undefined
  const text = await terminal.askSecret(secretQuestion(kind, providerId, provider))
  const done = await paste(auth, {
    agentId,
    provider: providerId,
    kind,
    text,
    profileId: id,
    ...(expiresInMs === undefined ? {} : { expiresInMs }),
  })
  tell(invocation, agentId, done, flags.json === true)
}

/** The provider of the agent's default model: the one that is probably meant. */
function defaultProvider(auth: Auth, agentId: string): string {
  const config = auth.home.config()
  return modelRefIn(config, agentId, modelsOf(config, agentId).primary).provider
}

/** Four to a line: an ordinary screen has room for all of them. */
const ABREAST = 4

async function askProvider(terminal: Terminal, auth: Auth, agentId: string): Promise<string> {
  const config = auth.home.config()
  const all = [...new Set([...auth.registry.all().map(({ id }) => id), ...config.providers.keys()])].sort()
  const cells = all.map((id, at) => `${String(at + 1).padStart(2)} ${id}`)
  const rows = cells.flatMap((_, at) => (at % ABREAST === 0 ? [cells.slice(at, at + ABREAST)] : []))
  terminal.note(`Whose credential is it?\n${columns(rows).join('\n')}`)
  const usual = defaultProvider(auth, agentId)
  for (;;) {
    const typed = await terminal.ask('Provider, by number or name', usual)
    if (/^\d+$/.test(typed)) {
      const numbered = all[Number(typed) - 1]
      if (numbered !== undefined) return numbered
      terminal.note(`There are ${all.length}.`)
    } else if (looksSecret(typed)) {
      terminal.note('That looks like a secret, which is asked for later.')
    } else {
      try {
        const id = checkedProvider(typed)
        const isKnown = auth.registry.find(id, config.providers.get(id)) !== undefined
        if (isKnown || (await keepsAnyway(terminal, id))) return id
      } catch (error) {
        again(terminal, error)
      }
    }
  }
}

function keepsAnyway(terminal: Terminal, id: string): Promise<boolean> {
  return terminal.confirm(`No provider ${id} is known. Keep a credential for it until it is configured?`)
}

/** A wrong answer is explained, and the question asked again; anything else ends it. */
function again(terminal: Terminal, error: unknown): void {
  if (!(error instanceof AuthError) || error.code !== 'usage') throw error
  terminal.note(error.message)
}

async function askKind(terminal: Terminal, providerId: string): Promise<Kind> {
  const token = providerId === 'anthropic' ? 'token, such as `claude setup-token` prints' : 'token'
  for (;;) {
    const typed = (await terminal.ask(`1 API key, 2 ${token}`, '1')).toLowerCase()
    if (['1', 'key', 'api key', 'api-key', 'api_key'].includes(typed)) return 'api_key'
    if (['2', 'token', 'setup-token'].includes(typed)) return 'token'
    terminal.note('It is 1 or 2.')
  }
}

async function askId(terminal: Terminal, book: ProfileBook, providerId: string, kind: Kind): Promise<string> {
  const usual = freeId(book, providerId)
  for (;;) {
    const typed = await terminal.ask('Name of the profile', usual)
    const id = typed.includes(':') ? typed : profileId(providerId, typed)
    const complaint = looksSecret(id)
      ? 'that looks like a secret, which is asked for later'
      : complaintAboutProfileId(id, providerId)
    const there = book.profiles.find((profile) => profile.id === id)
    if (complaint !== undefined) terminal.note(`Another name, please: ${complaint}.`)
    else if (book.foreign.some((entry) => entry.id === id) || (there !== undefined && there.credential.kind !== kind)) {
      terminal.note(`${id} holds another kind of credential; another name, please.`)
    } else if (there === undefined || (await terminal.confirm(`${id} exists. Replace its credential?`))) return id
  }
}

/** The first name that nothing has: what is there is not replaced unless a person says so. */
function freeId(book: ProfileBook, providerId: string): string {
  const taken = new Set([...book.profiles, ...book.foreign].map(({ id }) => id))
  for (const name of ['default', 'manual']) {
    if (!taken.has(profileId(providerId, name))) return profileId(providerId, name)
  }
  let number = 2
  while (taken.has(profileId(providerId, String(number)))) number++
  return profileId(providerId, String(number))
}

/** The mask keeps the prefix by which a vendor marks its secrets. */
function looksSecret(id: string): boolean {
  const mask = new Secret(id.slice(id.indexOf(':') + 1)).mask()
  return mask !== '****' && !mask.startsWith('…')
}

const USUAL_LIFE = '365d'

async function askExpiry(terminal: Terminal): Promise<number | undefined> {
  if (!(await terminal.confirm('Does it end by itself?'))) return undefined
  for (;;) {
    const typed = await terminal.ask('After how long (365d, 12h, 30m)', USUAL_LIFE)
    const ms = parseDuration(typed)
    if (ms !== undefined) return ms
    terminal.note('A length is a number and ms, s, m, h or d: 365d, 12h, 30m.')
  }
}
