// What the document of a session holds, so that the page draws without asking again: the report of its agent, the last hour, and its anti-forgery token.
// Loaded with the first document that somebody with a session asks for.
import { accountsReport } from '../chat/accounts.ts'
import { FIRST_ANSWER_ID, type FirstAnswer } from '../core/first-answer.ts'
import { activitiesOf } from './activity.ts'
import type { House } from './house.ts'

/** @param session what the page is to show with its changes, and what it may do */
export async function firstAnswer(
  house: House,
  session: Pick<FirstAnswer, 'antiForgery' | 'scopes'>,
): Promise<FirstAnswer> {
  const { auth, system } = house
  try {
    const agentId = auth.home.pickAgent(undefined)
    const [report, own] = await Promise.all([accountsReport(auth, { agentId }), activitiesOf(house).of(agentId)])
    return { ...session, report, hour: own.chart('hour') }
  } catch (error) {
    // The page asks for it by its socket, and shows what is wrong.
    system.log.warn('a document of the page holds no report', {
      why: error instanceof Error ? error.message : 'unknown',
    })
    return session
  }
}

/** As a part of a document: no text in it can end its element, and no browser runs it. */
export function asBlock(answer: FirstAnswer): string {
  const text = JSON.stringify(answer).replaceAll('<', '\\u003c')
  return `<script type="application/json" id="${FIRST_ANSWER_ID}">${text}</script>`
}
