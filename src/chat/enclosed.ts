// What is shown with the messages of a turn: fetched when its turn has come, refused where the model does not take it, and of what was shown before
// as much as is sensible.
import type { View } from '../auth/auth.ts'
import { agentFlag } from '../auth/own-store.ts'
import {
  type EnclosureKind,
  enclosureWords,
  type KeptEnclosure,
  mediaTypeOf,
  shortName,
  takenText,
  takes,
} from '../core/enclosure.ts'
import { AuthError } from '../core/errors.ts'
import type { ModelRef } from '../core/model-ref.ts'
import type { ChatMessage } from '../core/protocol.ts'
import type { Session } from '../core/session.ts'
import { type Enclosure, LARGEST_ENCLOSURE } from '../store/enclosures.ts'
import { recent } from './request.ts'

/** What somebody wants to show; its bytes are fetched when nothing is in their way. */
export type Offer = {
  kind: EnclosureKind
  /** As whoever sent it says. */
  mediaType: string
  name?: string
  /** How much it is, where that is known before it is fetched. */
  bytes?: number
  /** @throws AuthError upstream, when it cannot be had */
  load(): Promise<Buffer>
}

/** With one message. */
const MOST_OFFERED = 20
/** Of what was shown before, in one request: less than what any vendor refuses as too large. */
const MOST_AGAIN = 20
const MOST_BYTES_AGAIN = 12 * 1024 * 1024
/** What no longer fits goes in steps, as with messages: each step is another beginning of the prompt. */
const STEP = 5

/**
 * What is offered, fetched.
 * @throws AuthError usage, when the model does not take it or it is too much; upstream, when it cannot be had
 */
export async function fetchOffers(view: View, ref: ModelRef, offers: readonly Offer[]): Promise<Enclosure[]> {
  refuseUntaken(view, ref, offers)
  if (offers.length > MOST_OFFERED) {
    throw new AuthError('usage', `At most ${MOST_OFFERED} pictures and files are shown with one message.`)
  }
  refuseLarger(offers.reduce((sum, { bytes = 0 }) => sum + bytes, 0))
  const shown: Enclosure[] = []
  let size = 0
  // One after the other: what is too much together is never in memory together.
  for (const { kind, mediaType, name, load } of offers) {
    const bytes = await load()
    size += bytes.byteLength
    refuseLarger(size)
    const named = name === undefined ? {} : { name: shortName(name) }
    shown.push({ kind, mediaType: kind === 'image' ? (mediaTypeOf(bytes) ?? mediaType) : mediaType, bytes, ...named })
  }
  return shown
}

function refuseLarger(size: number): void {
  if (size <= LARGEST_ENCLOSURE) return
  throw new AuthError('usage', `What is shown with one message may be ${LARGEST_ENCLOSURE / 1024 / 1024} MB at most.`)
}

/** @throws AuthError usage, which names what the model takes */
export function refuseUntaken(
  view: View,
  ref: ModelRef,
  offers: readonly Pick<KeptEnclosure, 'kind' | 'mediaType'>[],
): void {
  const lists = view.facts().modelLists?.()
  const untaken = offers.find((one) => takes(lists, ref, one) === false)
  if (untaken === undefined) return
  throw new AuthError('usage', takenText(lists, ref, untaken.kind), {
    remedy: `openclaw models list${agentFlag(view, view.agentId)}`,
  })
}

/** The words of a message, and of what is shown with it. */
export function wordsWith(message: string, shown: readonly Enclosure[]): string {
  return [message.trim() === '' ? '' : message, enclosureWords(shown)].filter((text) => text !== '').join('\n')
}

/** What was shown before and is to be shown again, by message: the newest that fit, as far as they are still there. */
export async function shownAgain(
  view: View,
  session: Session,
  history: readonly ChatMessage[],
): Promise<Map<ChatMessage, Enclosure[]>> {
  const all = recent(history).flatMap((message) => (message.enclosures ?? []).map((kept) => ({ message, kept })))
  let first = all.length
  for (let bytes = 0; first > 0 && all.length - first < MOST_AGAIN; first--) {
    bytes += all[first - 1]?.kept.bytes ?? 0
    if (bytes > MOST_BYTES_AGAIN) break
  }
  const stepped = Math.ceil(first / STEP) * STEP
  const shown = new Map<ChatMessage, Enclosure[]>()
  for (const { message, kept } of all.slice(stepped < all.length ? stepped : first)) {
    const bytes = await view.store.sessions.enclosures.load(session.id, kept)
    if (bytes === undefined) continue
    const { kind, mediaType, name } = kept
    const one = { kind, mediaType, bytes, ...(name === undefined ? {} : { name }) }
    shown.set(message, [...(shown.get(message) ?? []), one])
  }
  return shown
}

/** Without what the model is known not to take: its words stand for it. */
export function takenOf(
  view: View,
  ref: ModelRef,
  shown: ReadonlyMap<ChatMessage, readonly Enclosure[]>,
): Map<ChatMessage, Enclosure[]> {
  const lists = view.facts().modelLists?.()
  return new Map([...shown].map(([message, list]) => [message, list.filter((one) => takes(lists, ref, one) !== false)]))
}
