// The built gateway as a real process on loopback, with what it said on its outputs, its address and its token.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type Installation, PROGRAM } from './installation.ts'

export type GatewayProcess = {
  url: string
  port: number
  token: string
  pid: number
  child: ChildProcess
  /** Everything it has written so far. */
  said(): string
  /** Resolves when it is gone. @param signal SIGTERM when absent */
  stop(signal?: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}

export type GatewayOptions = {
  args?: readonly string[]
  env?: Readonly<Record<string, string>>
  cwd?: string
  /** What clients present; absent: what the gateway wrote into its token file. */
  token?: string
  /** A program that runs node, with its flags. */
  under?: readonly string[]
  nodeFlags?: readonly string[]
}

const PATIENCE_MS = 40_000

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (typeof address !== 'object' || address === null) throw new Error('a TCP server has an address')
  return address.port
}

/**
 * Starts `openclaw gateway run` on a free port.
 * @returns once /health answers and it has said where it is
 * @throws Error with what it said, when it ends before that
 */
export async function startGateway(place: Installation, options: GatewayOptions = {}): Promise<GatewayProcess> {
  const port = await freePort()
  const line = [...(options.under ?? []), process.execPath, ...(options.nodeFlags ?? []), PROGRAM]
  line.push('gateway', 'run', '--port', String(port), ...(options.args ?? []))
  const child = spawn(line[0] ?? '', line.slice(1), {
    cwd: options.cwd ?? place.cwd,
    env: { ...place.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  // A test that fails half-way leaves nothing running.
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  child.once('close', () => process.off('exit', kill))
  const pieces: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => pieces.push(chunk))
  child.stderr?.on('data', (chunk: Buffer) => pieces.push(chunk))
  const said = (): string => Buffer.concat(pieces).toString('utf8')
  let gone: { code: number | null; signal: NodeJS.Signals | null } | undefined
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      gone = { code, signal }
      resolve(gone)
    })
  })
  const url = `http://127.0.0.1:${port}`
  const end = Date.now() + PATIENCE_MS
  // It serves before it has noted itself and said so; what a test looks at next may be any of that.
  while (!(await isHealthy(url)) || !/^openclaw gateway /m.test(said())) {
    if (gone !== undefined) throw new Error(`the gateway ended (${JSON.stringify(gone)}):\n${said()}`)
    if (Date.now() > end) {
      child.kill('SIGKILL')
      throw new Error(`the gateway is not healthy:\n${said()}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const token = options.token ?? (await readFile(join(place.state, 'gateway.token'), 'utf8')).trim()
  return {
    url,
    port,
    token,
    pid: child.pid ?? -1,
    child,
    said,
    stop: async (signal = 'SIGTERM') => {
      if (gone !== undefined) return gone
      child.kill(signal)
      const late = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
      const end = await ended
      clearTimeout(late)
      return end
    },
  }
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health`)).ok
  } catch {
    return false // not listening yet
  }
}
