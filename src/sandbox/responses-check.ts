// What the played OpenAI insists on in a request of Responses, beyond its model and that there is an input.
import { wrongEffort } from './completions-check.ts'
import { asList, asObject, asText, isObject, type JsonObject } from './json.ts'
import { isOwn } from './own.ts'
import type { Refusal } from './vendor.ts'

export type Wrong = { param: string; message: string; code: string }

const TOP = new Set([
  ...[
    'model',
    'input',
    'instructions',
    'tools',
    'tool_choice',
    'parallel_tool_calls',
    'max_output_tokens',
    'temperature',
  ],
  ...[
    'top_p',
    'reasoning',
    'text',
    'include',
    'store',
    'stream',
    'stream_options',
    'previous_response_id',
    'conversation',
  ],
  ...[
    'user',
    'safety_identifier',
    'prompt_cache_key',
    'prompt_cache_retention',
    'metadata',
    'service_tier',
    'truncation',
  ],
  ...['top_logprobs', 'max_tool_calls', 'background', 'prompt'],
])
const PARTS = { user: ['input_text', 'input_image', 'input_file'], assistant: ['output_text', 'refusal'] } as const

const wrong = (param: string, message: string, code = 'invalid_value'): Wrong => ({ param, message, code })

/** @param seal of the account that asks: thoughts with another one are not opened */
export function checkRequest(body: JsonObject, seal: string): Wrong | undefined {
  const strange = Object.keys(body).find((name) => !TOP.has(name))
  if (strange !== undefined) return wrong(strange, `Unknown parameter: '${strange}'.`, 'unknown_parameter')
  const effort = wrongEffort(body.model, asObject(body.reasoning).effort)
  if (effort !== undefined) return wrong('reasoning.effort', effort, 'unsupported_value')
  const items = asList(body.input)
  for (const [at, item] of items.entries()) {
    const found = checkItem(asObject(item), `input[${at}]`, seal)
    if (found !== undefined) return found
  }
  // What came before lies at the vendor.
  const calls = body.previous_response_id == null ? checkCalls(items.map(asObject)) : undefined
  return checkThoughts(items.map(asObject)) ?? calls ?? checkTools(asList(body.tools).map(asObject))
}

function checkItem(item: JsonObject, path: string, seal: string): Wrong | undefined {
  switch (item.type ?? 'message') {
    case 'message':
      return checkMessage(item, path)
    case 'function_call':
      return ['call_id', 'name', 'arguments'].every((name) => asText(item[name]) !== undefined)
        ? undefined
        : wrong(path, `Missing required parameter in '${path}'.`, 'missing_required_parameter')
    case 'function_call_output':
      return typeof item.output === 'string' || asList(item.output).length > 0
        ? undefined
        : wrong(`${path}.output`, `Invalid type for '${path}.output'.`, 'invalid_type')
    case 'web_search_call':
      return asText(item.id) === undefined
        ? wrong(`${path}.id`, `Missing required parameter: '${path}.id'.`, 'missing_required_parameter')
        : undefined
    case 'item_reference':
      return asText(item.id) === undefined
        ? wrong(`${path}.id`, `Missing required parameter: '${path}.id'.`)
        : undefined
    case 'reasoning':
      if (!Array.isArray(item.summary))
        return wrong(`${path}.summary`, `Missing required parameter: '${path}.summary'.`)
      return item.encrypted_content === undefined || item.encrypted_content === seal
        ? undefined
        : wrong(
            path,
            `The encrypted content for item ${String(item.id)} could not be verified.`,
            'invalid_encrypted_content',
          )
    default:
      return wrong(`${path}.type`, `Invalid value: '${String(item.type)}'.`)
  }
}

