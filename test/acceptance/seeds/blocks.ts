// The fenced blocks of the five documents, each with its document and line. They are kept here as commands alone; where the documents lie
// beside the project, a test compares them.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../../support/installation.ts'

export type Block = { document: string; line: number; language: string; lines: string[] }

const FENCE = '```'
const DOCUMENTS = join(ROOT, '../shared/seeds')

export const BLOCKS: readonly Block[] = JSON.parse(readFileSync(new URL('./blocks.json', import.meta.url), 'utf8'))

/** The blocks as the documents hold them now; undefined where the documents are not at hand. */
export function readDocuments(): Block[] | undefined {
  let names: string[]
  try {
    names = readdirSync(DOCUMENTS).sort()
  } catch {
    // A clone of the project alone.
    return undefined
  }
  return names.flatMap((name, index) => extract(`S${index}`, readFileSync(join(DOCUMENTS, name), 'utf8')))
}

/** Fenced blocks that name a language, without comments and blank lines. */
function extract(document: string, text: string): Block[] {
  const blocks: Block[] = []
  let open: Block | undefined
  for (const [index, line] of text.split('\n').entries()) {
    if (!line.startsWith(FENCE)) {
      if (line.trim() !== '' && !line.trimStart().startsWith('#')) open?.lines.push(line)
    } else if (open === undefined) {
      open = { document, line: index + 2, language: line.slice(FENCE.length).trim(), lines: [] }
    } else {
      if (open.language !== '' && open.lines.length > 0) blocks.push(open)
      open = undefined
    }
  }
  return blocks
}
