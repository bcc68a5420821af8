// The questions of `onboard`. Every answer is collected first and nothing is written here, so leaving at any question leaves all as it was.
import type { Auth } from '../auth/auth.ts'
import { firstModelOf, type GatewayWish, hasModel, type Onboarding } from '../auth/onboard.ts'
import { examine } from '../auth/paste.ts'
import { CATALOGUE } from '../core/catalogue.ts'
import { DEFAULT_PORT, modelRefIn, modelsOf } from '../core/config.ts'
import { AuthError } from '../core/errors.ts'
import { formatRef, normaliseProvider } from '../core/model-ref.ts'
import { printable } from '../core/profile.ts'
import { isOnline, loginMethods } from '../providers/provider.ts'
import { POLICY, secretQuestion } from './commands/auth-paste.ts'
import type { Invocation } from './invocation.ts'
import { AUTH_CHOICES, type AuthChoice, choiceNamed } from './onboard-choices.ts'
import { isSupported, loggedIn, nameOf, present, providerNamed } from './onboard-credential.ts'
import type { OnboardFlags } from './onboard-flags.ts'
import { portIn, type Settings } from './onboard-settings.ts'
import type { Terminal } from './terminal.ts'

type Answers = { plan: Onboarding; authChoice: string; daemon: boolean }
type Chosen = Pick<Onboarding, 'credential' | 'login'> & { choice: AuthChoice; provider: string; told: string }
type Room = { auth: Auth; agentId: string; terminal: Terminal }

/** What the wizard is given beside the flags that were understood. */
export type Wizard = {
  invocation: Invocation
  auth: Auth
  agentId: string
  flags: OnboardFlags
  /** Moves what is there to the trash, once the person has said yes. */
  startOver: () => Promise<void>
}

/** @throws AuthError interrupted */
export async function askEverything(wizard: Wizard, settings: Omit<Settings, 'notes'>): Promise<Answers> {
  const { auth, agentId, flags } = wizard
  const { terminal } = wizard.invocation
  const room: Room = { auth, agentId, terminal }
  terminal.note('Setting up. Nothing is written before the last question; Ctrl-C leaves everything as it is.')
  const isKept = await askAboutExisting(room, wizard.startOver)
  const chosen = await askCredential(room, wizard.invocation)
  const model = isKept ? undefined : await askModel(room, chosen.provider)
  const isShort = isKept || flags.flow === 'quickstart'
  const gateway = isShort ? settings.gateway : { ...settings.gateway, ...(await askGateway(room, settings.gateway)) }
  const daemon = settings.daemon ?? (!isKept && (await askDaemon(wizard)))
  const plan: Onboarding = {
    agentId,
    ...(chosen.credential === undefined ? {} : { credential: chosen.credential }),
    ...(chosen.login === undefined ? {} : { login: chosen.login }),
    ...(isKept ? firstModelOf(chosen.provider) : model === undefined ? {} : { model: { ref: model, when: 'always' } }),
    ...(settings.workspace === undefined ? {} : { workspace: settings.workspace }),
    gateway,
  }
  await confirmed(room, plan, chosen.told, daemon)
  return { plan, authChoice: chosen.choice.id, daemon }
}

/** @returns whether what is there is kept */
async function askAboutExisting(room: Room, startOver: () => Promise<void>): Promise<boolean> {
  const { terminal } = room
  const found = await existing(room)
  if (found.length === 0) return false
  terminal.note(['', 'There is a set-up already:', ...found].join('\n'))
  const way = await terminal.choose('What shall become of it?', [
    'Keep it, and add or renew a credential',
    'Modify it: ask everything again',
    'Reset it: move it to the trash first',
  ])
  if (way === 2) {
    terminal.note('Config, credentials and conversations are moved; Ctrl-C later on puts them back.')
    await startOver()
  }
  return way === 0
}

/** Asked only where a service manager answers that does not have it yet. */
async function askDaemon({ invocation }: Wizard): Promise<boolean> {
  const { serviceOf } = await import('./commands/gateway-service.ts')
  try {
    const service = await serviceOf(invocation)
    if ((await service.state()).installed) return false
    const items = ['No, it is started by hand: openclaw gateway', `Yes, as a service (${service.manager})`]
    return (await invocation.terminal.choose('Shall the gateway start with this machine?', items)) === 1
  } catch (error) {
    if (error instanceof AuthError && error.code === 'no_service_manager') return false
    throw error
  }
}

