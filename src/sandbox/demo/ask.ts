// A client as any program would write it: one streamed request to the gateway, printed as it arrives.
import { readDeltas } from '../../chat/deltas.ts'
import type { Secret } from '../../core/secret.ts'
import type { DemoModel } from './stage.ts'

export type DemoAnswer = {
  /** The profile that served, as the gateway names it. */
  servedBy: string
  /** How many were asked. */
  attempts: number
  /** To the first word and to the last, ms. */
  firstMs: number
  allMs: number
}

const DOORS: Readonly<Record<DemoModel['door'], string>> = {
  messages: '/v1/messages',
  chat_completions: '/v1/chat/completions',
}
const MAX_TOKENS = 200
const PATIENCE_MS = 60_000

/**
 * Asks, and hands on the text as it comes.
 * @throws Error with what the gateway said, when no whole answer comes
 */
export async function ask(request: {
  gateway: { url: string }
  secret: Secret | undefined
  model: DemoModel
  question: string
  onText: (text: string) => void
}): Promise<DemoAnswer> {
  const { model, question, onText } = request
  const startedAt = performance.now()
  const response = await fetch(new URL(DOORS[model.door], request.gateway.url), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'anthropic-version': '2023-06-01',
      authorization: `Bearer ${request.secret?.reveal() ?? ''}`,
    },
    body: JSON.stringify({
      model: model.ref,
      stream: true,
      ...(model.door === 'messages' ? { max_tokens: MAX_TOKENS } : {}),
      messages: [{ role: 'user', content: question }],
    }),
    redirect: 'error',
    signal: AbortSignal.timeout(PATIENCE_MS),
  })
  if (!response.ok || response.body === null) throw new Error(messageIn(await response.text(), response.status))
  const reader = readDeltas(model.door)
  let firstMs: number | undefined
  for await (const chunk of response.body) {
    const text = reader.push(chunk)
    if (text === '') continue
    firstMs ??= performance.now() - startedAt
    onText(text)
  }
  reader.close()
  const state = reader.state()
  if (state.is !== 'complete') {
    throw new Error(state.is === 'failed' ? messageIn(state.body, 200) : 'the answer broke off')
  }
  const allMs = performance.now() - startedAt
  return {
    servedBy: response.headers.get('x-openclaw-served-by') ?? 'an account that the gateway did not name',
    attempts: Number(response.headers.get('x-openclaw-attempts') ?? 1),
    firstMs: firstMs ?? allMs,
    allMs,
  }
}

/** The sentence in an error body of either dialect. */
function messageIn(body: string, status: number): string {
  try {
    const { error } = JSON.parse(body) as { error?: { message?: unknown } }
    if (typeof error?.message === 'string') return error.message
  } catch {
    return `HTTP ${status}`
  }
  return `HTTP ${status}`
}
