// What was shown in a conversation, for whoever may read that: a picture as what its bytes say that it is, anything else as a file to be saved. No
// browser draws or runs any of it by itself.
import { isPicture, type KeptEnclosure, mediaTypeOf } from '../core/enclosure.ts'
import { AuthError } from '../core/errors.ts'
import type { Handler, House } from './house.ts'
import { refuse, replyText } from './reply.ts'
import { isOwnVisit } from './site.ts'

/** Agent, id of the session, hash of the bytes, media type: nothing else of a path is looked at. */
const PLACE =
  /^\/shown\/([a-z0-9_-]{1,64})\/([A-Za-z0-9][A-Za-z0-9_-]{0,127})\/([0-9a-f]{64})\/([a-z]+\/[a-z0-9.-]{1,80})$/
/** At once, each of 20 MB at most: a browser asks for six. */
const MOST_AT_ONCE = 12
const HEADERS = [
  'content-security-policy',
  "default-src 'none'; sandbox; frame-ancestors 'none'",
  'cross-origin-resource-policy',
  'same-origin',
]

const underWay = new WeakMap<House, number>()

/** `GET /shown/<agent>/<session id>/<sha256>/<media type>` */
export const shown: Handler = ({ house, response, head, route, whenClosed }) => {
  const say = (status: number, code: string, message: string): void =>
    refuse(response, route.dialect, { status, code, message }, { id: house.system.uuid() })
  const [, agentId = '', sessionId = '', sha256 = '', mediaType = ''] = PLACE.exec(head.path) ?? []
  // The cookie comes along with what another page of this machine embeds, too.
  if (!isOwnVisit(head)) return say(403, 'foreign_origin', 'Pages of other sites may not use this gateway.')
  if (agentId === '') return say(404, 'not_kept', 'There is nothing of this name.')
  const count = underWay.get(house) ?? 0
  if (count >= MOST_AT_ONCE) return say(503, 'busy', 'Too much is asked for at once.')
  underWay.set(house, count + 1)
  whenClosed.push(() => underWay.set(house, (underWay.get(house) ?? 1) - 1))
  find(house, agentId, sessionId, { kind: 'document', sha256, mediaType, bytes: 0 }).then(
    (bytes) => {
      if (bytes === undefined) return say(404, 'not_kept', 'This is not kept any more.')
      const type = mediaTypeOf(bytes)
      const [kind, more] = isPicture(type)
        ? [type, []]
        : ['application/octet-stream', ['content-disposition', 'attachment']]
      replyText(response, 200, kind, bytes, [...HEADERS, ...more])
    },
    (error: unknown) => {
      if (error instanceof AuthError) return say(404, error.code, error.message)
      house.system.log.error('what was shown could not be read', {
        why: error instanceof Error ? error.message : 'unknown',
      })
      say(500, 'internal', 'It could not be read.')
    },
  )
}

/** @throws AuthError unknown_agent */
async function find(
  house: House,
  agentId: string,
  sessionId: string,
  kept: KeptEnclosure,
): Promise<Buffer | undefined> {
  return house.auth.home.agent(agentId).sessions.enclosures.load(sessionId, kept)
}
