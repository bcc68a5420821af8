// The chat channels beside the gateway: opened when the config names one, told of its changes, and never a reason for the gateway not to run.
import type { OpenChannels, RunningChannels } from '../chat/channel-door.ts'
import type { AccountReport } from '../core/channel-report.ts'
import type { House } from './house.ts'

export type Messengers = {
  report(): AccountReport[]
  /** The config was read anew. */
  reload(): void
  /** Nothing more is taken in. */
  stop(): void
  /** What was answered is shown; resolves in good time. */
  close(): Promise<void>
}

/** How long answers that have come may take to be shown when the gateway stops, ms. */
const LAST_WORDS_MS = 5000

/** @param open loads the channels; called when the config names one for the first time */
export function createMessengers(house: House, open: OpenChannels): Messengers {
  const { auth, system } = house
  let channels: Promise<RunningChannels> | undefined
  let running: RunningChannels | undefined
  let isStopped = false

  const reload = (): void => {
    if (isStopped) return
    if (running !== undefined) running.reload()
    if (channels !== undefined || auth.home.config().telegram.length === 0) return
    channels = import('./turns.ts').then(({ turnsOf }) =>
      open({ auth, send: (input, hear) => turnsOf(house).send(input, { hear }) }),
    )
    channels.then(
      (opened) => {
        running = opened
        if (isStopped) opened.stop()
      },
      (error: unknown) => {
        channels = undefined
        system.log.error('no chat channel could be opened; the gateway goes on without', {
          why: error instanceof Error ? error.message : 'unknown',
        })
      },
    )
  }
  reload()
  return {
    reload,
    report: () => running?.report() ?? [],
    stop: () => {
      isStopped = true
      running?.stop()
    },
    close: async () => {
      isStopped = true
      // One that could not be opened has said so.
      const opened = await channels?.catch(() => undefined)
      await opened?.close(LAST_WORDS_MS)
    },
  }
}
