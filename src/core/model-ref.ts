// provider/model, aliases, and the chat form ref@profile.
import { AuthError } from './errors.ts'

export type ModelRef = { readonly provider: string; readonly model: string }

/** Names the vendors or older releases used for a provider, and the one we use. */
const PROVIDER_ALIASES: ReadonlyMap<string, string> = new Map([
  ['z.ai', 'zai'],
  ['z-ai', 'zai'],
  ['opencode-zen', 'opencode'],
  ['kimi-code', 'kimi-coding'],
  ['kimi', 'kimi-coding'],
])

/** One spelling per provider. */
export function normaliseProvider(text: string): string {
  const id = text.trim().toLowerCase()
  return PROVIDER_ALIASES.get(id) ?? id
}

/** `provider/model`. */
export function formatRef(ref: ModelRef): string {
  return `${ref.provider}/${ref.model}`
}

const REF = /^[\w.:@-]+(?:\/[\w.:@-]+)*$/

/** Whether the text can be read as a model without knowing any alias. */
export function isModelRef(text: string): boolean {
  const trimmed = text.trim()
  return trimmed.length <= 200 && REF.test(trimmed)
}

export type AliasMap = ReadonlyMap<string, ModelRef>

/**
 * Reads a model as a person, a client or the config writes it: an alias (any case), `provider/model` (split at the first slash) or
 * a bare name of the default provider.
 * @throws AuthError usage, when it is none of these
 */
export function parseModelRef(text: string, options: { aliases: AliasMap; defaultProvider: string }): ModelRef {
  const trimmed = text.trim()
  const alias = options.aliases.get(trimmed.toLowerCase())
  if (alias !== undefined) return alias
  if (!isModelRef(trimmed)) {
    throw new AuthError(
      'unknown_model',
      'A model is written provider/model, for example anthropic/claude-opus-4-6, or as an alias.',
      {
        remedy: 'openclaw models list',
      },
    )
  }
  const slash = trimmed.indexOf('/')
  if (slash < 0) return { provider: options.defaultProvider, model: trimmed }
  return { provider: normaliseProvider(trimmed.slice(0, slash)), model: trimmed.slice(slash + 1) }
}
