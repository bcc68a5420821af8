// Every door of the gateway, in one table (D18): router, guard, documentation and tests are made from it. What is not listed is closed.
import { LIMITS } from './limits.ts'

/** What a caller must hold. `public` needs nothing. */
export type Scope = 'public' | 'read' | 'call' | 'chat' | 'accounts' | 'settings' | 'admin'

/** The dialect in which a route says no. */
export type Dialect = 'anthropic' | 'openai' | 'google' | 'own'

export type HandlerKey =
  | 'health'
  | 'ready'
  | 'metrics'
  | 'login'
  | 'logout'
  | 'page'
  | 'docs'
  | 'messages'
  | 'count_tokens'
  | 'chat_completions'
  | 'responses'
  | 'generate_content'
  | 'models'

export type HttpRoute = {
  method: 'GET' | 'POST'
  /** With `/*` at its end, every path below. */
  path: string
  scope: Scope
  /** The longest body; 0 for none. */
  bodyBytes: number
  handler: HandlerKey
  dialect: Dialect
  about: string
}

const { callBytes, preAuthBytes } = LIMITS

export const HTTP_ROUTES: readonly HttpRoute[] = [
  get('/health', 'public', 'health', 'alive, and nothing else'),
  get('/healthz', 'public', 'health', 'the same'),
  get('/ready', 'public', 'ready', 'whether it can serve; what is missing is told to holders of `read` only'),
  get('/metrics', 'read', 'metrics', 'counters in the Prometheus text format'),
  get(
    '/',
    'public',
    'page',
    'the page; with the report and an anti-forgery token for who has its cookie, with nothing for others; also a WebSocket door',
  ),
  get('/page/*', 'public', 'page', 'its scripts and its style, by names that change with what they hold'),
  get('/docs', 'public', 'docs', 'the documentation, which holds no secret'),
  get(
    '/docs/*',
    'public',
    'docs',
    'its pages, by topic: `/docs/oauth`, `/docs/ko/oauth`, `/docs/concepts/oauth`; with `.json` as data, `/docs/ko.json` lists them',
  ),
  {
    method: 'POST',
    path: '/login',
    scope: 'public',
    bodyBytes: preAuthBytes,
    handler: 'login',
    dialect: 'own',
    about: "exchanges a one-use code, or the token, for the page's cookie",
  },
  {
    method: 'POST',
    path: '/logout',
    scope: 'public',
    bodyBytes: 0,
    handler: 'logout',
    dialect: 'own',
    about:
      "ends the session of the page's cookie, and closes its sockets; needs the anti-forgery token of its document",
  },
  call('/v1/messages', 'messages', 'anthropic', 'Anthropic Messages'),
  call('/v1/messages/count_tokens', 'count_tokens', 'anthropic', 'Anthropic token counting'),
  call('/v1/chat/completions', 'chat_completions', 'openai', 'OpenAI Chat Completions'),
  call('/v1/responses', 'responses', 'openai', 'OpenAI Responses'),
  call(
    '/v1beta/models/*',
    'generate_content',
    'google',
    "Google's `<model>:generateContent`, `<model>:streamGenerateContent?alt=sse` and `<model>:countTokens`",
  ),
  models('/v1beta/models', 'google', "models that can be asked for, in Google's shape"),
  models('/v1beta/models/*', 'google', "one of them, in Google's shape"),
  models(
    '/v1/models',
    'openai',
    "models that can be asked for, in OpenAI's shape, or Anthropic's when the request names an anthropic-version",
  ),
]

function get(path: string, scope: Scope, handler: HandlerKey, about: string): HttpRoute {
  return { method: 'GET', path, scope, bodyBytes: 0, handler, dialect: 'own', about }
}

function models(path: string, dialect: Dialect, about: string): HttpRoute {
  return { method: 'GET', path, scope: 'call', bodyBytes: 0, handler: 'models', dialect, about }
}

function call(path: string, handler: HandlerKey, dialect: Dialect, about: string): HttpRoute {
  return { method: 'POST', path, scope: 'call', bodyBytes: callBytes, handler, dialect, about }
}

/** Paths at which a WebSocket may be opened; what it may do is decided by `connect`. */
export const SOCKET_PATHS: ReadonlySet<string> = new Set(['/', '/ws'])

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
  { name: 'sessions.list', scope: 'read', about: 'conversations of an agent, newest first' },
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
      'a piece of a picture or a file (`id`, `mediaType`, `data` in base64), which a later `chat.send` of this connection shows',
  },
  { name: 'chat.history', scope: 'chat', about: 'what was said; events of this conversation follow from then on' },
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
  { name: 'activity.calls', scope: 'read', about: 'calls before a moment, newest first' },
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

const BY_PATH = new Map<string, HttpRoute[]>()
for (const route of HTTP_ROUTES) BY_PATH.set(route.path, [...(BY_PATH.get(route.path) ?? []), route])
/** Paths that end in `/*`, without the star. */
const FOLDERS = [...BY_PATH.keys()].filter((path) => path.endsWith('/*')).map((path) => path.slice(0, -1))
const BY_NAME: ReadonlyMap<string, MethodRow> = new Map(METHODS.map((row) => [row.name, row]))

/** The route of a request; the methods that the path has, when it is not this one; undefined for a path that does not exist. */
export function findRoute(method: string, path: string): HttpRoute | readonly string[] | undefined {
  const routes = BY_PATH.get(path) ?? below(path)
  if (routes === undefined) return undefined
  for (const route of routes) if (route.method === method) return route
  return routes.map((route) => route.method)
}

function below(path: string): HttpRoute[] | undefined {
  for (const folder of FOLDERS) if (path.startsWith(folder)) return BY_PATH.get(`${folder}*`)
  return undefined
}

/** Whether this very text is a path of the table. */
export function isListedPath(path: string): boolean {
  return BY_PATH.has(path)
}

/** The row of a WebSocket method. */
export function findMethod(name: string): MethodRow | undefined {
  return BY_NAME.get(name)
}
