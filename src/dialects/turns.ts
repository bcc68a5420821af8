// A conversation in its plain form: never two turns of one role in a row, and results before everything else in a user's turn.
import { withOwnNames } from './call-names.ts'
import type { AssistantPart, DocumentPart, ImagePart, SystemPart, TextPart, Turn, UserPart } from './neutral.ts'

type Loose = { role: 'system' | 'user' | 'assistant'; parts: (SystemPart | UserPart | AssistantPart)[] }

/** Joins turns of one role that follow each other, and names calls that share a name. Turns without anything in them are gone: no vendor takes them. */
export function turnsOf(turns: readonly Turn[]): readonly Turn[] {
  const out: Loose[] = []
  for (const { role, parts } of turns) {
    if (parts.length === 0) continue
    const last = out.at(-1)
    if (last?.role === role) for (const part of parts) last.parts.push(part)
    else out.push({ role, parts: [...parts] })
  }
  for (const turn of out) {
    if (turn.role !== 'user' || !turn.parts.some((part) => part.kind === 'result')) continue
    const results = turn.parts.filter((part) => part.kind === 'result')
    turn.parts = [...results, ...turn.parts.filter((part) => part.kind !== 'result')]
  }
  return withOwnNames(out as readonly Turn[])
}

/** A result as a text: who takes no images there finds them behind, in order. @see imagesOf */
export function resultText(content: readonly (TextPart | ImagePart | DocumentPart)[], isError: boolean): string {
  const said = content.map((part, index) =>
    part.kind === 'text' ? part.text : `[${part.kind} ${index + 1}: see below]`,
  )
  return (isError ? ERROR_MARK : '') + said.join('\n')
}

/** What dialects are told that know no failed results. */
export const ERROR_MARK = 'Error: '

/** The text of a part that dialects with one text per message are told. */
export function joinedText(parts: readonly { text: string }[]): string {
  return parts.map(({ text }) => text).join('\n\n')
}
