// Runs the built program through its usual ways and keeps, beside it, what the engine compiled meanwhile:
// node scripts/warm.cjs PROGRAM command|gateway, with OPENCLAW_STATE_DIR at an empty folder. Part of the build, see docs/decisions/0022-bundle.md.
'use strict'
const fs = require('node:fs')
const http = require('node:http')
const path = require('node:path')
const v8 = require('node:v8')
const vm = require('node:vm')

// What was compiled is good for an engine with the same flags only, and every start begins with those of the engine itself: a gateway
// changes one later on (src/system/send.ts), which must not be part of what is kept.
v8.setFlagsFromString = () => undefined

const CALLS = 3
const RETRY_MS = 20
const PATIENCE_MS = 10_000
const LOOPBACK = '127.0.0.1'
const TOKEN = 'a-token-of-the-build-0000000000000000'

const [, , file, form] = process.argv
const script = new vm.Script(fs.readFileSync(file, 'latin1'), { filename: file })

function run(words) {
  process.argv = [process.execPath, path.join(path.dirname(file), 'openclaw.js'), ...words]
  const module = { exports: {} }
  script.runInThisContext()(module.exports, require, module, file, path.dirname(file))
}

/** What only reads, one after the other: the next begins when nothing of the one before is left to do. */
function warmCommands() {
  const ways = [['models', 'status', '--json'], ['models', 'status', '--check'], ['doctor']]
  // Where the port of a gateway is asked for, this machine's own is left in peace.
  process.env.OPENCLAW_GATEWAY_PORT = '1'
  const next = () => {
    // What they find here is nobody's concern.
    process.exitCode = 0
    const words = ways.shift()
    if (words !== undefined) run(words)
  }
  process.on('beforeExit', next)
  next()
}

/** A gateway that starts, relays a few calls to a vendor played here, and stops. */
function warmGateway() {
  const vendor = http.createServer((request, response) => {
    request.resume()
    request.on('end', () => {
      response.setHeader('content-type', 'application/json')
      response.end('{"type":"message","usage":{"input_tokens":1,"output_tokens":1}}')
    })
  })
  const probe = http.createServer()
  vendor.listen(0, LOOPBACK, () =>
    probe.listen(0, LOOPBACK, () => {
      const { port } = probe.address()
      probe.close(() => {
        writeState(vendor.address().port)
        process.env.OPENCLAW_GATEWAY_TOKEN = TOKEN
        run(['gateway', 'run', '--port', String(port)])
        call(port, CALLS, () => {
          vendor.close()
          vendor.closeAllConnections()
          stop()
        })
      })
    }),
  )
}

/** It listens for signals a moment after it answers. */
function stop() {
  if (!process.emit('SIGTERM')) setTimeout(stop, RETRY_MS)
}

function writeState(vendorPort) {
  const state = process.env.OPENCLAW_STATE_DIR
  const folder = path.join(state, 'agents', 'main', 'agent')
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
  const key = `sk-ant-api03-build-${'0'.repeat(64)}`
  const profiles = { 'anthropic:default': { type: 'api_key', provider: 'anthropic', key } }
  const providers = { anthropic: { baseUrl: `http://${LOOPBACK}:${vendorPort}` } }
  const write = (target, value) => fs.writeFileSync(target, JSON.stringify(value), { mode: 0o600 })
  write(path.join(folder, 'auth-profiles.json'), { version: 1, profiles })
  write(path.join(state, 'openclaw.json'), { models: { providers } })
}

/** As many answered calls, one after the other. */
function call(port, left, done) {
  if (left === 0) return done()
  const again = () => {
    // Without having kept anything: the build goes on without.
    if (process.uptime() * 1000 > PATIENCE_MS) {
      process.off('exit', keep)
      process.exit(1)
    }
    setTimeout(() => call(port, left, done), RETRY_MS)
  }
  const headers = { 'x-api-key': TOKEN, 'content-type': 'application/json' }
  const request = http.request({ host: LOOPBACK, port, method: 'POST', path: '/v1/messages', headers }, (response) => {
    response.resume()
    response.on('end', () => (response.statusCode === 200 ? call(port, left - 1, done) : again()))
  })
  request.on('error', again)
  const messages = [{ role: 'user', content: 'hi' }]
  request.end(JSON.stringify({ model: 'anthropic/claude-opus-4-6', max_tokens: 8, messages }))
}

/** What the engine compiled goes beside the program. */
function keep() {
  const fresh = `${file}.${form}.${process.pid}.new`
  fs.writeFileSync(fresh, script.createCachedData())
  fs.chmodSync(fresh, 0o644)
  fs.renameSync(fresh, `${file}.${form}`)
  process.exitCode = 0
}

process.on('exit', keep)
if (form === 'gateway') warmGateway()
else warmCommands()
