// What the Chat Completions dialect insists on, played: the form of each field, and that every call of a tool has its result.
import { asList, asObject, asText, type JsonObject } from './json.ts'

export type Wrong = { param: string; message: string; code: string }

const ROLES: ReadonlySet<unknown> = new Set(['system', 'developer', 'user', 'assistant', 'tool', 'function'])
const PARTS: ReadonlySet<unknown> = new Set(['text', 'image_url', 'file', 'input_audio', 'refusal'])
const NAME = /^[a-zA-Z0-9_-]{1,64}$/
const FORMATS: ReadonlySet<unknown> = new Set(['text', 'json_object', 'json_schema'])

const wrong = (param: string, message: string, code = 'invalid_value'): Wrong => ({ param, message, code })

/** @returns the vendor's complaint */
export function checkRequest(body: JsonObject): Wrong | undefined {
  const effort = wrongEffort(body.model, body.reasoning_effort)
  if (effort !== undefined) return wrong('reasoning_effort', effort, 'unsupported_value')
  return checkTools(body) ?? checkFormat(body.response_format) ?? checkMessages(asList(body.messages))
}

/** What models are told to think with. */
const EFFORTS: ReadonlyMap<unknown, readonly unknown[]> = new Map([
  ['gpt-5.1', ['none', 'low', 'medium', 'high']],
  ['gpt-5-mini', ['minimal', 'low', 'medium', 'high']],
  ['gpt-4.1', []],
])

export function wrongEffort(model: unknown, effort: unknown): string | undefined {
  const known = EFFORTS.get(model)
  if (known === undefined || effort === undefined || effort === null || known.includes(effort)) return undefined
  return `Unsupported value: '${String(effort)}' is not supported with the '${String(model)}' model.`
}

function checkTools(body: JsonObject): Wrong | undefined {
  const tools = asList(body.tools)
  if (body.tools !== undefined && tools.length === 0)
    return wrong('tools', "Invalid 'tools': empty array.", 'empty_array')
  for (const name of ['tool_choice', 'parallel_tool_calls']) {
    if (body[name] !== undefined && tools.length === 0)
      return wrong(name, `'${name}' is only allowed when 'tools' are specified.`)
  }
  for (const [at, tool] of tools.entries()) {
    const { type, function: described } = asObject(tool)
    if (type === 'function' && !NAME.test(asText(asObject(described).name) ?? '')) {
      return wrong(`tools[${at}].function.name`, `Invalid 'tools[${at}].function.name'.`)
    }
  }
  return undefined
}

function checkFormat(value: unknown): Wrong | undefined {
  if (value === undefined) return undefined
  const { type, json_schema: described } = asObject(value)
  if (!FORMATS.has(type)) return wrong('response_format', "Invalid 'response_format'.")
  if (type !== 'json_schema' || NAME.test(asText(asObject(described).name) ?? '')) return undefined
  return wrong('response_format.json_schema.name', "Missing required parameter: 'response_format.json_schema.name'.")
}

function checkMessages(list: readonly unknown[]): Wrong | undefined {
  /** Calls without an answer yet. */
  let open = new Set<unknown>()
  for (const [at, value] of list.entries()) {
    const { role, content, tool_calls: calls, tool_call_id: id } = asObject(value)
    const where = `messages.[${at}].role`
    if (!ROLES.has(role)) return wrong(where, `Invalid value: '${String(role)}'.`)
    if (role === 'tool') {
      if (!open.delete(id)) return wrong(where, 'A tool message must answer a call of the message before it.')
    } else if (open.size > 0) return wrong(where, `No tool message answers the calls ${[...open].join(', ')}.`)
    else open = new Set(asList(calls).map((call) => asObject(call).id))
    if (role !== 'assistant' && typeof content !== 'string' && !Array.isArray(content)) {
      return wrong(`messages.[${at}].content`, "Invalid value for 'content': expected a string.", 'invalid_type')
    }
    const found = checkParts(role, asList(content), `messages[${at}].content`)
    if (found !== undefined) return found
  }
  return open.size === 0 ? undefined : wrong('messages', `No tool message answers the calls ${[...open].join(', ')}.`)
}

function checkParts(role: unknown, parts: readonly unknown[], place: string): Wrong | undefined {
  for (const [index, value] of parts.entries()) {
    const { type, image_url: image, file } = asObject(value)
    const where = `${place}[${index}]`
    if (!PARTS.has(type) || (role !== 'user' && type !== 'text' && type !== 'refusal')) {
      return wrong(where, `Invalid value: '${String(type)}'. Supported values are: 'text'.`)
    }
    if (type === 'image_url' && !/^(?:https?:\/\/|data:image\/)/.test(asText(asObject(image).url) ?? '')) {
      return wrong(`${where}.image_url.url`, 'Invalid image URL.', 'invalid_image_url')
    }
    const { file_id: id, file_data: data } = asObject(file)
    if (type === 'file' && id === undefined && asText(data)?.startsWith('data:application/pdf;base64,') !== true) {
      return wrong(`${where}.file.file_data`, 'Invalid file data.')
    }
  }
  return undefined
}
