#!/usr/bin/env node
// What each reading command loads, counted, not timed: how many of our modules run and how large their sources are, and how many of Node's own
// modules come on top of `node -e 0`. Counts do not depend on what else the machine does. Usage: node bench/loads.mjs [--list WORDS...]
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { bareEnv, PROGRAM } from './programs.mjs'
import { READING } from './reading.mjs'
import { benchKeys, createState } from './state.mjs'

const ROOT = path.dirname(path.dirname(PROGRAM))
const DIST = path.dirname(PROGRAM)
const folder = path.join(tmpdir(), `keyclaw-loads-${process.pid}`)

/** A copy of the program in which each module says its name when it first runs. */
function countingProgram() {
  const name = readdirSync(DIST)
    .filter((file) => /^program-[0-9a-f]+\.js$/.test(file))
    .find((file) => readFileSync(PROGRAM, 'utf8').includes(file))
  if (name === undefined) throw new Error('dist/openclaw.js names no program; npm run build makes it')
  const source = readFileSync(path.join(DIST, name), 'utf8')
  const told = source.replaceAll(/\(0,(fn|cb)\[__getOwnPropNames\(\1\)\[0\]\]\)\(/g, (call, module) =>
    call.replace('(0,', `(globalThis.ran?.push(__getOwnPropNames(${module})[0]),`),
  )
  if (told === source) throw new Error('the bundler writes its modules otherwise now')
  mkdirSync(folder)
  writeFileSync(path.join(folder, name), told)
  writeFileSync(path.join(folder, 'openclaw.js'), readFileSync(PROGRAM))
  writeFileSync(path.join(folder, 'package.json'), '{ "type": "commonjs" }\n')
  const hook = path.join(folder, 'hook.cjs')
  const tell = "require('node:fs').writeFileSync(process.env.LOADS, JSON.stringify({ ran: globalThis.ran, builtins }))"
  writeFileSync(
    hook,
    `globalThis.ran = []\nprocess.on('exit', () => {\n  const builtins = process.moduleLoadList.filter((name) => name.startsWith('NativeModule '))\n  ${tell}\n})\n`,
  )
  return hook
}

function measure(hook, args, state) {
  const report = path.join(folder, 'report.json')
  const env = bareEnv({ OPENCLAW_STATE_DIR: state.dir, HOME: state.dir, OPENCLAW_GATEWAY_PORT: '1', LOADS: report })
  const { status } = spawnSync(process.execPath, ['-r', hook, ...args], { env, stdio: 'pipe' })
  return { status, ...JSON.parse(readFileSync(report, 'utf8')) }
}

const sizeOf = (name) => {
  try {
    return statSync(path.join(ROOT, name)).size
  } catch {
    return 0
  }
}

const words = process.argv.slice(2)
try {
  const hook = countingProgram()
  const state = createState({ keys: benchKeys(20), upstream: 9 })
  const floor = measure(hook, ['-e', '0'], state).builtins
  const rows = words[0] === '--list' ? [{ words: words.slice(1) }] : READING
  process.stdout.write(`${'command'.padEnd(48)} ours    kB  of Node\n`)
  for (const row of rows) {
    const { status, ran, builtins } = measure(hook, [path.join(folder, 'openclaw.js'), ...row.words], state)
    const kB = ran.reduce((sum, name) => sum + sizeOf(name), 0) / 1024
    const more = builtins.filter((name) => !floor.includes(name))
    const wrong = words[0] !== '--list' && status !== (row.exits ?? 0) ? `  exits with ${status}` : ''
    const line = `${row.words.join(' ').padEnd(48)} ${String(ran.length).padStart(4)} ${kB.toFixed(0).padStart(5)} ${String(more.length).padStart(8)}`
    process.stdout.write(`${line}${wrong}\n`)
    if (words[0] !== '--list') continue
    const largest = [...ran].sort((a, b) => sizeOf(b) - sizeOf(a))
    process.stdout.write(`${largest.map((name) => `  ${String(sizeOf(name)).padStart(7)} ${name}`).join('\n')}\n`)
    process.stdout.write(`${more.map((name) => `  ${name}`).join('\n')}\n`)
  }
  state.remove()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
