// Where questions go: the connections of one base URL, those that wait for the next question first.
import { connect, isIP, type LookupFunction, type Socket } from 'node:net'
import { Connection } from './connection.ts'
import { checkHost, lookupWithin, type Reach } from './destination.ts'

export class Origin {
  readonly isTls: boolean
  /** For the system's call: host without brackets, port, and who looks the name up. */
  readonly where: { host: string; port: number; lookup: LookupFunction }
  /** Of TLS; none for an address. */
  readonly serverName: string
  /** The lines of every question's head that are about this place and its connections (RFC 9112, 3.2). */
  readonly lines: string
  /** Of TLS: with it the next connection costs a round trip less. */
  session: Buffer | undefined
  readonly #all = new Set<Connection>()
  /** The last one that became free is used first, so that those which are not needed end. */
  readonly #idle: Connection[] = []
  #whenEmpty: (() => void) | undefined

  /**
   * @param origin scheme, host and port
   * @throws ForbiddenDestination for an address that nothing may be sent to
   * @throws TypeError for what is no URL
   */
  constructor(origin: string, reach: Reach, lookup: LookupFunction | undefined) {
    const { protocol, hostname, port, host } = new URL(origin)
    if (protocol !== 'https:' && protocol !== 'http:') throw new TypeError('scheme')
    checkHost(hostname)
    const bare = hostname.replace(/^\[|\]$/g, '')
    this.isTls = protocol === 'https:'
    this.where = {
      host: bare,
      port: port === '' ? (this.isTls ? 443 : 80) : Number(port),
      lookup: lookupWithin(reach, lookup),
    }
    this.serverName = isIP(bare) === 0 ? bare : ''
    this.lines = `host: ${host}\r\nconnection: keep-alive\r\n`
  }

  /** A connection for one question: an idle one, or a new one. */
  take(): Connection {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (idle.isFit) return idle
      idle.close()
    }
    const made = new Connection(this)
    this.#all.add(made)
    return made
  }

  /** A socket on its way there. */
  open(): Socket {
    if (!this.isTls) return connect(this.where)
    // Loaded with the first vendor that is asked over TLS.
    const socket = process.getBuiltinModule('node:tls').connect({
      ...this.where,
      servername: this.serverName,
      ALPNProtocols: ['http/1.1'],
      ...(this.session !== undefined && { session: this.session }),
    })
    return socket.on('session', (session) => {
      this.session = session
    })
  }

  /** For a connection whose answer is whole. @returns whether it may wait here for the next question */
  keeps(connection: Connection): boolean {
    if (this.#whenEmpty !== undefined) return false
    this.#idle.push(connection)
    return true
  }

  /** For a connection that is there no more. */
  closed(connection: Connection): void {
    this.#all.delete(connection)
    const at = this.#idle.indexOf(connection)
    if (at >= 0) this.#idle.splice(at, 1)
    if (this.#all.size === 0) this.#whenEmpty?.()
  }

  /** Ends what is idle, and the others when their answers are whole. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#whenEmpty = resolve
      for (const connection of [...this.#idle]) connection.close()
      if (this.#all.size === 0) resolve()
    })
  }
}
