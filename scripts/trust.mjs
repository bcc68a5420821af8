#!/usr/bin/env node
// `npm run trust`: what we promise about reliability and security and whether it holds, one line each: id, figure, goal, verdict, seed. The
// figures come from tests, checks and a short soak run here and now. Flags: --full for the published sizes, --only R4,S1 for some,
// --json for programs. Exit 1 when a promise does not hold; what belongs to later issues is `not yet`.
import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const VITEST = 'node_modules/vitest/vitest.mjs'
const SEED = 'KEYCLAW_SEED'
const QUICK = { writerSteps: 60, soakCalls: 5000, kills: 200 }
const FULL = { writerSteps: 400, soakCalls: 100_000, kills: 200 }

/**
 * @typedef {{ name: string, file: string, passed: boolean }} TestResult
 * @typedef {{ tests: TestResult[], said: string, checks: Map<string, { ok: boolean, note: string }>, soak: string, twice: boolean, size: typeof QUICK }} Findings
 * @typedef {{ figure: string, held: boolean | undefined, seed?: string }} Measured
 */

/** Figures of tests: the files to run and what to read out of their results. */
const MEASURED = [
  ['R4', 'kill loop: acknowledged profiles lost', '0 in 200 kills', ['test/store/writers.test.ts'], killLoop],
  [
    'R7',
    'flipped or cut store: read as something else, or written over',
    '0',
    ['test/store/damage.test.ts'],
    (found) => counted(found, /flip|cut to/, 'kinds of damage, every byte and length'),
  ],
  ['R10', 'properties that hold', '40', 'fast-check', properties],
  ['R11', 'soak: memory, descriptors, files opened per call', '<= 1.03, + 0, 0', 'soak', soakFigure],
  [
    'S1',
    'pieces of secrets outside their two places',
    '0 of 40 canaries',
    ['test/security/canaries.test.ts'],
    (found) => counted(found, /canaries/, 'tests; every command, route, error and log level'),
  ],
  ['S2', 'known classes of this field tested', '44 of 44', 'security', classes],
  ['S3', 'routes and methods without a row', '0', 'check:routes', (found) => checked(found, 'routes')],
  [
    'S4',
    'wrong tokens checked per minute',
    '<= 10',
    ['test/gateway/doors.test.ts'],
    (found) => counted(found, /guessing is slow/, 'test'),
  ],
  [
    'S5',
    'old gateway token after rotation',
    'refused within 1 s',
    ['test/gateway/doors.test.ts'],
    (found) => counted(found, /once rotated|changes with the config/, 'tests'),
  ],
  [
    'S8',
    'requests to a second origin',
    '0 of 400',
    ['test/security/wire.test.ts'],
    (found) => counted(found, /redirect|cannot choose|another address/, 'tests, 400 redirects'),
  ],
  [
    'S9',
    'raw request forms judged',
    '27 of 27',
    ['test/security/raw-forms.test.ts'],
    (found) => counted(found, /judged the same alone/, 'forms, alone and pipelined'),
  ],
  [
    'S10',
    'working directory: differing bytes on the wire or in files',
    '0 over 30 commands',
    ['test/security/working-directory.test.ts'],
    (found) => counted(found, /working directory/, 'test'),
  ],
  [
    'S11',
    'files looser than 0600, folders looser than 0700, writes elsewhere',
    '0 under 3 umasks',
    ['test/security/files.test.ts'],
    (found) => counted(found, /under umask/, 'umasks'),
  ],
  ['S13', 'unsafe patterns; slowest judgement of 64 kB', '0; <= 5 ms', ['test/security/slow-text.test.ts'], slowText],
  [
    'S14',
    'runtime packages, install scripts, entries without integrity',
    '<= 12, 0, 0',
    'check:lockfile',
    (found) => checked(found, 'lockfile'),
  ],
  [
    'S15',
    'two builds of one commit',
    'identical bytes',
    'twice',
    (found) => ({ figure: found.twice ? 'identical' : 'they differ', held: found.twice }),
  ],
]

