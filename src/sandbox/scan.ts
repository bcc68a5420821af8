// Reading only `model` and `stream` of a large body: benchmarks measure the gateway, not our JSON parser.

const HEAD_BYTES = 512
const TAIL_BYTES = 64
const MODEL_FIRST = /^\s*\{\s*"model"\s*:\s*"([^"\\]{1,128})"\s*,/
const STREAM_NEXT = /^\s*(?:"max_(?:completion_|output_)?tokens"\s*:\s*\d{1,9}\s*,\s*)?"stream"\s*:\s*(true|false)\s*,/
const STREAM_LAST = /,\s*"stream"\s*:\s*(true|false)\s*\}\s*$/

/**
 * Finds both where clients put them: the model first, the wish for a stream next to it, at the very end, or nowhere.
 * @returns undefined when the body must be parsed to know
 */
export function scan(body: Buffer): { model: string; stream: boolean } | undefined {
  const head = body.toString('latin1', 0, HEAD_BYTES)
  const first = MODEL_FIRST.exec(head)
  const model = first?.[1]
  if (first === null || model === undefined) return undefined
  const next =
    STREAM_NEXT.exec(head.slice(first[0].length)) ??
    STREAM_LAST.exec(body.toString('latin1', Math.max(0, body.length - TAIL_BYTES)))
  if (next !== null) return { model, stream: next[1] === 'true' }
  // Inside a text the quotes would be escaped, so the bytes stand for a key, though perhaps a deeper one.
  return body.includes('"stream"') ? undefined : { model, stream: false }
}
