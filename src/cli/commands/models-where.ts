// `models where`: every place that is looked at for a provider's credential, by this shell and by the gateway that runs for this state
// directory. The two have environments of their own, so what a person exports here the gateway may never have seen.
import type { Command } from 'commander'
import type { Auth } from '../../auth/auth.ts'
import { type Located, locate, type Place, type Use } from '../../auth/locate.ts'
import { AuthError } from '../../core/errors.ts'
import { keyVariables, numberedIn } from '../../core/key-variables.ts'
import { sourceLabel } from '../../core/order.ts'
import type { ProviderReport } from '../../core/provider-report.ts'
import { Secret } from '../../core/secret.ts'
import { isObject } from '../../store/document.ts'
import { examples } from '../examples.ts'
import { ignoredDotenv } from '../ignored-dotenv.ts'
import { type CommonFlags, type Invocation, ownerFlag } from '../invocation.ts'
import { columns, type Terminal } from '../terminal.ts'

/** Flags and help of `models where`. */
export function define(command: Command, invocation: () => Invocation): void {
  command
    .argument('<provider>', 'whose credential')
    .option('--json', 'the places as JSON')
    .addHelpText(
      'after',
      examples([
        ['openclaw models where anthropic', 'where the key comes from, and what it hides'],
        ['openclaw models where openai --agent work --json', 'for scripts'],
      ]),
    )
    .action((provider: string, _flags: unknown, self: Command) =>
      where(invocation(), provider, self.optsWithGlobals<CommonFlags>()),
    )
}

type Ignored = { file: string; held: { name: string; label: string }[] }

/** What the gateway of this state directory would use. */
type Answer =
  | { running: boolean; why: string }
  | { running: true; used: { id: string; source: string; label: string } | null; same: boolean }

async function where(invocation: Invocation, provider: string, flags: CommonFlags): Promise<void> {
  const { terminal } = invocation
  const { auth, view } = await invocation.view(flags)
  const located = locate(view, provider)
  const [ignored, gateway] = await Promise.all([ignoredOf(auth, located), askGateway(invocation, auth, located)])
  if (flags.json === true) return terminal.json({ ...located, ignored: ignored ?? null, gateway })
  terminal.out(lines(located, ignored, gateway, terminal, ownerFlag(auth, view.agentId)).join('\n'))
}

/** Keys of this provider in the `.env` of the working directory. */
async function ignoredOf(auth: Auth, { provider }: Located): Promise<Ignored | undefined> {
  const found = await ignoredDotenv(auth)
  const own = auth.registry.find(provider, auth.home.config().providers.get(provider))?.env ?? []
  const set = [...(found?.values.keys() ?? [])]
  const names = keyVariables(provider, own, numberedIn(set)).map(({ name }) => name)
  const held = names.flatMap((name) => {
    const value = found?.values.get(name)
    return value === undefined ? [] : [{ name, label: new Secret(value.trim()).mask() }]
  })
  return found === undefined || held.length === 0 ? undefined : { file: found.path, held }
}

async function askGateway(invocation: Invocation, auth: Auth, located: Located): Promise<Answer> {
  const { faces, gatewayPort } = invocation
  const call = (method: string, params: Record<string, unknown>): Promise<unknown> =>
    faces.callMethod(auth, { method, params, ...(gatewayPort === undefined ? {} : { port: gatewayPort }) })
  try {
    return answerOf(await call('models.authStatus', { agentId: located.agentId }), located)
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    return { running: error.code !== 'gateway_unreachable', why: error.message }
  }
}

function answerOf(status: unknown, { provider, used }: Located): Answer {
  const report = isObject(status) && isObject(status.auth) ? status.auth.providers : undefined
  if (!Array.isArray(report)) return { running: true, why: 'it answers in a way this version does not understand' }
  const own = (report as ProviderReport[]).find((entry) => entry.provider === provider)
  const next = own?.next ?? null
  if (own === undefined || next === null) return { running: true, used: null, same: used === null }
  const stored = own.profiles.labels.find((label) => label.startsWith(`${next.id}=`))
  const label = stored === undefined ? own.effective.detail : withoutRest(stored.slice(next.id.length + 1))
  return { running: true, used: { ...next, label }, same: next.id === used?.id && label === used.label }
}

/** The label of a stored profile has its rest behind it, when it rests: ` [cooldown 5m]`. */
function withoutRest(label: string): string {
  const at = label.endsWith(']') ? label.lastIndexOf(' [') : -1
  return at < 0 ? label : label.slice(0, at)
}

const TITLES: Partial<Record<Place['kind'], string>> = {
  profile: 'Stored profiles',
  env: 'Environment of this process',
  dotenv: 'State directory',
  shell: 'Login shell',
  none: 'Without a secret',
}

function titleOf({ kind, part }: Place): string {
  if (kind === 'config') return part === 'env' ? 'Configuration, its variables' : 'Configuration, key of the provider'
  return TITLES[kind] ?? kind
}

const USES: Record<Use, string> = { used: 'used', next: 'next', shadowed: 'shadowed', passed_over: 'passed over' }
const COLOURS = { used: 'green', next: 'cyan', shadowed: 'yellow', passed_over: 'dim' } as const

function lines(
  located: Located,
  ignored: Ignored | undefined,
  gateway: Answer,
  terminal: Terminal,
  flag: string,
): string[] {
  const { agentId, provider, places, used } = located
  const all = [`Agent: ${agentId}`, `Provider: ${provider}`, '']
  for (const [at, place] of places.entries()) {
    const title = titleOf(place)
    all.push(terminal.paint('bold', `${at + 1}. ${title}${place.file === undefined ? '' : `: ${place.file}`}`))
    const rows = place.held.map(({ use, name, label, reason }) => [`   ${USES[use]}`, name, label, reason])
    all.push(...columns(rows).map((line, row) => terminal.paint(COLOURS[place.held[row]?.use ?? 'next'], line)))
    if (place.unset.length > 0) all.push(`   not set: ${place.unset.join(', ')}`)
    else if (place.held.length === 0) all.push('   none')
  }
  if (ignored !== undefined) {
    all.push(terminal.paint('bold', `-. Working directory, never read for keys: ${ignored.file}`))
    all.push(...columns(ignored.held.map(({ name, label }) => ['   ignored', name, label])))
  }
  all.push('')
  if (used === null) {
    const why = places.some(({ held }) => held.length > 0)
      ? `nothing can be taken; openclaw models explain ${provider}${flag} says why`
      : `nothing; openclaw models auth paste-api-key --provider ${provider}${flag}`
    all.push(`This shell uses: ${why}`)
  } else {
    all.push(`This shell uses: ${sourceLabel(used.source)} (${used.label})`)
  }
  all.push(`The gateway uses: ${gatewayLine(gateway)}`)
  return all
}

function gatewayLine(gateway: Answer): string {
  if ('why' in gateway) {
    return gateway.running ? `not known: ${gateway.why}` : `none is running for this state directory (${gateway.why})`
  }
  const { used, same } = gateway
  const what = used === null ? 'nothing it could take' : `${used.source} (${used.label})`
  return same ? `${what}, the same` : `${what}, which is not what this shell uses`
}
