// A text of JSON told apart by a digest, so that nobody keeps the text itself.
import { Mix } from './mix.ts'

const BACKSLASH = 0x5c
/** Of a longer text its beginning, end and length stand for it, bytes. */
const SAMPLE = 128

/** The same for the same text, however its characters are escaped. @param from behind the opening quote @param to the closing one */
export function keyOf(bytes: Buffer, from: number, to: number): number {
  const raw = bytes.subarray(from, to)
  return textKey(raw.includes(BACKSLASH) ? unescaped(raw) : raw)
}

/** The digest of a text. */
export function textKey(text: Uint8Array): number {
  const mix = new Mix(0)
  mix.word(text.length)
  mix.bytes(text, 0, Math.min(text.length, SAMPLE))
  if (text.length > SAMPLE) mix.bytes(text, Math.max(SAMPLE, text.length - SAMPLE), text.length)
  return mix.value()
}

/** A text of JSON without its escapes; as it is where they are broken. @param raw what stands between its quotes */
export function unescaped(raw: Buffer): Uint8Array {
  try {
    return Buffer.from(String(JSON.parse(`"${raw.toString('utf8')}"`)))
  } catch {
    return raw
  }
}
