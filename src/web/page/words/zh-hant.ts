// The texts of the page in Traditional Chinese.
import type { Words } from './en.ts'
import { zhHantAccounts } from './zh-hant/accounts.ts'
import { zhHantActivity } from './zh-hant/activity.ts'
import { zhHantAdding } from './zh-hant/adding.ts'
import { zhHantChat } from './zh-hant/chat.ts'
import { zhHantDocs } from './zh-hant/docs.ts'
import { zhHantFrame } from './zh-hant/frame.ts'
import { zhHantNotes } from './zh-hant/notes.ts'
import { zhHantPalette } from './zh-hant/palette.ts'
import { zhHantSettings } from './zh-hant/settings.ts'
import { zhHantWhatIf } from './zh-hant/whatif.ts'
import { zhHantWhy } from './zh-hant/why.ts'

export const zhHant: Words = {
  ...zhHantFrame,
  ...zhHantAccounts,
  ...zhHantNotes,
  why: zhHantWhy,
  adding: zhHantAdding,
  activity: zhHantActivity,
  chat: zhHantChat,
  whatif: zhHantWhatIf,
  palette: zhHantPalette,
  docs: zhHantDocs,
  settings: zhHantSettings,
}
