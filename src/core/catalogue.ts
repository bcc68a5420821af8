// The catalogue: what we can say of models without asking anybody, as data. Any other name works as well; the vendor knows better, and what it says
// of its models (`openclaw models refresh`) goes before this. A model without a known price has none.
import type { Price } from './price.ts'

/** What a model takes. */
export type Modality = 'text' | 'image' | 'document' | 'audio'

/** Where a price stands, and when it was read there. */
export type PriceSource = { url: string; on: string }

export type CatalogueRow = {
  provider: string
  id: string
  name: string
  /** Tokens; absent: not known. */
  contextWindow?: number
  input: readonly Modality[]
  /** The most that it says in one answer, tokens. */
  maxOutput?: number
  /** A shorter beginning of a prompt is not kept by the vendor, tokens. */
  cacheMinimum?: number
  /** What it is paid with, by use; and who says so. */
  price?: Price & { from: PriceSource }
}

const SEES: CatalogueRow['input'] = ['text', 'image']
const READS: CatalogueRow['input'] = ['text']

const AT_ANTHROPIC: PriceSource = { url: 'https://platform.claude.com/docs/en/about-claude/pricing', on: '2026-11-22' }
const HAIKU_PAGE: PriceSource = {
  url: 'https://platform.claude.com/docs/en/models/haiku-5-5/overview',
  on: '2026-11-22',
}
const AT_OPENAI: PriceSource = { url: 'https://developers.openai.com/api/docs/pricing', on: '2026-11-22' }
const AT_OPENROUTER: PriceSource = { url: 'https://openrouter.ai/anthropic/claude-sonnet-4.5', on: '2026-11-22' }

// A prompt may be kept for an hour at Anthropic, which costs twice its input.
const OPUS = { input: 5, output: 25, cacheRead: 0.5, cacheWrite: 10, from: AT_ANTHROPIC }
const SONNET = { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 6, from: AT_ANTHROPIC }
// OpenRouter passes longer prompts on to whoever takes them.
const SONNET_ELSEWHERE = {
  ...{ ...SONNET, from: AT_OPENROUTER },
  long: { above: 200_000, input: 6, output: 22.5, cacheRead: 0.6, cacheWrite: 12 },
}
const HAIKU_5 = {
  ...{ input: 0.1, output: 0.5, cacheRead: 0.01, cacheWrite: 0.2, from: HAIKU_PAGE },
  long: { above: 100_000, input: 0.5, output: 2.5, cacheRead: 0.05, cacheWrite: 1 },
}
const CLAUDE_4 = { provider: 'anthropic', contextWindow: 200_000, input: SEES } as const
const CLAUDE_5 = { provider: 'anthropic', contextWindow: 1_000_000, input: SEES, maxOutput: 128_000 } as const
const GPT_5 = {
  provider: 'openai',
  contextWindow: 400_000,
  input: SEES,
  maxOutput: 128_000,
  cacheMinimum: 1024,
} as const

export const CATALOGUE: readonly CatalogueRow[] = [
  { ...CLAUDE_5, id: 'claude-opus-4-6', name: 'Claude Opus 4.6', cacheMinimum: 4096, price: OPUS },
  { ...CLAUDE_4, id: 'claude-opus-4-5', name: 'Claude Opus 4.5', maxOutput: 64_000, cacheMinimum: 4096, price: OPUS },
  {
    ...CLAUDE_4,
    id: 'claude-sonnet-4-5',
    name: 'Claude Sonnet 4.5',
    maxOutput: 64_000,
    cacheMinimum: 1024,
    price: SONNET,
  },
  {
    ...{ ...CLAUDE_4, id: 'claude-haiku-4-5', name: 'Claude Haiku 4.5', maxOutput: 64_000, cacheMinimum: 4096 },
    price: { input: 1, output: 5, cacheRead: 0.1, cacheWrite: 2, from: AT_ANTHROPIC },
  },
  {
    ...{ ...CLAUDE_5, id: 'claude-opus-5-5', name: 'Claude Opus 5.5' },
    price: { input: 4, output: 20, cacheRead: 0.2, cacheWrite: 8, from: AT_ANTHROPIC },
  },
  {
    ...{ ...CLAUDE_5, id: 'claude-sonnet-5-5', name: 'Claude Sonnet 5.5', cacheMinimum: 512 },
    price: { input: 2, output: 10, cacheRead: 0.1, cacheWrite: 4, from: AT_ANTHROPIC },
  },
  { ...CLAUDE_5, id: 'claude-haiku-5-5', name: 'Claude Haiku 5.5', cacheMinimum: 512, price: HAIKU_5 },
  { ...CLAUDE_5, id: 'claude-opus-5', name: 'Claude Opus 5', cacheMinimum: 512, price: OPUS },
  {
    ...{ ...CLAUDE_5, id: 'claude-sonnet-5', name: 'Claude Sonnet 5', cacheMinimum: 1024 },
    price: { input: 2, output: 10, cacheRead: 0.2, cacheWrite: 4, from: AT_ANTHROPIC },
  },
  { ...GPT_5, id: 'gpt-5.1', name: 'GPT-5.1', price: { input: 1.25, output: 10, cacheRead: 0.125, from: AT_OPENAI } },
  {
    ...GPT_5,
    id: 'gpt-5-mini',
    name: 'GPT-5 mini',
    price: { input: 0.25, output: 2, cacheRead: 0.025, from: AT_OPENAI },
  },
  {
    ...{ ...GPT_5, id: 'gpt-4.1', name: 'GPT-4.1', contextWindow: 1_047_576, maxOutput: 32_768 },
    price: { input: 2, output: 8, cacheRead: 0.5, from: AT_OPENAI },
  },
  { provider: 'openai-codex', id: 'gpt-5.1-codex', name: 'GPT-5.1 Codex', contextWindow: 400_000, input: SEES },
  {
    ...{ provider: 'openrouter', id: 'anthropic/claude-sonnet-4.5', name: 'Claude Sonnet 4.5 at OpenRouter' },
    ...{ contextWindow: 200_000, input: SEES, maxOutput: 64_000, price: SONNET_ELSEWHERE },
  },
  { provider: 'xai', id: 'grok-4', name: 'Grok 4', contextWindow: 256_000, input: SEES },
  { provider: 'mistral', id: 'mistral-large-latest', name: 'Mistral Large', contextWindow: 128_000, input: READS },
  { provider: 'groq', id: 'llama-3.3-70b-versatile', name: 'Llama 3.3 70B', contextWindow: 131_072, input: READS },
  { provider: 'deepseek', id: 'deepseek-chat', name: 'DeepSeek Chat', contextWindow: 128_000, input: READS },
]

const ROWS: ReadonlyMap<string, CatalogueRow> = new Map(CATALOGUE.map((row) => [`${row.provider}/${row.id}`, row]))

/** The row of a model, if we have one. */
export function catalogueRow(provider: string, model: string): CatalogueRow | undefined {
  return ROWS.get(`${provider}/${model}`)
}

/** `claude-haiku-4-5-20251001`, `gpt-5.1-2025-11-13`: one edition of a model, of which all that stands for the model holds. */
const EDITION = /-20\d{2}-?\d{2}-?\d{2}$/

/** The row of a model, or of the model that it is an edition of. */
export function editionRow(provider: string, model: string): CatalogueRow | undefined {
  return catalogueRow(provider, model) ?? catalogueRow(provider, model.replace(EDITION, ''))
}
