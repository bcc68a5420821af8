// What `models auth spend` and `models status` say of money.
import type { SpendReport } from '../auth/spend.ts'
import { formatRemaining } from '../core/expiry.ts'
import { printable } from '../core/profile.ts'
import { endOfDay, formatUsd } from '../core/spend-book.ts'
import { columns } from './terminal.ts'

/** The rule, what a person allows, and the costs of today. @param now ms epoch */
export function spendLines(report: SpendReport, now: number): string[] {
  const { rule, allowedUntil, capUsdPerDay, spentUsd, leasedUsd, reservedUsd, day, profiles } = report
  const usd = (dollars: number): string => formatUsd(dollars * 1_000_000)
  const allowed =
    rule !== 'ask'
      ? []
      : [
          allowedUntil === null
            ? 'Allowed: not now; run `openclaw models auth spend allow`'
            : `Allowed: ${untilText(allowedUntil, now)} (${report.consentPath})`,
        ]
  const cap =
    capUsdPerDay === null
      ? 'no cap, so costs are not counted'
      : `cap ${usd(capUsdPerDay)}${spentUsd < capUsdPerDay ? '' : `, reached: calls that are billed by use are refused ${untilText(endOfDay(now), now)}`}`
  const rows = profiles
    .sort((a, b) => b.spentUsd - a.spentUsd)
    .map(({ agentId, profileId, spentUsd: own }) => [`- ${printable(profileId)}`, `agent ${agentId}`, usd(own)])
  return [
    `From subscriptions to what is billed by use: ${rule} (auth.spend.fromFlatRateToMetered in ${report.configPath})`,
    ...allowed,
    `Spent on ${day} (UTC): ${usd(spentUsd)}; ${cap}`,
    ...(leasedUsd === 0
      ? []
      : [`Held by running processes: ${usd(leasedUsd)}, of which ${usd(reservedUsd)} for calls under way`]),
    ...columns(rows),
  ]
}

/** `until 2031-05-06T12:00Z (2h)` */
export function untilText(at: number, now: number): string {
  return `until ${new Date(at).toISOString().slice(0, 16)}Z (${formatRemaining(at - now)})`
}
