// What `onboard` can be told to set up: one row per choice, in the order of the menu. Names are those that scripts and documents use.
import { AuthError } from '../core/errors.ts'
import { guess } from '../core/nearest.ts'
import { printable } from '../core/profile.ts'

export type AuthChoice = {
  id: string
  /** The vendor as the menu shows it. */
  group: string
  label: string
  /** What the person brings: a key, a token, or a login in a browser. */
  kind: 'api_key' | 'token' | 'login' | 'skip'
  provider: string
  /** The flag that brings the key, without dashes. */
  flag?: string
  /** Another name of a row above it, or of something a menu need not offer. */
  isHidden?: true
  /** What to do instead, where the choice cannot be had here. */
  instead?: string
}

const key = (id: string, group: string, provider: string, label: string, flag: string): AuthChoice => ({
  id,
  group,
  label,
  kind: 'api_key',
  provider,
  flag,
})
const login = (id: string, group: string, provider: string, label: string): AuthChoice => ({
  id,
  group,
  label,
  kind: 'login',
  provider,
})
const hidden = (choice: AuthChoice): AuthChoice => ({ ...choice, isHidden: true })

const MINIMAX = key('minimax-api', 'MiniMax', 'minimax', 'MiniMax API key', 'minimax-api-key')
const TOKEN: AuthChoice = {
  id: 'setup-token',
  group: 'Anthropic',
  label: 'Anthropic token (paste setup-token)',
  kind: 'token',
  provider: 'anthropic',
}

export const AUTH_CHOICES: readonly AuthChoice[] = [
  login('openai-codex', 'OpenAI', 'openai-codex', 'ChatGPT login (Codex)'),
  key('openai-api-key', 'OpenAI', 'openai', 'OpenAI API key', 'openai-api-key'),
  TOKEN,
  key('apiKey', 'Anthropic', 'anthropic', 'Anthropic API key', 'anthropic-api-key'),
  hidden({ ...TOKEN, id: 'token' }),
  MINIMAX,
  hidden({ ...MINIMAX, id: 'minimax' }),
  hidden({ ...MINIMAX, id: 'minimax-api-lightning' }),
  login('minimax-portal', 'MiniMax', 'minimax-portal', 'MiniMax login'),
  key('moonshot-api-key', 'Moonshot', 'moonshot', 'Moonshot API key', 'moonshot-api-key'),
  hidden({
    ...key('moonshot-api-key-cn', 'Moonshot', 'moonshot-cn', 'Moonshot API key (China)', 'moonshot-cn-api-key'),
    instead: 'its address belongs in models.providers.moonshot.baseUrl, then the choice is moonshot-api-key',
  }),
  key('kimi-code-api-key', 'Moonshot', 'kimi-coding', 'Kimi for coding API key', 'kimi-code-api-key'),
  key('gemini-api-key', 'Google', 'google', 'Gemini API key', 'gemini-api-key'),
  login('google-antigravity', 'Google', 'google-antigravity', 'Antigravity login'),
  login('google-gemini-cli', 'Google', 'google-gemini-cli', 'Gemini CLI login'),
  key('xai-api-key', 'xAI', 'xai', 'xAI API key', 'xai-api-key'),
  login('openrouter', 'OpenRouter', 'openrouter', 'OpenRouter login (makes a key)'),
  key('openrouter-api-key', 'OpenRouter', 'openrouter', 'OpenRouter API key', 'openrouter-api-key'),
  key('qwen-api-key', 'Qwen', 'qwen', 'Qwen Model Studio API key', 'qwen-api-key'),
  login('qwen-portal', 'Qwen', 'qwen-portal', 'Qwen login'),
  key('zai-api-key', 'Z.AI', 'zai', 'Z.AI API key', 'zai-api-key'),
  key('qianfan-api-key', 'Qianfan', 'qianfan', 'Qianfan API key', 'qianfan-api-key'),
  login('github-copilot', 'Copilot', 'github-copilot', 'GitHub login'),
  login('copilot-proxy', 'Copilot', 'copilot-proxy', 'Copilot proxy'),
  key(
    'ai-gateway-api-key',
    'Vercel AI Gateway',
    'vercel-ai-gateway',
    'Vercel AI Gateway API key',
    'ai-gateway-api-key',
  ),
  key('opencode-zen', 'OpenCode Zen', 'opencode', 'OpenCode Zen API key', 'opencode-zen-api-key'),
  key('xiaomi-api-key', 'Xiaomi', 'xiaomi', 'Xiaomi API key', 'xiaomi-api-key'),
  key('synthetic-api-key', 'Synthetic', 'synthetic', 'Synthetic API key', 'synthetic-api-key'),
  key('venice-api-key', 'Venice', 'venice', 'Venice API key', 'venice-api-key'),
  {
    ...key(
      'cloudflare-ai-gateway-api-key',
      'Cloudflare AI Gateway',
      'cloudflare-ai-gateway',
      'Cloudflare AI Gateway API key',
      'cloudflare-ai-gateway-api-key',
    ),
    instead:
      'every account has an address of its own: once models.providers.cloudflare-ai-gateway.baseUrl is https://gateway.ai.cloudflare.com/v1/<account id>/<gateway id>/compat, the same line keeps the key',
  },
  login('chutes', 'Chutes', 'chutes', 'Chutes login'),
  { id: 'skip', group: 'Skip for now', label: 'Skip for now', kind: 'skip', provider: '' },
]

/** Names of older releases. */
const FORMER: ReadonlyMap<string, string> = new Map([
  ['oauth', 'setup-token'],
  ['claude-cli', 'setup-token'],
  ['codex-cli', 'openai-codex'],
])

/** Rows whose key a flag may bring, each flag once. */
export const KEY_CHOICES: readonly (AuthChoice & { flag: string })[] = AUTH_CHOICES.flatMap((row) =>
  row.flag === undefined || row.isHidden === true ? [] : [{ ...row, flag: row.flag }],
)

/**
 * The choice of this name.
 * @returns the row, and the name it has now when an older one was used
 * @throws AuthError usage, listing the choices
 */
export function choiceNamed(text: string): { choice: AuthChoice; formerly?: string } {
  const name = text.trim()
  const now = FORMER.get(name)
  const choice = AUTH_CHOICES.find(({ id }) => id === (now ?? name))
  if (choice !== undefined) return { choice, ...(now === undefined ? {} : { formerly: name }) }
  const ids = AUTH_CHOICES.map(({ id }) => id)
  throw new AuthError(
    'usage',
    `There is no auth choice "${printable(name, 40)}"${guess(name, ids)}; nothing was changed. Choices: ${ids.join(', ')}.`,
    { remedy: 'openclaw onboard --help' },
  )
}

/** `anthropicApiKey` for `anthropic-api-key`: the name under which the parser keeps a flag. */
export function attributeOf(flag: string): string {
  return flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
