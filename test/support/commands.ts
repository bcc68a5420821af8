// Short commands in a process that stays: one per worker of the test runner, which runs the built program anew for each of them (command-host.cjs).
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'

const HOST = fileURLToPath(new URL('command-host.cjs', import.meta.url))

/** What node itself, its libraries or the loader of the system read once, at the start of a process. */
const READ_AT_START = /^(?:NODE_|SSL_|OPENSSL_|UV_|LD_)/
/** Answered by the door, before it loads the program. */
const BY_THE_DOOR = ['--version', '-v']
/** So many programs may have run in a process before the next gets a fresh one. */
const MOST_RUNS = 150

export type Order = {
  /** The path of dist/openclaw.js. */
  door: string
  words: readonly string[]
  /** The whole environment. */
  env: Readonly<Record<string, string>>
  cwd: string
  /** All of standard input. */
  input: string
}

export type Ended = { code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }

type Host = { child: ChildProcess; orders: Writable; pipes: readonly [Readable, Readable]; runs: number }

let idle: Host | undefined
/** Two runs at once are two processes, as a test that starts two wants to see what they do to each other. */
let isBusy = false

/**
 * Runs a command in the process that stays.
 * @returns as it would have ended in a process of its own; undefined when it needs one
 */
export function runInHost(order: Order): Promise<Ended> | undefined {
  if (isBusy || Object.keys(order.env).some((name) => READ_AT_START.test(name))) return undefined
  if (order.words.length === 1 && BY_THE_DOOR.includes(order.words[0] ?? '')) return undefined
  const host = idle ?? start()
  idle = undefined
  isBusy = true
  return runOn(host, order).finally(() => {
    isBusy = false
  })
}

/** It ends when nobody can send it anything more; one that hangs, with this process. */
function start(): Host {
  const child = spawn(process.execPath, [HOST], { env: {}, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] })
  const orders = child.stdio[3] as Writable
  orders.on('error', () => undefined)
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  child.once('close', () => process.off('exit', kill))
  child.unref()
  for (const pipe of child.stdio)
    if (pipe !== null && pipe !== undefined && 'unref' in pipe) (pipe as Unrefable).unref()
  return { child, orders, pipes: [child.stdout as Readable, child.stderr as Readable], runs: 0 }
}
type Unrefable = { unref(): void }

function runOn(host: Host, order: Order): Promise<Ended> {
  const { child, pipes } = host
  const mark = `\u0000${randomBytes(12).toString('hex')}\u0000`
  const isEnd = new RegExp(`${mark}(\\d+)\\n$`)
  const pieces: [Buffer[], Buffer[]] = [[], []]
  const ends: (RegExpExecArray | undefined)[] = []
  return new Promise((resolve, reject) => {
    const hear = (at: 0 | 1) => (piece: Buffer) => {
      pieces[at].push(piece)
      if (piece.at(-1) !== 0x0a) return
      const text = Buffer.concat(pieces[at]).toString('utf8')
      ends[at] = isEnd.exec(text) ?? undefined
      const [out, err] = ends
      if (out === undefined || err === undefined) return
      leave()
      host.runs++
      if (host.runs < MOST_RUNS) idle = host
      else host.orders.end()
      const [stdout, stderr] = [out, err].map(({ input, index }) => input.slice(0, index)) as [string, string]
      resolve({ code: Number(out[1]), signal: null, stdout, stderr })
    }
    const hearing = [hear(0), hear(1)] as const
    const leave = (): void => {
      pipes[0].off('data', hearing[0])
      pipes[1].off('data', hearing[1])
      child.off('close', onClose)
      child.off('error', reject)
    }
    // The run has ended the process that it is in, or somebody else has.
    const onClose = (code: number | null, signal: NodeJS.Signals | null): void => {
      leave()
      const [stdout, stderr] = pieces.map((heard) => Buffer.concat(heard).toString('utf8')) as [string, string]
      resolve({ code, signal, stdout, stderr })
    }
    pipes[0].on('data', hearing[0])
    pipes[1].on('data', hearing[1])
    child.once('close', onClose)
    child.once('error', reject)
    host.orders.write(`${JSON.stringify({ ...order, mark })}\n`)
  })
}
