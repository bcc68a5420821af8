// Anthropic's prompt cache, played: which prefixes of a request are marked, and what the vendor refuses about marks.
import { createHash } from 'node:crypto'
import { asList, asObject, type JsonObject } from './json.ts'
import type { Refusal } from './vendor.ts'

/** A prefix of the prompt, by its digest, and about how many tokens it has. */
export type Prefix = { digest: string; tokens: number }

/** A mark: the prefix that ends there, and shorter ones that the vendor looks for, too, the longest first. */
export type Mark = { prefixes: readonly [Prefix, ...Prefix[]]; oneHour: boolean }

const MOST_MARKS = 4
const LOOKS_BACK = 20
const CHARACTERS_OF_A_TOKEN = 4

type Block = { text: string; control: JsonObject | undefined; isEmpty: boolean }

/** @returns the marks in the order of the prompt, or the vendor's complaint */
export function readMarks(body: JsonObject): readonly Mark[] | Refusal {
  const blocks = blocksOf(body)
  const last = blocks.at(-1)
  // A mark on the request itself is one on its last block.
  if (body.cache_control !== undefined && last !== undefined) last.control ??= asObject(body.cache_control)
  const hash = createHash('sha256').update(String(body.model))
  const prefixes: Prefix[] = []
  const marks: Mark[] = []
  let characters = 0
  for (const { text, control, isEmpty } of blocks) {
    hash.update(text).update('\0')
    characters += text.length
    const here = { digest: hash.copy().digest('hex'), tokens: Math.ceil(characters / CHARACTERS_OF_A_TOKEN) }
    prefixes.unshift(here)
    if (control === undefined) continue
    if (control.type !== 'ephemeral') return refusal("cache_control.type: Input should be 'ephemeral'")
    if (isEmpty) return refusal('cache_control cannot be set for empty text blocks')
    const oneHour = control.ttl === '1h'
    if (oneHour && marks.some((mark) => !mark.oneHour)) {
      return refusal("a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block")
    }
    marks.push({ prefixes: [here, ...prefixes.slice(1, LOOKS_BACK + 1)], oneHour })
  }
  if (marks.length <= MOST_MARKS) return marks
  return refusal(`A maximum of ${MOST_MARKS} blocks with cache_control may be provided. Found ${marks.length}.`)
}

const refusal = (message: string): Refusal => ({ status: 400, type: 'invalid_request_error', message })

/** Tools, system, messages: the order in which the vendor reads them. A text alone is a block. */
function blocksOf({ tools, system, messages }: JsonObject): Block[] {
  const inside = (content: unknown): readonly unknown[] =>
    typeof content === 'string' ? [{ type: 'text', text: content }] : asList(content)
  return [
    ...asList(tools).map((tool) => blockOf('tool', tool)),
    ...inside(system).map((part) => blockOf('system', part)),
    ...asList(messages).flatMap((message) => {
      const { role, content } = asObject(message)
      return inside(content).map((part) => blockOf(String(role), part))
    }),
  ]
}

function blockOf(where: string, value: unknown): Block {
  const { cache_control: control, ...rest } = asObject(value)
  return {
    text: JSON.stringify([where, rest]),
    control: control === undefined || control === null ? undefined : asObject(control),
    isEmpty: rest.type === 'text' && rest.text === '',
  }
}
