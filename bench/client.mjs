// An HTTP/1.1 client by hand on node:net: one exchange at a time on a kept connection, so that little of what is measured is its own cost.
import { connect } from 'node:net'

const HEAD_END = Buffer.from('\r\n\r\n')
const LF = 10

/** One connection. Heard of it: onHead(status), onBody(piece), onEnd(), onBroken(). */
export class Connection {
  #socket
  #heard
  #held
  #status = 0
  /** Bytes of the body or of the chunk that are still to come; -1 while a chunk's size line is awaited. */
  #left = 0
  #chunked = false
  #inBody = false
  #busy = false

  /** @param {number} port on loopback */
  constructor(port) {
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true })
    this.#socket.on('data', (piece) => this.#take(piece))
    this.#socket.on('error', () => this.#socket.destroy())
    this.#socket.on('close', () => {
      if (this.#busy) {
        this.#busy = false
        this.#heard.onBroken()
      }
    })
  }

  get usable() {
    return !this.#socket.destroyed
  }

  /** @param {Buffer} bytes a whole request */
  send(bytes, heard) {
    this.#heard = heard
    this.#busy = true
    this.#inBody = false
    this.#socket.write(bytes)
  }

  close() {
    this.#busy = false
    this.#socket.destroy()
  }

  #take(piece) {
    let bytes = piece
    if (this.#held !== undefined) {
      bytes = Buffer.concat([this.#held, piece])
      this.#held = undefined
    }
    let at = 0
    while (at < bytes.length && this.#busy) {
      const next = this.#inBody ? this.#body(bytes, at) : this.#head(bytes, at)
      if (next < 0) {
        this.#held = bytes.subarray(at)
        return
      }
      at = next
    }
  }

  #head(bytes, from) {
    const end = bytes.indexOf(HEAD_END, from)
    if (end < 0) return -1
    const head = bytes.latin1Slice(from, end)
    this.#status = Number(head.slice(9, 12))
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)
    this.#chunked = length === null
    this.#left = length === null ? -1 : Number(length[1])
    this.#inBody = true
    this.#heard.onHead(this.#status)
    if (this.#left === 0) this.#finish()
    return end + HEAD_END.length
  }

  #body(bytes, from) {
    if (this.#left < 0) {
      const end = bytes.indexOf(LF, from)
      if (end < 0) return -1
      const line = bytes.latin1Slice(from, end).trim()
      const size = Number.parseInt(line, 16)
      // The last chunk: its own line and an empty one.
      if (size === 0) {
        if (bytes.length < end + 3) return -1
        this.#finish()
        return end + 3
      }
      // Behind a chunk stands an empty line; it is read as part of the chunk.
      this.#left = size + 2
      return end + 1
    }
    const upTo = Math.min(bytes.length, from + this.#left)
    const tail = this.#chunked ? 2 : 0
    const payload = Math.min(upTo - from, this.#left - tail)
    if (payload > 0) this.#heard.onBody(bytes.subarray(from, from + payload))
    this.#left -= upTo - from
    if (this.#left === 0) {
      if (this.#chunked) this.#left = -1
      else this.#finish()
    }
    return upTo
  }

  #finish() {
    this.#busy = false
    this.#heard.onEnd()
  }
}

/**
 * One exchange on a connection.
 * @returns {Promise<{ status: number, micros: number }>} status 0: the connection broke
 */
export function exchange(connection, bytes) {
  return new Promise((resolve) => {
    const startedAt = performance.now()
    let status = 0
    const done = () => resolve({ status, micros: (performance.now() - startedAt) * 1000 })
    connection.send(bytes, {
      onHead: (code) => {
        status = code
      },
      onBody: () => undefined,
      onEnd: done,
      onBroken: () => {
        status = 0
        done()
      },
    })
  })
}
