// The models that are tried when the first choice fails, for text or for images: one added, one removed, all of them cleared.

import type { Config } from '../core/config.ts'
import { valueAt } from '../core/config-path.ts'
import { AuthError } from '../core/errors.ts'
import { isModelRef } from '../core/model-ref.ts'
import { type Note, note } from '../core/note.ts'
import { printable } from '../core/profile.ts'
import type { JsonObject } from '../store/document.ts'
import type { Auth } from './auth.ts'
import { allow, blindness, type Chain, chainIn, defaultsOf, independent, keyIn, knownModel } from './choose.ts'

export type FallbackChange = { do: 'add' | 'remove'; text: string } | { do: 'clear' }

export type Fallbacks = {
  /** As they are written now. */
  fallbacks: string[]
  /** Of the model that was named. */
  key?: string
  /** Whether the list is another one than before. */
  changed: boolean
  where: string
  notes: Note[]
}

/**
 * Changes the list of the defaults. Adding what is there already, under whatever name, changes nothing.
 * @throws AuthError unknown_model (also for removing what is not there), unknown_provider, and what the config throws
 */
export async function fallback(auth: Auth, chain: Chain, change: FallbackChange): Promise<Fallbacks> {
  const { home } = auth
  const added = change.do === 'add' ? knownModel(auth, change.text) : undefined
  const notes = [...(added?.notes ?? [])]
  let key = added?.key
  let changed = false
  let fallbacks: string[] = []
  await home.configStore.change((draft, { config, standsFor }) => {
    const before = writtenIn(draft, chain)
    const keys = before.map((text) => {
      const value = standsFor(text)
      return value === undefined ? undefined : keyIn(config, value)
    })
    if (change.do === 'clear') fallbacks = []
    else if (change.do === 'remove') {
      const found = before.findIndex((text) => text.trim() === change.text.trim())
      const wanted = found < 0 ? keyOf(config, change.text) : keys[found]
      key = wanted
      fallbacks = before.filter((_, at) => at !== found && (wanted === undefined || keys[at] !== wanted))
      if (fallbacks.length === before.length) throw unknownFallback(chain, change.text, before)
    } else if (added !== undefined) {
      fallbacks = keys.includes(added.key) ? before : [...before, added.key]
      const isFirst = (chain === 'model' ? config.model : config.image).primary
      if (isFirst !== undefined && keyIn(config, isFirst) === added.key) {
        notes.push(note('is_first', added.key))
      }
    }
    changed = fallbacks.length !== before.length
    if (changed) write(defaultsOf(draft), chain, fallbacks)
    if (added !== undefined) notes.push(...allow(defaultsOf(draft), added.key))
  })
  await home.reload()
  if (added !== undefined && chain === 'imageModel') {
    notes.push(...blindness(added.key))
    if (home.config().image.primary === undefined) {
      notes.push(note('no_image_model'))
    }
  }
  if (chain === 'model') notes.push(...independent(home.config(), 'fallbacks'))
  return { fallbacks, ...(key === undefined ? {} : { key }), changed, where: home.configStore.where(), notes }
}

/** The list as it stands in the file, `${VARIABLE}`s and all: what is not taken out goes back as it was written. */
function writtenIn(draft: JsonObject, chain: Chain): string[] {
  const written = valueAt(draft, ['agents', 'defaults', chain, 'fallbacks'])
  return Array.isArray(written) ? written.filter((item) => typeof item === 'string') : []
}

/** An empty list is not written: it says the same as none. */
function write(defaults: JsonObject, chain: Chain, fallbacks: readonly string[]): void {
  const { fallbacks: _, ...rest } = chainIn(defaults, chain)
  if (fallbacks.length > 0) defaults[chain] = { ...rest, fallbacks: [...fallbacks] }
  else if (Object.keys(rest).length > 0) defaults[chain] = rest
  else delete defaults[chain]
}

/** What the text means, or nothing when it is no model's name. */
function keyOf(config: Config, text: string): string | undefined {
  const isNamed = config.aliases.has(text.trim().toLowerCase()) || isModelRef(text)
  return isNamed ? keyIn(config, text) : undefined
}

function unknownFallback(chain: Chain, text: string, known: readonly string[]): AuthError {
  const what = chain === 'model' ? 'fallback' : 'image fallback'
  const list = known.length === 0 ? 'There are none.' : `There are: ${known.join(', ')}.`
  return new AuthError('unknown_model', `"${printable(text, 60)}" is no ${what}; nothing was changed. ${list}`, {
    remedy: `openclaw models ${chain === 'model' ? 'fallbacks' : 'image-fallbacks'} list`,
  })
}
