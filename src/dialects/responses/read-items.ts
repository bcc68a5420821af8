// What was said so far, as the items of OpenAI Responses, read into turns.
import * as chat from '../completions/read-content.ts'
import type { AssistantPart, DocumentPart, ImagePart, TextPart, ThinkingPart, Turn } from '../neutral.ts'
import { anything, byKind, each, into, must, object, type Read, refused, text } from '../reading.ts'

/** Names that OpenAI gives to items, and how far it was with them. */
const ITEM = {
  id: 'the name of an item at OpenAI',
  status: 'how far it was; here it is over',
  phase: 'whether the model went on after that',
  internal_chat_message_metadata_passthrough: 'notes of the client for OpenAI',
}
const CALL = {
  ...ITEM,
  caller: 'who ran the tool; here it is always the client',
  namespace: refused('other vendors know no namespaces of tools'),
}
const PART = {
  ...chat.PART,
  annotations: 'where a text was found, not what it says',
  logprobs: 'how likely each word was',
}

const textPart = into(
  object({ ...PART, text: must(text) }),
  ({ text: said }): TextPart => ({ kind: 'text', text: said }),
)
const TEXTS = { input_text: textPart, output_text: textPart, text: textPart }

const file = object({
  ...PART,
  detail: 'how closely a file is looked at is a wish',
  file_id: chat.ELSEWHERE,
  file_data: chat.media,
  file_url: chat.media,
  filename: text,
})

const content = chat.orParts(
  byKind<TextPart | ImagePart | DocumentPart>(
    {
      ...TEXTS,
      input_image: into(
        object({ ...PART, file_id: chat.ELSEWHERE, image_url: must(chat.media), detail: anything }),
        ({ image_url, detail }) => ({
          kind: 'image',
          source: image_url,
          ...(detail === 'auto' ? {} : chat.asDetail(detail)),
        }),
      ),
      input_file: into(file, ({ file_data, file_url, filename }, path) => ({
        kind: 'document',
        source: file_data ?? file_url ?? chat.media(undefined, `${path}.file_data`),
        ...(filename === undefined ? {} : { name: filename }),
      })),
    },
    chat.unknownContent,
  ),
)
const spoken = chat.orParts(
  byKind<AssistantPart>(
    {
      ...TEXTS,
      refusal: into(object({ ...PART, refusal: must(text) }), ({ refusal }) => ({ kind: 'refusal', text: refusal })),
    },
    chat.unknownContent,
  ),
)

const thoughts = each(into(object({ type: anything, text: must(text) }), (part) => part.text))
const reasoning = into(
  object({ ...ITEM, id: text, summary: thoughts, content: thoughts, encrypted_content: text }),
  ({ id, summary = [], content: more = [], encrypted_content: value = '' }): ThinkingPart[] => {
    const said = [...summary, ...more].join('\n\n')
    // Without either, it is nothing but the name of something that lies at OpenAI.
    if (said === '' && value === '') return []
    const seal = { by: 'responses', value, ...(id === undefined ? {} : { id }) } as const
    return [{ kind: 'thinking', text: said, ...(value === '' ? {} : { seal }) }]
  },
)

const instructions = into(
  object({ ...ITEM, content: chat.texts(content) }),
  ({ content: parts = [] }): Turn => ({ role: 'system', parts }),
)
const message = byKind<Turn>(
  {
    system: instructions,
    developer: instructions,
    user: into(object({ ...ITEM, content }), ({ content: parts = [] }) => ({ role: 'user', parts })),
    assistant: into(object({ ...ITEM, content: spoken }), ({ content: parts = [] }) => ({ role: 'assistant', parts })),
  },
  () => 'system, developer, user or assistant is expected',
  'role',
)

/** Here even an empty text is what came of it. */
const output: Read<(TextPart | ImagePart | DocumentPart)[]> = (value, path) =>
  value === '' ? [{ kind: 'text', text: '' }] : content(value, path)

const item = byKind<Turn>(
  {
    '': message,
    message,
    function_call: into(
      object({ ...CALL, call_id: must(text), name: must(text), arguments: text }),
      ({ call_id, name, arguments: input }) => ({
        role: 'assistant',
        parts: [{ kind: 'call', id: call_id, name, input: input || '{}' }],
      }),
    ),
    function_call_output: into(object({ ...CALL, call_id: must(text), output }), ({ call_id, output: shown = [] }) => ({
      role: 'user',
      parts: [{ kind: 'result', callId: call_id, content: shown }],
    })),
    reasoning: into(reasoning, (parts) => ({ role: 'assistant', parts })),
    item_reference: refused('that item lies at OpenAI: send it as it was', 'type'),
  },
  (kind) => `an item of type "${kind}" cannot be translated`,
)

const items = each(item)

/** A text alone, or items. @throws Unsayable */
export const input: Read<Turn[]> = (value, path) => {
  if (typeof value !== 'string') return items(value, path)
  return value === '' ? [] : [{ role: 'user', parts: [{ kind: 'text', text: value }] }]
}
