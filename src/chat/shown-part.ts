// What is shown with a message, in the form of each dialect. Text is told as text, which every model reads.
import { isPlainText } from '../core/enclosure.ts'
import type { Enclosure } from '../store/enclosures.ts'
import type { Dialect } from './deltas.ts'

/** Vendors scale pictures and read documents by themselves: what is shown goes as it is. @returns the part of a message */
export function shownPart(dialect: Dialect, { kind, mediaType, bytes, name = 'document' }: Enclosure): object {
  if (isPlainText(mediaType)) return textDocument(dialect, bytes.toString('utf8'), name)
  const data = bytes.toString('base64')
  const url = `data:${mediaType};base64,${data}`
  switch (dialect) {
    case 'messages': {
      const source = { type: 'base64', media_type: mediaType, data }
      return kind === 'image' ? { type: 'image', source } : { type: 'document', source, title: name }
    }
    case 'chat_completions':
      return kind === 'image'
        ? { type: 'image_url', image_url: { url } }
        : { type: 'file', file: { filename: name, file_data: url } }
    case 'responses':
      return kind === 'image'
        ? { type: 'input_image', image_url: url }
        : { type: 'input_file', filename: name, file_data: url }
    case 'generate_content':
      return { inlineData: { mimeType: mediaType, data } }
  }
}

function textDocument(dialect: Dialect, text: string, name: string): object {
  const told = `${name}:\n\n${text}`
  switch (dialect) {
    case 'messages':
      return { type: 'document', source: { type: 'text', media_type: 'text/plain', data: text }, title: name }
    case 'chat_completions':
      return { type: 'text', text: told }
    case 'responses':
      return { type: 'input_text', text: told }
    case 'generate_content':
      return { text: told }
  }
}
