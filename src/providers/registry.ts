// The providers that exist, by id. Built once, with those of enabled plugins (plugin.ts).
import type { ProviderSettings } from '../core/config.ts'
import { normaliseProvider } from '../core/model-ref.ts'
import { anthropic } from './anthropic.ts'
import { codex } from './codex.ts'
import { compatibleProvider, compatibleProviders } from './compatible.ts'
import { google, googleAt, googleLike } from './google.ts'
import type { Provider } from './provider.ts'

export type Registry = {
  get(id: string): Provider | undefined
  /** Like get; a vendor that exists only in the config (`models.providers.<id>` with a base URL) is made from its `api`. */
  find(id: string, settings: ProviderSettings | undefined): Provider | undefined
  all(): readonly Provider[]
}

/**
 * @param extra providers of plugins; an id that exists already is refused
 */
export function createRegistry(extra: readonly Provider[] = []): Registry {
  const byId = new Map<string, Provider>()
  for (const provider of [anthropic, ...compatibleProviders, google, codex, ...extra]) {
    if (byId.has(provider.id)) throw new Error(`two providers are called ${provider.id}`)
    byId.set(provider.id, provider)
  }
  const custom = new Map<string, Provider>()
  return {
    get: (id) => byId.get(normaliseProvider(id)),
    all: () => [...byId.values()],
    find: (id, settings) => {
      const known = id === google.id ? googleAt(settings) : byId.get(id)
      if (known !== undefined || settings?.baseUrl === undefined) return known
      const key = `${id} ${settings.api ?? ''} ${settings.baseUrl}`
      const made = custom.get(key) ?? customProvider(id, settings.baseUrl, settings.api)
      custom.set(key, made)
      return made
    },
  }
}

function customProvider(id: string, baseUrl: string, api: string | undefined): Provider {
  if (api === 'anthropic-messages') return { ...anthropic, id, label: id, baseUrl, env: [], complain: () => undefined }
  const likeGoogle = googleLike(id, baseUrl, api)
  if (likeGoogle !== undefined) return likeGoogle
  return compatibleProvider({
    id,
    label: id,
    baseUrl,
    env: [],
    needsNoSecret: true,
    ...(api === 'openai-responses' ? { responses: true } : {}),
  })
}
