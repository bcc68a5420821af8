#!/usr/bin/env node
// `npm run trust`: what we promise about reliability and security and whether it holds, one line each: id, figure, goal, verdict, seed. The
// figures come from tests, checks and a short soak run here and now. Flags: --full for the published sizes, --only R4,S1 for some,
// --json for programs. Exit 1 when a promise does not hold; what belongs to later issues is `not yet`.
import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { fileURLToPath } from 'node:url'
import { FULL, LATER, MEASURED, QUICK } from './trust-figures.mjs'

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const VITEST = 'node_modules/vitest/vitest.mjs'

/** Runs node with our environment; what it prints and whether it ended well. */
function node(args, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      env: { ...process.env, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const pieces = []
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => pieces.push(piece))
    child.on('error', reject)
    child.on('close', (code) => resolve({ ok: code === 0, said: Buffer.concat(pieces).toString('utf8') }))
  })
}

async function runTests(files, size) {
  const folder = await mkdtemp(path.join(tmpdir(), 'keyclaw-trust-'))
  const report = path.join(folder, 'report.json')
  const { said } = await node(
    [VITEST, 'run', ...files, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    {
      KEYCLAW_WRITER_STEPS: String(size.writerSteps),
      KEYCLAW_FAULTS: size.faults,
      KEYCLAW_STORM: size.storm,
      KEYCLAW_RUNS: '1',
      KEYCLAW_WHOLE: '1',
      KEYCLAW_SIM_SEEDS: String(size.simSeeds),
    },
  )
  const text = await readFile(report, 'utf8').catch(() => '{"testResults":[]}')
  await rm(folder, { recursive: true, force: true })
  const tests = JSON.parse(text).testResults.flatMap(({ name, status, assertionResults }) => {
    const file = path.relative(ROOT, name).split(path.sep).join('/')
    const own = assertionResults
      .filter((test) => test.status === 'passed' || test.status === 'failed')
      .map((test) => ({ name: test.fullName, file, passed: test.status === 'passed' }))
    // A file that could not be loaded, or whose hooks failed, has not held.
    return status === 'passed' || own.some(({ passed }) => !passed)
      ? own
      : [...own, { name: name, file, passed: false }]
  })
  return { tests, said }
}

/** Files with properties, and how many properties they hold. */
async function findProperties() {
  const files = []
  let properties = 0
  for (const entry of await readdir(path.join(ROOT, 'test'), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.test.ts')) continue
    const full = path.join(entry.parentPath, entry.name)
    const text = await readFile(full, 'utf8')
    const count = text.match(/fc\.(?:asyncP|p)roperty\(/g)?.length ?? 0
    if (count === 0) continue
    properties += count
    files.push(path.relative(ROOT, full).split(path.sep).join('/'))
  }
  return { files: files.sort(), properties }
}

/** Rows of the table of classes: id, and the test file, or nothing when it is due later. */
export async function readClasses(root) {
  const text = await readFile(path.join(root, 'test/security/README.md'), 'utf8')
  return [...text.matchAll(/^\| (V\d+) \|[^|]*\| ([^|]*) \|$/gm)].map(([, id, where]) => {
    const file = /`([^`]+)`/.exec(where ?? '')?.[1] ?? ''
    const isDue = /^due/.test(where ?? '')
    return { id: id ?? '', where: isDue ? '' : (where ?? ''), file: isDue ? '' : file }
  })
}

async function main() {
  const args = process.argv.slice(2)
  const size = args.includes('--full') ? FULL : QUICK
  const only = args.includes('--only') ? new Set((args[args.indexOf('--only') + 1] ?? '').split(',')) : undefined
  const chosen = MEASURED.filter(([id]) => only === undefined || only.has(id))
  const needs = chosen.map(([, , , need]) => need)
  const found = {
    tests: [],
    said: '',
    checks: new Map(),
    soak: '',
    twice: false,
    size,
    propertyFiles: [],
    properties: 0,
    rows: await readClasses(ROOT),
  }
  const files = new Set(needs.flatMap((need) => (Array.isArray(need) ? need : [])))
  if (needs.includes('fast-check')) {
    const { files: more, properties } = await findProperties()
    Object.assign(found, { propertyFiles: more, properties })
    for (const file of more) files.add(file)
  }
  if (needs.includes('security')) for (const { file } of found.rows) if (file.startsWith('test/')) files.add(file)
  if (files.size > 0) Object.assign(found, await runTests([...files], size))
  const checks = ['routes', 'lockfile', 'regex'].filter(
    (name) => needs.includes(`check:${name}`) || (name === 'regex' && chosen.some(([id]) => id === 'S13')),
  )
  if (checks.length > 0) {
    const { said } = await node(['scripts/check.mjs', '--only', checks.join(',')])
    for (const [, verdict, name, note] of said.matchAll(/^(ok {2}|FAIL) (\w+)[^\n(]*(?:\(([^)]*)\))?/gm)) {
      found.checks.set(name, { ok: verdict === 'ok  ', note: note ?? '' })
    }
  }
  if (needs.includes('soak')) found.soak = (await node(['bench/soak.mjs', String(size.soakCalls)])).said
  if (needs.includes('twice')) found.twice = (await node(['scripts/build.mjs', '--twice'])).ok

  const lines = chosen.map(([id, what, goal, , measure]) => {
    const { figure, held, seed } = measure(found)
    return {
      id,
      what,
      figure,
      goal,
      verdict: held === undefined ? 'not yet' : held ? 'pass' : 'miss',
      ...(seed === undefined ? {} : { seed }),
    }
  })
  for (const [id, what, goal, from] of LATER) {
    if (only === undefined) lines.push({ id, what, figure: `- (${from})`, goal, verdict: 'not yet' })
  }
  lines.sort((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true }))
  if (args.includes('--json')) process.stdout.write(`${JSON.stringify(lines, null, 2)}\n`)
  else
    for (const { id, what, figure, goal, verdict, seed } of lines) {
      process.stdout.write(
        `${id.padEnd(8)} ${verdict.padEnd(8)} ${what}: ${figure}; goal ${goal}${seed === undefined ? '' : `; seed ${seed}`}\n`,
      )
    }
  const missed = found.tests.filter(({ passed }) => !passed)
  for (const { file, name } of missed) process.stderr.write(`failed: ${file}: ${name}\n`)
  if (lines.some(({ verdict }) => verdict === 'miss')) process.exitCode = 1
}

main().catch((error) => {
  process.stderr.write(`trust: ${error.stack ?? error}\n`)
  process.exitCode = 1
})
