// The report behind `status`: where everything is, what the next call takes, whether a gateway runs, what needs a person.
import type { View } from '../auth/auth.ts'
import { inspect } from '../auth/inspect.ts'
import { type ProbeReport, probe } from '../auth/probe.ts'
import { agentIds, modelRefIn } from '../core/config.ts'
import { AuthError } from '../core/errors.ts'
import { formatRemaining } from '../core/expiry.ts'
import type { GatewayState } from '../core/gateway-state.ts'
import { type Need, needsOf } from '../core/needs.ts'
import { formatUntil } from '../core/order.ts'
import { printable } from '../core/profile.ts'
import type { PausedProfile, StatusReport, UnusableProfile } from '../core/status.ts'
import type { UsageReport } from '../core/usage-report.ts'
import { createLayout } from '../store/layout.ts'
import { VERSION } from '../system/version.ts'
import type { StatusFlags } from './commands/status.ts'
import { type Invocation, ownerFlag } from './invocation.ts'
import { probeLines, usageLines } from './status-text.ts'
import type { Terminal } from './terminal.ts'

type ProviderLine = {
  provider: string
  inUse: boolean
  next: { id: string; source: string; label: string } | null
  profiles: number
}

type AgentReport = {
  agentId: string
  model: string
  /** What the next call to the default model takes. */
  next: ProviderLine['next']
  providers: ProviderLine[]
  unusable: UnusableProfile[]
  paused: PausedProfile[]
  usage: UsageReport
  needs: Need[]
  probes?: ProbeReport
}

type Installation = {
  version: string
  stateDir: string
  config: { path: string; exists: boolean; valid: boolean; error?: string }
  agents: AgentReport[]
  /** Null when the config, which says where it is, cannot be read. */
  gateway: GatewayState | null
  needs: Need[]
}

const GATEWAY_TIMEOUT_MS = 1000
const LONGEST_LINE = 1000
const PROBE = { timeoutMs: 8000, concurrency: 2, maxTokens: 8 } as const

/**
 * Prints the report; reads only, asks the gateway of this machine, and vendors only with `deep`. A config or store that cannot be read is
 * part of the report, and the exit code is 1 then.
 * @throws AuthError unknown_agent, usage
 */
export async function showInstallation(invocation: Invocation, flags: StatusFlags): Promise<void> {
  const { terminal } = invocation
  const report = await collect(invocation, flags)
  if (flags.json === true) terminal.json(report)
  else terminal.out(lines(report, terminal, invocation.system.now(), flags).join('\n'))
  if (report.needs.length > 0) invocation.exitWith(1)
}

const PART_OF_THE_REPORT: ReadonlySet<string> = new Set(['invalid_config', 'unreadable_config', 'unreadable_store'])

async function collect(invocation: Invocation, flags: StatusFlags): Promise<Installation> {
  const { system } = invocation
  const { stateDir, config: path } = createLayout(
    {
      env: system.env,
      homeDir: system.homeDir,
      workingDir: system.workingDir,
      ...(invocation.profile === undefined ? {} : { profile: invocation.profile }),
    },
    () => undefined,
  )
  const exists = (await system.files.stat(path)) !== undefined
  const report: Installation = {
    version: VERSION,
    stateDir,
    config: { path, exists, valid: true },
    agents: [],
    gateway: null,
    needs: [],
  }
  const asked = askGateway(invocation, flags)
  try {
    for (const agentId of await agentsMeant(invocation, flags)) {
      const { view } = await invocation.view({ ...flags, agent: agentId })
      report.agents.push(await agentReport(invocation, view, flags))
    }
  } catch (error) {
    if (!(error instanceof AuthError) || !PART_OF_THE_REPORT.has(error.code)) throw error
    const what = system.log.scrub(error.message)
    if (error.code !== 'unreadable_store') report.config = { path, exists, valid: false, error: what }
    report.needs.push({ what, command: system.log.scrub(error.remedy ?? 'openclaw models status') })
  }
  report.gateway = await asked
  return report
}

async function askGateway(invocation: Invocation, flags: StatusFlags): Promise<GatewayState | null> {
  try {
    return await invocation.faces.gatewayState(await invocation.auth(), {
      timeoutMs: flags.timeout ?? GATEWAY_TIMEOUT_MS,
      ...(invocation.gatewayPort === undefined ? {} : { port: invocation.gatewayPort }),
    })
  } catch (error) {
    // What is wrong with the config is told where the agents are read.
    if (error instanceof AuthError) return null
    throw error
  }
}

async function agentsMeant(invocation: Invocation, flags: StatusFlags): Promise<string[]> {
  const { auth, agentId } = await invocation.agent(flags)
  if (flags.all !== true || flags.agent !== undefined) return [agentId]
  return [...new Set([agentId, ...agentIds(auth.home.config())])]
}

