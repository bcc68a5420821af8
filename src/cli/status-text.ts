// The text of `models status`, from the report. Labels and their order are the reference's; nothing is decided here.

import type { ProbeReport, ProbeStatus } from '../auth/probe.ts'
import type { CacheReport } from '../core/cache.ts'
import { restText } from '../core/pick-reason.ts'
import { printable } from '../core/profile.ts'
import type { ProviderReport } from '../core/provider-report.ts'
import type { ProfileExpiry, StatusReport } from '../core/status.ts'
import { currentWindows, type UsageReport, usageText } from '../core/usage-report.ts'
import { expiryText } from './invocation.ts'
import { columns, type Terminal } from './terminal.ts'

type Paint = Terminal['paint']

/**
 * @param options.agentFlag what a printed command needs to reach the store
 * @param options.now ms epoch
 */
export function statusLines(report: StatusReport, options: { paint: Paint; agentFlag: string; now: number }): string[] {
  const { paint } = options
  return [
    ...configured(report),
    '',
    paint('bold', 'Auth overview'),
    ...overview(report, paint),
    ...resting(report, options),
    ...missing(report, options),
    '',
    paint('bold', 'OAuth/token status'),
    ...expiries(report, paint),
    ...usageSection(report, options),
  ]
}

function usageSection({ auth }: StatusReport, { paint, now }: { paint: Paint; now: number }): string[] {
  const lines = usageLines(auth.usage, paint, now)
  return lines.length === 0 ? [] : ['', paint('bold', 'Usage'), ...lines]
}

const NEARLY_USED = 80

/** One line for each account of which something still holds. */
export function usageLines(usage: UsageReport, paint: Paint, now: number): string[] {
  return usage.providers.flatMap((account) => {
    const text = usageText(account, now)
    if (text === '') return []
    const most = Math.max(...currentWindows(account).map(({ usedPercent }) => usedPercent))
    const colour = most >= 100 ? 'red' : most >= NEARLY_USED ? 'yellow' : 'green'
    return [`- ${paint(colour, printable(account.profileId))} ${text}`]
  })
}

function configured(report: StatusReport): string[] {
  const { auth: _, modelConfig } = report
  const from = (part: 'defaultSource' | 'fallbacksSource'): string =>
    modelConfig === undefined ? '' : ` (${modelConfig[part]})`
  const imageFrom = modelConfig === undefined ? '' : ' (defaults)'
  const list = (items: readonly string[], none = '-'): string => (items.length === 0 ? none : items.join(', '))
  const aliases = Object.entries(report.aliases).map(([alias, ref]) => `${alias} -> ${ref}`)
  const shown =
    report.defaultModel === report.resolvedDefault
      ? report.resolvedDefault
      : `${report.resolvedDefault} (from ${report.defaultModel})`
  return [
    label('Config', report.configPath),
    label('Agent dir', report.agentDir),
    label(`Default${from('defaultSource')}`, shown),
    label(`Fallbacks (${report.fallbacks.length})${from('fallbacksSource')}`, list(report.fallbacks)),
    label(`Image model${imageFrom}`, report.imageModel ?? '-'),
    label(`Image fallbacks (${report.imageFallbacks.length})${imageFrom}`, list(report.imageFallbacks)),
    label(`Aliases (${aliases.length})`, list(aliases)),
    label(`Configured models (${report.allowed.length})`, list(report.allowed, 'all')),
    ...(report.promptCache === null ? [] : [label('Prompt cache', cacheText(report.promptCache))]),
  ]
}

/** `short (the default of API keys)`; what was asked for and is not given is said, too. */
export function cacheText({ retention, asked, why }: CacheReport): string {
  const wanted = asked === null || asked === retention ? '' : `; ${asked} is configured`
  return `${retention} (${why}${wanted})`
}

function label(name: string, value: string): string {
  return `${name.padEnd(14)}: ${value}`
}

function overview({ auth }: StatusReport, paint: Paint): string[] {
  const count = auth.oauth.profiles.filter(({ type }) => type === 'oauth' || type === 'token').length
  const { enabled, appliedKeys } = auth.shellEnvFallback
  return [
    label('Auth store', auth.storePath),
    ...(auth.owner === undefined ? [] : [label('Credentials of', auth.owner)]),
    label('Shell env', enabled ? `on (${appliedKeys.join(', ') || 'nothing taken'})` : 'off'),
    label(`Providers w/ OAuth/tokens (${count})`, auth.providersWithOAuth.join(', ') || '-'),
    ...auth.providers.flatMap((provider) => providerLines(provider, paint)),
  ]
}

