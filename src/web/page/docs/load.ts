// The documentation as data, from the gateway this page came from. What was read is kept as long as the page is open.
import type { DocsContents, DocsText } from '../../../core/documentation.ts'
import type { Language } from '../words/words.ts'

const kept = new Map<string, Promise<unknown>>()

function read<T>(address: string): Promise<T> {
  const known = kept.get(address)
  if (known !== undefined) return known as Promise<T>
  const reading = fetch(address, { redirect: 'error', credentials: 'same-origin' }).then((answer) => {
    if (!answer.ok) throw new Error(`${address}: ${answer.status}`)
    return answer.json() as Promise<T>
  })
  kept.set(address, reading)
  reading.catch(() => kept.delete(address))
  return reading
}

/** What there is to read. Rejects where the gateway does not answer or has none. */
export function readContents(language: Language): Promise<DocsContents> {
  return read(`/docs/${language}.json`)
}

/** One page; in English where it is not translated. Rejects where there is none of that topic. */
export function readText(language: Language, topic: string): Promise<DocsText> {
  return read(`/docs/${language}/${encodeURIComponent(topic)}.json`)
}
