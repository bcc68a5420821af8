// A few models we can say something about. Any other name works as well; the vendor knows better.

export type CatalogueRow = {
  provider: string
  id: string
  name: string
  /** Tokens. */
  contextWindow: number
  input: readonly ('text' | 'image')[]
}

const SEES: CatalogueRow['input'] = ['text', 'image']
const READS: CatalogueRow['input'] = ['text']

export const CATALOGUE: readonly CatalogueRow[] = [
  { provider: 'anthropic', id: 'claude-opus-4-6', name: 'Claude Opus 4.6', contextWindow: 200_000, input: SEES },
  { provider: 'anthropic', id: 'claude-opus-4-5', name: 'Claude Opus 4.5', contextWindow: 200_000, input: SEES },
  { provider: 'anthropic', id: 'claude-sonnet-4-5', name: 'Claude Sonnet 4.5', contextWindow: 200_000, input: SEES },
  { provider: 'anthropic', id: 'claude-haiku-4-5', name: 'Claude Haiku 4.5', contextWindow: 200_000, input: SEES },
  { provider: 'openai', id: 'gpt-5.1', name: 'GPT-5.1', contextWindow: 400_000, input: SEES },
  { provider: 'openai', id: 'gpt-5-mini', name: 'GPT-5 mini', contextWindow: 400_000, input: SEES },
  { provider: 'openai', id: 'gpt-4.1', name: 'GPT-4.1', contextWindow: 1_047_576, input: SEES },
  { provider: 'openai-codex', id: 'gpt-5.1-codex', name: 'GPT-5.1 Codex', contextWindow: 400_000, input: SEES },
  {
    provider: 'openrouter',
    id: 'anthropic/claude-sonnet-4.5',
    name: 'Claude Sonnet 4.5 at OpenRouter',
    contextWindow: 200_000,
    input: SEES,
  },
  { provider: 'xai', id: 'grok-4', name: 'Grok 4', contextWindow: 256_000, input: SEES },
  { provider: 'mistral', id: 'mistral-large-latest', name: 'Mistral Large', contextWindow: 128_000, input: READS },
  { provider: 'groq', id: 'llama-3.3-70b-versatile', name: 'Llama 3.3 70B', contextWindow: 131_072, input: READS },
  { provider: 'deepseek', id: 'deepseek-chat', name: 'DeepSeek Chat', contextWindow: 128_000, input: READS },
]

/** The row of a model, if we have one. */
export function catalogueRow(provider: string, model: string): CatalogueRow | undefined {
  return CATALOGUE.find((row) => row.provider === provider && row.id === model)
}
