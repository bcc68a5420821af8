// Text read from a streaming answer as its pieces arrive, wherever they are cut: server-sent events in the dialects of a turn.

/** The endpoints a turn can talk to. */
export type Dialect = 'messages' | 'generate_content' | 'chat_completions' | 'responses'

export type DeltaReader = {
  /**
   * @param chunk the bytes as they came
   * @returns the text of the events that this chunk completes
   */
  push(chunk: Uint8Array): string
  /** `open` until the vendor says that the answer is over; `failed` when it said so with an error, whose JSON is `body`. */
  state(): DeltaState
}

/** `isCut`: the answer ended because it had grown too long. */
export type DeltaState = { is: 'open' } | { is: 'complete'; isCut?: true } | { is: 'failed'; body: string }

type Step = { text: string; isCut?: boolean; isOver?: boolean } | { failed: string }

/** No event of a chat is larger; a vendor that sends one is broken or hostile. */
const MAX_EVENT_CHARS = 1024 * 1024
/** A carriage return that ends the text may be the first half of CRLF: it waits for what comes. */
const LINE_END = /\r\n|\n|\r(?!$)/

/** Starts reading one answer. */
export function readDeltas(dialect: Dialect): DeltaReader {
  const step = STEPS[dialect]
  const decoder = new TextDecoder()
  let state: DeltaState = { is: 'open' }
  let isCut = false
  let rest = ''
  let data: string[] = []
  let held = 0

  const take = (line: string): string => {
    if (line !== '') {
      if (line === 'data' || line.startsWith('data:')) {
        data.push(line.slice(line[5] === ' ' ? 6 : 5))
        held += line.length
      }
      return ''
    }
    if (data.length === 0) return ''
    const result = step(data.join('\n'))
    data = []
    held = 0
    if ('failed' in result) {
      state = { is: 'failed', body: result.failed }
      return ''
    }
    isCut ||= result.isCut === true
    if (result.isOver === true) state = isCut ? { is: 'complete', isCut } : { is: 'complete' }
    return result.text
  }

  return {
    state: () => state,
    push: (chunk) => {
      let text = ''
      rest += decoder.decode(chunk, { stream: true })
      for (let end = LINE_END.exec(rest); end !== null; end = LINE_END.exec(rest)) {
        const line = rest.slice(0, end.index)
        rest = rest.slice(end.index + end[0].length)
        // What stands behind an error is not the answer any more.
        if (state.is !== 'failed') text += take(line)
      }
      if (rest.length + held > MAX_EVENT_CHARS && state.is !== 'failed') {
        state = { is: 'failed', body: '{"error":{"message":"an event of the stream was longer than 1 MiB"}}' }
      }
      if (state.is === 'failed') rest = ''
      return text
    },
  }
}

const NOTHING: Step = { text: '' }
const OVER: Step = { text: '', isOver: true }

function messagesStep(data: string): Step {
  const event = parse(data)
  if (event.type === 'error') return { failed: data }
  if (event.type === 'message_stop') return OVER
  if (event.type !== 'content_block_delta' && event.type !== 'message_delta') return NOTHING
  const delta = record(event.delta)
  if (delta.stop_reason === 'max_tokens') return { text: '', isCut: true }
  return delta.type === 'text_delta' && typeof delta.text === 'string' ? { text: delta.text } : NOTHING
}

function completionsStep(data: string): Step {
  if (data === '[DONE]') return OVER
  const chunk = parse(data)
  if (typeof chunk.error === 'object' && chunk.error !== null) return { failed: data }
  const choice = record(Array.isArray(chunk.choices) ? chunk.choices[0] : undefined)
  const delta = record(choice.delta)
  const said = typeof delta.content === 'string' ? delta.content : delta.refusal
  return { text: typeof said === 'string' ? said : '', isCut: choice.finish_reason === 'length' }
}

function responsesStep(data: string): Step {
  const event = parse(data)
  switch (event.type) {
    case 'response.output_text.delta':
    case 'response.refusal.delta':
      return typeof event.delta === 'string' ? { text: event.delta } : NOTHING
    case 'response.completed':
      return OVER
    case 'response.incomplete':
      return { text: '', isOver: true, isCut: true }
    case 'response.failed':
      return { failed: JSON.stringify({ error: record(event.response).error ?? null }) }
    case 'error':
      return { failed: data }
    default:
      return NOTHING
  }
}

/** The last piece says why it ends; a text may stand in it. */
function contentStep(data: string): Step {
  const chunk = parse(data)
  if (chunk.error !== undefined) return { failed: data }
  const first = Array.isArray(chunk.candidates) ? record(chunk.candidates[0]) : undefined
  if (first === undefined) {
    const { blockReason } = record(chunk.promptFeedback)
    if (typeof blockReason !== 'string') return NOTHING
    return { failed: JSON.stringify({ error: { code: 400, message: `the prompt was blocked (${blockReason})` } }) }
  }
  const { parts } = record(first.content)
  const texts = (Array.isArray(parts) ? parts : []).map((part) => {
    const { text, thought } = record(part)
    return typeof text === 'string' && thought !== true ? text : ''
  })
  const isOver = typeof first.finishReason === 'string'
  return { text: texts.join(''), isOver, isCut: first.finishReason === 'MAX_TOKENS' }
}

const STEPS: Readonly<Record<Dialect, (data: string) => Step>> = {
  messages: messagesStep,
  generate_content: contentStep,
  chat_completions: completionsStep,
  responses: responsesStep,
}

function parse(data: string): Record<string, unknown> {
  try {
    return record(JSON.parse(data))
  } catch {
    // Comments and keep-alives of proxies; what matters is whether the closing event comes.
    return {}
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
