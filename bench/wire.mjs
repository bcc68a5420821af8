// The bytes that travel in a benchmark: a request of a given size, the 1 KB answer, and the events of a stream.
const ANSWER_BYTES = 1024
const MODEL = 'claude-opus-4-6'

/** Microseconds of a clock that all processes of one machine share. */
export function sharedMicros() {
  const [seconds, nanos] = process.hrtime()
  return seconds * 1e6 + nanos / 1e3
}

/**
 * A whole POST, head and body.
 * @param {{ secret: string, bytes?: number, stream?: boolean, path?: string, provider?: string, session?: string }} options bytes: size of
 * the body, at least some 150; session: what the client calls its conversation
 * @returns {Buffer}
 */
export function requestBytes({
  secret,
  bytes = 1024,
  stream = false,
  path = '/v1/messages',
  provider = 'anthropic',
  session,
}) {
  const start = `{"model":"${provider}/${MODEL}","max_tokens":16,${stream ? '"stream":true,' : ''}"messages":[{"role":"user","content":"`
  const end = '"}]}'
  const body = start + words(bytes - start.length - end.length) + end
  const head = [
    `POST ${path} HTTP/1.1`,
    'host: 127.0.0.1',
    'content-type: application/json',
    'anthropic-version: 2023-06-01',
    'user-agent: keyclaw-bench',
    'accept: application/json',
    `x-api-key: ${secret}`,
    ...(session === undefined ? [] : [`x-openclaw-session-key: ${session}`]),
    `content-length: ${body.length}`,
  ]
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`, 'latin1')
}

function words(length) {
  return 'the same few words again and again '.repeat(Math.ceil(length / 35)).slice(0, length)
}

/** A Messages answer of exactly 1 KB. */
export function answerBody() {
  const answer = (text) =>
    JSON.stringify({
      id: 'msg_bench',
      type: 'message',
      role: 'assistant',
      model: MODEL,
      content: [{ type: 'text', text }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 240, output_tokens: 16 },
    })
  return Buffer.from(answer(words(ANSWER_BYTES - answer('').length)), 'latin1')
}

const event = (name, value) => `event: ${name}\ndata: ${JSON.stringify({ type: name, ...value })}\n\n`

/** What stands before the first token of a stream. */
export const STREAM_START =
  event('message_start', {
    message: {
      id: 'msg_bench',
      type: 'message',
      role: 'assistant',
      model: MODEL,
      content: [],
      usage: { input_tokens: 240, output_tokens: 1 },
    },
  }) + event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } })

/** One token; `t` is when it was sent, in shared microseconds. */
export const tokenEvent = (micros) =>
  `event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" word"},"t":${Math.round(micros)}}\n\n`

/** What stands behind the last token. */
export const streamEnd = (tokens) =>
  event('content_block_stop', { index: 0 }) +
  event('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: tokens } }) +
  event('message_stop', {})

/** The whole body of a burst: every byte is known ahead, so that it can be compared. */
export const burstBody = (tokens) =>
  Buffer.from(STREAM_START + tokenEvent(0).repeat(tokens) + streamEnd(tokens), 'latin1')
