// What the page gets with its document, so that it has something to draw before it has asked for anything.
import type { AccountsReport } from './accounts.ts'
import type { ActivityChart } from './activity.ts'

/** The languages of the page, by the tags that its document carries. */
export const PAGE_LANGUAGES = ['en', 'ko', 'zh-Hant', 'fil'] as const
export type PageLanguage = (typeof PAGE_LANGUAGES)[number]

/** The block of the document, by its id. */
export const FIRST_ANSWER_ID = 'first-answer'

export type FirstAnswer = {
  /** Shown with every change and with every socket; it is in no cookie and in no address. */
  antiForgery: string
  /** What the session may do. */
  scopes: readonly string[]
  /** Of the agent that is meant when none is named; absent: it could not be made, and why is said to who asks for it. */
  report?: AccountsReport
  hour?: ActivityChart
}
