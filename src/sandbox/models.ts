// The models the sandbox pretends to have; any other name is unknown, as at the vendors.
export const ANTHROPIC_MODELS: readonly string[] = [
  'claude-opus-4-6',
  'claude-opus-4-5',
  'claude-sonnet-4-5',
  'claude-haiku-4-5',
]

export const GOOGLE_MODELS: readonly string[] = ['gemini-3-pro-preview', 'gemini-2.5-pro', 'gemini-2.5-flash']

export const OPENAI_MODELS: readonly string[] = ['gpt-5.1', 'gpt-5-mini', 'gpt-4.1']
