// Every OpenAI-compatible vendor as one row of data. To add one, add a row (and its recorded failures under test/recorded).
import type { UsageHeaders } from '../core/usage.ts'
import { type FailureRow, judge } from './http-failure.ts'
import { type Endpoint, KEY_METHOD, type LoginMethod, type Provider, type SecretComplaint } from './provider.ts'
import { bodyUsage, completionsUsage, eventUsage, responsesUsage } from './sse.ts'

export type Row = {
  id: string
  label: string
  baseUrl: string
  env: readonly string[]
  keyHint?: string
  /** Also speaks Responses at /responses. */
  responses?: true
  probePath?: string | null
  needsNoSecret?: true
  /** Ways in beside a key, the best first. */
  login?: readonly LoginMethod[]
  failures?: readonly FailureRow[]
  /** Absent: named as OpenAI does. */
  usageHeaders?: UsageHeaders
}

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

const CREDIT_402: readonly FailureRow[] = [{ status: [402], class: 'billing', scope: 'account' }]

const late = (): Promise<typeof import('./openrouter-login.ts')> => import('./openrouter-login.ts')

const OPENROUTER_LOGIN: LoginMethod = {
  id: 'browser',
  label: 'OpenRouter login in a browser (makes a key)',
  kind: 'oauth-browser',
  // The port of its documentation; it takes any on localhost.
  redirects: ['http://localhost:3000/auth/callback', 'http://localhost:0/auth/callback'],
  address: async (room, attempt, redirectUri) => (await late()).address(room, attempt, redirectUri),
  exchange: async (room, code, attempt) => (await late()).exchange(room, code, attempt),
}

const ROWS: readonly Row[] = [
  {
    id: 'openai',
    label: 'OpenAI',
    baseUrl: 'https://api.openai.com/v1',
    env: ['OPENAI_API_KEY'],
    keyHint: 'sk-proj-…',
    responses: true,
  },
  {
    id: 'openrouter',
    label: 'OpenRouter',
    baseUrl: 'https://openrouter.ai/api/v1',
    env: ['OPENROUTER_API_KEY'],
    keyHint: 'sk-or-v1-…',
    login: [OPENROUTER_LOGIN, KEY_METHOD],
    responses: true,
    probePath: '/key',
    failures: [
      ...CREDIT_402,
      // What was asked is refused, not who asked.
      { status: [403], text: 'requires moderation', class: 'format', scope: 'request' },
    ],
  },
  {
    id: 'xai',
    label: 'xAI',
    baseUrl: 'https://api.x.ai/v1',
    env: ['XAI_API_KEY'],
    keyHint: 'xai-…',
    responses: true,
    // A bad key is a bad request there.
    failures: [{ status: [400], text: 'incorrect api key provided', class: 'auth', scope: 'account' }],
  },
  { id: 'groq', label: 'Groq', baseUrl: 'https://api.groq.com/openai/v1', env: ['GROQ_API_KEY'], keyHint: 'gsk_…' },
  { id: 'mistral', label: 'Mistral', baseUrl: 'https://api.mistral.ai/v1', env: ['MISTRAL_API_KEY'] },
  {
    id: 'deepseek',
    label: 'DeepSeek',
    baseUrl: 'https://api.deepseek.com',
    env: ['DEEPSEEK_API_KEY'],
    keyHint: 'sk-…',
    failures: CREDIT_402,
  },
  {
    id: 'moonshot',
    label: 'Moonshot',
    baseUrl: 'https://api.moonshot.ai/v1',
    env: ['MOONSHOT_API_KEY'],
    keyHint: 'sk-…',
    failures: [
      { type: 'engine_overloaded_error', class: 'overloaded', scope: 'vendor' },
      { type: 'exceeded_current_quota_error', class: 'billing', scope: 'account' },
    ],
  },
  {
    id: 'kimi-coding',
    label: 'Kimi for coding',
    baseUrl: 'https://api.kimi.com/coding/v1',
    env: ['KIMI_API_KEY', 'KIMICODE_API_KEY'],
    keyHint: 'sk-kimi-…',
  },
  { id: 'zai', label: 'Z.AI', baseUrl: 'https://api.z.ai/api/paas/v4', env: ['ZAI_API_KEY', 'Z_AI_API_KEY'] },
  { id: 'minimax', label: 'MiniMax', baseUrl: 'https://api.minimax.io/v1', env: ['MINIMAX_API_KEY'] },
  {
    id: 'qwen',
    label: 'Qwen Model Studio',
    baseUrl: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
    env: ['QWEN_API_KEY', 'MODELSTUDIO_API_KEY', 'DASHSCOPE_API_KEY'],
    keyHint: 'sk-…',
  },
  {
    // The door that speaks OpenAI's dialect; it takes the same key as the vendor's own.
    id: 'google',
    label: 'Google Gemini',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai',
    env: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
    keyHint: 'AIza…',
    // A bad key is a bad request there.
    failures: [{ status: [400], text: 'api key not valid', class: 'auth', scope: 'account' }],
  },
  {
    id: 'xiaomi',
    label: 'Xiaomi MiMo',
    baseUrl: 'https://api.xiaomimimo.com/v1',
    env: ['XIAOMI_API_KEY'],
  },
  {
    id: 'synthetic',
    label: 'Synthetic',
    baseUrl: 'https://api.synthetic.new/openai/v1',
    env: ['SYNTHETIC_API_KEY'],
  },
  {
    id: 'cerebras',
    label: 'Cerebras',
    baseUrl: 'https://api.cerebras.ai/v1',
    env: ['CEREBRAS_API_KEY'],
    keyHint: 'csk-…',
  },
  { id: 'together', label: 'Together', baseUrl: 'https://api.together.xyz/v1', env: ['TOGETHER_API_KEY'] },
  {
    id: 'fireworks',
    label: 'Fireworks',
    baseUrl: 'https://api.fireworks.ai/inference/v1',
    env: ['FIREWORKS_API_KEY'],
    keyHint: 'fw_…',
  },
  {
    id: 'huggingface',
    label: 'Hugging Face',
    baseUrl: 'https://router.huggingface.co/v1',
    env: ['HUGGINGFACE_HUB_TOKEN', 'HF_TOKEN'],
    keyHint: 'hf_…',
    probePath: null,
  },
  {
    id: 'vercel-ai-gateway',
    label: 'Vercel AI Gateway',
    baseUrl: 'https://ai-gateway.vercel.sh/v1',
    env: ['AI_GATEWAY_API_KEY'],
  },
  { id: 'venice', label: 'Venice', baseUrl: 'https://api.venice.ai/api/v1', env: ['VENICE_API_KEY'] },
  { id: 'qianfan', label: 'Qianfan', baseUrl: 'https://qianfan.baidubce.com/v2', env: ['QIANFAN_API_KEY'] },
  {
    id: 'opencode',
    label: 'OpenCode Zen',
    baseUrl: 'https://opencode.ai/zen/v1',
    env: ['OPENCODE_API_KEY', 'OPENCODE_ZEN_API_KEY'],
  },
  { id: 'vllm', label: 'vLLM', baseUrl: 'http://127.0.0.1:8000/v1', env: ['VLLM_API_KEY'], needsNoSecret: true },
  {
    id: 'lmstudio',
    label: 'LM Studio',
    baseUrl: 'http://127.0.0.1:1234/v1',
    env: ['LM_API_TOKEN'],
    needsNoSecret: true,
  },
]

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
