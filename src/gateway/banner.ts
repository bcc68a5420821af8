// What the gateway says when it is up: where it is, who serves, where the token lies, and how to try it. One screen.
import type { View } from '../auth/auth.ts'
import { modelRefIn, modelsOf } from '../core/config.ts'
import { unusable } from '../core/health.ts'
import { formatRef } from '../core/model-ref.ts'
import { defectOf, formatUntil, sourceLabel } from '../core/order.ts'
import { pick } from '../core/pick.ts'
import { printable } from '../core/profile.ts'
import { quoted } from '../core/quoted.ts'
import { VERSION } from '../system/version.ts'
import type { GatewaySecret } from './token.ts'

export type BannerFacts = {
  view: View
  url: string
  bind: string
  /** With a code that lets one browser in; absent where what is said may be kept, as by the log of a service. */
  pageUrl: string | undefined
  secret: GatewaySecret
  warnings: readonly string[]
}

const MOST_ACCOUNTS = 12
const LONGEST_LINE = 1000

/** The text, without a newline at its end. */
export function drawBanner({ view, url, bind, pageUrl, secret, warnings }: BannerFacts): string {
  const facts = view.facts()
  const show = secret.source() === 'file' ? `$(cat ${quoted(secret.where())})` : '$OPENCLAW_GATEWAY_TOKEN'
  const lines = [
    `openclaw gateway ${VERSION}`,
    `  address   ${url}  (bind ${bind}, HTTP and WebSocket)`,
    pageUrl === undefined
      ? `  page      ${url}/  (to be let in: openclaw dashboard)`
      : `  page      ${pageUrl}  (the code works once, within 10 minutes)`,
    `  token     ${secret.where()}`,
    `  state     ${view.home.layout.stateDir}  (agent ${view.agentId})`,
    `  model     ${modelsOf(facts.config, view.agentId).primary}`,
    '',
    'Accounts',
    ...accountLines(view),
    '',
    'Try it',
    ...examples(view, url, show),
    ...(warnings.length === 0 ? [] : ['', ...warnings.map((warning) => `Note: ${warning}`)]),
  ]
  // Names in a store may have been written by anybody: nothing in them may steer the terminal.
  return lines.map((line) => printable(line, LONGEST_LINE)).join('\n')
}

function accountLines(view: View): string[] {
  const now = view.home.system.now()
  const lines: string[] = []
  for (const provider of view.facts().providers.values()) {
    const next = pick(provider, { now }).candidate
    for (const candidate of provider.candidates) {
      if (candidate.behind !== undefined) continue
      const rest = unusable(candidate.health, now)
      const defect = defectOf(candidate, now)
      const state =
        defect !== undefined
          ? defect.rule.replace('_', ' ')
          : rest === undefined
            ? candidate === next
              ? 'usable, next'
              : 'usable'
            : `resting (${rest.reason}), back ${formatUntil(rest.until, now)}`
      const name = candidate.source.kind === 'profile' ? candidate.id : sourceLabel(candidate.source)
      lines.push(`  ${name.padEnd(28)} ${candidate.label.padEnd(24)} ${state}`)
    }
  }
  if (lines.length === 0) {
    return ['  none yet; add one: openclaw models auth paste-api-key --provider anthropic']
  }
  if (lines.length <= MOST_ACCOUNTS) return lines
  return [...lines.slice(0, MOST_ACCOUNTS), `  and ${lines.length - MOST_ACCOUNTS} more: openclaw models status`]
}

/** The token goes through a pipe: what stands in the arguments of a program, everybody on the machine can read. */
function examples(view: View, url: string, token: string): string[] {
  const facts = view.facts()
  const model = formatRef(modelRefIn(facts.config, view.agentId, modelsOf(facts.config, view.agentId).primary))
  const provider = view.registry.find(model.split('/')[0] ?? '', facts.config.providers.get(model.split('/')[0] ?? ''))
  const isMessages = provider?.endpoints.messages !== undefined
  const path = isMessages ? '/v1/messages' : '/v1/chat/completions'
  const limit = isMessages ? '"max_tokens":64,' : ''
  return [
    `  printf 'x-api-key: %s' "${token}" | curl -H @- ${url}/v1/models`,
    `  printf 'x-api-key: %s' "${token}" | curl -H @- ${url}${path} -H 'content-type: application/json' \\`,
    `    -d '{"model":"${model}",${limit}"messages":[{"role":"user","content":"hi"}]}'`,
  ]
}
