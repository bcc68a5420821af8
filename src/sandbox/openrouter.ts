// OpenRouter's login, played: PKCE without a client or a state of its own, whose code becomes an API key. Calls to models are at openai's.
import { type Call, head, json, refuse } from './call.ts'
import type { Reply } from './delivery.ts'
import { asText } from './json.ts'
import { choices, page } from './login-page.ts'
import { isIssued, word } from './logins.ts'
import { openai } from './openai.ts'
import type { Vendor } from './vendor.ts'

const CLIENT = 'openrouter'

function authorize(call: Call): Reply {
  const asked = new URLSearchParams(call.query)
  const callback = asked.get('callback_url') ?? ''
  const challenge = asked.get('code_challenge') ?? ''
  const isFine = URL.canParse(callback) && asked.get('code_challenge_method') === 'S256' && challenge.length === 43
  if (!isFine) return page(call, 400, 'Sandbox: callback_url, or PKCE with S256, is missing.', [])
  const { logins } = call.stage
  const as = asked.get('as')
  if (as === null) return page(call, 200, 'Sandbox: who logs in?', choices(call, logins))
  const login = logins.find(as)
  if (login === undefined) return page(call, 200, 'Sandbox: no key was made.', [])
  const back = new URL(callback)
  back.searchParams.set('code', logins.authorise(login, { clientId: CLIENT, redirectUri: '', challenge, scope: '' }))
  return { status: 302, headers: [...head(call), 'location', back.href, 'cache-control', 'no-store'], body: '' }
}

function keys(call: Call): Reply {
  const { code, code_verifier: verifier, code_challenge_method: method } = call.parsed ?? {}
  if (method !== 'S256') return refuse(call, openrouter.refusalFor(400))
  const shown = { clientId: CLIENT, redirectUri: '', verifier: asText(verifier) ?? '' }
  const outcome = call.stage.logins.redeemCode(asText(code) ?? '', shown)
  if (!isIssued(outcome)) return refuse(call, openrouter.refusalFor(403))
  const login = call.stage.logins.bearer(outcome.access)
  const key = `sk-or-v1-${Buffer.from(word(32)).toString('hex')}`
  return { status: 200, headers: json(call), body: JSON.stringify({ key, user_id: login?.userId }) }
}

function serve(call: Call): Reply | undefined {
  const asked = `${call.method} ${call.path}`
  if (asked === 'GET /auth') return authorize(call)
  return asked === 'POST /api/v1/auth/keys' ? keys(call) : undefined
}

export const openrouter: Vendor = {
  ...openai,
  name: 'openrouter',
  prefix: '/openrouter',
  models: [],
  dialects: new Map(),
  serve,
}
