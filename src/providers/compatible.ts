// A row of vendors.ts becomes a provider: what every vendor that speaks OpenAI's dialect has in common.
import type { UsageHeaders } from '../core/usage.ts'
import { judge } from './http-failure.ts'
import type { Endpoint, Provider, SecretComplaint } from './provider.ts'
import { bodyUsage, completionsUsage, eventUsage, responsesUsage } from './sse.ts'
import { ROWS, type Row } from './vendors.ts'

/** What OpenAI sends, and most who speak its dialect. Where a limit has no name, it is that of requests. */
const USAGE: UsageHeaders = {
  prefix: 'x-ratelimit-',
  forms: [
    {
      isFieldFirst: true,
      fields: { limit: 'limit', remaining: 'remaining', reset: 'reset' },
      names: { '': 'requests' },
    },
  ],
}

/** Every row as a provider. */
export const compatibleProviders: readonly Provider[] = ROWS.map(compatibleProvider)

/** A provider from one row. */
export function compatibleProvider(row: Row): Provider {
  const endpoints: Partial<Record<Endpoint, string>> = {
    chat_completions: '/chat/completions',
    models: '/models',
    ...(row.responses === true ? { responses: '/responses' } : {}),
  }
  const probePath = row.probePath === undefined ? '/models' : row.probePath
  return {
    id: row.id,
    label: row.label,
    baseUrl: row.baseUrl,
    endpoints,
    env: row.env,
    ...(row.keyHint === undefined ? {} : { keyHint: row.keyHint }),
    ...(row.login === undefined ? {} : { login: row.login }),
    ...(row.billing === undefined ? {} : { billing: row.billing }),
    ...(row.needsNoSecret === undefined ? {} : { needsNoSecret: row.needsNoSecret }),
    ...(probePath === null ? {} : { probePath }),
    complain: (_kind, text) => complain(row, text),
    sign: (_kind, secret) => ['authorization', `Bearer ${secret.reveal()}`],
    classify: (refusal) => judge(row.failures ?? [], refusal),
    readUsage: (endpoint, streaming) => {
      const rule = endpoint === 'responses' ? responsesUsage : completionsUsage
      return streaming ? eventUsage(rule) : bodyUsage(rule)
    },
    usageHeaders: row.usageHeaders ?? USAGE,
  }
}

/** Shapes that belong to one vendor alone: at any other they would hand a stranger a working key (V28). */
function complain(row: Row, text: string): SecretComplaint | undefined {
  if (text.startsWith('sk-ant-')) {
    return {
      message: `This is an Anthropic credential; sending it to ${row.label} would give it away.`,
      provider: 'anthropic',
      door: text.startsWith('sk-ant-oat') ? 'setup-token' : 'paste-api-key',
    }
  }
  if (text.startsWith('sk-or-') && row.id !== 'openrouter') {
    return {
      message: `This is an OpenRouter key; sending it to ${row.label} would give it away.`,
      provider: 'openrouter',
      door: 'paste-api-key',
    }
  }
  return undefined
}
