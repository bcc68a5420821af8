// Which fields of a request name something that lies at a vendor for one of its accounts, by dialect, as the vendors' own documentation has them. What a
// vendor keeps that no request of a conversation names, such as batches, is not here.
import { type Word, word } from './json-bytes.ts'
import type { PlaceName } from './scan-keys.ts'

/** A thing that stands at the top of a body: as a text, or as a member of an object. */
export type TopKind = { place: PlaceName; member?: string; field: string }

/** Things within the value of a top-level key, however deep. */
export type InnerKind = {
  place: PlaceName
  name: Word
  field: string
  /** A list of them stands there. */
  isList?: true
  /** What does not begin so is open to everybody: skills that the vendor itself hands out. */
  begins?: Buffer
}

const SKILL = { name: word('"skill_id"'), field: 'skill_id', begins: Buffer.from('skill_') }

/** By the endpoint of the request. */
export const AT_TOP: Readonly<Record<string, readonly TopKind[]>> = {
  responses: [
    { place: 'previous_response_id', field: 'previous_response_id' },
    { place: 'conversation', member: 'id', field: 'conversation' },
    { place: 'prompt', member: 'id', field: 'prompt.id' },
  ],
  messages: [
    { place: 'container', member: 'id', field: 'container' },
    { place: 'thread', member: 'previous_message_id', field: 'thread.previous_message_id' },
    { place: 'fallback_credit_token', member: 'token', field: 'fallback_credit_token' },
  ],
  generate_content: [
    { place: 'cachedContent', field: 'cachedContent' },
    { place: 'cached_content', field: 'cachedContent' },
  ],
}

/** By the endpoint of the request. */
export const INSIDE: Readonly<Record<string, readonly InnerKind[]>> = {
  responses: [
    { place: 'tools', name: word('"vector_store_ids"'), field: 'vector_store_ids', isList: true },
    { place: 'tools', name: word('"file_ids"'), field: 'file_ids', isList: true },
    { place: 'tools', name: word('"tunnel_id"'), field: 'tunnel_id' },
    { place: 'tools', ...SKILL },
  ],
  messages: [{ place: 'container', ...SKILL }],
  generate_content: ['"fileSearchStoreNames"', '"file_search_store_names"'].map((name) => ({
    ...{ place: 'tools', name: word(name), field: 'fileSearchStoreNames', isList: true },
  })),
}
