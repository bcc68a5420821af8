// Sets an agent up in one go: a credential, the default model, workspace and gateway. Everything has been asked for before; this only writes.

import { CATALOGUE, catalogueRow } from '../core/catalogue.ts'
import { modelsOf } from '../core/config.ts'
import { AuthError } from '../core/errors.ts'
import { noteTexts } from '../core/note.ts'
import { childObject, isObject, type JsonObject } from '../store/document.ts'
import type { Home } from '../store/home.ts'
import { VERSION } from '../system/version.ts'
import type { Auth } from './auth.ts'
import { defaultsOf, entryOf } from './choose.ts'
import { inspect } from './inspect.ts'
import type { Kept } from './keep.ts'
import { type KeepLoginInput, keepLogin } from './keep-login.ts'
import { type PasteInput, paste } from './paste.ts'

export type GatewayWish = {
  port?: number
  bind?: 'loopback' | 'lan' | 'auto' | 'custom'
  customBindHost?: string
  authMode?: 'token' | 'password'
  token?: string
  password?: string
}

export type Onboarding = {
  agentId: string
  /** Absent: what is there is kept, or seen to later. */
  credential?: Omit<PasteInput, 'agentId'>
  /** What somebody logged in to meanwhile; instead of `credential`. */
  login?: Omit<KeepLoginInput, 'agentId'>
  /** `provider/model`; `ifNone`: only where no default model is configured. */
  model?: { ref: string; when: 'always' | 'ifNone' }
  /** An absolute path. */
  workspace?: string
  gateway: GatewayWish
}

export type Onboarded = {
  pasted?: Kept
  configPath: string
  authStorePath: string
  defaultModel: string
  workspace: string | undefined
  gateway: { port: number | undefined; bind: string; authMode: 'token' | 'password' }
  /** Sentences worth telling the person. */
  notes: string[]
}

/**
 * Stores the credential first, as it alone can be refused, then edits the config once.
 * @throws AuthError of `paste`, with nothing changed; write_failed, lock_timeout, which say what was stored before
 */
export async function onboard(auth: Auth, plan: Onboarding): Promise<Onboarded> {
  const { home } = auth
  const { agentId } = plan
  const store = home.agent(agentId)
  const pasted = await keepCredential(auth, plan)
  const notes = noteTexts(pasted?.notes ?? [])
  try {
    await home.configStore.change((draft) => notes.push(...edit(draft, plan, home)))
  } catch (error) {
    if (pasted === undefined || !(error instanceof AuthError)) throw error
    throw new AuthError(
      error.code,
      `${pasted.profile.id} was stored, but not the settings: ${error.message.replace(' Nothing was changed.', '')}`,
      {
        ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
        cause: error,
      },
    )
  }
  await home.reload()
  await auth.peek(agentId)?.reload()
  const raw = (await home.configStore.raw()) ?? {}
  const { gateway } = home.config()
  const report = inspect(await auth.view(agentId), { named: true })
  const [provider = ''] = report.resolvedDefault.split('/')
  if (report.auth.missingProvidersInUse.includes(provider)) {
    notes.push(
      `The default model of agent ${agentId} is ${report.resolvedDefault}, but it has no usable credential of ${provider}. To choose another: openclaw models list --all, then openclaw models set.`,
    )
  }
  if (gateway.bind !== 'loopback' && gateway.bind !== 'auto' && !hasOwnSecret(home)) {
    notes.push(
      'Beyond this machine the gateway starts only with a secret of your own: OPENCLAW_GATEWAY_TOKEN="$(openssl rand -hex 32)" openclaw gateway',
    )
  }
  return {
    ...(pasted === undefined ? {} : { pasted }),
    configPath: home.configStore.where(),
    authStorePath: store.profiles.where(),
    defaultModel: report.resolvedDefault,
    workspace: workspaceOf(raw, agentId),
    gateway: { port: gateway.port, bind: gateway.bind, authMode: gateway.mode },
    notes,
  }
}

async function keepCredential(auth: Auth, { agentId, credential, login }: Onboarding): Promise<Kept | undefined> {
  if (login !== undefined) return keepLogin(auth, { agentId, ...login })
  return credential === undefined ? undefined : paste(auth, { agentId, ...credential })
}

