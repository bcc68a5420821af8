// The one connection to the gateway this page came from: requests and their answers, events, and trying again when it is lost.

const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 15_000
const REFUSED = 1008
const TOO_LATE_MS = 30_000

/**
 * @typedef {object} Hears
 * @property {() => void} ready the gateway has let us in
 * @property {(waitMs: number) => void} lost not connected; tried again after so long
 * @property {(why: string) => void} refused a login is needed
 * @property {(event: string, payload: unknown) => void} event
 */

/**
 * Connects and stays connected.
 * @param {Hears} hears
 */
export function openSocket(hears) {
  /** @type {WebSocket | undefined} */
  let socket
  let isReady = false
  let waitMs = FIRST_WAIT_MS
  let count = 0
  let again
  const open = new Map()

  const fail = (code, message) => {
    for (const { reject } of open.values()) reject(Object.assign(new Error(message), { code }))
    open.clear()
  }

  const send = (method, params) =>
    new Promise((resolve, reject) => {
      count += 1
      const id = String(count)
      const late = setTimeout(() => {
        open.delete(id)
        reject(Object.assign(new Error('The gateway did not answer in time.'), { code: 'timeout' }))
      }, TOO_LATE_MS)
      const settle = (end) => (value) => {
        clearTimeout(late)
        end(value)
      }
      open.set(id, { resolve: settle(resolve), reject: settle(reject) })
      socket.send(JSON.stringify({ type: 'req', id, method, params }))
    })

  const greet = async () => {
    try {
      // Who we are is in the cookie, which no script can read.
      await send('connect', {
        minProtocol: 3,
        maxProtocol: 3,
        client: { id: 'page', version: '1', platform: 'web', mode: 'page' },
      })
    } catch (error) {
      // Without a cookie the gateway says how programs log in; the form says it for people.
      if (error.code !== 'lost') stop(error.code === 'unauthorized' ? '' : error.message)
      return
    }
    isReady = true
    waitMs = FIRST_WAIT_MS
    hears.ready()
  }

  const receive = (text) => {
    const frame = JSON.parse(text)
    if (frame.type === 'event') {
      if (frame.event === 'connect.challenge') void greet()
      else hears.event(frame.event, frame.payload)
      return
    }
    const request = open.get(frame.id)
    if (request === undefined) return
    open.delete(frame.id)
    if (frame.ok) request.resolve(frame.payload)
    else request.reject(Object.assign(new Error(frame.error.message), frame.error))
  }

  const stop = (why) => {
    clearTimeout(again)
    const old = socket
    socket = undefined
    isReady = false
    old?.close()
    hears.refused(why)
  }

  const later = () => {
    // A little chance, so that many pages do not come back in one moment.
    const wait = waitMs * (0.75 + Math.random() / 2)
    waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)
    hears.lost(wait)
    clearTimeout(again)
    again = setTimeout(connect, wait)
  }

  const connect = () => {
    clearTimeout(again)
    // What an older socket was asked is not answered any more, and must not end this one when its time is up.
    fail('lost', 'The connection to the gateway was lost.')
    const own = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`)
    let opened = false
    socket = own
    own.onopen = () => {
      opened = true
    }
    own.onmessage = (message) => {
      if (own === socket) receive(message.data)
    }
    own.onclose = async (close) => {
      if (own !== socket) return
      isReady = false
      fail('lost', 'The connection to the gateway was lost.')
      if (close.code === REFUSED) return stop(close.reason)
      // Turned away before the socket opened, by a gateway that is alive: it does not know us.
      if (!opened && (await isAlive()) && own === socket) return stop('')
      if (own === socket) later()
    }
  }

  return {
    connect,
    isReady: () => isReady,
    /** Asks the gateway. Rejects with its error: code, message, remedy. */
    request: (method, params = {}) =>
      isReady ? send(method, params) : Promise.reject(Object.assign(new Error('Not connected.'), { code: 'lost' })),
  }
}

async function isAlive() {
  try {
    return (await fetch('/health', { redirect: 'error', cache: 'no-store' })).ok
  } catch {
    // Nobody there: the socket is tried again.
    return false
  }
}