async function agentReport(invocation: Invocation, view: View, flags: StatusFlags): Promise<AgentReport> {
  const { auth } = await invocation.agent({ agent: view.agentId })
  const report = inspect(view, { named: true })
  const providers = providerLines(view, report, flags.all === true)
  const served = report.resolvedDefault.slice(0, report.resolvedDefault.indexOf('/'))
  return {
    agentId: view.agentId,
    model: report.resolvedDefault,
    next: providers.find(({ provider }) => provider === served)?.next ?? null,
    providers,
    unusable: report.auth.unusableProfiles,
    paused: report.auth.pausedProfiles,
    usage: report.auth.usage,
    needs: needsOf(report, ownerFlag(auth, view.agentId)),
    ...(flags.deep === true
      ? {
          probes: await probe(view, { ...PROBE, ...(flags.timeout === undefined ? {} : { timeoutMs: flags.timeout }) }),
        }
      : {}),
  }
}

function providerLines(view: View, report: StatusReport, isAll: boolean): ProviderLine[] {
  const { config } = view.facts()
  const models = [report.defaultModel, ...report.fallbacks, report.imageModel, ...report.imageFallbacks]
  const inUse = new Set(
    models.flatMap((text) => (text === null ? [] : [modelRefIn(config, view.agentId, text).provider])),
  )
  const shown = report.auth.providers.filter(({ provider }) => isAll || inUse.has(provider))
  const absent = [...inUse].filter((id) => !shown.some(({ provider }) => provider === id))
  return [
    ...shown.map(({ provider, next, profiles }) => {
      const label = view
        .facts()
        .providers.get(provider)
        ?.candidates.find(({ id }) => id === next?.id)?.label
      return {
        provider,
        inUse: inUse.has(provider),
        next: next === null ? null : { ...next, label: label ?? '' },
        profiles: profiles.count,
      }
    }),
    ...absent.map((provider) => ({ provider, inUse: true, next: null, profiles: 0 })),
  ]
}

function lines(report: Installation, { paint }: Terminal, now: number, flags: StatusFlags): string[] {
  const { config } = report
  const row = (name: string, value: string): string => `${name.padEnd(9)} ${value}`
  const state = !config.valid ? paint('red', 'not valid') : config.exists ? 'valid' : 'not there; defaults apply'
  const text = [
    row('State', report.stateDir),
    row('Config', `${config.path} (${state})`),
    row('Gateway', gatewayText(report.gateway, paint)),
  ]
  for (const agent of report.agents) {
    const next = agent.next === null ? paint('red', 'nothing can be taken') : taken(agent.next, paint)
    text.push('', row('Agent', agent.agentId), row('Model', agent.model), row('Next call', next))
    text.push(
      ...agent.providers.map((provider) => {
        const count = `${provider.profiles} profile${provider.profiles === 1 ? '' : 's'}`
        const served = provider.next === null ? paint('red', 'nothing to take') : `next ${taken(provider.next, paint)}`
        return `- ${paint('cyan', provider.provider)}: ${served}, ${count}${provider.inUse ? '' : ' (no model uses it)'}`
      }),
    )
    for (const { profileId, kind, reason, until } of agent.unusable) {
      text.push(
        `- ${paint('yellow', printable(profileId))}: ${kind} (${printable(reason)}), back ${formatUntil(until, now)}`,
      )
    }
    for (const { profileId, until } of agent.paused) {
      const ends = until === undefined ? 'until it is resumed' : `back ${formatUntil(until, now)}`
      text.push(`- ${paint('yellow', printable(profileId))}: paused, ${ends}`)
    }
    if (flags.usage === true) {
      const usage = usageLines(agent.usage, paint, now)
      text.push(...(usage.length === 0 ? ['Usage     no vendor has told of a limit'] : ['Usage', ...usage]))
    }
    if (agent.probes !== undefined) text.push(...probeLines(agent.probes, paint))
  }
  const needs = [...report.needs, ...report.agents.flatMap((agent) => agent.needs)]
  if (needs.length === 0) return [...text, '', paint('green', 'Nothing needs you.')]
  text.push('', paint('bold', 'Needs you'))
  for (const { what, command } of needs)
    text.push(`- ${printable(what, LONGEST_LINE)}`, `  Run: ${printable(command, LONGEST_LINE)}`)
  return text
}

function taken(next: NonNullable<ProviderLine['next']>, paint: Terminal['paint']): string {
  return `${paint('green', printable(next.id))} (${printable(next.label)})`
}

function gatewayText(gateway: GatewayState | null, paint: Terminal['paint']): string {
  if (gateway === null) return 'not asked'
  const { url, pid, uptimeMs, failing = [] } = gateway
  switch (gateway.state) {
    case 'running': {
      const details = [
        ...(pid === undefined ? [] : [`pid ${pid}`]),
        ...(uptimeMs === undefined ? [] : [`up ${formatRemaining(uptimeMs)}`]),
        ...failing.map((word) => word.replaceAll('_', ' ')),
      ]
      return `${paint('green', 'running')} at ${url}${details.length === 0 ? '' : ` (${details.join(', ')})`}`
    }
    case 'absent':
      return `not running (${url}); start it: openclaw gateway`
    case 'silent':
      return `${paint('yellow', 'no answer in time')} at ${url}`
    case 'foreign':
    case 'refused':
      return `${paint('yellow', gateway.state === 'refused' ? 'refused' : 'not ours')}: ${printable(gateway.why ?? url, LONGEST_LINE)}`
  }
}