/** What is there, one line each; empty when nothing is. */
async function existing({ auth, agentId }: Room): Promise<string[]> {
  const { home } = auth
  const raw = (await home.configStore.raw()) ?? {}
  const stored = (await home.agent(agentId).book()).profiles
  if (Object.keys(raw).length === 0 && stored.length === 0) return []
  const { gateway } = home.config()
  return [
    `  config    ${home.configStore.where()}`,
    `  model     ${hasModel(raw, home, agentId) ? modelsOf(home.config(), agentId).primary : 'none chosen'}`,
    `  gateway   port ${gateway.port ?? DEFAULT_PORT}, bind ${gateway.bind}`,
    `  accounts  ${stored.length === 0 ? 'none' : stored.map(({ id }) => printable(id, 60)).join(', ')}`,
  ]
}

async function askCredential(room: Room, invocation: Invocation): Promise<Chosen> {
  const { auth, terminal } = room
  const rows = AUTH_CHOICES.filter((row) => row.isHidden !== true && isSupported(auth, row))
  const other = 'Another provider'
  const groups = [...new Set(rows.map(({ group }) => group))]
  groups.splice(-1, 0, other)
  const vendor = groups[await terminal.choose('Whose models?', groups, groups.indexOf('Anthropic'))]
  if (vendor === other) return askSecretOf(room, choiceNamed('apiKey').choice, await askProvider(room))
  const items = rows.filter(({ group }) => group === vendor)
  const at =
    items.length > 1
      ? await terminal.choose(
          'How?',
          items.map(({ label }) => label),
          preferred(items),
        )
      : 0
  const choice = items[at] ?? choiceNamed('skip').choice
  if (choice.kind === 'skip') return { choice, provider: '', told: 'none' }
  return choice.kind === 'login' ? askLogin(room, invocation, choice) : askSecretOf(room, choice, choice.provider)
}

/** The login is gone through at once, as a code does not wait; what it gave is written with everything else. */
async function askLogin(
  { auth, agentId, terminal }: Room,
  invocation: Invocation,
  choice: AuthChoice,
): Promise<Chosen> {
  const provider = providerNamed(auth, choice.provider)
  if (provider === undefined) throw new Error(`${choice.provider} is offered and does not exist`)
  const methods = loginMethods(provider).filter(isOnline)
  const labels = methods.map(({ label }) => label)
  const method = methods[methods.length > 1 ? await terminal.choose('In which way?', labels) : 0]
  const login = await loggedIn(invocation, { auth, agentId, provider, method }, undefined)
  const { email } = login.credential
  return { choice, provider: provider.id, login, told: email === undefined ? choice.label : `${choice.label} ${email}` }
}

/** Keys before tokens: the vendor recommends them. */
function preferred(items: readonly AuthChoice[]): number {
  return Math.max(
    0,
    items.findIndex(({ kind }) => kind === 'api_key'),
  )
}

async function askProvider({ auth, terminal }: Room): Promise<string> {
  for (;;) {
    const id = normaliseProvider(await terminal.ask('Its id, such as groq, mistral or deepseek', ''))
    const found = providerNamed(auth, id)
    if (found !== undefined && !loginMethods(found).every(isOnline)) return id
    if (found !== undefined) {
      terminal.note(`${found.label} takes no key: openclaw models auth login --provider ${id}`)
      continue
    }
    const known = auth.registry.all().map((provider) => provider.id)
    terminal.note(`That is none of ${known.join(', ')}, nor of models.providers in the config.`)
  }
}

/**
 * The credential of a choice: what is there already is offered first.
 * @throws AuthError interrupted
 */
