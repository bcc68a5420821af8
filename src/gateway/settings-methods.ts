// What a WebSocket client may change in openclaw.json: the verbs of the command line, each on the version of the file that the client saw.
import { addAgent } from '../auth/add-agent.ts'
import { alias } from '../auth/alias.ts'
import { bindAgent, readBinds } from '../auth/bind-agent.ts'
import { type Chain, choose } from '../auth/choose.ts'
import { checkDeletable, deleteAgent, planDeletion } from '../auth/delete-agent.ts'
import { checkSeen } from '../auth/edit-config.ts'
import { fallback } from '../auth/fallback.ts'
import { setConfig, unsetConfig } from '../auth/set-config.ts'
import { setDefaultAgent } from '../auth/set-default-agent.ts'
import { setIdentity } from '../auth/set-identity.ts'
import { setWorkspace } from '../auth/set-workspace.ts'
import { unbindAgent } from '../auth/unbind-agent.ts'
import { bindingIn, type Match } from '../core/binding.ts'
import { type ConfigPath, formatPath, parsePath, shellPath } from '../core/config-path.ts'
import { AuthError } from '../core/errors.ts'
import { note } from '../core/note.ts'
import { printable } from '../core/profile.ts'
import { type DeletionPlan, isSettable } from '../core/settings.ts'
import type { MethodName } from './method-table.ts'
import type { MethodHandler } from './methods.ts'
import { optionalOf, optionalText, type Params, text } from './params.ts'
import { rotateToken } from './token.ts'

const MAX_ID = 256
const MAX_VERSION = 64
/** Of one value: items of a list, and characters. */
const MOST_ITEMS = 50
const MAX_VALUE = 16 * 1024
const CHAINS: readonly Chain[] = ['model', 'imageModel']

type SettingsMethod = Extract<MethodName, `settings.${string}`>

export const SETTINGS_HANDLERS: Readonly<Record<SettingsMethod, MethodHandler>> = {
  'settings.follow': async ({ settings, caller }) => {
    const report = await settings.report()
    caller.watchSettings()
    settings.begin()
    return report
  },
  'settings.set': ({ settings, params }) => {
    const path = pathIn(params)
    const { value } = params
    refuseReferences(value, formatPath(path))
    refuseHuge(value, formatPath(path))
    return settings.change(seenIn(params), async ({ home }) => {
      if (value === null || value === undefined) await unsetConfig(home.configStore, path)
      else await setConfig(home.configStore, path, value)
      await home.reload()
      return []
    })
  },
  'settings.model': ({ settings, params }) => {
    const agentId = optionalText(params, 'agentId', MAX_ID)
    const wish = { chain: chainIn(params), text: plain(params, 'ref') }
    return settings.change(seenIn(params), async (auth) => {
      return (await choose(auth, { ...wish, ...(agentId === undefined ? {} : { agentId }) })).notes
    })
  },
  'settings.fallback': ({ settings, params }) => {
    const chain = chainIn(params)
    const what = optionalOf(params, 'do', ['add', 'remove', 'clear']) ?? 'add'
    const change = what === 'clear' ? { do: what } : { do: what, text: plain(params, 'ref') }
    return settings.change(seenIn(params), async (auth) => (await fallback(auth, chain, change)).notes)
  },
  'settings.alias': ({ settings, params }) => {
    const name = plain(params, 'alias')
    const ref = params.ref === undefined ? undefined : plain(params, 'ref')
    const change =
      ref === undefined ? { do: 'remove' as const, alias: name } : { do: 'add' as const, alias: name, text: ref }
    return settings.change(seenIn(params), async (auth) => (await alias(auth, change)).notes)
  },
  'settings.agent.add': ({ settings, params }) => {
    const name = plain(params, 'name')
    const model = params.model === undefined ? undefined : plain(params, 'model')
    const inherit = optionalText(params, 'inherit', MAX_ID)
    return settings.change(seenIn(params), async (auth) => {
      // Known before anything is made.
      if (inherit !== undefined) auth.home.agent(inherit)
      const added = await addAgent(auth, { name, ...(model === undefined ? {} : { model }) })
      if (inherit === undefined) return []
      const raw = await auth.home.configStore.raw()
      const at = listOf(raw).findIndex((entry) => entry.id === added.agentId)
      await setConfig(auth.home.configStore, ['agents', 'list', String(at), 'auth', 'inherit'], inherit)
      await auth.home.reload()
      return []
    })
  },
  'settings.agent.name': ({ settings, params }) => {
    const agentId = text(params, 'agentId', MAX_ID)
    const name = plain(params, 'name')
    return settings.change(seenIn(params), async (auth) => {
      await setIdentity(auth, { agentId, parts: { name } })
      return []
    })
  },
  'settings.agent.default': ({ settings, params }) => {
    const agentId = text(params, 'agentId', MAX_ID)
    return settings.change(seenIn(params), async (auth) => (await setDefaultAgent(auth, { agentId })).notes)
  },
  'settings.agent.workspace': ({ settings, params }) => {
    const agentId = text(params, 'agentId', MAX_ID)
    const path = params.workspace === null ? {} : { path: text(params, 'workspace', 1024) }
    return settings.change(seenIn(params), async (auth) => (await setWorkspace(auth, { agentId, ...path })).notes)
  },
  'settings.agent.plan': ({ house: { auth }, params }): DeletionPlan => {
    const agentId = text(params, 'agentId', MAX_ID)
    checkDeletable(auth.home, agentId)
    const { parts, left } = planDeletion(auth.home, agentId, { isShown: true })
    return { agentId, moved: parts.map(({ from }) => from), left, trash: auth.home.layout.trash }
  },
  'settings.agent.delete': async ({ house: { auth }, settings, params }) => {
    const agentId = text(params, 'agentId', MAX_ID)
    // Before its things are moved; its entry is taken out of whatever the file says then.
    await checkSeen(auth, seenIn(params))
    const { trash, left } = await deleteAgent(auth, agentId, { isShown: true })
    return { report: await settings.report(), notes: left.map(({ path, why }) => ({ text: `${path}: ${why}` })), trash }
  },
  'settings.bind': ({ settings, params }) => {
    const agentId = text(params, 'agentId', MAX_ID)
    const account = params.accountId === undefined ? '' : `:${plain(params, 'accountId')}`
    const peer = params.peer === undefined ? undefined : plain(params, 'peer')
    const matches = readBinds([`${plain(params, 'channel')}${account}`], peer)
    return settings.change(seenIn(params), async (auth) => {
      const { conflicts, skipped } = await bindAgent(auth, { agentId, matches })
      if (conflicts.length === 0) return skipped.map((line) => note('bound_already', line))
      throw new AuthError('usage', `Another agent answers there: ${conflicts.join(', ')}. Nothing was changed.`, {
        remedy: 'openclaw agents list --bindings',
      })
    })
  },
  'settings.unbind': ({ settings, params }) => {
    const agentId = text(params, 'agentId', MAX_ID)
    const matches = [matchIn(params)]
    return settings.change(seenIn(params), async (auth) => {
      const { missing } = await unbindAgent(auth, { agentId, matches })
      return missing.map((line) => note('not_bound', line))
    })
  },
  'settings.rotate': async ({ house: { auth, gate }, settings, caller, params }) => {
    await checkSeen(auth, seenIn(params))
    const { source, where } = gate.source()
    if (source !== 'file') {
      throw new AuthError('usage', `The gateway's secret is set by ${where}; change it there. Nothing was changed.`, {
        remedy: 'openclaw gateway token show',
      })
    }
    await gate.renew(caller.principal, () => rotateToken(auth))
    return { report: await settings.report(), notes: [] }
  },
  'settings.undo': ({ settings, params }) => settings.undo(text(params, 'id', MAX_ID)),
}

