// The chat page and its login. The page holds no secret; a one-use code, or the token typed in, gets it a cookie that scripts cannot read.
import { readShipped } from '../system/shipped.ts'
import { bucketOf } from './address.ts'
import { takeBody } from './body.ts'
import { deniedRefusal } from './denied.ts'
import { type Handler, takePreAuth } from './house.ts'
import { refuse, replyJson, replyText } from './reply.ts'
import { PAGE_FILES } from './routes.ts'

const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** What keeps a page to itself. @param csp its Content-Security-Policy */
export const pageHeaders = (csp: string): string[] => [
  'content-security-policy',
  csp,
  'cross-origin-opener-policy',
  'same-origin',
  'cross-origin-resource-policy',
  'same-origin',
]

/** The files that exist, by path: nothing a client writes becomes a file name. */
const FILES: ReadonlyMap<string, { name: string; type: string }> = new Map([
  ['/', { name: 'index.html', type: 'text/html; charset=utf-8' }],
  ...PAGE_FILES.map((path) => {
    const type = path.endsWith('.css') ? 'text/css; charset=utf-8' : 'text/javascript; charset=utf-8'
    return [path, { name: path.slice(1), type }] as const
  }),
])

/** Built, the page lies beside the program. */
const FOLDERS = ['web', '../web/page']

const kept = new Map<string, Promise<string | undefined>>()

export const page: Handler = ({ house, response, head, route }) => {
  const file = FILES.get(head.path)
  const found =
    file === undefined
      ? Promise.resolve(undefined)
      : (kept.get(file.name) ?? readShipped(house.system, FOLDERS, file.name))
  if (file !== undefined) kept.set(file.name, found)
  found.then(
    (text) => {
      if (text === undefined || file === undefined) {
        const refusal = { status: 404, code: 'no_page', message: 'This build has no page.' }
        refuse(response, route.dialect, refusal, { id: house.system.uuid() })
        return
      }
      replyText(response, 200, file.type, text, pageHeaders(CSP))
    },
    (error: unknown) => {
      // The next visit tries again.
      if (file !== undefined) kept.delete(file.name)
      house.system.log.error('the page could not be read', { why: error instanceof Error ? error.message : 'unknown' })
      const refusal = { status: 500, code: 'internal', message: 'The page could not be read.' }
      refuse(response, route.dialect, refusal, { id: house.system.uuid() })
    },
  )
}

/** `{"code": …}` or `{"token": …}` -> the cookie. JSON only: a form of another page cannot send that (V32). */
export const login: Handler = (visit) => {
  const { house, request, response, head, route } = visit
  const say = (status: number, code: string, message: string): void =>
    refuse(response, route.dialect, { status, code, message }, { id: house.system.uuid(), close: true })
  if (!/^application\/json\s*(?:;|$)/i.test(head.contentType ?? '')) {
    say(415, 'unsupported_type', 'A login is sent as application/json.')
    return
  }
  const giveBack = takePreAuth(house, bucketOf(head.address))
  if (giveBack === undefined) {
    say(503, 'busy', 'Too many logins are under way from this address.')
    return
  }
  visit.whenClosed.push(giveBack)
  takeBody(visit, {
    refused: (refusal) => refuse(response, route.dialect, refusal, { id: house.system.uuid(), close: true }),
    done: (pieces) => {
      const shown = readShown(Buffer.concat(pieces).toString('utf8'))
      if (shown === undefined) {
        say(400, 'invalid_request', 'A login holds a code or a token.')
        return
      }
      const cookie = house.gate.login(shown, head.address, request.socket)
      if (typeof cookie !== 'string') {
        refuse(response, route.dialect, deniedRefusal(cookie), { id: house.system.uuid() })
        return
      }
      replyJson(response, 200, { ok: true }, ['set-cookie', cookie])
    },
  })
}

function readShown(text: string): { code?: string; token?: string } | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // Whatever it was, it was no login.
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { code, token } = value as Record<string, unknown>
  if (typeof code === 'string' && code !== '') return { code }
  return typeof token === 'string' && token !== '' ? { token: token.trim() } : undefined
}
