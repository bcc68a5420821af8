// The load generator, forked: takes a job by IPC, answers with what it saw. A job: { port, request (base64), connections, warmupMs,
// durationMs or calls, perSecond (open loop), staggerMs, pid (whose processor time counts), tokens (transit times), bodyHash }.
import { createHash } from 'node:crypto'
import { Connection } from './client.mjs'
import { cpuMs } from './process-figures.mjs'
import { sharedMicros } from './wire.mjs'

const MARK = '"t":'

async function run(job) {
  const state = { job, request: Buffer.from(job.request, 'base64'), open: 0, stopping: false, counting: false }
  state.seen = fresh()
  const lanes = Array.from({ length: job.connections }, (_, index) => newLane(state, index))
  const pump = job.perSecond === undefined ? undefined : startPump(state, lanes)
  if (pump === undefined) {
    // Lanes that all start at once would go in step, and a slow vendor's answers would queue for each other.
    for (const [index, lane] of lanes.entries())
      if (job.staggerMs === undefined) closedLoop(state, lane)
      else setTimeout(() => closedLoop(state, lane), (index * job.staggerMs) / lanes.length)
  }
  await sleep(job.warmupMs ?? 0)
  const cpuBefore = job.pid === undefined ? 0 : cpuMs(job.pid)
  const startedAt = performance.now()
  state.seen = fresh()
  state.counting = true
  if (job.calls === undefined) await sleep(job.durationMs)
  else await new Promise((resolve) => (state.full = resolve))
  state.counting = false
  const seconds = (performance.now() - startedAt) / 1000
  const cpu = job.pid === undefined ? 0 : cpuMs(job.pid) - cpuBefore
  state.stopping = true
  pump?.stop()
  for (const lane of lanes) lane.connection.close()
  return summary(state.seen, seconds, cpu)
}

const fresh = () => ({ calls: 0, errors: 0, tokens: 0, same: 0, micros: [], first: [], transit: [] })

const CONTENT = '"content":"'

/** Every lane is a conversation of its own, of the same length: a gateway may keep each of them to one account. */
function newLane(state, index) {
  const request = Buffer.from(state.request)
  const at = request.indexOf(CONTENT)
  if (at >= 0) request.write(String(index % 1000).padStart(3, '0'), at + CONTENT.length, 'latin1')
  return { connection: new Connection(state.job.port), busy: false, request }
}

function closedLoop(state, lane) {
  if (!state.stopping) call(state, lane, performance.now(), () => closedLoop(state, lane))
}

/** Calls start by the clock, whether or not others have ended; what finds no free lane waits, and its wait counts. */
function startPump(state, lanes) {
  const startedAt = performance.now()
  const waiting = []
  let issued = 0
  const next = (lane) => {
    const dueAt = waiting.shift()
    if (dueAt !== undefined && !state.stopping) call(state, lane, dueAt, () => next(lane))
  }
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startedAt) * state.job.perSecond) / 1000)
    for (; issued < due; issued++) waiting.push(startedAt + (issued * 1000) / state.job.perSecond)
    for (const lane of lanes) if (!lane.busy && waiting.length > 0) next(lane)
  }, 1)
  return { stop: () => clearInterval(timer) }
}

function call(state, lane, startedAt, then) {
  const { job } = state
  const hash = job.bodyHash === undefined ? undefined : createHash('sha256')
  let status = 0
  let firstAt = 0
  let carried = ''
  if (!lane.connection.usable) lane.connection = new Connection(job.port)
  lane.busy = true
  const finish = (whole) => {
    lane.busy = false
    if (state.counting) count(state, { whole, status, startedAt, firstAt, digest: hash?.digest('hex') })
    // A refused connection must not become a busy loop.
    if (whole) then()
    else setTimeout(then, 10)
  }
  lane.connection.send(lane.request, {
    onHead: (code) => {
      status = code
    },
    onBody: (piece) => {
      if (firstAt === 0) firstAt = performance.now()
      hash?.update(piece)
      if (job.tokens === true) carried = readTokens(state, carried + piece.latin1Slice())
    },
    onEnd: () => finish(true),
    onBroken: () => finish(false),
  })
}

function count(state, { whole, status, startedAt, firstAt, digest }) {
  const { seen, job } = state
  const now = performance.now()
  seen.calls++
  if (!whole || status !== 200) seen.errors++
  if (digest !== undefined && digest === job.bodyHash) seen.same++
  seen.micros.push((now - startedAt) * 1000)
  seen.first.push((firstAt - startedAt) * 1000)
  if (seen.calls === job.calls) state.full()
}

/** Notes how long each token travelled. @returns what may be the beginning of another one */
function readTokens(state, text) {
  const now = sharedMicros()
  let at = 0
  for (;;) {
    const mark = text.indexOf(MARK, at)
    if (mark < 0) return text.slice(Math.max(at, text.length - MARK.length))
    const end = text.indexOf('}', mark)
    if (end < 0) return text.slice(mark)
    if (state.counting) {
      state.seen.tokens++
      state.seen.transit.push(now - Number(text.slice(mark + MARK.length, end)))
    }
    at = end
  }
}

function summary(seen, seconds, cpu) {
  const at = (list, share) => (list.length === 0 ? 0 : list[Math.min(list.length - 1, Math.floor(list.length * share))])
  for (const list of [seen.micros, seen.first, seen.transit]) list.sort((a, b) => a - b)
  return {
    calls: seen.calls,
    errors: seen.errors,
    same: seen.same,
    tokens: seen.tokens,
    seconds,
    cpuMs: cpu,
    perSecond: seen.calls / seconds,
    cpuMicros: (cpu * 1000) / seen.calls,
    p50: at(seen.micros, 0.5),
    p99: at(seen.micros, 0.99),
    first50: at(seen.first, 0.5),
    first99: at(seen.first, 0.99),
    transit50: at(seen.transit, 0.5),
    transit99: at(seen.transit, 0.99),
  }
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

process.on('message', async (job) => process.send(await run(job)))
process.on('disconnect', () => process.exit())
