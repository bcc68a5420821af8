// The way between the page and its gateway, in the hands of a test: answers kept back, questions lost, the connection cut.
import type { Page, WebSocketRoute } from 'playwright-core'

export type Frame = { id?: string; method?: string; params?: Record<string, unknown> }

export type Way = {
  /** Called with all that the page asks. */
  hears: (asked: Frame) => void
  /** How often the page has come. */
  opened: number
  /** What this is true of never gets to the gateway. */
  drops: (asked: Frame) => boolean
  dropped: number
  /** Answers to what this is true of are kept back. */
  holds: (asked: Frame) => boolean
  held: (() => void)[]
  /** Stands before what the gateway calls its process; another one is another gateway. */
  process: string
  /** Ends the connection, as the network does. */
  cut(): void
}

export const no = (): boolean => false

/** For the documents that this page opens from now on. */
export async function between(page: Page): Promise<Way> {
  const way: Way = {
    hears: () => undefined,
    opened: 0,
    drops: no,
    dropped: 0,
    holds: no,
    held: [],
    process: '',
    cut: () => undefined,
  }
  await page.routeWebSocket(/\/ws$/, (socket: WebSocketRoute) => {
    way.opened++
    way.cut = () => void socket.close({ code: 1011 })
    const asked = new Map<string, Frame>()
    const server = socket.connectToServer()
    socket.onMessage((text) => {
      const frame = JSON.parse(String(text)) as Frame
      asked.set(frame.id ?? '', frame)
      way.hears(frame)
      if (way.drops(frame)) way.dropped++
      else server.send(text)
    })
    server.onMessage((message) => {
      const text = String(message).replace(/"process":"/, `"process":"${way.process}`)
      const answered = asked.get((JSON.parse(text) as Frame).id ?? '')
      if (answered !== undefined && way.holds(answered)) way.held.push(() => socket.send(text))
      else socket.send(text)
    })
  })
  return way
}
