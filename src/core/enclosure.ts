// What is shown with a message beside its words: pictures, documents, recordings. What is kept of one, what is said of it in words, and which
// models take which.
import { editionRow, type Modality } from './catalogue.ts'
import { listedIn, type ModelLists } from './model-list.ts'
import { formatRef, type ModelRef } from './model-ref.ts'
import { printable } from './profile.ts'

export type EnclosureKind = Exclude<Modality, 'text'>

/** What a transcript says of one; the bytes lie in a file of their own beside it. */
export type KeptEnclosure = {
  kind: EnclosureKind
  /** `image/jpeg` and such. */
  mediaType: string
  /** The SHA-256 of its bytes, hexadecimal. */
  sha256: string
  bytes: number
  /** As whoever sent it calls it. */
  name?: string
}

const KINDS: readonly EnclosureKind[] = ['image', 'document', 'audio']
/** Those that every vendor reads who reads any. */
const PICTURES: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp'])
/** Whether a browser may be given it as a picture: none of these holds a script. */
export function isPicture(mediaType: string | undefined): mediaType is string {
  return mediaType !== undefined && PICTURES.has(mediaType)
}

const MEDIA_TYPE = /^[a-z]+\/[a-z0-9.+-]{1,80}$/
const SHA256 = /^[0-9a-f]{64}$/
const LONGEST_NAME = 120

/** @returns nothing for what is none, whoever wrote it */
export function readEnclosure(value: unknown): KeptEnclosure | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { kind, mediaType, sha256, bytes, name } = value as Record<string, unknown>
  const known = KINDS.find((one) => one === kind)
  if (known === undefined || typeof mediaType !== 'string' || !MEDIA_TYPE.test(mediaType)) return undefined
  if (typeof sha256 !== 'string' || !SHA256.test(sha256) || typeof bytes !== 'number') return undefined
  return { kind: known, mediaType, sha256, bytes, ...(typeof name === 'string' ? { name: shortName(name) } : {}) }
}

/** A name of somebody else's, short and without what a terminal would obey. */
export function shortName(name: string): string {
  return printable(name, LONGEST_NAME)
}

/** What a thing of this type is; undefined for one that nobody is shown. */
export function kindOf(mediaType: string): EnclosureKind | undefined {
  if (!MEDIA_TYPE.test(mediaType)) return undefined
  if (PICTURES.has(mediaType)) return 'image'
  if (mediaType.startsWith('audio/')) return 'audio'
  return mediaType === 'application/pdf' || isPlainText(mediaType) ? 'document' : undefined
}

/** By the first bytes: names, and what senders say, are often wrong. @param head 16 bytes are enough */
export function mediaTypeOf(head: Uint8Array): string | undefined {
  const text = String.fromCharCode(...head.subarray(0, 16))
  if (text.startsWith('\x89PNG')) return 'image/png'
  if (text.startsWith('GIF8')) return 'image/gif'
  if (text.startsWith('\xff\xd8\xff')) return 'image/jpeg'
  if (text.startsWith('%PDF')) return 'application/pdf'
  if (text.startsWith('OggS')) return 'audio/ogg'
  if (text.startsWith('ID3') || /^\xff[\xf2\xf3\xfb]/.test(text)) return 'audio/mpeg'
  if (!text.startsWith('RIFF')) return undefined
  return text.startsWith('WEBP', 8) ? 'image/webp' : text.startsWith('WAVE', 8) ? 'audio/wav' : undefined
}

/** Text can be told to any model. */
export function isPlainText(mediaType: string): boolean {
  return mediaType.startsWith('text/') || mediaType === 'application/json'
}

/** What stands for them where they are not shown, as in the transcript: `[a picture]`. */
export function enclosureWords(list: readonly Pick<KeptEnclosure, 'kind' | 'name'>[]): string {
  const pictures = list.filter(({ kind }) => kind === 'image').length
  const others = list.flatMap(({ kind, name }) => {
    if (kind === 'image') return []
    const what = kind === 'audio' ? 'a recording' : 'a document'
    return [name === undefined ? `[${what}]` : `[${what}: ${name}]`]
  })
  if (pictures > 0) others.unshift(pictures === 1 ? '[a picture]' : `[${pictures} pictures]`)
  return others.join('\n')
}

/** The words of a message without those that stand for what is shown with it: for who draws that. */
export function wordsWithout(text: string, list: readonly KeptEnclosure[]): string {
  const words = enclosureWords(list)
  return words !== '' && text.endsWith(words) ? text.slice(0, -words.length).trimEnd() : text
}

/** What every chat model of a provider takes, as its documentation says. */
const BY_PROVIDER: Readonly<Record<string, readonly EnclosureKind[]>> = {
  anthropic: ['image', 'document'],
  openai: ['image', 'document'],
  'openai-codex': ['image'],
  google: ['image', 'document', 'audio'],
}

/**
 * Whether a model takes such a thing.
 * @returns undefined where nobody has said so: its provider knows
 */
export function takes(
  lists: ModelLists | undefined,
  { provider, model }: ModelRef,
  { kind, mediaType }: Pick<KeptEnclosure, 'kind' | 'mediaType'>,
): boolean | undefined {
  if (kind === 'document' && isPlainText(mediaType)) return true
  if (BY_PROVIDER[provider]?.includes(kind) === true) return true
  const told = listedIn(lists, provider, model)?.input ?? editionRow(provider, model)?.input
  if (told !== undefined) return told.includes(kind)
  // What a new picture is worth trying, a vendor who has never heard of documents or sound would refuse in words that help nobody.
  return kind === 'image' && BY_PROVIDER[provider] === undefined ? undefined : false
}

const NAMES: Readonly<Record<EnclosureKind, string>> = { image: 'pictures', document: 'PDF', audio: 'sound' }

/** What a model takes, for people who have sent it something else. */
export function takenText(lists: ModelLists | undefined, ref: ModelRef, kind: EnclosureKind): string {
  const types = { image: 'image/png', document: 'application/pdf', audio: 'audio/ogg' } as const
  const taken = KINDS.filter((one) => one !== kind && takes(lists, ref, { kind: one, mediaType: types[one] }) === true)
  const more = taken.map((one) => NAMES[one])
  const what = kind === 'audio' ? 'does not hear' : kind === 'image' ? 'sees no pictures' : 'reads no PDF'
  return `${formatRef(ref)} ${what}: it takes ${[...['text', 'text files'], ...more].join(', ').replace(/, ([^,]*)$/, ' and $1')}.`
}
