// The documentation: pages that the build made, by topic, by the address they have elsewhere, in the language asked for; with `.json` as data.
import { type DocsIndex, findPage, pageFile } from '../core/documentation.ts'
import { readShippedDocs } from '../system/shipped.ts'
import type { System } from '../system/system.ts'
import type { Handler } from './house.ts'
import { pageHeaders } from './page.ts'
import { refuse, replyText } from './reply.ts'

/** No script at all, and nothing from elsewhere. */
const CSP =
  "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
const STYLE = 'style.css'
const DATA = '.json'

const kept = new Map<string, Promise<string | undefined>>()

/** Read once; a read that fails is tried again with the next visit. */
function read(system: System, name: string): Promise<string | undefined> {
  const known = kept.get(name)
  if (known !== undefined) return known
  const text = readShippedDocs(system, name)
  kept.set(name, text)
  text.catch(() => kept.delete(name))
  return text
}

/** What a client writes is looked up in the index; it never becomes the name of a file. */
async function find(system: System, path: string): Promise<{ type: string; text: string } | undefined> {
  if (path === `/docs/${STYLE}`) {
    const style = await read(system, STYLE)
    return style === undefined ? undefined : { type: 'text/css; charset=utf-8', text: style }
  }
  const index = await read(system, 'index.json')
  if (index === undefined) return undefined
  const isData = path.endsWith(DATA)
  const found = findPage(JSON.parse(index) as DocsIndex, isData ? path.slice(0, -DATA.length) : path)
  const text = found === undefined ? undefined : await read(system, pageFile(found, isData ? 'json' : 'html'))
  const type = isData ? 'application/json; charset=utf-8' : 'text/html; charset=utf-8'
  return text === undefined ? undefined : { type, text }
}

export const docs: Handler = ({ house, response, head, route }) => {
  const say = (status: number, code: string, message: string): void =>
    refuse(response, route.dialect, { status, code, message }, { id: house.system.uuid() })
  find(house.system, head.path).then(
    (found) => {
      if (found === undefined) say(404, 'no_page', 'There is no such page; /docs lists them.')
      else replyText(response, 200, found.type, found.text, pageHeaders(CSP))
    },
    (error: unknown) => {
      house.system.log.error('a page could not be read', { why: error instanceof Error ? error.message : 'unknown' })
      say(500, 'internal', 'The page could not be read.')
    },
  )
}
