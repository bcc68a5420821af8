// Which provider somebody means who wants an account there; for one that is unknown, or whose plugin is off, what to do instead.

import { AuthError } from '../core/errors.ts'
import { guessProvider } from '../core/nearest.ts'
import { isOnline, loginMethods, type Provider } from '../providers/provider.ts'
import type { Auth } from './auth.ts'
import { checkedProvider } from './paste.ts'

/** @throws AuthError usage; unknown_provider, listing those that have a login of their own */
export async function providerNamed(auth: Auth, text: string): Promise<Provider> {
  const id = checkedProvider(text)
  const found = auth.registry.find(id, auth.home.config().providers.get(id))
  if (found !== undefined) return found
  const { pluginOffFor } = await import('../providers/plugin.ts')
  const plugin = await pluginOffFor(auth.home, id)
  if (plugin !== undefined) {
    throw new AuthError(
      'unknown_provider',
      `The provider "${id}" comes with the plugin ${plugin.id}, which is off. Nothing was changed.`,
      { remedy: `openclaw plugins enable ${plugin.id}` },
    )
  }
  const all = auth.registry.all()
  const online = all.filter((provider) => loginMethods(provider).some(isOnline)).map((provider) => provider.id)
  const keys = all.filter((provider) => !online.includes(provider.id)).map((provider) => provider.id)
  throw new AuthError(
    'unknown_provider',
    `There is no provider "${id}"${guessProvider(id, [...online, ...keys]) || '.'} With a login of their own: ${online.join(', ')}. With a key or a token: ${keys.join(', ')}. Nothing was changed.`,
    { remedy: 'openclaw models auth login --help' },
  )
}
