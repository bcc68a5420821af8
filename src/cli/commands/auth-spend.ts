// `models auth spend`: what calls that are billed by use have cost today, and whether a person lets calls cross to them from a subscription.
import type { Command } from 'commander'
import { allowSpend, denySpend, reportSpend } from '../../auth/spend.ts'
import { AuthError } from '../../core/errors.ts'
import { HOUR_MS } from '../../core/expiry.ts'
import { parseUntil } from '../../core/pause.ts'
import { printable } from '../../core/profile.ts'
import { examples } from '../examples.ts'
import { type CommonFlags, type Invocation, refuseAgent } from '../invocation.ts'
import { spendLines, untilText } from '../spend-text.ts'

type Flags = CommonFlags & { until?: string }

/** `spend`, `spend allow` and `spend deny`. */
export function defineSpend(parent: Command, invocation: () => Invocation): void {
  const spend = parent
    .command('spend')
    .description('what calls billed by use have cost today, and whether they may stand in for subscriptions')
    .option('--json', 'the report as JSON')
    .addHelpText(
      'after',
      examples([
        ['openclaw models auth spend', 'the rule, what a person allows, and the costs of today'],
        ['openclaw models auth spend allow --until 2h', 'where the rule is "ask": keys may stand in for two hours'],
      ]),
    )
    .action((_flags: unknown, self: Command) => show(invocation(), self.optsWithGlobals<Flags>()))
  spend
    .command('allow')
    .description('let calls go on to what is billed by use when no subscription can serve them, for a while')
    .option('--until <when>', 'a length (90m, 2h, 3d) or a moment (RFC 3339); default: the end of the day, UTC')
    .option('--json', 'what was done, as JSON')
    .addHelpText(
      'after',
      examples([['openclaw models auth spend allow', 'until the end of the day; running gateways hear it']]),
    )
    .action((_flags: unknown, self: Command) => allow(invocation(), self.optsWithGlobals<Flags>()))
  spend
    .command('deny')
    .description('take that back')
    .option('--json', 'what was done, as JSON')
    .addHelpText('after', examples([['openclaw models auth spend deny', 'from now on the rule holds again']]))
    .action((_flags: unknown, self: Command) => deny(invocation(), self.optsWithGlobals<Flags>()))
}

const OF_ALL = 'is of all agents together'

async function show(invocation: Invocation, flags: Flags): Promise<void> {
  refuseAgent(flags, 'models auth spend', OF_ALL)
  const { terminal, system } = invocation
  const report = await reportSpend(await invocation.auth())
  if (flags.json === true) return terminal.json(report)
  terminal.out(spendLines(report, system.now()).join('\n'))
}

async function allow(invocation: Invocation, flags: Flags): Promise<void> {
  refuseAgent(flags, 'models auth spend allow', OF_ALL)
  const { terminal, system } = invocation
  const now = system.now()
  const until = flags.until === undefined ? undefined : parseUntil(flags.until, now)
  if (flags.until !== undefined && until === undefined) {
    const example = new Date(now + HOUR_MS).toISOString().slice(0, 16)
    throw new AuthError(
      'usage',
      `--until takes a length such as 90m, 2h or 3d, or a moment ahead such as ${example}Z; "${printable(flags.until, 60)}" is neither. Nothing was changed.`,
      { remedy: 'openclaw models auth spend allow --until 2h' },
    )
  }
  const auth = await invocation.auth()
  const consent = await allowSpend(auth, until)
  const where = auth.home.spend.consent.where()
  if (flags.json === true) return terminal.json({ ok: true, allowedUntil: consent.until, consentPath: where })
  terminal.out(
    `Calls of every agent may go on to what is billed by use when no subscription can serve them, ${untilText(consent.until, now)}, in ${where}`,
  )
  terminal.note('To take it back: openclaw models auth spend deny')
}

async function deny(invocation: Invocation, flags: Flags): Promise<void> {
  refuseAgent(flags, 'models auth spend deny', OF_ALL)
  const { terminal } = invocation
  const auth = await invocation.auth()
  const before = await denySpend(auth)
  const where = auth.home.spend.consent.where()
  if (flags.json === true) return terminal.json({ ok: true, wasAllowed: before !== undefined, consentPath: where })
  terminal.out(
    before === undefined
      ? `Nothing was allowed (${where})`
      : `No further call goes on to what is billed by use when no subscription can serve it (${where})`,
  )
}
