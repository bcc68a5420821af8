// The page and its login. The page holds no secret; a one-use code, or the token typed in, gets it a cookie that scripts cannot read.
import { readShipped } from '../system/shipped.ts'
import type { System } from '../system/system.ts'
import { bucketOf } from './address.ts'
import { takeBody } from './body.ts'
import { deniedRefusal } from './denied.ts'
import { scopesFrom } from './gate.ts'
import { type Handler, takePreAuth, type Visit } from './house.ts'
import { languageOf } from './language.ts'
import { refuse, replyJson, replyText } from './reply.ts'

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

type PageFile = { type: string; text: string; gzip: Uint8Array }

/** Built, it lies beside the program; from the sources, where the last build put it. */
const FOLDERS = ['.', '../../dist']
/** A name says what is in it: whoever has it has it for good. */
const FOR_GOOD = 'public, max-age=31536000, immutable'

let kept: Promise<ReadonlyMap<string, PageFile>> | undefined

/** The files that exist, by path: nothing a client writes becomes a file name. Read once; a read that fails is tried again with the next visit. */
function files(system: System): Promise<ReadonlyMap<string, PageFile>> {
  if (kept !== undefined) return kept
  const reading = readShipped(system, FOLDERS, 'web.json').then((text) => {
    const found =
      text === undefined
        ? []
        : (JSON.parse(text) as { files: Record<'path' | 'type' | 'text' | 'gzip', string>[] }).files
    return new Map(found.map(({ path, gzip, ...file }) => [path, { ...file, gzip: Buffer.from(gzip, 'base64') }]))
  })
  kept = reading
  reading.catch(() => {
    kept = undefined
  })
  return reading
}

const END_OF_HEAD = '  </head>'
const END_OF_BODY = '  </body>'

export const page: Handler = (visit) => {
  const { house, request, response, head, route } = visit
  const say = (status: number, code: string, message: string): void =>
    refuse(response, route.dialect, { status, code, message }, { id: house.system.uuid() })
  const serve = async (): Promise<void> => {
    const all = await files(house.system)
    const file = all.get(head.path)
    if (file === undefined) {
      say(404, 'no_page', head.path === '/' ? 'This build has no page.' : 'The page has no such file; load it anew.')
      return
    }
    if (head.path === '/') {
      await serveDocument(visit, file, all)
      return
    }
    const takesGzip = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '')
    replyText(response, 200, file.type, takesGzip ? file.gzip : file.text, [
      ...pageHeaders(CSP),
      ...(takesGzip ? ['content-encoding', 'gzip'] : []),
      'vary',
      'accept-encoding',
      'cache-control',
      FOR_GOOD,
    ])
  }
  serve().catch((error: unknown) => {
    house.system.log.error('the page could not be read', { why: error instanceof Error ? error.message : 'unknown' })
    say(500, 'internal', 'The page could not be read.')
  })
}

/**
 * The document, in the reader's language; for who has a session, with what the page draws first. Our own page may ask for that alone, as JSON. It
 * goes out as it is: what holds a secret beside texts of others is not compressed, since its length would tell of it.
 */
async function serveDocument(
  { house, response, head }: Visit,
  { type, text }: PageFile,
  all: ReadonlyMap<string, PageFile>,
): Promise<void> {
  const session = house.gate.visit(head)
  const { language, setCookie } = languageOf(head)
  const first =
    session === undefined
      ? undefined
      : await import('./first-answer.ts').then(async ({ asBlock, firstAnswer }) => {
          const scopes = scopesFrom(session.scopes, head.beyondLoopback)
          const answer = await firstAnswer(house, { ...session, scopes })
          return { answer, block: asBlock(answer) }
        })
  const headers = [
    ...pageHeaders(CSP),
    'vary',
    'accept, accept-language, cookie, sec-fetch-site',
    ...(setCookie === undefined ? [] : ['set-cookie', setCookie]),
  ]
  if (head.accept === 'application/json') {
    replyJson(response, 200, first?.answer ?? {}, headers)
    return
  }
  const words = [...all.keys()].find((path) => path.startsWith(`/page/${language.toLowerCase()}-`))
  const preload = words === undefined ? '' : `    <link rel="modulepreload" href="${words}" />\n`
  const whole = text
    .replace('<html lang="en">', `<html lang="${language}">`)
    .replace(END_OF_HEAD, () => preload + END_OF_HEAD)
    .replace(END_OF_BODY, () => `${first === undefined ? '' : `    ${first.block}\n`}${END_OF_BODY}`)
  replyText(response, 200, type, whole, headers)
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
      const done = house.gate.login(shown, head, request.socket)
      if (!('setCookie' in done)) {
        refuse(response, route.dialect, deniedRefusal(done), { id: house.system.uuid() })
        return
      }
      replyJson(response, 200, { ok: true, antiForgery: done.antiForgery }, ['set-cookie', done.setCookie])
    },
  })
}

/** The cookie is no use any more, and its sockets are closed with the next sweep. */
export const logout: Handler = ({ house, response, head, route }) => {
  const done = house.gate.logout(head)
  if (Array.isArray(done)) {
    replyJson(
      response,
      200,
      { ok: true },
      done.flatMap((cookie) => ['set-cookie', cookie]),
    )
  } else refuse(response, route.dialect, deniedRefusal(done), { id: house.system.uuid() })
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