function checkMessage({ role, content }: JsonObject, path: string): Wrong | undefined {
  if (!['user', 'assistant', 'system', 'developer'].includes(asText(role) ?? ''))
    return wrong(`${path}.role`, `Invalid value: '${String(role)}'.`)
  if (typeof content === 'string') return undefined
  const allowed: readonly string[] = role === 'assistant' ? PARTS.assistant : PARTS.user
  for (const [at, entry] of asList(content).entries()) {
    const part = asObject(entry)
    const place = `${path}.content[${at}]`
    if (!allowed.includes(asText(part.type) ?? ''))
      return wrong(`${place}.type`, `Invalid value: '${String(part.type)}'.`)
    if (part.type === 'input_image' && !/^(?:https?:|data:image\/[a-z]+;base64,)/.test(asText(part.image_url) ?? ''))
      return wrong(`${place}.image_url`, 'Expected a base64-encoded data URL with an image MIME type, or an address.')
    if (
      part.type === 'input_file' &&
      !/^data:[a-z/]+;base64,/.test(asText(part.file_data) ?? '') &&
      !asText(part.file_id) &&
      !asText(part.file_url)
    )
      return wrong(`${place}.file_data`, 'Expected a file.')
  }
  return undefined
}

/** What the id of an item says that follows from a thought. */
export const THOUGHT_OF = '_thought'

function checkThoughts(items: readonly JsonObject[]): Wrong | undefined {
  const alone = items.find(({ type, id }, at) => {
    if (type === 'item_reference' || !String(id).includes(THOUGHT_OF)) return false
    const before = items.slice(0, at).findLast((item) => item.type === 'reasoning' || item.role === 'user')
    return before?.type !== 'reasoning'
  })
  if (alone === undefined) return undefined
  const { id, type } = alone
  return wrong(
    'input',
    `Item '${String(id)}' of type '${String(type)}' was provided without its required 'reasoning' item.`,
  )
}

function checkCalls(items: readonly JsonObject[]): Wrong | undefined {
  const ids = (type: string): unknown[] => items.filter((item) => item.type === type).map((item) => item.call_id)
  const [calls, outputs] = [ids('function_call'), ids('function_call_output')]
  const unanswered = calls.find((id) => !outputs.includes(id))
  if (unanswered !== undefined) return wrong('input', `No tool output found for function call ${String(unanswered)}.`)
  const uncalled = outputs.find((id) => !calls.includes(id))
  return uncalled === undefined
    ? undefined
    : wrong('input', `No tool call found for function call output with call_id ${String(uncalled)}.`)
}

function checkTools(tools: readonly JsonObject[]): Wrong | undefined {
  const at = tools.findIndex(
    (tool) =>
      tool.type === 'function' &&
      !(/^[\w-]{1,128}$/.test(asText(tool.name) ?? '') && (tool.parameters === null || isObject(tool.parameters))),
  )
  return at < 0 ? undefined : wrong(`tools[${at}]`, `Invalid function in 'tools[${at}]'.`)
}

/** What a request refers to that lies at the vendor for somebody else, or was never kept. */
export function foreignIn(body: JsonObject, tag: string): Refusal | undefined {
  const { previous_response_id: previous, input, prompt, tools } = body
  if (previous !== undefined && previous !== null && !isOwn(previous, tag)) {
    return missing(
      400,
      `Previous response with id '${String(previous)}' not found.`,
      'previous_response_id',
      'previous_response_not_found',
    )
  }
  const { id: template } = asObject(prompt)
  if (template !== undefined && !isOwn(template, tag))
    return missing(404, `Prompt with id '${String(template)}' not found.`, 'prompt')
  const stores = asList(tools).flatMap((tool) => asList(asObject(tool).vector_store_ids))
  const store = stores.find((id) => !isOwn(id, tag))
  if (store !== undefined) return missing(404, `Vector store with id '${String(store)}' not found.`, 'tools')
  const items = asList(input).map(asObject)
  const item = items.find(({ type, id, encrypted_content: sealed }) => isReference(type, sealed) && !isOwn(id, tag))
  if (item !== undefined) {
    const message = `Item with id '${String(item.id)}' not found. Items are not persisted when \`store\` is set to false.`
    return missing(404, message, 'input')
  }
  const files = items.flatMap(({ content }) => asList(content)).map((part) => asObject(part).file_id)
  const file = files.find((id) => id !== undefined && !isOwn(id, tag))
  return file === undefined ? undefined : missing(400, `Files [${String(file)}] were not found.`, 'input')
}

const isReference = (type: unknown, sealed: unknown): boolean =>
  type === 'item_reference' || (type === 'reasoning' && sealed === undefined)

function missing(status: number, message: string, param: string, code?: string): Refusal {
  return { status, type: 'invalid_request_error', message, param, ...(code === undefined ? {} : { code }) }
}
