// What a WebSocket may ask for, in one table (D18), as the paths are in the table of routes: permissions, documentation and tests are made from it. What
// is not listed is closed.
import type { Scope } from './routes.ts'

export type MethodName =
  | 'connect'
  | 'health'
  | 'status'
  | 'page.code'
  | 'models.list'
  | 'models.authStatus'
  | 'models.explain'
  | 'usage.status'
  | 'sessions.list'
  | 'sessions.get'
  | 'sessions.patch'
  | 'sessions.reset'
  | 'sessions.delete'
  | 'chat.send'
  | 'chat.enclose'
  | 'chat.history'
  | 'chat.abort'
  | 'channels.status'
  | 'chat.commands'
  | 'auth.providers'
  | 'auth.paste'
  | 'auth.login.start'
  | 'auth.login.status'
  | 'auth.login.paste'
  | 'auth.login.cancel'
  | 'auth.order'
  | 'auth.pause'
  | 'auth.resume'
  | 'auth.reset'
  | 'auth.probe'
  | 'auth.remove'
  | 'auth.undo'
  | 'accounts.follow'
  | 'activity.follow'
  | 'activity.calls'
  | 'activity.chart'
  | 'activity.renewals'
  | 'activity.call'
  | 'settings.follow'
  | 'settings.set'
  | 'settings.model'
  | 'settings.fallback'
  | 'settings.alias'
  | 'settings.agent.add'
  | 'settings.agent.name'
  | 'settings.agent.default'
  | 'settings.agent.workspace'
  | 'settings.agent.plan'
  | 'settings.agent.delete'
  | 'settings.bind'
  | 'settings.unbind'
  | 'settings.rotate'
  | 'settings.undo'

/** `onlyHere`: whoever comes from beyond this machine is refused, whatever it holds. */
export type MethodRow = { name: MethodName; scope: Scope; onlyHere?: true; about: string }

