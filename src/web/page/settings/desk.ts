// The settings as the gateway tells of them, and the one way to change them: on the version that is shown, with the way back.
import { createContext } from 'preact'
import { useContext, useEffect, useRef, useState } from 'preact/hooks'
import type { SettingsAnswer, SettingsReport } from '../../../core/settings.ts'
import { problemOf, useApp } from '../app-store.ts'
import { Refused } from '../socket.ts'
import type { Problem } from '../state.ts'
import { noteText } from '../words/words.ts'

/** What is wrong with a change, and where in the file. */
export type Refusal = Problem & { issues: readonly { path: string; message: string }[] }

/** Asks for a change. @param params with a `version`, it builds on that one, in the place of the latest @returns what is wrong with it; then nothing has changed */
export type Act = (method: string, params: object, said: string) => Promise<Refusal | undefined>

/** `mayChange`: else it is only looked at. */
export type Desk = { report: SettingsReport; act: Act; mayChange: boolean }

export const DeskContext = createContext<Desk | undefined>(undefined)

/** The settings that are drawn. */
export function useDesk(): Desk {
  const desk = useContext(DeskContext)
  if (desk === undefined) throw new Error('drawn outside of the settings')
  return desk
}

/** Follows the settings as long as they are drawn. */
export function useSettings(): {
  report: SettingsReport | undefined
  act: Act
  /** Why there is nothing to draw. */
  problem: Problem | undefined
  again(): void
} {
  const { state, request, say, complain, hearSettings } = useApp()
  const { words } = state
  const [report, setReport] = useState<SettingsReport>()
  const [problem, setProblem] = useState<Problem>()
  const latest = useRef<SettingsReport>()
  const take = (next: SettingsReport): void => {
    // What was on its way for longer does not put an older state back.
    if (latest.current !== undefined && next.at < latest.current.at) return
    latest.current = next
    setReport(next)
  }
  const read = async (): Promise<void> => {
    take(await request<SettingsReport>('settings.follow'))
    setProblem(undefined)
  }
  const again = (): void => {
    read().catch((error: unknown) => {
      if (latest.current === undefined) setProblem(problemOf(error, words))
      else complain(error)
    })
  }
  const isLive = state.link.kind === 'live'
  useEffect(() => {
    if (!isLive) return
    // Another gateway may count from another clock.
    latest.current = undefined
    again()
  }, [isLive])
  useEffect(() => hearSettings(take))

  const takeBack = async (id: string): Promise<void> => {
    try {
      take((await request<SettingsAnswer>('settings.undo', { id })).report)
      say(words.did.undone)
    } catch (error) {
      complain(error)
    }
  }
  const queue = useRef(Promise.resolve())
  const change: Act = async (method, params, said) => {
    try {
      const version = latest.current?.file.version
      const { report: next, notes, undo } = await request<SettingsAnswer>(method, { version, ...params })
      take(next)
      say(
        [said, ...notes.map((one) => noteText(one, words))].join(' '),
        undo === undefined ? {} : { undo: () => void takeBack(undo.id) },
      )
      return undefined
    } catch (error) {
      await read().catch(complain)
      return { ...problemOf(error, words), issues: (error instanceof Refused ? error.issues : undefined) ?? [] }
    }
  }
  // One after the other: a second one builds on what the first one left.
  const act: Act = (method, params, said) => {
    const done = queue.current.then(() => change(method, params, said))
    queue.current = done.then(() => undefined)
    return done
  }
  return { report, act, problem, again }
}
