// Runs the built program through its usual ways and keeps, beside it, what the engine compiled meanwhile: node scripts/warm.cjs PROGRAM.
// Part of the build, see docs/decisions/0022-bundle.md.
'use strict'
const fs = require('node:fs')
const path = require('node:path')
const v8 = require('node:v8')
const vm = require('node:vm')

// What was compiled is good for an engine with the same flags only, and every start begins with those of the engine itself: a gateway
// changes one later on (src/system/send.ts), which must not be part of what is kept.
v8.setFlagsFromString = () => undefined

const [, , file] = process.argv
const script = new vm.Script(fs.readFileSync(file, 'latin1'), { filename: file })
const ways = [
  ['models', 'status', '--json'],
  ['models', 'status', '--check'],
  ['demo', '--once'],
]

/** One way after the other: the next begins when nothing of the one before is left to do. */
function next() {
  const words = ways.shift()
  if (words === undefined) return
  process.argv = [process.execPath, path.join(path.dirname(file), 'openclaw.js'), ...words]
  const module = { exports: {} }
  script.runInThisContext()(module.exports, require, module, file, path.dirname(file))
}

process.on('beforeExit', next)
process.on('exit', () => {
  const fresh = `${file}.compiled.${process.pid}.new`
  fs.writeFileSync(fresh, script.createCachedData())
  fs.chmodSync(fresh, 0o644)
  fs.renameSync(fresh, `${file}.compiled`)
  process.exitCode = 0
})
next()
