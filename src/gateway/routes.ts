// Every path of the gateway, in one table (D18): router, guard, documentation and tests are made from it. What is not listed is closed; what a
// WebSocket may ask for stands in the table of methods.
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
  | 'shown'
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
  get(
    '/shown/*',
    'chat',
    'shown',
    'what was shown in a conversation, `/shown/<agent>/<session id>/<sha256>/<media type>`: PNG, JPEG, GIF and WebP as such, anything else to be saved',
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

const BY_PATH = new Map<string, HttpRoute[]>()
for (const route of HTTP_ROUTES) BY_PATH.set(route.path, [...(BY_PATH.get(route.path) ?? []), route])
/** Paths that end in `/*`, without the star. */
const FOLDERS = [...BY_PATH.keys()].filter((path) => path.endsWith('/*')).map((path) => path.slice(0, -1))

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
