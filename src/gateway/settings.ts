// The settings as the gateway tells of them and changes them: each change on the file as it was seen, kept for a while so that it can be taken back, and
// told to whoever looks; a change by a command or an editor is told as well.
import type { Auth } from '../auth/auth.ts'
import { type ConfigEdit, editConfig, undoEdit } from '../auth/edit-config.ts'
import { inspectSettings } from '../auth/inspect-settings.ts'
import { agentIds } from '../core/config.ts'
import { AuthError } from '../core/errors.ts'
import type { Note } from '../core/note.ts'
import type { SettingsAnswer, SettingsReport } from '../core/settings.ts'
import { isLoopback } from './address.ts'
import { reachable } from './bind.ts'
import type { House } from './house.ts'

export type Settings = {
  /** @throws AuthError, when the file cannot be read at all */
  report(): Promise<SettingsReport>
  /** Tells of changes from now on, as long as somebody looks. */
  begin(): void
  /**
   * @param seen the version that the change builds on
   * @param work what it does; gives what is worth telling
   * @throws AuthError changed_meanwhile, and what the work throws
   */
  change(seen: string, work: (auth: Auth) => Promise<readonly Note[]>): Promise<SettingsAnswer>
  /** @throws AuthError nothing_to_undo, changed_meanwhile */
  undo(id: string): Promise<SettingsAnswer>
  close(): void
}

const MOST_EDITS = 10
/** An editor may empty a file before it fills it. */
const SETTLE_MS = 100

/** @param isWatched whether somebody looks; @param tell tells them */
export function createSettings(
  house: House,
  isWatched: () => boolean,
  tell: (report: SettingsReport) => void,
): Settings {
  const { auth, system, gate } = house
  const { home } = auth
  const edits = new Map<string, ConfigEdit>()
  let watch: { close(): void } | undefined
  let told = ''
  let lastAt = 0
  let telling: Promise<void> = Promise.resolve()

  const report = async (): Promise<SettingsReport> => {
    const { host, port } = house.address ?? { host: '127.0.0.1', port: 0 }
    const seen = await inspectSettings(auth)
    // Pages take it for the order of what they are told, whatever becomes of the clock.
    lastAt = Math.max(lastAt, seen.at)
    return {
      ...seen,
      at: lastAt,
      gateway: {
        url: `http://${reachable(host)}:${port}`,
        bind: host,
        beyondLoopback: !isLoopback(host),
        mode: home.config().gateway.mode,
        secret: gate.source(),
      },
    }
  }

  const stop = (): void => {
    watch?.close()
    watch = undefined
    // Whoever comes next was told nothing of it.
    told = ''
  }

  const look = async (): Promise<void> => {
    if (!isWatched()) return stop()
    await system.sleep(SETTLE_MS)
    const next = await report()
    const text = JSON.stringify({ ...next, at: 0 })
    if (text === told) return
    told = text
    tell(next)
  }

  /** What was changed holds for the next call: whoever follows the files would see it a moment later. */
  const takeEffect = async (): Promise<void> => {
    for (const agentId of agentIds(home.config())) await auth.peek(agentId)?.reload()
  }

  const answer = async (notes: readonly Note[], edit: ConfigEdit | undefined): Promise<SettingsAnswer> => {
    await takeEffect()
    if (edit === undefined) return { report: await report(), notes }
    const id = system.uuid()
    edits.set(id, edit)
    for (const oldest of edits.keys()) if (edits.size > MOST_EDITS) edits.delete(oldest)
    return { report: await report(), notes, undo: { id } }
  }

  return {
    report,
    begin: () => {
      // What was told before is not what is asked for now: also a way back to it is news.
      told = ''
      watch ??= home.backend.notice([home.layout.config, home.layout.gatewayToken], () => {
        telling = telling.then(look).catch((error: unknown) => {
          system.log.warn('the page could not be told of the settings', {
            why: error instanceof Error ? error.message : 'unknown',
          })
        })
      })
    },
    change: async (seen, work) => {
      const { result, edit } = await editConfig(auth, seen, work)
      return answer(result, edit)
    },
    undo: async (id) => {
      const edit = edits.get(id)
      if (edit === undefined) {
        throw new AuthError('nothing_to_undo', 'This change cannot be taken back any more. Nothing was changed.', {
          remedy: 'openclaw config get',
        })
      }
      await undoEdit(auth, edit)
      edits.delete(id)
      return answer([], undefined)
    },
    close: stop,
  }
}