function seenIn(params: Params): string {
  return text(params, 'version', MAX_VERSION)
}

function chainIn(params: Params): Chain {
  return optionalOf(params, 'chain', CHAINS) ?? 'model'
}

/** @throws AuthError usage, for what is not in the list of the page */
function pathIn(params: Params): ConfigPath {
  const path = parsePath(text(params, 'path', 1024))
  if (isSettable(path)) return path
  throw new AuthError('usage', `${printable(formatPath(path))} is not changed from the page. Nothing was changed.`, {
    remedy: `openclaw config set ${shellPath(path)}`,
  })
}

/** A text of a person. @throws AuthError usage */
function plain(params: Params, name: string): string {
  const value = text(params, name, 400)
  refuseReferences(value, name)
  return value
}

/** What a variable holds would come back to the page as the value. @throws AuthError usage */
function refuseReferences(value: unknown, name: string): void {
  if (!JSON.stringify(value ?? null).includes('${')) return
  throw new AuthError(
    'usage',
    `${printable(name)} is given the name of a variable; the page sets plain values only. Nothing was changed.`,
    { remedy: 'openclaw config set --help' },
  )
}

/** The file is read and written as a whole, beside the answers that stream. @throws AuthError usage */
function refuseHuge(value: unknown, name: string): void {
  const isLong = Array.isArray(value) && value.length > MOST_ITEMS
  if (!isLong && JSON.stringify(value ?? null).length <= MAX_VALUE) return
  throw new AuthError(
    'usage',
    `${printable(name)} has ${MOST_ITEMS} items and ${MAX_VALUE / 1024} kB at most when it is set from the page. Nothing was changed.`,
    { remedy: 'openclaw config set --help' },
  )
}

/** @throws AuthError usage */
function matchIn({ match }: Params): Match {
  const found = bindingIn({ agentId: '', match })
  if (found !== undefined) return found.match
  throw new AuthError('usage', 'The parameter "match" must be that of a binding.', {
    remedy: 'openclaw gateway call --help',
  })
}

function listOf(raw: unknown): { id?: unknown }[] {
  const list = (raw as { agents?: { list?: unknown } } | undefined)?.agents?.list
  return Array.isArray(list) ? list : []
}
