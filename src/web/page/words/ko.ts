// The texts of the page in Korean. A name stands alone or in quotes, never before a particle.
import type { Words } from './en.ts'
import { koAccounts } from './ko/accounts.ts'
import { koActivity } from './ko/activity.ts'
import { koAdding } from './ko/adding.ts'
import { koChat } from './ko/chat.ts'
import { koDocs } from './ko/docs.ts'
import { koFrame } from './ko/frame.ts'
import { koNotes } from './ko/notes.ts'
import { koPalette } from './ko/palette.ts'
import { koSettings } from './ko/settings.ts'
import { koWhatIf } from './ko/whatif.ts'
import { koWhy } from './ko/why.ts'

export const ko: Words = {
  ...koFrame,
  ...koAccounts,
  ...koNotes,
  why: koWhy,
  adding: koAdding,
  activity: koActivity,
  chat: koChat,
  whatif: koWhatIf,
  palette: koPalette,
  docs: koDocs,
  settings: koSettings,
}
