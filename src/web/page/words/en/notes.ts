// What is told beside the result of a change, in English: as the gateway says it.
import type { NoteTexts } from '../../../../core/note.ts'

export const enNotes = {
  /** By code; absent: the text of the gateway is that of this language. */
  notes: undefined as NoteTexts | undefined,
  /** What goes wrong with nothing particular to say of it, by code. */
  problems: {
    lost: 'The connection to the gateway was lost.',
    timeout: 'The gateway did not answer in time.',
    changed_meanwhile:
      'The file was changed meanwhile, in an editor or by a command. Nothing was changed; what it says now is shown here, so look and decide again.',
    nothing_to_undo: 'This cannot be taken back any more. Nothing was changed.',
  } as Readonly<Record<string, string>>,
}
