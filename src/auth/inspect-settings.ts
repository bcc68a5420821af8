// The settings as they are: what openclaw.json says, what is in force, and where a secret is set. Only looks, and shows no secret.

import { MAIN_AGENT } from '../core/agent-id.ts'
import { bindingIn, describeMatch, unbindCommand } from '../core/binding.ts'
import { agentIds, modelsOf } from '../core/config.ts'
import { masked, secretPlaces } from '../core/config-keys.ts'
import { type ConfigPath, formatPath, valueAt } from '../core/config-path.ts'
import { AuthError } from '../core/errors.ts'
import { ownerOf } from '../core/inherit.ts'
import type { ErrorBody } from '../core/protocol.ts'
import {
  type SettingsAgent,
  type SettingsBinding,
  type SettingsChain,
  type SettingsModel,
  type SettingsReport,
  settingsFields,
} from '../core/settings.ts'
import { isObject, type JsonObject } from '../store/document.ts'
import type { Home } from '../store/home.ts'
import type { Auth } from './auth.ts'
import { configVersion } from './edit-config.ts'
import { listAgents } from './list-agents.ts'

/** All but what the running gateway alone knows. A file that cannot be read or is not valid is told of; what was in force before it goes on. */
export async function inspectSettings({ home }: Auth): Promise<Omit<SettingsReport, 'gateway'>> {
  const { configStore, system } = home
  // The version first: what changes behind it makes a change on this report fail, and not the other way round.
  const text = await configStore.text()
  let problem: ErrorBody | undefined
  let written: JsonObject = {}
  try {
    written = (await configStore.raw()) ?? {}
    await home.reload()
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    problem = error.toJSON()
  }
  const scrub = (one: string): string => system.log.scrub(one)
  const shown = masked(written, [], { scrub }) as JsonObject
  const config = home.config()
  return {
    at: system.now(),
    file: {
      path: configStore.where(),
      version: configVersion(system, text),
      isThere: text !== undefined,
      ...(problem === undefined ? {} : { problem }),
    },
    agents: await agentsIn(home, shown),
    bindings: bindingsIn(shown),
    channels: [...config.channels].map(([name, accounts]) => ({ name, accounts })),
    model: chainIn(shown, 'model'),
    image: chainIn(shown, 'imageModel'),
    defaultModel: scrub(config.model.primary),
    models: modelsIn(shown),
    fields: settingsFields((path) => valueAt(shown, path)),
    secrets: secretPlaces(written).map(({ path, variable }) => ({
      path: scrub(formatPath(path)),
      ...(variable === undefined ? {} : { variable }),
    })),
  }
}

async function agentsIn(home: Home, shown: JsonObject): Promise<SettingsAgent[]> {
  const config = home.config()
  const scrub = (one: string): string => home.system.log.scrub(one)
  const list = listIn(shown, ['agents', 'list'])
  const summaries = new Map(listAgents(home, { bindings: false }).map((one) => [one.id, one]))
  return Promise.all(
    agentIds(config).map(async (id) => {
      const at = list.findIndex((entry) => isObject(entry) && entry.id === id)
      const own = valueAt(list[at], ['model'])
      const ownWorkspace = valueAt(list[at], ['workspace'])
      const owner = ownerOf(config, id)
      const { identityName, name = identityName, isDefault = false } = summaries.get(id) ?? {}
      const heirs = config.agents.some(({ inherit }) => inherit === id)
      return {
        id,
        at: at < 0 ? null : at,
        // What a variable stands for has taken its place here.
        ...(name === undefined ? {} : { name: scrub(identityName ?? name) }),
        model: scrub(modelsOf(config, id).primary),
        isOwnModel: modelsOf(config, id).fromAgent.primary,
        modelPath: formatPath([
          'agents',
          'list',
          String(Math.max(at, 0)),
          'model',
          ...(isObject(own) ? ['primary'] : []),
        ]),
        ...(owner === id ? {} : { inherits: owner }),
        accounts: await accountsOf(home, id),
        workspace: scrub(home.layout.workspace(id)),
        ...(typeof ownWorkspace === 'string' ? { ownWorkspace } : {}),
        isDefault,
        canBeDeleted: id !== MAIN_AGENT && !heirs,
      }
    }),
  )
}

async function accountsOf(home: Home, id: string): Promise<number | null> {
  try {
    return (await home.agent(id).profiles.read()).profiles.length
  } catch (error) {
    if (error instanceof AuthError) return null
    throw error
  }
}

function bindingsIn(shown: JsonObject): SettingsBinding[] {
  return listIn(shown, ['bindings']).flatMap((entry, at) => {
    const binding = bindingIn(entry)
    if (binding === undefined) return []
    return [{ at, ...binding, line: describeMatch(binding.match), command: unbindCommand(binding, at) }]
  })
}

function modelsIn(shown: JsonObject): SettingsModel[] {
  const models = valueAt(shown, ['agents', 'defaults', 'models'])
  return Object.entries(isObject(models) ? models : {}).map(([key, entry]) => {
    const alias = valueAt(entry, ['alias'])
    const cacheRetention = valueAt(entry, ['params', 'cacheRetention'])
    return {
      key,
      ...(typeof alias === 'string' ? { alias } : {}),
      ...(typeof cacheRetention === 'string' ? { cacheRetention } : {}),
    }
  })
}

function chainIn(shown: JsonObject, chain: 'model' | 'imageModel'): SettingsChain {
  const value = valueAt(shown, ['agents', 'defaults', chain])
  if (typeof value === 'string') return { primary: value, fallbacks: [] }
  const primary = valueAt(value, ['primary'])
  const fallbacks = listIn(value, ['fallbacks']).filter((one) => typeof one === 'string')
  return { primary: typeof primary === 'string' ? primary : null, fallbacks }
}

function listIn(root: unknown, path: ConfigPath): unknown[] {
  const value = valueAt(root, path)
  return Array.isArray(value) ? value : []
}
