// What a WebSocket client may do about accounts: see for which providers one can be added, paste a secret, log in at a vendor.
import type { Auth } from '../auth/auth.ts'
import { methodNamed } from '../auth/login.ts'
import { paste } from '../auth/paste.ts'
import { providerNamed } from '../auth/provider-named.ts'
import { AuthError } from '../core/errors.ts'
import type { Added, ProviderChoice } from '../core/protocol.ts'
import { isOnline, type LoginMethod, loginMethods } from '../providers/provider.ts'
import { addedOf } from './login-frames.ts'
import type { LoginWish } from './logins.ts'
import type { MethodName } from './method-table.ts'
import type { MethodHandler } from './methods.ts'
import { optionalText, type Params, text } from './params.ts'

const MAX_ID = 128
/** A secret as people copy it, or the address at which a browser ended. */
const MAX_PASTE = 64 * 1024

type AccountMethod = Extract<MethodName, 'auth.providers' | 'auth.paste' | `auth.login.${string}`>

export const ACCOUNT_HANDLERS: Readonly<Record<AccountMethod, MethodHandler>> = {
  'auth.providers': ({ house }) => ({ providers: choices(house.auth) }),
  'auth.paste': async ({ house, params }) => ({ added: await pasteSecret(house.auth, params) }),
  'auth.login.start': async ({ house, logins, params }) => ({ login: await logins.start(wishIn(house.auth, params)) }),
  'auth.login.status': ({ logins }) => ({ logins: logins.all() }),
  'auth.login.paste': ({ logins, params }) => {
    logins.paste(text(params, 'id', MAX_ID), text(params, 'text', MAX_PASTE))
    return { taken: true }
  },
  'auth.login.cancel': async ({ logins, params }) => ({ login: await logins.cancel(text(params, 'id', MAX_ID)) }),
}

function wishIn({ home }: Auth, params: Params): LoginWish {
  const method = optionalText(params, 'method', MAX_ID)
  const profileId = optionalText(params, 'profileId', MAX_ID)
  return {
    agentId: home.pickAgent(optionalText(params, 'agentId', MAX_ID)),
    provider: text(params, 'provider', MAX_ID),
    ...(method === undefined ? {} : { method }),
    ...(profileId === undefined ? {} : { profileId }),
  }
}

/** Those that are known, and those that only the config names. */
function choices({ registry, home }: Auth): ProviderChoice[] {
  const kindOf = (method: LoginMethod): 'secret' | 'browser' | 'device' => {
    if (!isOnline(method)) return 'secret'
    return method.kind === 'device' ? 'device' : 'browser'
  }
  const named = [...home.config().providers].map(([id, settings]) => registry.find(id, settings))
  const all = new Set([...registry.all(), ...named.filter((provider) => provider !== undefined)])
  return [...all].map((provider) => ({
    id: provider.id,
    label: provider.label,
    ...(provider.keyHint === undefined ? {} : { keyHint: provider.keyHint }),
    methods: loginMethods(provider).map((method) => {
      const hint = isOnline(method)
        ? undefined
        : (method.hint ?? (method.kind === 'key' ? provider.keyHint : undefined))
      const begins = hint === undefined ? {} : { begins: hint.slice(0, hint.indexOf('…')) }
      return { id: method.id, label: method.label, kind: kindOf(method), ...begins }
    }),
  }))
}

/** Without an id of its own it is added beside what is there: a page that adds takes nothing away. */
async function pasteSecret(auth: Auth, params: Params): Promise<Added> {
  const { agentId, provider: named, method: name, profileId } = wishIn(auth, params)
  const provider = await providerNamed(auth, named)
  const method = name === undefined ? loginMethods(provider).find((one) => !isOnline(one)) : methodNamed(provider, name)
  if (method === undefined || isOnline(method)) {
    throw new AuthError('usage', `${provider.label} takes a login there, not a pasted secret. Nothing was stored.`, {
      remedy: `openclaw models auth login --provider ${provider.id}`,
    })
  }
  const kept = await paste(auth, {
    agentId,
    provider: provider.id,
    kind: method.door === 'paste-api-key' ? 'api_key' : 'token',
    text: text(params, 'secret', MAX_PASTE),
    ...(profileId === undefined ? { beside: true as const } : { profileId }),
    ...(method.door === 'setup-token' ? { toFront: true as const } : {}),
  })
  return addedOf(agentId, kept)
}
