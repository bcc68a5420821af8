// A call without thoughts that its client brings back, and without what a vendor takes only together with them. The body is parsed, so that this is for
// calls that would be refused otherwise.
import type { Sent, VendorCall } from '../../auth/vendor-call.ts'
import { textKey } from '../../core/text-key.ts'
import { parseExact, stringifyExact } from '../../dialects/exact.ts'

type Item = Readonly<Record<string, unknown>>

/** Told the digests of a thought; whether it is to go. */
export type IsMeant = (keys: readonly number[]) => boolean

/**
 * A call without the thoughts that its client brings back.
 * @param isMeant absent: all
 * @returns undefined where there is none
 */
export function withoutThoughts(request: VendorCall, isMeant: IsMeant = () => true): VendorCall | undefined {
  const light = lightened(request, request, isMeant)
  if (light === undefined) return undefined
  const { sentBy: _, ...rest } = request
  return { ...rest, ...light }
}

/** A call without any thoughts, whose body depends on who signs it. */
export function withoutAnyThoughts(request: VendorCall): VendorCall {
  const all = (sent: Sent): Sent => lightened(request, sent, () => true) ?? sent
  const { sentBy } = request
  if (sentBy === undefined) return { ...request, ...all(request) }
  return { ...request, ...all(request), sentBy: (access, present) => all(sentBy(access, present)) }
}

function lightened({ endpoint }: VendorCall, { body, headers }: Sent, isMeant: IsMeant): Sent | undefined {
  const without = WITHOUT[endpoint]
  if (without === undefined || body === undefined) return undefined
  try {
    const value = parseExact(Buffer.concat(body).toString('utf8'))
    const left = isItem(value) ? without(value, isMeant) : undefined
    if (left === undefined) return undefined
    const text = Buffer.from(stringifyExact(left))
    return { body: [text], bodyBytes: text.byteLength, headers }
  } catch {
    // What is no JSON, or nested without end, is the vendor's to refuse.
    return undefined
  }
}

/** The only dialects whose models think what not everybody can open, and do without it. */
const WITHOUT: Readonly<Record<string, (body: Item, isMeant: IsMeant) => Item | undefined>> = {
  responses: (body, isMeant) => {
    const { input } = body
    if (!Array.isArray(input)) return undefined
    const left = withoutItems(input, isMeant)
    return left === undefined ? undefined : { ...body, input: left }
  },
  messages: (body, isMeant) => {
    const { messages } = body
    if (!Array.isArray(messages)) return undefined
    const left = withoutBlocks(messages, isMeant)
    return left === undefined ? undefined : unthinking({ ...body, messages: left })
  },
}

/** Items that need no name of their own. With it the vendor looks for the thought that they followed. */
const NAMELESS: ReadonlySet<unknown> = new Set([
  ...['message', 'function_call', 'custom_tool_call', undefined],
  ...['local_shell_call', 'shell_call', 'apply_patch_call'],
])

/** What the vendor did itself, of which the words that follow say what came of it: it has a name always, and so goes with its thought. */
const OWN_WORK: ReadonlySet<unknown> = new Set([
  ...['web_search_call', 'file_search_call', 'code_interpreter_call', 'image_generation_call', 'mcp_call'],
  'computer_call',
])

function withoutItems(input: readonly unknown[], isMeant: IsMeant): unknown[] | undefined {
  let isOrphan = false
  let isLess = false
  const gone = new Set<unknown>()
  const left = input.flatMap((value): unknown[] => {
    if (!isItem(value)) return [value]
    if (value.type === 'reasoning') {
      isOrphan = isMeant(keysOf(value.id, value.encrypted_content))
      isLess ||= isOrphan
      return isOrphan ? [] : [value]
    }
    if (value.type === 'computer_call_output' && gone.has(value.call_id)) return []
    if (value.role !== undefined && value.role !== 'assistant') isOrphan = false
    if (!isOrphan) return [value]
    if (OWN_WORK.has(value.type)) {
      gone.add(value.call_id)
      return []
    }
    if (!NAMELESS.has(value.type)) return [value]
    const { id: _, ...nameless } = value
    return [nameless]
  })
  return isLess ? left : undefined
}

const isItem = (value: unknown): value is Item => typeof value === 'object' && value !== null && !Array.isArray(value)

const isThought = ({ type }: Item): boolean => type === 'thinking' || type === 'redacted_thinking'

const blocksOf = (message: unknown): Item[] =>
  isItem(message) && Array.isArray(message.content) ? message.content.filter(isItem) : []

/** Each thought is good only behind those before it: up to the last one that is meant, all go. */
function withoutBlocks(messages: readonly unknown[], isMeant: IsMeant): unknown[] | undefined {
  const thoughts = messages.flatMap(blocksOf).filter(isThought)
  const last = thoughts.findLastIndex(({ signature, data }) => isMeant(keysOf(signature, data)))
  if (last < 0) return undefined
  const gone = new Set<unknown>(thoughts.slice(0, last + 1))
  return withoutEmptyTurns(
    messages.map((message) =>
      isItem(message) && Array.isArray(message.content)
        ? { ...message, content: message.content.filter((block) => !gone.has(block)) }
        : message,
    ),
  )
}

function keysOf(...texts: readonly unknown[]): number[] {
  return texts.flatMap((text) => (typeof text === 'string' ? [textKey(Buffer.from(text))] : []))
}

/** Without turns of the model in which nothing is left: no vendor takes such a turn, and those beside it may follow each other. */
export function withoutEmptyTurns(turns: readonly unknown[]): unknown[] {
  return turns.filter((turn) => {
    if (!isItem(turn)) return true
    const { role, content, parts } = turn
    const said = role === 'assistant' ? content : role === 'model' ? parts : undefined
    return !Array.isArray(said) || said.length > 0
  })
}

/**
 * A body of Messages for a model that is told how many tokens to think: in the middle of calling tools it goes on thinking only where it has thought
 * before, and so it is not to think where those thoughts are gone.
 */
export function unthinking(body: Item): Item {
  const { thinking, messages, ...rest } = body
  if (!isItem(thinking) || thinking.type !== 'enabled' || !Array.isArray(messages)) return body
  const isInLoop = blocksOf(messages.at(-1)).some(({ type }) => type === 'tool_result')
  const [first] = blocksOf(messages.findLast((message) => isItem(message) && message.role === 'assistant'))
  return !isInLoop || first === undefined || isThought(first) ? body : { ...rest, messages }
}
