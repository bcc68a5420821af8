// Starts and stops what is compared: the stand-in, the load generator, our gateway, the yardstick, nginx where there is one.
// Proxies get a core of their own, the two ends share another one, where `taskset` can do that.
import { execFileSync, fork, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { availableParallelism, tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Connection, exchange } from './client.mjs'
import { benchKeys, createState } from './state.mjs'
import { requestBytes } from './wire.mjs'

const HERE = path.dirname(fileURLToPath(import.meta.url))
export const PROGRAM = path.join(path.dirname(HERE), 'dist', 'openclaw.js')
const GATEWAY_TOKEN = 'bench-gateway-token-0000000000000000'
const READY_MS = 15_000
const STOP_MS = 3000
const CORES = availableParallelism()

const running = new Set()
process.on('exit', () => {
  for (const stop of running) stop()
})

/** Whether a program is on the PATH. */
export function installed(name) {
  return (process.env.PATH ?? '').split(path.delimiter).some((folder) => existsSync(path.join(folder, name)))
}

const PINS = CORES >= 2 && installed('taskset')
const PROXY_CORE = 0
const ENDS_CORE = 1

/** How the cores are shared out, for the head of a report. */
export const placement = PINS
  ? `${CORES} cores; proxies on core ${PROXY_CORE}, stand-in and load on core ${ENDS_CORE}`
  : `${CORES} cores; nothing is pinned`

function pin(pid, core) {
  if (PINS) execFileSync('taskset', ['-a', '-p', '-c', String(core), String(pid)], { stdio: 'ignore' })
}

/** Nothing of the caller's environment but what a program needs to run. */
export const bareEnv = (more = {}) => ({ PATH: process.env.PATH ?? '', HOME: tmpdir(), ...more })

/** What the caller's environment tells every Node to do at its start; some of it, such as more certificates, takes long. */
export const nodeSettings = Object.fromEntries(
  ['NODE_EXTRA_CA_CERTS', 'NODE_OPTIONS'].flatMap((name) => {
    const value = process.env[name]
    return value === undefined || value === '' ? [] : [[name, value]]
  }),
)

function forkHelper(file) {
  const child = fork(path.join(HERE, file), { env: bareEnv(), stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  pin(child.pid, ENDS_CORE)
  const stop = () => child.kill('SIGKILL')
  running.add(stop)
  child.once('exit', () => running.delete(stop))
  const next = () =>
    new Promise((resolve, reject) => {
      const died = () => reject(new Error(`${file} ended`))
      child.once('exit', died)
      child.once('message', (message) => {
        child.off('exit', died)
        resolve(message)
      })
    })
  const ask = (message) => {
    const answer = next()
    child.send(message)
    return answer
  }
  return { ask, next, stop, pid: child.pid }
}

/** @returns the stand-in: its port; set(manners); counts(): { served, refused } by key; reset() */
export async function startUpstream(manners = {}) {
  const { ask, next, stop, pid } = forkHelper('upstream.mjs')
  const { port } = await next()
  await ask({ set: manners })
  return {
    port,
    pid,
    stop,
    set: (changed) => ask({ set: changed }),
    counts: async () => (await ask({})).counts,
    reset: () => ask({ reset: true }),
  }
}

/** @returns the load generator: run(job) as described in load.mjs, request as bytes */
export function startLoad() {
  const { ask, stop } = forkHelper('load.mjs')
  return { stop, run: (job) => ask({ ...job, request: job.request.toString('base64') }) }
}

/** @returns {Promise<number>} a port that was free a moment ago, and where nobody listens */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

/** What stands between two starts of one program: where it listens, what its clients send, how it is begun. */
async function gatewayPlan({ upstream, profiles = 2, rotate = false, nodeFlags = [], keep }) {
  const state = keep ?? createState({ keys: benchKeys(profiles), upstream, rotate })
  const port = await freePort()
  return {
    name: 'ours',
    port,
    secret: GATEWAY_TOKEN,
    args: [...nodeFlags, PROGRAM, 'gateway', 'run', '--port', String(port)],
    env: bareEnv({ OPENCLAW_STATE_DIR: state.dir, OPENCLAW_GATEWAY_TOKEN: GATEWAY_TOKEN, HOME: state.dir }),
    discard: () => {
      if (keep === undefined) state.remove()
    },
  }
}

async function yardstickPlan({ upstream, profiles = 2 }) {
  const port = await freePort()
  const config = JSON.stringify({ port, upstream, keys: benchKeys(profiles) })
  return {
    name: 'min-keyed',
    port,
    secret: 'unused',
    args: [path.join(HERE, 'min-keyed.mjs')],
    env: bareEnv({ MIN_KEYED: config }),
    discard: () => undefined,
  }
}

async function nginxPlan({ upstream }) {
  const port = await freePort()
  const dir = mkdtempSync(path.join(tmpdir(), 'keyclaw-bench-nginx-'))
  const config = `daemon off; master_process off; worker_processes 1; pid ${dir}/pid; error_log stderr crit;
events { worker_connections 4096; }
http { access_log off; client_body_temp_path ${dir}/body; proxy_temp_path ${dir}/proxy; client_max_body_size 16m;
 keepalive_requests 100000000;
 upstream vendor { server 127.0.0.1:${upstream}; keepalive 256; keepalive_requests 100000000; }
 server { listen 127.0.0.1:${port}; location / { proxy_pass http://vendor; proxy_http_version 1.1;
  proxy_set_header Connection ""; proxy_set_header x-api-key ${benchKeys(1)[0]}; proxy_buffering off; } } }`
  writeFileSync(path.join(dir, 'nginx.conf'), config)
  return {
    name: 'nginx',
    port,
    secret: 'unused',
    command: 'nginx',
    args: ['-p', dir, '-c', path.join(dir, 'nginx.conf')],
    env: bareEnv(),
    discard: () => rmSync(dir, { recursive: true, force: true }),
  }
}

/** How each subject is started; options: { upstream: port, profiles, rotate, nodeFlags, keep: a state that outlives the program } */
export const PLANS = { ours: gatewayPlan, 'min-keyed': yardstickPlan, nginx: nginxPlan }

/**
 * Starts a program and waits until it proxies.
 * @param plan of PLANS
 * @param {{ pinned?: boolean }} options
 * @returns name, port, secret, pid, readyMs (from spawn to the end of the first proxied 200), stop()
 */
export async function start(plan, { pinned = true } = {}) {
  const startedAt = performance.now()
  const child = spawn(plan.command ?? process.execPath, plan.args, {
    env: plan.env,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let complaint = ''
  child.stderr.on('data', (piece) => {
    complaint = (complaint + piece.toString()).slice(-2000)
  })
  if (pinned) pin(child.pid, PROXY_CORE)
  const kill = () => child.kill('SIGKILL')
  running.add(kill)
  const ended = new Promise((resolve) => child.once('exit', resolve))
  ended.then(() => running.delete(kill))
  const request = requestBytes({ secret: plan.secret })
  let status = 0
  while (status !== 200) {
    if (child.exitCode !== null || performance.now() - startedAt > READY_MS) {
      kill()
      plan.discard()
      throw new Error(`${plan.name} does not proxy (last status ${status}): ${complaint.trim()}`)
    }
    const connection = new Connection(plan.port)
    status = (await exchange(connection, request)).status
    connection.close()
    if (status !== 200) await new Promise((resolve) => setTimeout(resolve, 1))
  }
  const readyMs = performance.now() - startedAt
  const stop = async () => {
    child.kill('SIGTERM')
    const late = setTimeout(kill, STOP_MS)
    await ended
    clearTimeout(late)
    plan.discard()
  }
  return { name: plan.name, port: plan.port, secret: plan.secret, pid: child.pid, readyMs, stop }
}

/**
 * Runs a command to its end.
 * @param {string[]} args of node
 * @returns {Promise<{ ms: number, status: number }>}
 */
export function time(args, env = bareEnv()) {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now()
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'ignore'] })
    child.once('error', reject)
    child.once('exit', (status) => resolve({ ms: performance.now() - startedAt, status: status ?? 128 }))
  })
}
