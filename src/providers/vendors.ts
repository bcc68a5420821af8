// Every OpenAI-compatible vendor as one row of data. To add one, add a row (and its recorded failures under test/recorded).
import type { BillingByKind } from '../core/billing.ts'
import type { UsageHeaders } from '../core/usage.ts'
import type { FailureRow } from './http-failure.ts'
import { KEY_METHOD, type LoginMethod } from './provider.ts'

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
  /** Absent: keys are billed by use. */
  billing?: BillingByKind
  /** Ways in beside a key, the best first. */
  login?: readonly LoginMethod[]
  failures?: readonly FailureRow[]
  /** Absent: named as OpenAI does. */
  usageHeaders?: UsageHeaders
}

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

/** Its keys come with a plan, and no call with a bill. */
const PLAN: BillingByKind = { api_key: 'flat_rate' }

/** On a machine of one's own: without a secret, or a bill. */
const LOCAL = { needsNoSecret: true, billing: PLAN } as const

export const ROWS: readonly Row[] = [
  {
    id: 'openai',
    label: 'OpenAI',
    baseUrl: 'https://api.openai.com/v1',
    env: ['OPENAI_API_KEY'],
    keyHint: 'sk-proj-…',
    responses: true,
    failures: [
      { code: 'missing_scope', class: 'auth_permanent', scope: 'account' },
      { code: 'ip_not_authorized', class: 'auth_permanent', scope: 'account' },
      { code: 'resource_unavailable', class: 'overloaded', scope: 'vendor' },
      { code: 'invalid_prompt', class: 'policy', scope: 'request' },
      { status: [403], text: 'must be verified to use the model', class: 'permission', scope: 'model' },
      // "Rate limit reached for gpt-5.1 in organization org-x": where it names both, it is the model's limit.
      { code: 'rate_limit_exceeded', text: ' in organization ', class: 'rate_limit', scope: 'model' },
    ],
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
      // What was asked is refused, not who asked.
      { status: [403], text: 'requires moderation', class: 'policy', scope: 'request' },
      { status: [403], text: 'key limit exceeded', class: 'billing', scope: 'account' },
      { status: [400], text: 'is not a valid model id', class: 'model_not_found', scope: 'model' },
      // The account is well; one vendor behind this one is busy with one model.
      { status: [429], text: 'provider returned error', class: 'rate_limit', scope: 'model' },
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
    failures: [
      { status: [400], text: 'incorrect api key provided', class: 'auth', scope: 'account' },
      { status: [429], text: 'used all available credits', class: 'billing', scope: 'account' },
      { status: [403], text: "doesn't have any credits", class: 'billing', scope: 'account' },
      { status: [403], text: 'api key is currently blocked', class: 'auth_permanent', scope: 'account' },
      { status: [403], text: 'content violates usage guidelines', class: 'policy', scope: 'request' },
      { status: [429], text: ' and model ', class: 'rate_limit', scope: 'model' },
    ],
  },
  {
    id: 'groq',
    label: 'Groq',
    baseUrl: 'https://api.groq.com/openai/v1',
    env: ['GROQ_API_KEY'],
    keyHint: 'gsk_…',
    failures: [
      { code: 'organization_restricted', class: 'auth_permanent', scope: 'account' },
      { code: 'blocked_api_access', class: 'billing', scope: 'account' },
      { code: 'capacity_exceeded', class: 'overloaded', scope: 'vendor' },
      { code: 'model_terms_required', class: 'permission', scope: 'model' },
      { status: [429], code: 'rate_limit_exceeded', text: 'reached for model', class: 'rate_limit', scope: 'model' },
      { status: [503], text: 'is currently over capacity', class: 'overloaded', scope: 'model' },
      // More than the limit of a minute at once: waiting does not help.
      { status: [413], code: 'rate_limit_exceeded', class: 'context_overflow', scope: 'request' },
    ],
  },
  {
    id: 'mistral',
    label: 'Mistral',
    baseUrl: 'https://api.mistral.ai/v1',
    env: ['MISTRAL_API_KEY'],
    failures: [
      { type: 'invalid_model', class: 'model_not_found', scope: 'model' },
      // "… exceeded for this model": no fault of the account, which may ask for others.
      { code: '3505', class: 'rate_limit', scope: 'model' },
      { status: [400], text: 'too large for model with', class: 'context_overflow', scope: 'request' },
    ],
  },
  {
    id: 'deepseek',
    label: 'DeepSeek',
    baseUrl: 'https://api.deepseek.com',
    env: ['DEEPSEEK_API_KEY'],
    keyHint: 'sk-…',
    failures: [
      { status: [400], text: 'model not exist', class: 'model_not_found', scope: 'model' },
      { status: [400], text: 'content exists risk', class: 'policy', scope: 'request' },
    ],
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
      { type: 'content_filter', class: 'policy', scope: 'request' },
      { status: [400], text: 'exceeded model token limit', class: 'context_overflow', scope: 'request' },
    ],
  },
  {
    id: 'kimi-coding',
    label: 'Kimi for coding',
    baseUrl: 'https://api.kimi.com/coding/v1',
    env: ['KIMI_API_KEY', 'KIMICODE_API_KEY'],
    keyHint: 'sk-kimi-…',
    billing: PLAN,
    failures: [
      { status: [403], text: 'reached your usage limit', class: 'quota', scope: 'account' },
      { status: [403], text: 'only available for coding agents', class: 'auth_permanent', scope: 'account' },
    ],
  },
  {
    id: 'zai',
    label: 'Z.AI',
    baseUrl: 'https://api.z.ai/api/paas/v4',
    env: ['ZAI_API_KEY', 'Z_AI_API_KEY'],
    failures: [
      { code: '1112', class: 'auth_permanent', scope: 'account' },
      { code: '1113', class: 'billing', scope: 'account' },
      { code: '1309', class: 'billing', scope: 'account' },
      { code: '1304', class: 'quota', scope: 'account' },
      { code: '1308', class: 'quota', scope: 'account' },
      { code: '1211', class: 'model_not_found', scope: 'model' },
      { code: '1220', class: 'permission', scope: 'model' },
      { code: '1261', class: 'context_overflow', scope: 'request' },
      { code: '1301', class: 'policy', scope: 'request' },
    ],
  },
  {
    id: 'minimax',
    label: 'MiniMax',
    baseUrl: 'https://api.minimax.io/v1',
    env: ['MINIMAX_API_KEY'],
    failures: [
      { code: '1004', class: 'auth', scope: 'account' },
      { code: '2049', class: 'auth', scope: 'account' },
      { code: '1008', class: 'billing', scope: 'account' },
      { code: '2056', class: 'quota', scope: 'account' },
      { code: '1026', class: 'policy', scope: 'request' },
      { code: '1027', class: 'policy', scope: 'request' },
      { code: '1039', class: 'context_overflow', scope: 'request' },
      { code: '2061', class: 'permission', scope: 'model' },
    ],
  },
  {
    id: 'qwen',
    label: 'Qwen Model Studio',
    baseUrl: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
    env: ['QWEN_API_KEY', 'MODELSTUDIO_API_KEY', 'DASHSCOPE_API_KEY'],
    keyHint: 'sk-…',
    failures: [
      { code: 'Arrearage', class: 'billing', scope: 'account' },
      { code: 'Throttling.AllocationQuota', class: 'quota', scope: 'account' },
      { code: 'Model.AccessDenied', class: 'permission', scope: 'model' },
      { code: 'data_inspection_failed', class: 'policy', scope: 'request' },
    ],
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
    failures: [
      { code: 'queue_exceeded', class: 'overloaded', scope: 'vendor' },
      { code: 'token_quota_exceeded', class: 'quota', scope: 'account' },
    ],
  },
  { id: 'together', label: 'Together', baseUrl: 'https://api.together.xyz/v1', env: ['TOGETHER_API_KEY'] },
  {
    id: 'fireworks',
    label: 'Fireworks',
    baseUrl: 'https://api.fireworks.ai/inference/v1',
    env: ['FIREWORKS_API_KEY'],
    keyHint: 'fw_…',
    failures: [{ status: [412], text: 'is suspended', class: 'billing', scope: 'account' }],
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
    failures: [{ type: 'CreditsError', class: 'billing', scope: 'account' }],
  },
  { id: 'vllm', label: 'vLLM', baseUrl: 'http://127.0.0.1:8000/v1', env: ['VLLM_API_KEY'], ...LOCAL },
  {
    id: 'lmstudio',
    label: 'LM Studio',
    baseUrl: 'http://127.0.0.1:1234/v1',
    env: ['LM_API_TOKEN'],
    ...LOCAL,
  },
]
