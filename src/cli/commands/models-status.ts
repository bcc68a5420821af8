// `models status`: the report on one agent as text, one line or JSON, its exit code, and live probes on request.

import type { Command } from 'commander'
import type { Auth } from '../../auth/auth.ts'
import { inspect } from '../../auth/inspect.ts'
import { type ProbeReport, probe } from '../../auth/probe.ts'
import { reportSpend, type SpendReport } from '../../auth/spend.ts'
import { AuthError } from '../../core/errors.ts'
import { normaliseProvider } from '../../core/model-ref.ts'
import { guessProfile } from '../../core/nearest.ts'
import { printable } from '../../core/profile.ts'
import { makeUsualStateDir } from '../../store/state-dir.ts'
import { atLeastOne } from '../at-least-one.ts'
import { examples } from '../examples.ts'
import { type CommonFlags, type Invocation, ownerFlag, refuseBoth } from '../invocation.ts'
import { spendLines } from '../spend-text.ts'
import { probeLines, statusLines } from '../status-text.ts'

export type StatusFlags = CommonFlags & {
  check?: boolean
  probe?: boolean
  probeProvider?: string
  probeProfile?: string[]
  probeTimeout?: number
  probeConcurrency?: number
  probeMaxTokens?: number
}

const PROBE_TIMEOUT_MS = 8000
const PROBE_CONCURRENCY = 2
const PROBE_MAX_TOKENS = 8

/** Flags and help of `models status`. */
export function define(command: Command, invocation: () => Invocation): void {
  command
    .option('--json', 'the report as JSON')
    .option('--plain', 'only the default model, as provider/model')
    .option('--check', 'exit 1 when a person must act, 2 when one must within 24 hours')
    .option('--probe', 'prove each credential with one tiny real call')
    .option('--probe-provider <id>', 'only this provider')
    .option('--probe-profile <id>', 'only this profile; may be repeated, or a list with commas', listed)
    .option('--probe-timeout <ms>', `how long a probe may take (default: ${PROBE_TIMEOUT_MS})`, atLeastOne)
    .option('--probe-concurrency <n>', `probes at the same time (default: ${PROBE_CONCURRENCY})`, atLeastOne)
    .option('--probe-max-tokens <n>', `length of the answer asked for (default: ${PROBE_MAX_TOKENS})`, atLeastOne)
    .addHelpText(
      'after',
      examples([
        ['openclaw models status', 'what a person wants to know'],
        ['openclaw models status --check || mail me', 'from cron'],
        ['openclaw models status --probe --probe-provider anthropic', 'do these keys still work?'],
        ['openclaw models status --json --agent work', 'for scripts'],
      ]),
    )
    .action((_flags: unknown, self: Command) => showStatus(invocation(), self.optsWithGlobals<StatusFlags>()))
}

function listed(text: string, before: string[] = []): string[] {
  const ids = text.split(',').map((id) => id.trim())
  return [...before, ...ids.filter((id) => id !== '')]
}

/**
 * Prints the report; changes no file, and asks the network only with `probe`.
 * @throws AuthError usage, unknown_agent, unreadable_store
 */
export async function showStatus(invocation: Invocation, flags: StatusFlags): Promise<void> {
  refuseBoth(flags)
  const { terminal } = invocation
  const isProbing = flags.probe === true
  if (isProbing && flags.plain === true) throw new AuthError('usage', '--probe and --plain cannot be combined.')
  if (!isProbing && (flags.probeProvider !== undefined || flags.probeProfile !== undefined)) {
    throw new AuthError('usage', '--probe-provider and --probe-profile go with --probe.', {
      remedy: 'openclaw models status --probe',
    })
  }
  const { auth, view, isNamed } = await invocation.view(flags, {
    asksShell: flags.plain !== true || flags.check === true,
  })
  await makeUsualStateDir(invocation.system, auth.home.layout)
  const report = inspect(view, { named: isNamed })
  const spend = await spendOf(invocation, auth)
  const probes = isProbing ? await runProbes(invocation, view, flags) : undefined
  if (flags.json === true) {
    const told = spend === undefined ? report : { ...report, spend }
    terminal.json(probes === undefined ? told : { ...told, auth: { ...report.auth, probes } })
  } else if (flags.plain === true) {
    terminal.out(report.resolvedDefault)
  } else {
    const lines = statusLines(report, {
      paint: terminal.paint,
      agentFlag: ownerFlag(auth, view.agentId),
      now: invocation.system.now(),
    })
    if (spend !== undefined)
      lines.push('', terminal.paint('bold', 'Spend'), ...spendLines(spend, invocation.system.now()))
    if (probes !== undefined) lines.push('', ...probeLines(probes, terminal.paint))
    if (flags.check === true) lines.push('', ...checkLines(report.check))
    terminal.out(lines.join('\n'))
  }
  if (flags.check === true) invocation.exitWith(report.check.exitCode)
}

/** Where the config says anything of money. A file of it that cannot be read is no reason to say nothing else. */
async function spendOf({ terminal }: Invocation, auth: Auth): Promise<SpendReport | undefined> {
  const { rule, capUsdPerDay } = auth.home.config().spend
  if (rule === 'allow' && capUsdPerDay === undefined) return undefined
  try {
    return await reportSpend(auth)
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    terminal.note(`Warning: ${error.message}`)
    return undefined
  }
}

function checkLines(check: { exitCode: number; reasons: readonly string[] }): string[] {
  const reasons = check.reasons.length === 0 ? ['nothing needs a person'] : check.reasons
  return [`Check (exit ${check.exitCode})`, ...reasons.map((reason) => `- ${reason}`)]
}

async function runProbes(
  invocation: Invocation,
  view: Awaited<ReturnType<Invocation['view']>>['view'],
  flags: StatusFlags,
): Promise<ProbeReport> {
  const known = [...view.facts().providers.values()].flatMap(({ candidates }) => candidates.map(({ id }) => id))
  const strange = flags.probeProfile?.find((id) => !known.includes(id))
  if (strange !== undefined) {
    throw new AuthError(
      'unknown_profile',
      `There is no profile "${printable(strange)}" (agent ${view.agentId})${guessProfile(strange, known) || '.'}`,
      {
        remedy: `openclaw models auth list --agent ${view.agentId}`,
      },
    )
  }
  return probe(view, {
    ...(flags.probeProvider === undefined ? {} : { provider: normaliseProvider(flags.probeProvider) }),
    ...(flags.probeProfile === undefined ? {} : { profileIds: flags.probeProfile }),
    timeoutMs: flags.probeTimeout ?? PROBE_TIMEOUT_MS,
    concurrency: flags.probeConcurrency ?? PROBE_CONCURRENCY,
    maxTokens: flags.probeMaxTokens ?? PROBE_MAX_TOKENS,
    onDone: (result, done, total) => {
      if (invocation.terminal.isInteractive()) {
        invocation.terminal.note(`${done}/${total} ${result.profileId ?? result.label}: ${result.status}`)
      }
    },
  })
}