function providerLines(provider: ProviderReport, paint: Paint): string[] {
  const { effective, profiles, env, modelsJson, next, shadowed } = provider
  const parts = [`effective=${effective.kind === 'missing' ? 'missing' : `${effective.kind}:${effective.detail}`}`]
  if (profiles.count > 0) {
    const { count, oauth, token, apiKey, labels } = profiles
    parts.push(`profiles=${count} (oauth=${oauth}, token=${token}, api_key=${apiKey})`, labels.join(', '))
  }
  if (env !== undefined) parts.push(`env=${env.value}`, `source=${env.source}`)
  if (modelsJson !== undefined) parts.push(`models.json=${modelsJson.value}`, `source=${modelsJson.source}`)
  const taken = next === null ? paint('red', 'next=none') : `next=${paint('green', next.id)}`
  const shadows = shadowed.map(({ source }) => source)
  return [
    `- ${paint('cyan', provider.provider)} ${parts.join(' | ')}`,
    `  ${taken}${shadows.length === 0 ? '' : ` | shadows=${shadows.join(', ')}`}`,
  ]
}

/** Models that rest while their profile serves others. */
function resting({ auth }: StatusReport, { paint, now }: { paint: Paint; now: number }): string[] {
  if (auth.restingModels.length === 0) return []
  return [
    '',
    paint('bold', 'Resting models'),
    ...auth.restingModels.map(
      ({ profileId, model, kind, reason, until }) =>
        `- ${paint('yellow', printable(model))} of ${printable(profileId)}: ${restText({ kind, reason, until }, now)}`,
    ),
  ]
}

function missing({ auth }: StatusReport, { paint, agentFlag }: { paint: Paint; agentFlag: string }): string[] {
  if (auth.missingProvidersInUse.length === 0) return []
  return [
    '',
    paint('bold', 'Missing auth'),
    ...auth.missingProvidersInUse.map((provider) => {
      const key = `\`openclaw models auth paste-api-key --provider ${provider}${agentFlag}\``
      const token =
        provider === 'anthropic'
          ? `, or \`claude setup-token\` and then \`openclaw models auth setup-token${agentFlag}\``
          : ''
      const kept = auth.providers.find((entry) => entry.provider === provider)?.profiles.count ?? 0
      const what =
        kept === 0
          ? 'No credentials found.'
          : `What is stored cannot be used; \`openclaw models explain ${provider}${agentFlag}\` says why.`
      return `- ${paint('red', provider)} ${what} Run ${key}${token}.`
    }),
  ]
}

const COLOURS = { ok: 'green', expiring: 'yellow', expired: 'red', missing: 'red', static: 'dim' } as const

function expiries({ auth }: StatusReport, paint: Paint): string[] {
  const expirable = auth.oauth.profiles.filter(({ type }) => type === 'oauth' || type === 'token')
  if (expirable.length === 0) return ['- none']
  const providers = [...new Set(expirable.map(({ provider }) => provider))]
  return providers.flatMap((provider) => {
    const own = expirable.filter((profile) => profile.provider === provider)
    const status = auth.oauth.providers.find((entry) => entry.provider === provider)?.status ?? 'static'
    return [
      `- ${paint('cyan', provider)} ${paint(COLOURS[status], status)}`,
      ...own.map((profile) => `  - ${expiryLine(profile, paint)}`),
    ]
  })
}

function expiryLine(profile: ProfileExpiry, paint: Paint): string {
  // The label of a login is `OAuth (me@example.org)`; the kind need not be said here.
  const owner = profile.type === 'oauth' ? profile.label.slice('OAuth'.length) : ''
  const name = profile.profileId + owner
  // A login that renews itself is as good with a token that has ended as with one that lives.
  const status = paint(profile.renewable === true ? 'green' : COLOURS[profile.status], profile.status)
  if (profile.remainingMs === undefined) return `${name} ${status}`
  // `expired` is the status already; the rest says when.
  const when = expiryText(profile.remainingMs)
  const ends = profile.status === 'expired' ? when.slice('expired'.length) : ` ${when}`
  return `${name} ${status}${ends}${profile.renewable === true ? ', renews itself' : ''}`
}

const PROBE_COLOURS: Partial<Record<ProbeStatus, 'green' | 'yellow'>> = {
  ok: 'green',
  rate_limit: 'yellow',
  no_model: 'yellow',
}

/** The table below the report: model, profile, what came of it, how long it took, and why. */
export function probeLines(report: ProbeReport, paint: Paint): string[] {
  const head = [paint('bold', 'Auth probes')]
  if (report.results.length === 0) return [...head, '- none']
  const rows = report.results.map((result) => [
    `- ${result.model ?? result.provider}`,
    `${result.profileId ?? result.source} (${result.label})`,
    result.status,
    result.latencyMs === undefined ? '-' : `${result.latencyMs}ms`,
    result.error ?? '',
  ])
  const lines = columns(rows).map((line, at) => {
    const status = report.results[at]?.status ?? 'unknown'
    return line.replace(`  ${status}  `, `  ${paint(PROBE_COLOURS[status] ?? 'red', status)}  `)
  })
  return [...head, ...lines]
}

/** To the second, in the same time zone as logs. */
export function momentText(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}Z`
}
