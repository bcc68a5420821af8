// Secrets of the right shape that belong to nobody.

/** An Anthropic API key ending in these four characters. */
export const apiKey = (end: string): string => `sk-ant-api03-${'a'.repeat(70)}${end}`

/** What `claude setup-token` prints, ending in these four characters. */
export const setupToken = (end: string): string => `sk-ant-oat01-${'b'.repeat(90)}${end}`

/** An OpenAI key ending in these four characters. */
export const openaiKey = (end: string): string => `sk-proj-${'c'.repeat(60)}${end}`