/** The model that a first credential of the provider makes the default, where we know one. */
export function firstModelOf(provider: string): Pick<Onboarding, 'model'> {
  const row = CATALOGUE.find((candidate) => candidate.provider === provider)
  return row === undefined ? {} : { model: { ref: `${row.provider}/${row.id}`, when: 'ifNone' } }
}

function hasOwnSecret(home: Home): boolean {
  const { gateway } = home.config()
  const names = ['OPENCLAW_GATEWAY_TOKEN', 'OPENCLAW_GATEWAY_PASSWORD']
  const found = names.map((name) => home.system.env[name] ?? home.dotenv().get(name))
  return [gateway.token, gateway.password, ...found].some((text) => text !== undefined && text.trim() !== '')
}

/** Whether a person has chosen a default model for this agent, or for all. */
export function hasModel(raw: JsonObject, home: Home, agentId: string): boolean {
  if (modelsOf(home.config(), agentId).fromAgent.primary) return true
  const { model } = childObject(childObject(structuredClone(raw), 'agents'), 'defaults')
  return typeof model === 'string' ? model.trim() !== '' : isObject(model) && typeof model.primary === 'string'
}

function edit(draft: JsonObject, plan: Onboarding, home: Home): string[] {
  const notes = plan.model === undefined ? [] : setModel(draft, plan, plan.model, home)
  if (plan.workspace !== undefined) {
    const own = plan.agentId === home.pickAgent(undefined) ? undefined : entryOf(draft, plan.agentId)
    const place = own ?? defaultsOf(draft)
    place.workspace = plan.workspace
  }
  setGateway(childObject(draft, 'gateway'), plan.gateway)
  Object.assign(childObject(draft, 'wizard'), {
    lastRunAt: new Date(home.system.now()).toISOString(),
    lastRunVersion: VERSION,
    lastRunCommand: 'onboard',
    lastRunMode: 'local',
  })
  return notes
}

function setModel(draft: JsonObject, plan: Onboarding, wish: { ref: string; when: string }, home: Home): string[] {
  if (wish.when === 'ifNone' && hasModel(draft, home, plan.agentId)) return []
  const isOwn = plan.agentId !== home.pickAgent(undefined) || modelsOf(home.config(), plan.agentId).fromAgent.primary
  const own = wish.when === 'always' && isOwn ? entryOf(draft, plan.agentId) : undefined
  const defaults = defaultsOf(draft)
  const place = own ?? defaults
  place.model = { ...(isObject(place.model) ? place.model : {}), primary: wish.ref }
  const slash = wish.ref.indexOf('/')
  const notes =
    catalogueRow(wish.ref.slice(0, slash), wish.ref.slice(slash + 1)) === undefined
      ? [`${wish.ref} is not a model we know; it is taken as written.`]
      : []
  const allowed = defaults.models
  if (isObject(allowed) && Object.keys(allowed).length > 0 && allowed[wish.ref] === undefined) {
    allowed[wish.ref] = {}
    notes.push(`agents.defaults.models is a list of what is allowed; ${wish.ref} was added to it.`)
  }
  return notes
}

function setGateway(gateway: JsonObject, wish: GatewayWish): void {
  gateway.mode ??= 'local'
  if (wish.port !== undefined) gateway.port = wish.port
  if (wish.bind !== undefined) gateway.bind = wish.bind
  if (wish.customBindHost !== undefined) gateway.customBindHost = wish.customBindHost
  if (wish.authMode === undefined && wish.token === undefined && wish.password === undefined) return
  const auth = childObject(gateway, 'auth')
  if (wish.authMode !== undefined) auth.mode = wish.authMode
  if (wish.token !== undefined) auth.token = wish.token
  if (wish.password !== undefined) auth.password = wish.password
}

function workspaceOf(raw: JsonObject, agentId: string): string | undefined {
  const copy = structuredClone(raw)
  const own = entryOf(copy, agentId).workspace
  const shared = defaultsOf(copy).workspace
  return [own, shared].find((value) => typeof value === 'string')
}
