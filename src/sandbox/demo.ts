// What `npm start` shows: a streamed answer that survives two bad accounts, through the gateway, on played vendors in a throw-away state.
// With a credential of the person's own it is the real vendor and their own state instead, and says so.
import type { Auth } from '../auth/auth.ts'
import { resolve } from '../auth/resolve.ts'
import { AuthError, EXIT } from '../core/errors.ts'
import { writeOut } from '../system/output.ts'
import type { System } from '../system/system.ts'
import { ask } from './demo/ask.ts'
import { findOwn } from './demo/own.ts'
import { buildStage, type Stage } from './demo/stage.ts'
import { closing, type FoundSecret, introduction, outcome } from './demo/text.ts'

/** As much of a running gateway as the demonstration needs. */
export type DemoGateway = { url: string; pageUrl(): string; close(): Promise<void> }

/** What `main` hands in: the faces never import each other. */
export type DemoParts = {
  runGateway(system: System, auth: Auth, options: { port?: number }): Promise<DemoGateway>
  /** What clients of that gateway show, as the gateway itself finds it. */
  findSecret(auth: Auth): Promise<FoundSecret>
  /** Resolves at the first signal, when `close` has been done; a second signal ends the process. */
  untilStopped(close: () => Promise<void>): Promise<unknown>
  /** Ends after the first answer. */
  once: boolean
  /** Receives text as it comes, in pieces of lines; absent: standard output. */
  say?: (text: string) => void
}

/** Control characters but line ends, and those that change the direction of text. */
const STEERING = /[^\P{Cc}\n\t]|[\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu
const QUESTION = 'Hello! Which account answers this?'

/**
 * Runs the demonstration until the person stops it.
 * @returns the exit code: 0 when an answer came
 * @throws AuthError, when the state or the gateway cannot be set up
 */
export async function runDemo(system: System, parts: DemoParts): Promise<number> {
  const write = parts.say ?? writeOut
  // With an own key these are a vendor's words: nothing in them may steer the terminal.
  const say = (text: string): void => write(text.replace(STEERING, '?'))
  const stopped = parts.untilStopped(async () => undefined)
  const own = await findOwn(system)
  const stage = 'stage' in own ? own.stage : await buildStage(system)
  let gateway: DemoGateway | undefined
  try {
    say(introduction(stage, 'note' in own ? own.note : ''))
    gateway = await openGateway(stage, parts)
    const asked = firstAnswer(stage, gateway, parts, say)
    // Whoever stops it in the midst of the answer does not wait for its end.
    const answered = await Promise.race([asked, stopped.then(() => undefined)])
    if (parts.once) return answered === undefined ? EXIT.interrupted : answered ? EXIT.done : EXIT.failed
    if (answered !== undefined) say(closing(stage, gateway, await parts.findSecret(stage.auth)))
    await stopped
    say(`\nStopping.${stage.isSandbox ? ' The sandbox and its state are removed.' : ''}\n`)
    return answered === true ? EXIT.done : EXIT.failed
  } finally {
    await gateway?.close()
    await stage.strike()
  }
}

/** The usual port when it is free, for whoever has an address in mind; else any. */
async function openGateway({ system, auth }: Stage, parts: DemoParts): Promise<DemoGateway> {
  try {
    return await parts.runGateway(system, auth, {})
  } catch (error) {
    if (!(error instanceof AuthError) || error.code !== 'port_in_use') throw error
    return parts.runGateway(system, auth, { port: 0 })
  }
}

/** One turn through the gateway's door for programs. */
async function firstAnswer(
  stage: Stage,
  gateway: DemoGateway,
  parts: DemoParts,
  say: (text: string) => void,
): Promise<boolean> {
  const { auth, system, agentId, model } = stage
  say(`you     ${QUESTION}\nanswer  `)
  try {
    const { secret } = await parts.findSecret(auth)
    const answer = await ask({ gateway, secret, model, question: QUESTION, onText: say })
    const facts = (await auth.view(agentId)).facts()
    const { trace } = resolve(facts, model.provider, { now: system.now() })
    say(outcome(stage, answer, trace))
    return true
  } catch (error) {
    // Whatever it was, the person reads it here; secrets are taken out first.
    say(`\n\nNo answer came: ${system.log.scrub(error instanceof Error ? error.message : 'for an unknown reason')}\n`)
    return false
  }
}
