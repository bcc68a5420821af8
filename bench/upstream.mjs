// A vendor stand-in in a process of its own: HTTP framed by hand on node:net, so that it costs far less than what is measured.
// Forked; its parent changes its manners by IPC: { set: {...} } or { reset: true }; each message is answered with the counts by key.
import { createServer } from 'node:net'
import { answerBody, STREAM_START, sharedMicros, streamEnd, tokenEvent } from './wire.mjs'

const HEAD_END = Buffer.from('\r\n\r\n')
const STREAM_FLAG = Buffer.from('"stream":true')
const BURST_SLICE = 64

/**
 * delayMs: before an answer or a first token; tokens, intervalMs: of a stream, 0 = burst; cold: keys that get a 429, with its retry-after in s;
 * faults: what else befalls keys, each 'cut', 'hang' or { status, type, message }.
 */
let manners = { delayMs: 0, tokens: 3, intervalMs: 1, cold: [], retryAfterSeconds: 5, faults: undefined }
let served = {}
let refused = {}
const body = answerBody()
const OK = Buffer.concat([
  Buffer.from(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`),
  body,
])
const STREAM_HEAD =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n'
const chunk = (text) => `${text.length.toString(16)}\r\n${text}\r\n`
const LAST_CHUNK = '0\r\n\r\n'

function rateLimited() {
  const text = JSON.stringify({
    type: 'error',
    error: { type: 'rate_limit_error', message: 'This request would exceed the rate limit of your organization.' },
  })
  return `HTTP/1.1 429 Too Many Requests\r\ncontent-type: application/json\r\nretry-after: ${manners.retryAfterSeconds}\r\ncontent-length: ${text.length}\r\n\r\n${text}`
}

const server = createServer({ noDelay: true }, (socket) => {
  let held = []
  let heldBytes = 0
  let wantedBytes = 0
  let head = ''
  let streams = false
  socket.on('error', () => socket.destroy())
  socket.on('data', (piece) => {
    held.push(piece)
    heldBytes += piece.length
    if (wantedBytes === 0) {
      const bytes = held.length === 1 ? piece : Buffer.concat(held)
      held = [bytes]
      const end = bytes.indexOf(HEAD_END)
      if (end < 0) return
      head = bytes.latin1Slice(0, end)
      const length = /\r\ncontent-length: *(\d+)/i.exec(head)
      if (length === null) {
        socket.end('HTTP/1.1 411 Length Required\r\ncontent-length: 0\r\n\r\n')
        return
      }
      wantedBytes = end + HEAD_END.length + Number(length[1])
    }
    if (heldBytes < wantedBytes) return
    streams = held[0].includes(STREAM_FLAG)
    held = []
    heldBytes = 0
    wantedBytes = 0
    answer(socket, head, streams)
  })
})

function answer(socket, head, streams) {
  const key = keyOf(head)
  if (manners.cold.includes(key)) {
    refused[key] = (refused[key] ?? 0) + 1
    socket.write(rateLimited())
    return
  }
  const fault = manners.faults?.[key]
  if (fault !== undefined) {
    refused[key] = (refused[key] ?? 0) + 1
    suffer(socket, fault)
    return
  }
  served[key] = (served[key] ?? 0) + 1
  if (manners.delayMs > 0) setTimeout(() => send(socket, streams), manners.delayMs)
  else send(socket, streams)
}

function suffer(socket, fault) {
  if (fault === 'hang') return
  if (fault === 'cut') {
    socket.resetAndDestroy()
    return
  }
  const { status, type, message } = fault
  const text = JSON.stringify({ type: 'error', error: { type, message } })
  socket.write(
    `HTTP/1.1 ${status} Refused\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`,
  )
}

/** The credential a call carries. */
function keyOf(head) {
  return /\r\n(?:x-api-key: *|authorization: *bearer )([^\r]+)/i.exec(head)?.[1] ?? 'none'
}

function send(socket, streams) {
  if (!streams) socket.write(OK)
  else if (manners.intervalMs > 0) pace(socket, manners.tokens, manners.intervalMs)
  else burst(socket, manners.tokens)
}

/** The head and the first token go out together, as vendors do; each later token in a write of its own. */
function pace(socket, tokens, intervalMs) {
  let left = tokens - 1
  socket.write(STREAM_HEAD + chunk(STREAM_START + tokenEvent(sharedMicros())))
  const timer = setInterval(() => {
    if (socket.destroyed || left <= 0) {
      clearInterval(timer)
      if (!socket.destroyed) socket.write(chunk(streamEnd(tokens)) + LAST_CHUNK)
      return
    }
    left--
    socket.write(chunk(tokenEvent(sharedMicros())))
  }, intervalMs)
}

/** As fast as the reader takes them, each token in a write of its own. */
function burst(socket, tokens) {
  const token = chunk(tokenEvent(0))
  let left = tokens
  socket.write(STREAM_HEAD + chunk(STREAM_START))
  const more = () => {
    if (socket.destroyed) return
    let room = true
    for (let slice = 0; slice < BURST_SLICE && left > 0 && room; slice++) {
      left--
      room = socket.write(token)
    }
    if (left === 0) socket.write(chunk(streamEnd(tokens)) + LAST_CHUNK)
    else if (room) setImmediate(more)
    else socket.once('drain', more)
  }
  more()
}

process.on('message', (message) => {
  const counts = { served, refused }
  if (message.set !== undefined) manners = { ...manners, ...message.set }
  if (message.reset === true) {
    served = {}
    refused = {}
  }
  process.send({ counts })
})
process.on('disconnect', () => process.exit())
server.listen({ host: '127.0.0.1', port: 0, backlog: 1024 }, () => process.send({ port: server.address().port }))
