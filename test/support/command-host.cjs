// Runs the built program again and again in one process: starting node is most of what a short command costs. Each run gets the program
// anew, as dist/openclaw.js would load it, with an environment, a folder, an input and arguments of its own, and ends when nothing of it
// is left to do. Started by test/support/commands.ts, which sends one line of JSON per run on descriptor 3.
'use strict'
const fs = require('node:fs')
const { createRequire } = require('node:module')
const net = require('node:net')
const path = require('node:path')
const { Readable } = require('node:stream')
const vm = require('node:vm')

const ORDERS = 3
const { title } = process
const usualMask = process.umask()

/** What the last run has begun and would have taken with it: it must not reach into the next one. */
const timers = new Set()
const sockets = new Set()

for (const name of ['setTimeout', 'setInterval']) {
  const real = globalThis[name]
  globalThis[name] = Object.assign((...args) => {
    const timer = real(...args)
    timers.add(timer)
    return timer
  }, real)
}
const { connect } = net.Socket.prototype
net.Socket.prototype.connect = function remembered(...args) {
  sockets.add(this)
  return connect.apply(this, args)
}

/** Every event at which the host itself listens. */
const listeners = new Map()
let loaded = { file: '', script: undefined }
let order

/** The program that the door starts: a build may have changed it since the last run. */
function program(door) {
  const [name] = /program-[0-9a-f]+\.js/.exec(fs.readFileSync(door, 'latin1')) ?? []
  if (name === undefined) throw new Error(`${door} names no program`)
  const file = path.join(path.dirname(door), name)
  if (loaded.file !== file) {
    const compiled = `${file}.command`
    const options = fs.existsSync(compiled) ? { cachedData: fs.readFileSync(compiled) } : {}
    loaded = { file, script: new vm.Script(fs.readFileSync(file, 'latin1'), { filename: file, ...options }) }
  }
  return loaded
}

/** The next line; undefined when nobody will send another. It waits in a read: between two runs nothing may happen here. */
function nextOrder() {
  const pieces = []
  const room = Buffer.alloc(64 * 1024)
  for (;;) {
    const size = fs.readSync(ORDERS, room)
    if (size === 0) return undefined
    pieces.push(Buffer.from(room.subarray(0, size)))
    if (room[size - 1] === 0x0a) return JSON.parse(Buffer.concat(pieces).toString('utf8'))
  }
}

function begin({ door, words, env, cwd, input }) {
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name]
  for (const [name, value] of Object.entries(env)) process.env[name] = value
  process.chdir(cwd)
  process.umask(usualMask)
  process.argv = [process.execPath, door, ...words]
  // A run that never waits for anything still ends in an event of the loop.
  setImmediate(() => undefined)
  let stdin
  const value = () => {
    stdin ??= Readable.from(input === '' ? [] : [Buffer.from(input)], { objectMode: false })
    return stdin
  }
  Object.defineProperty(process, 'stdin', { configurable: true, get: value })
  const { file, script } = program(door)
  const module = { exports: {} }
  script.runInThisContext()(module.exports, createRequire(door), module, file, path.dirname(file))
}

/** Nothing is left to do: what the run wrote is marked as complete, and what it left in this process is taken back. */
function finish({ mark }) {
  const code = process.exitCode ?? 0
  for (const event of process.eventNames()) {
    for (const listener of process.rawListeners(event)) {
      if ((listeners.get(event) ?? []).includes(listener)) continue
      // To the run this is the end of its process.
      if (event === 'exit') listener.call(process, code)
      process.removeListener(event, listener)
    }
  }
  for (const timer of timers) clearTimeout(timer)
  for (const socket of sockets) socket.destroy()
  timers.clear()
  sockets.clear()
  process.exitCode = 0
  process.title = title
  process.chdir('/')
  for (const descriptor of [1, 2]) say(descriptor, `${mark}${code}\n`)
}

/** Also where the program has made a stream of the descriptor, which does not wait. */
function say(descriptor, text) {
  let rest = Buffer.from(text)
  while (rest.length > 0) {
    try {
      rest = rest.subarray(fs.writeSync(descriptor, rest))
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error
    }
  }
}

process.on('beforeExit', () => {
  if (order !== undefined) finish(order)
  order = nextOrder()
  if (order !== undefined) begin(order)
})
for (const event of process.eventNames()) listeners.set(event, process.rawListeners(event))
