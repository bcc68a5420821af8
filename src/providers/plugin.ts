// Runs the plugins that the config enables, and takes their providers in. One that is broken is told of and left out; all else goes on.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Finding } from '../core/finding.ts'
import { isPluginId } from '../core/plugin-manifest.ts'
import { printable } from '../core/profile.ts'
import type { Home } from '../store/home.ts'
import { importModule } from '../system/import-module.ts'
import type { System } from '../system/system.ts'
import { complaintAboutList, complaintAboutProvider, providersIn } from './plugin-check.ts'
import { type FoundPlugin, findPlugins } from './plugin-files.ts'
import { guarded } from './plugin-guard.ts'
import type { Provider } from './provider.ts'

export type LoadedPlugins = {
  /** Those that were run, or could not be. */
  plugins: readonly FoundPlugin[]
  providers: readonly Provider[]
  findings: readonly Finding[]
}

const NONE: LoadedPlugins = { plugins: [], providers: [], findings: [] }
/** For a module to load, ms: it defines things, and asks nobody. */
const LOAD_MS = 5000

/**
 * Nothing is looked for, and nothing run, unless the config enables a plugin.
 * @param taken ids of the providers that exist already
 */
export async function loadPlugins(home: Home, taken: ReadonlySet<string>): Promise<LoadedPlugins> {
  const { enabled } = home.config().plugins
  if (enabled.length === 0) return NONE
  const found = new Map((await findPlugins(home, new Set(enabled))).map((plugin) => [plugin.id, plugin]))
  const ids = new Set(taken)
  const providers: Provider[] = []
  const findings: Finding[] = []
  for (const id of enabled) {
    const plugin = found.get(id)
    if (plugin === undefined) {
      findings.push(missing(home, id))
      continue
    }
    const loaded = await load(home.system, plugin, ids)
    if ('trouble' in loaded) {
      findings.push(broken({ ...plugin, trouble: loaded.trouble }))
      continue
    }
    for (const provider of loaded.providers) ids.add(provider.id)
    providers.push(...loaded.providers)
  }
  return { plugins: [...found.values()], providers, findings }
}

type Loaded = { providers: Provider[] } | { trouble: string }

async function load(
  system: System,
  { id, folder, manifest, trouble }: FoundPlugin,
  taken: ReadonlySet<string>,
): Promise<Loaded> {
  if (manifest === undefined) return { trouble: trouble ?? 'it has no manifest' }
  try {
    const providers = await within(system, async () => {
      const module = await importModule(pathToFileURL(join(folder, manifest.main)).href)
      return providersIn(isRecord(module) ? module.default : undefined)
    })
    if (providers === undefined) return { trouble: 'its default export gives no list of providers' }
    for (const provider of providers) {
      const complaint = complaintAboutProvider(provider)
      if (complaint !== undefined) return { trouble: `its provider ${nameOf(provider)}: ${complaint}` }
    }
    const complaint = complaintAboutList(providers, manifest, taken)
    if (complaint !== undefined) return { trouble: complaint }
    return { providers: providers.map((provider) => guarded(id, provider)) }
  } catch (error) {
    const why = error instanceof Error ? error.message : 'something that is no error'
    return { trouble: `it threw: ${printable(why, 200)}` }
  }
}

/** A module that waits for something that never comes must not keep every command waiting. */
async function within<T>(system: System, work: () => Promise<T>): Promise<T> {
  const over = new AbortController()
  const late = system.sleep(LOAD_MS, over.signal).then(() => {
    throw new Error(`it did not load within ${LOAD_MS / 1000} seconds`)
  })
  const settled = late.catch(() => undefined)
  try {
    return await Promise.race([work(), late])
  } finally {
    over.abort()
    await settled
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function nameOf(provider: unknown): string {
  const id = isRecord(provider) ? provider.id : undefined
  return typeof id === 'string' ? printable(id, 40) : 'without an id'
}

/** What doctor and every command say of a plugin that cannot be used. */
export function broken({ id, folder, trouble = 'nobody knows why' }: FoundPlugin): Finding {
  return {
    code: 'broken_plugin',
    severity: 'error',
    file: folder,
    message: `The plugin ${id} is not used: ${trouble} (${folder}).`,
    remedy: `openclaw plugins disable ${isPluginId(id) ? id : `'${id.replaceAll("'", '')}'`}`,
  }
}

/** Configs of the reference enable plugins of other kinds, which are no business of ours. */
function missing(home: Home, id: string): Finding {
  return {
    code: 'missing_plugin',
    severity: 'note',
    file: home.configStore.where(),
    message: `The config enables the plugin ${printable(id, 64)}, which is not here.`,
    remedy: 'openclaw plugins list',
  }
}

/** The plugin that would bring the provider, if somebody enabled it. */
export async function pluginOffFor(home: Home, providerId: string): Promise<FoundPlugin | undefined> {
  const { enabled } = home.config().plugins
  const all = await findPlugins(home)
  return all.find(({ id, manifest }) => !enabled.includes(id) && manifest?.providers.includes(providerId) === true)
}
