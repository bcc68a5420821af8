// What the Messages dialect insists on, played: the form of each field, and that every call of a tool has its result.
import { asList, asObject, asText, isObject, type JsonObject } from './json.ts'
import { isSignature } from './own.ts'

const NAME = /^[a-zA-Z0-9_-]{1,128}$/
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/
const IMAGES: ReadonlySet<unknown> = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp'])
const LEAST_BUDGET = 1024

/** @returns the vendor's complaint */
export function checkRequest(body: JsonObject): string | undefined {
  const { temperature, max_tokens: limit, thinking, tools, tool_choice: choice } = body
  if (typeof temperature === 'number' && (temperature < 0 || temperature > 1)) {
    return `temperature: range: 0..1, got ${temperature}`
  }
  const { type, budget_tokens: budget } = asObject(thinking)
  if (type === 'enabled') {
    if (typeof budget !== 'number' || budget < LEAST_BUDGET) {
      return `thinking.enabled.budget_tokens: Input should be greater than or equal to ${LEAST_BUDGET}`
    }
    if (budget >= Number(limit)) return '`max_tokens` must be greater than `thinking.budget_tokens`'
  }
  if (choice !== undefined && asList(tools).length === 0)
    return 'tool_choice may only be specified while providing tools'
  return first(tools, checkTool) ?? checkSystem(body.system) ?? checkMessages(asList(body.messages))
}

function first(list: unknown, check: (value: JsonObject, at: number) => string | undefined): string | undefined {
  for (const [at, value] of asList(list).entries()) {
    const wrong = check(asObject(value), at)
    if (wrong !== undefined) return wrong
  }
  return undefined
}

function checkTool({ type, name, input_schema: schema }: JsonObject, at: number): string | undefined {
  if (type !== undefined && type !== null && type !== 'custom') return undefined
  if (!NAME.test(asText(name) ?? ''))
    return `tools.${at}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`
  return asObject(schema).type === 'object' ? undefined : `tools.${at}.custom.input_schema.type: Field required`
}

function isSaid(text: unknown): boolean {
  return (asText(text) ?? '').trim() !== ''
}

function checkSystem(system: unknown): string | undefined {
  return first(system, ({ type, text }, at) =>
    type === 'text' && isSaid(text) ? undefined : `system.${at}: text content blocks must contain non-whitespace text`,
  )
}

function checkMessages(list: readonly unknown[]): string | undefined {
  if (list.length > 0 && asObject(list[0]).role !== 'user') return 'messages: first message must use the "user" role'
  /** Calls of the message before, without a result yet. */
  let open = new Set<unknown>()
  const made = new Set<unknown>()
  for (const [at, value] of list.entries()) {
    const { content } = asObject(value)
    const blocks = asList(content).map(asObject)
    const wrong =
      checkResults(blocks, open, at) ??
      first(content, (block, index) => checkBlock(block, `messages.${at}.content.${index}`))
    if (wrong !== undefined) return wrong
    const calls = blocks.filter(({ type }) => type === 'tool_use').map(({ id }) => id)
    if (calls.some((id) => made.size === made.add(id).size)) return `messages.${at}: \`tool_use\` ids must be unique`
    open = new Set(calls)
  }
  return undefined
}

function checkResults(blocks: readonly JsonObject[], open: Set<unknown>, at: number): string | undefined {
  const results = blocks.filter(({ type }) => type === 'tool_result').map(({ tool_use_id: id }) => id)
  const unknown = results.find((id) => !open.has(id))
  if (unknown !== undefined) {
    return `messages.${at}.content: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${String(unknown)}`
  }
  for (const id of results) open.delete(id)
  if (open.size > 0) {
    return `messages.${at - 1}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${[...open].join(', ')}`
  }
  if (blocks.slice(0, results.length).every(({ type }) => type === 'tool_result')) return undefined
  return `messages.${at}: \`tool_result\` blocks must come first in the content`
}

function checkBlock(block: JsonObject, where: string): string | undefined {
  const { type, text, source, signature, id, input, content } = block
  switch (type) {
    case 'text':
      return isSaid(text) || (text === '' && block.cache_control !== undefined)
        ? undefined
        : `${where}: text content blocks must contain non-whitespace text`
    case 'image':
      return checkSource(asObject(source), `${where}.image.source`, (kind) => IMAGES.has(kind))
    case 'document':
      return checkSource(asObject(source), `${where}.document.source`, (kind) => kind === 'application/pdf')
    case 'thinking':
      return isSignature(signature) ? undefined : `${where}: Invalid \`signature\` in \`thinking\` block`
    case 'tool_use':
      if (!NAME.test(asText(id) ?? '')) return `${where}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`
      return isObject(input) ? undefined : `${where}.tool_use.input: Input should be a valid dictionary`
    case 'tool_result':
      return first(content, (part, at) => checkBlock(part, `${where}.tool_result.content.${at}`))
    case undefined:
      return `${where}: Field required`
    default:
      return undefined
  }
}

function checkSource(source: JsonObject, where: string, isKind: (type: unknown) => boolean): string | undefined {
  switch (source.type) {
    case 'base64':
      if (!isKind(source.media_type)) return `${where}.base64.media_type: Input should be another one`
      return BASE64.test(asText(source.data) ?? '?') ? undefined : `${where}.base64: invalid base64 data`
    case 'url':
      return asText(source.url)?.startsWith('https://') === true
        ? undefined
        : `${where}.url: Only HTTPS URLs are supported.`
    case 'text':
      return asText(source.data) === undefined ? `${where}.text.data: Field required` : undefined
    default:
      return source.type === 'file' || source.type === 'content' ? undefined : `${where}.type: Field required`
  }
}