export async function askSecretOf(room: Room, choice: AuthChoice, providerId: string): Promise<Chosen> {
  const { auth, agentId, terminal } = room
  const kind = choice.kind === 'token' ? 'token' : 'api_key'
  const provider = providerNamed(auth, providerId)
  if (kind === 'token' && providerId === 'anthropic') terminal.note(`\n${POLICY}`)
  const found = await present(auth, agentId, providerId, kind)
  const what = kind === 'token' ? 'token' : 'key'
  const items = found.map((candidate) =>
    candidate.source.kind === 'env'
      ? `Use ${nameOf(candidate)} of the environment (${candidate.label})`
      : `Keep ${nameOf(candidate)} (${candidate.label})`,
  )
  const replaced = found.find(({ id }) => id === `${providerId}:default`)
  items.push(`Paste another${replaced === undefined ? '' : ` (it takes the place of ${replaced.id})`}`)
  for (;;) {
    const at = items.length > 1 ? await terminal.choose(`There is a ${what} already.`, items) : items.length - 1
    const taken = found[at]
    if (taken !== undefined && taken.source.kind !== 'env') return { choice, provider: providerId, told: nameOf(taken) }
    const text =
      taken?.secret?.reveal() ?? (await terminal.askSecret(`\n${secretQuestion(kind, providerId, provider)}`))
    const credential = {
      provider: providerId,
      kind,
      text,
      ...(choice.id === 'setup-token' ? { toFront: true as const } : {}),
    } as const
    try {
      const secret = examine(auth, { agentId, ...credential })
      auth.home.system.log.hide(secret)
      return { choice, provider: providerId, credential, told: `${choice.label} ${secret.mask()}` }
    } catch (error) {
      if (!(error instanceof AuthError)) throw error
      terminal.note(error.message)
    }
  }
}

/** @returns undefined to leave it as it is */
async function askModel({ auth, agentId, terminal }: Room, providerId: string): Promise<string | undefined> {
  const { home } = auth
  const isChosen = hasModel((await home.configStore.raw()) ?? {}, home, agentId)
  if (providerId === '' && !isChosen) return undefined
  const known = CATALOGUE.filter(({ provider }) => provider === providerId).map(({ id }) => `${providerId}/${id}`)
  const items = [
    ...(isChosen ? [`Keep ${modelsOf(home.config(), agentId).primary}`] : []),
    ...known,
    'Another one',
    ...(isChosen ? [] : ['Later']),
  ]
  const item = items[await terminal.choose('Which model by default?', items)] ?? ''
  if (item.startsWith('Keep ') || item === 'Later') return undefined
  if (item !== 'Another one') return item
  for (;;) {
    const text = await terminal.ask('Its name, as provider/model or an alias', '')
    try {
      if (text === '') continue
      const ref = modelRefIn(home.config(), agentId, text)
      if (providerNamed(auth, ref.provider) !== undefined) return formatRef(ref)
      terminal.note(`There is no provider "${printable(ref.provider, 40)}".`)
    } catch (error) {
      if (!(error instanceof AuthError) || error.code === 'interrupted') throw error
      terminal.note(error.message)
    }
  }
}

const BINDS = ['loopback', 'lan'] as const

/** What a flag has said already is not asked. */
async function askGateway({ auth, terminal }: Room, said: GatewayWish): Promise<GatewayWish> {
  const { gateway } = auth.home.config()
  const wish: GatewayWish = {}
  while (said.port === undefined && wish.port === undefined) {
    const port = portIn(await terminal.ask('\nPort of the gateway', String(gateway.port ?? DEFAULT_PORT)))
    if (port === undefined) terminal.note('A port is a number from 1 to 65535.')
    else wish.port = port
  }
  if (said.bind !== undefined) return wish
  const places: readonly string[] = BINDS
  const items = ['This machine only (loopback)', 'The local network (lan)']
  const at = places.indexOf(gateway.bind)
  if (at < 0) items.push(`As it is (${gateway.bind})`)
  const bind = BINDS[await terminal.choose('Who may reach it?', items, at < 0 ? items.length - 1 : at)]
  return bind === undefined ? wish : { ...wish, bind }
}

async function confirmed(
  { auth, agentId, terminal }: Room,
  plan: Onboarding,
  credential: string,
  daemon: boolean,
): Promise<void> {
  const { gateway } = auth.home.config()
  const { port = gateway.port ?? DEFAULT_PORT, bind = gateway.bind } = plan.gateway
  const model = plan.model?.when === 'always' ? plan.model.ref : modelsOf(auth.home.config(), agentId).primary
  terminal.note(
    [
      '',
      'This will be written:',
      `  agent       ${agentId}`,
      `  credential  ${credential}`,
      `  model       ${model}`,
      `  gateway     port ${port}, bind ${bind}`,
      ...(plan.workspace === undefined ? [] : [`  workspace   ${plan.workspace}`]),
      ...(daemon ? ['  service     installed and started'] : []),
    ].join('\n'),
  )
  if ((await terminal.choose('Write it?', ['Yes', 'No, leave everything as it is'])) === 0) return
  throw new AuthError('interrupted', 'Nothing was changed.')
}
