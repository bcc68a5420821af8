// Every text of the page, in English: what the other languages translate, key by key.
import { enAccounts } from './en/accounts.ts'
import { enActivity } from './en/activity.ts'
import { enAdding } from './en/adding.ts'
import { enChat } from './en/chat.ts'
import { enDocs } from './en/docs.ts'
import { enFrame } from './en/frame.ts'
import { enNotes } from './en/notes.ts'
import { enPalette } from './en/palette.ts'
import { enSettings } from './en/settings.ts'
import { enWhatIf } from './en/whatif.ts'
import { enWhy } from './en/why.ts'

export const en = {
  ...enFrame,
  ...enAccounts,
  ...enNotes,
  why: enWhy,
  adding: enAdding,
  activity: enActivity,
  chat: enChat,
  whatif: enWhatIf,
  palette: enPalette,
  docs: enDocs,
  settings: enSettings,
}

/** What a language has to say. */
export type Words = typeof en
