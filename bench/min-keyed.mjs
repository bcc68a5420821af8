// The yardstick: the smallest Node proxy with a credential gateway's duties. Body buffered, parsed once, profile by order, cooldown and
// session pin, key set, undici dispatch, answer passed on as bytes; what a refusal cools is replayed before the first byte.
// MIN_KEYED in the environment: {"port", "upstream", "keys": [...]}.
import { createServer } from 'node:http'
import { Agent } from 'undici'

const { port, upstream, keys } = JSON.parse(process.env.MIN_KEYED ?? '{}')
const origin = `http://127.0.0.1:${upstream}`
const COOLS = new Set([401, 402, 403, 429])
const COOLDOWN_MS = 60_000
const NOT_PASSED = new Set(['host', 'connection', 'keep-alive', 'transfer-encoding', 'content-length', 'x-api-key'])
const HOP = new Set(['connection', 'keep-alive', 'transfer-encoding'])

const profiles = keys.map((key) => ({ key, coolUntil: 0 }))
const pins = new Map()
const agent = new Agent({ pipelining: 1 })

/** The pinned profile when it is usable, else the first usable one of the order. */
function pick(session, tried) {
  const now = Date.now()
  const pinned = session === undefined ? undefined : pins.get(session)
  if (pinned !== undefined && pinned.coolUntil <= now && !tried.includes(pinned)) return pinned
  for (const profile of profiles) if (profile.coolUntil <= now && !tried.includes(profile)) return profile
  return undefined
}

const server = createServer({ noDelay: true }, (request, response) => {
  const pieces = []
  request.on('data', (piece) => pieces.push(piece))
  request.on('end', () => {
    const body = Buffer.concat(pieces)
    let parsed
    try {
      parsed = JSON.parse(body)
    } catch {
      response.writeHead(400).end()
      return
    }
    if (typeof parsed.model !== 'string') {
      response.writeHead(400).end()
      return
    }
    const headers = []
    for (let at = 0; at < request.rawHeaders.length; at += 2) {
      const name = request.rawHeaders[at].toLowerCase()
      if (!NOT_PASSED.has(name)) headers.push(name, request.rawHeaders[at + 1])
    }
    attempt({ path: request.url, headers, body, session: request.headers['x-session-id'], response, tried: [] })
  })
})

function attempt(call) {
  const { response, tried } = call
  const profile = pick(call.session, tried)
  if (profile === undefined) {
    response.writeHead(429).end()
    return
  }
  tried.push(profile)
  let refused = false
  let stop
  response.on('close', () => stop?.(new Error('client gone')))
  agent.dispatch(
    { origin, path: call.path, method: 'POST', headers: [...call.headers, 'x-api-key', profile.key], body: call.body },
    {
      onConnect: (abort) => {
        stop = abort
      },
      onHeaders: (status, raw, resume) => {
        if (status < 200) return true
        const headers = []
        let coolMs = COOLDOWN_MS
        for (let at = 0; at < raw.length; at += 2) {
          const name = raw[at].latin1Slice().toLowerCase()
          if (name === 'retry-after') coolMs = Number(raw[at + 1].latin1Slice()) * 1000 || COOLDOWN_MS
          if (!HOP.has(name)) headers.push(name, raw[at + 1].latin1Slice())
        }
        if (COOLS.has(status) || status >= 500) {
          refused = true
          profile.coolUntil = Date.now() + coolMs
          return true
        }
        if (call.session !== undefined) pins.set(call.session, profile)
        response.writeHead(status, headers)
        response.on('drain', resume)
        return true
      },
      onData: (piece) => refused || response.write(piece),
      onComplete: () => {
        stop = undefined
        if (refused) attempt(call)
        else response.end()
      },
      onError: () => {
        stop = undefined
        if (response.destroyed) return
        if (response.headersSent) response.destroy()
        else attempt(call)
      },
    },
  )
}

server.listen(port, '127.0.0.1')
process.on('SIGTERM', () => process.exit())