export const METHODS: readonly MethodRow[] = [
  {
    name: 'connect',
    scope: 'public',
    about:
      'shows the token (or, with the cookie of the page, the anti-forgery token of its document); first of all and once',
  },
  { name: 'health', scope: 'read', about: 'alive, since when, what is under way' },
  {
    name: 'status',
    scope: 'read',
    about: 'version, address, files, agents, health; with a `salt` a fingerprint of each key variable',
  },
  { name: 'page.code', scope: 'admin', about: 'a code that lets one browser into the page, once, within ten minutes' },
  { name: 'models.list', scope: 'read', about: 'models that can be asked for' },
  { name: 'models.authStatus', scope: 'read', about: 'the report of `openclaw models status --json`' },
  { name: 'models.explain', scope: 'read', about: 'which account the next turn takes, and why not the others' },
  {
    name: 'usage.status',
    scope: 'read',
    about: 'how much of its limits each account has used, as its vendor said last',
  },
  {
    name: 'sessions.list',
    scope: 'read',
    about: 'conversations of an agent, newest first, and how many stay with which account',
  },
  { name: 'sessions.get', scope: 'read', about: 'one conversation' },
  {
    name: 'sessions.patch',
    scope: 'chat',
    about: 'model or pinned profile (`<id>?`: may step aside) of a conversation; null resets',
  },
  {
    name: 'sessions.reset',
    scope: 'chat',
    about: 'a new conversation under the same key; the old transcript stays on disk',
  },
  { name: 'sessions.delete', scope: 'chat', about: 'forgets a conversation and deletes its transcript' },
  { name: 'chat.send', scope: 'chat', about: 'starts a turn, or carries out a slash command; events follow' },
  {
    name: 'chat.enclose',
    scope: 'chat',
    about:
      'a piece of a picture or a file (`id`, `mediaType`, `data` in base64; `message` is one word for all of one message), which a later `chat.send` of this connection shows',
  },
  {
    name: 'chat.history',
    scope: 'chat',
    about: 'what was said and shown (`/shown/*`); events of this conversation follow from then on',
  },
  { name: 'chat.abort', scope: 'chat', about: 'stops the turn that is under way' },
  {
    name: 'channels.status',
    scope: 'read',
    about: 'the accounts of chat channels: whether each is heard, and what is wrong',
  },
  { name: 'chat.commands', scope: 'read', about: 'the slash commands, each with what it does' },
  { name: 'auth.providers', scope: 'read', about: 'for which providers an account can be added, and how' },
  account('auth.paste', 'keeps a pasted key or token; the answer names the profile'),
  account('auth.login.start', 'begins a login at a vendor: the address to open, or the code to type; events follow'),
  account('auth.login.status', 'logins under way, and how the last ones ended'),
  account('auth.login.paste', 'the address at which the browser ended; a code alone is not taken'),
  account('auth.login.cancel', 'ends a login; nothing is stored'),
  account('auth.order', "sets the agent's order of accounts of a provider, or clears it without `ids`"),
  account('auth.pause', 'sets an account aside, until a moment or until it is resumed'),
  account('auth.resume', 'takes a paused account back into use'),
  account('auth.reset', 'clears what is held against an account: its rests and its failures'),
  account(
    'auth.probe',
    'tries one account, or those of a provider, with a tiny call each; health stays as it is; whoever asks hears `auth.probed` of each as it is done',
  ),
  account('auth.remove', 'removes an account; what it answers takes it back'),
  account('auth.undo', 'takes back a change of the accounts, by the `id` that the change was answered with'),
  {
    name: 'accounts.follow',
    scope: 'read',
    about:
      'every account of an agent with its state, its limits and why; an event `accounts` follows each change, and `accounts.failed` when it cannot be told any more',
  },
  {
    name: 'activity.follow',
    scope: 'read',
    about:
      'the last calls, what became of accounts, and the last hour; whoever follows the accounts hears an event `activity` with what is new',
  },
  {
    name: 'activity.calls',
    scope: 'read',
    about: 'calls before a moment (`before`), or behind one of that moment (`beforeCall`), newest first',
  },
  { name: 'activity.chart', scope: 'read', about: 'calls, tokens and costs of the last `hour` or `day`, by account' },
  { name: 'activity.renewals', scope: 'read', about: 'the last renewals of logins' },
  { name: 'activity.call', scope: 'read', about: 'one call with every attempt, and how the candidates stood at each' },
  {
    name: 'settings.follow',
    scope: 'read',
    about:
      'what openclaw.json says, with the `version` that changes build on; of secrets only where one is set; an event `settings` follows each change of the file, by whomever',
  },
  setting('settings.set', 'sets one listed value at a `path`, or takes it out where `value` is null'),
  setting('settings.model', 'chooses the first `model` or `imageModel`, of all agents or of one'),
  setting('settings.fallback', 'adds or removes one fallback, or clears them'),
  setting('settings.alias', 'gives a model a short name, or takes the name away without `ref`'),
  setting('settings.agent.add', 'adds an agent, with accounts of its own or those of another one'),
  setting('settings.agent.name', 'how an agent calls itself'),
  setting('settings.agent.default', 'makes an agent the one that is meant when none is named'),
  setting('settings.agent.workspace', 'the folder in which an agent works; the usual one where `workspace` is null'),
  setting('settings.agent.plan', 'what would be moved to the trash, and what would stay, if an agent were deleted'),
  setting('settings.agent.delete', 'moves an agent to the trash and takes it out of the file'),
  setting('settings.bind', 'lets an agent answer a channel, an account of it or one chat'),
  setting('settings.unbind', 'takes that away'),
  setting('settings.rotate', 'makes a new token; only the page that asks stays in, and nobody is shown it'),
  setting('settings.undo', 'puts the file back as it was before a change, unless it was changed since'),
]

/** A change to the accounts: a secret travels in it, or a login of this machine. */
function account(name: MethodName, about: string): MethodRow {
  return { name, scope: 'accounts', onlyHere: true, about }
}

/** A change of openclaw.json; each names the `version` that it builds on. */
function setting(name: MethodName, about: string): MethodRow {
  return { name, scope: 'settings', onlyHere: true, about }
}

const BY_NAME: ReadonlyMap<string, MethodRow> = new Map(METHODS.map((row) => [row.name, row]))

/** The row of a method. */
export function findMethod(name: string): MethodRow | undefined {
  return BY_NAME.get(name)
}
