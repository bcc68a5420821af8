// The report on one agent: the same facts and the same decision as a call, without acting.
import { type StatusReport, statusReport } from '../core/status.ts'
import type { View } from './auth.ts'

/** @param options.named whether the person named the agent */
export function inspect(view: View, options: { named: boolean }): StatusReport {
  return statusReport(view.facts(), view.home.system.now(), options)
}
