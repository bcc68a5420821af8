// Reading a dotenv text. What is taken from where, and in which order, is auth/resolve's business.
import { parseEnv } from 'node:util'

/** `KEY=value` lines, `export` prefixes, quotes and comments; blank values count as unset. */
export function parseDotenv(text: string): Map<string, string> {
  const values = new Map<string, string>()
  for (const [name, value] of Object.entries(parseEnv(text.replace(/^\uFEFF/, '')))) {
    const plain = name.replace(/^export\s+/, '')
    if (value !== undefined && value.trim() !== '') values.set(plain, value)
  }
  return values
}