/** Figures whose subject does not exist yet, and where it will come from. */
const LATER = [
  ['R1', 'simulated schedules without violation', '10,000', 'issue 4'],
  ['R2', 'planted bugs found by the simulation', '15 of 15', 'issue 4'],
  ['R3', 'I/O-error loop', '300 runs', 'issue 4'],
  ['R5', 'redemptions per round in the storm', '1', 'issue 4'],
  ['R6', 'families lost by a frozen holder', '0', 'issue 4'],
  ['R8', 'power-loss states of one write', 'all', 'issue 4'],
  ['R9', 'parser fuzz', '2 M inputs', 'no issue yet'],
  ['R12', 'mutation score', '>= 85 %', 'no issue yet'],
  ['R13-R16', 'PostgreSQL', '0 lost', 'no issue yet'],
  ['R17', 'time to serve after a crash', '<= 2 x cold start', 'issue 4'],
  ['R18', 'backup and restore elsewhere', '0 of 100 lost', 'no issue yet'],
  ['S6', 'slowloris, 2,000 sockets', 'p99 <= 1.2 x', 'no issue yet'],
  ['S7', '10,000 idle sockets', '<= 110 MiB', 'no issue yet'],
  ['S12', 'forgeries of the sealed store opened', '0', 'no issue yet'],
  ['S16', 'young packages, known advisories', '0; 0', 'at a release'],
  ['S17', 'from an advisory to our row', '<= 7 days', 'by hand'],
]

/** All tests that the pattern names passed, and there was one. */
function counted({ tests }, pattern, what) {
  const meant = tests.filter(({ name }) => pattern.test(name))
  const failed = meant.filter(({ passed }) => !passed).length
  return { figure: `${meant.length - failed} of ${meant.length} ${what}`, held: meant.length > 0 && failed === 0 }
}

function killLoop(found) {
  const [, seed, kills] = /writers: seed (\d+), .*?(\d+) kills/.exec(found.said) ?? []
  const { held } = counted(found, /every acknowledged profile/, '')
  const enough = Number(kills ?? 0) >= found.size.kills
  const figure = `${held ? 0 : 'some'} in ${kills ?? 'no'} kills${enough ? '' : ' (--full for more)'}`
  return { figure, held: held && !enough ? undefined : held, seed }
}

function properties(found) {
  const meant = found.tests.filter(({ file }) => found.propertyFiles.includes(file))
  const failed = meant.filter(({ passed }) => !passed).length
  const seed = /fresh seed of this run: KEYCLAW_SEED=(\d+)/.exec(found.said)?.[1]
  return {
    figure: `${found.properties} properties, ${failed} tests failed beside them`,
    held: meant.length === 0 ? false : failed > 0 ? false : found.properties >= 40 ? true : undefined,
    seed,
  }
}

function soakFigure({ soak, size }) {
  const held = /^soak: held$/m.test(soak)
  const ratio = /RSS[^\n]*/.exec(soak)?.[0].replaceAll(/\s+/g, ' ').slice(0, 70) ?? 'no figure'
  return { figure: `${ratio} (${size.soakCalls} calls)`, held: held && size.soakCalls < 100_000 ? undefined : held }
}

function classes(found) {
  const due = found.rows.filter(({ where }) => where === '')
  const failing = found.rows.filter(
    ({ where, file }) => where !== '' && found.tests.some((test) => test.file === file && !test.passed),
  )
  const tested = found.rows.length - due.length - failing.length
  const figure = `${tested} of 44${failing.length === 0 ? '' : `, failing: ${failing.map(({ id }) => id).join(' ')}`}, due later: ${due.map(({ id }) => id).join(' ')}`
  return { figure, held: failing.length > 0 ? false : due.length > 0 ? undefined : true }
}

function slowText(found) {
  const slowest = /slow text: .*?([\d.]+) ms/.exec(found.said)?.[1]
  const check = found.checks.get('regex')
  const { held } = counted(found, /V41/, '')
  return {
    figure: `${check?.ok ? 0 : 'some'}; ${slowest ?? 'no figure'} ms`,
    held: held && check?.ok === true && Number(slowest) <= 5,
  }
}

function checked({ checks }, name) {
  const check = checks.get(name)
  return {
    figure: check === undefined ? 'not run' : check.ok ? check.note || '0' : 'complaints: npm run check',
    held: check?.ok === true,
  }
}

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
        `${id.padEnd(8)} ${verdict.padEnd(8)} ${what}: ${figure}; goal ${goal}${seed === undefined ? '' : `; seed ${SEED}=${seed}`}\n`,
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
