// `gateway status`: does it run, where, what does the service manager think of it, and what does it see otherwise than this shell.
import { type Command, InvalidArgumentError } from 'commander'
import type { Difference } from '../../core/difference.ts'
import { formatRemaining } from '../../core/expiry.ts'
import { printable } from '../../core/profile.ts'
import { examples } from '../examples.ts'
import type { GatewayReport, GatewayWish, ServiceView } from '../gateway-report.ts'
import type { CommonFlags, Invocation } from '../invocation.ts'
import type { Terminal } from '../terminal.ts'

type Flags = CommonFlags & GatewayWish

/** Flags and help of `gateway status`. @param port reads a port, as `gateway run` does */
export function defineStatus(command: Command, invocation: () => Invocation, port: (text: string) => number): void {
  command
    .option('--port <number>', 'where it listens, when not as environment and config say', port)
    .option('--url <url>', 'of another gateway than the one of this installation')
    .option('--token <token>', 'its token; better in OPENCLAW_GATEWAY_TOKEN')
    .option('--timeout <ms>', 'how long it may take to answer (default: 3000)', milliseconds)
    .option('--no-probe', 'only what the service manager says')
    .option('--json', 'the report as JSON')
    .addHelpText(
      'after',
      examples([
        ['openclaw gateway status', 'does it run, and does it see what this shell sees? exit 0 only when it answers'],
        ['openclaw gateway status --port 4000 --json', 'one that was started elsewhere'],
      ]),
    )
    .action((_flags: unknown, self: Command) => show(invocation(), self.optsWithGlobals<Flags>()))
}

/** A whole number of milliseconds of a flag. @throws InvalidArgumentError */
function milliseconds(text: string): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (value < 1) throw new InvalidArgumentError('It is a whole number of milliseconds, at least 1.')
  return value
}

async function show(invocation: Invocation, flags: Flags): Promise<void> {
  const { terminal } = invocation
  if (flags.token !== undefined) {
    terminal.note(
      "Warning: --token on a command line is seen by every process of this machine and kept in the shell's history; set OPENCLAW_GATEWAY_TOKEN instead.",
    )
  }
  const { gatewayReport } = await import('../gateway-report.ts')
  const report = await gatewayReport(invocation, flags)
  if (!report.ok) invocation.exitWith(1)
  if (flags.json === true) terminal.json(report)
  else terminal.out(lines(report, terminal).join('\n'))
}

const WHAT: Record<Exclude<Difference['what'], 'variable'>, string> = {
  version: 'Version',
  state_dir: 'State directory',
  config: 'Config file',
  agent_dir: 'Credentials directory',
  port: 'Port',
  process: 'Process',
}

const LONGEST_LINE = 1000

function lines(report: GatewayReport, { paint }: Terminal): string[] {
  const row = (name: string, value: string): string => `${name.padEnd(9)} ${printable(value, LONGEST_LINE)}`
  const { here, there, service } = report
  const colour = report.state === 'running' ? 'green' : 'yellow'
  const all = [`${'Gateway'.padEnd(9)} ${paint(colour, printable(stateText(report), LONGEST_LINE))}`]
  const listens = `port ${report.port}${report.bind === null ? '' : `, bound to ${report.bind}`}`
  if (report.state === 'running') {
    all.push(row('Listens', listens), row('Version', there?.version ?? report.version ?? 'not told'))
  }
  all.push(row('State', there?.stateDir ?? here.stateDir), row('Config', there?.config ?? here.config))
  if (service !== null) all.push(...serviceLines(service).map(([name, value]) => row(name, value)))
  if (report.remedy !== undefined) all.push(`  Run: ${report.remedy}`)
  if (report.state !== 'running' || there === null) return all
  if (report.differences.length === 0) return [...all, '', 'It sees what this shell sees.']
  all.push('', paint('bold', 'It sees otherwise than this shell'))
  for (const { what, name, here: mine, there: other, remedy } of report.differences) {
    const title = what === 'variable' ? (name ?? what) : WHAT[what]
    const text = `- ${title}: here ${mine ?? 'not set'}; there ${other ?? 'not set'}`
    all.push(printable(text, LONGEST_LINE), `  Run: ${printable(remedy, LONGEST_LINE)}`)
  }
  return all
}

function stateText({ state, url, pid, uptimeMs, failing = [], why }: GatewayReport): string {
  switch (state) {
    case 'running': {
      const details = [
        ...(pid === undefined ? [] : [`pid ${pid}`]),
        ...(uptimeMs === undefined ? [] : [`up ${formatRemaining(uptimeMs)}`]),
        ...failing.map((word) => word.replaceAll('_', ' ')),
      ]
      return `running at ${url}${details.length === 0 ? '' : ` (${details.join(', ')})`}`
    }
    case 'absent':
      return `not running (${url})`
    case 'silent':
      return `no answer in time at ${url}; it may be stopped or busy`
    case 'unasked':
      return `not asked (${url})`
    case 'foreign':
    case 'refused':
    case 'taken':
      return `no use at ${url}: ${why ?? state}`
  }
}

function serviceLines(service: ServiceView): [string, string][] {
  if (service.manager === null) return [['Service', service.why]]
  const { manager, name, file, installed, running, pid } = service
  if (!installed) return [['Service', `${manager}: not installed (openclaw gateway install)`]]
  const active = running ? `active${pid === undefined ? '' : `, pid ${pid}`}` : 'not active'
  return [
    ['Service', `${manager}: ${name} installed, ${active}`],
    ['Unit', file],
  ]
}
