// Enables or disables a plugin in the config. Runs nothing of it, so a plugin that stops every command can still be switched off.
import { AuthError } from '../core/errors.ts'
import { printable } from '../core/profile.ts'
import { type FoundPlugin, findPlugins } from '../providers/plugin-files.ts'
import { childObject } from '../store/document.ts'
import type { Home } from '../store/home.ts'

/**
 * @param to whether its code is run from now on
 * @returns whether anything changed
 * @throws AuthError usage: there is no such plugin, or it cannot be used as it lies there
 */
export async function switchPlugin(home: Home, id: string, to: boolean): Promise<boolean> {
  if (to) usable(await pluginNamed(home, id))
  else if (!home.config().plugins.enabled.includes(id)) await pluginNamed(home, id)
  let hasChanged = false
  await home.configStore.change((draft) => {
    const entry = childObject(childObject(childObject(draft, 'plugins'), 'entries'), id)
    hasChanged = (entry.enabled === true) !== to
    if (hasChanged) entry.enabled = to
  })
  return hasChanged
}

/** @throws AuthError usage, naming those there are */
export async function pluginNamed(home: Home, id: string): Promise<FoundPlugin> {
  const all = await findPlugins(home)
  const found = all.find((plugin) => plugin.id === id)
  if (found !== undefined) return found
  const known = all.length === 0 ? 'none' : all.map((plugin) => plugin.id).join(', ')
  throw new AuthError('usage', `There is no plugin "${printable(id, 64)}"; known: ${known}. Nothing was changed.`, {
    remedy: 'openclaw plugins list',
  })
}

function usable({ id, trouble }: FoundPlugin): void {
  if (trouble === undefined) return
  throw new AuthError('unsafe', `The plugin ${id} cannot be enabled: ${trouble}. Nothing was changed.`, {
    remedy: `openclaw plugins info ${id}`,
  })
}
