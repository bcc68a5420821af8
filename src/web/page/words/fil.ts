// The texts of the page in Filipino.
import type { Words } from './en.ts'
import { filAccounts } from './fil/accounts.ts'
import { filActivity } from './fil/activity.ts'
import { filAdding } from './fil/adding.ts'
import { filChat } from './fil/chat.ts'
import { filDocs } from './fil/docs.ts'
import { filFrame } from './fil/frame.ts'
import { filNotes } from './fil/notes.ts'
import { filPalette } from './fil/palette.ts'
import { filSettings } from './fil/settings.ts'
import { filWhatIf } from './fil/whatif.ts'
import { filWhy } from './fil/why.ts'

export const fil: Words = {
  ...filFrame,
  ...filAccounts,
  ...filNotes,
  why: filWhy,
  adding: filAdding,
  activity: filActivity,
  chat: filChat,
  whatif: filWhatIf,
  palette: filPalette,
  docs: filDocs,
  settings: filSettings,
}
