// What `npm run trust` prints: which tests and checks each figure needs, and how it is read out of their results; and the figures whose subject
// does not exist yet.

/** How much is done: what a person waits for, and what we publish. */
export const QUICK = { writerSteps: 60, soakCalls: 100_000, faults: '', storm: '', simSeeds: 100 }
export const FULL = {
  writerSteps: 400,
  soakCalls: 1_000_000,
  faults: '200,22,300',
  storm: '20,10,20',
  simSeeds: 10_000,
}
const PUBLISHED = { soakCalls: 100_000, kills: 200, refusals: 300, stormRounds: 40, freezeSeconds: 20, powerStates: 40 }

/**
 * @typedef {{ name: string, file: string, passed: boolean }} TestResult
 * @typedef {{ tests: TestResult[], said: string, checks: Map<string, { ok: boolean, note: string }>, soak: string, twice: boolean, size: typeof QUICK }} Findings
 * @typedef {{ figure: string, held: boolean | undefined, seed?: string }} Measured
 */

/** Figures of tests: the files to run and what to read out of their results. */
export const MEASURED = [
  ['R1', 'simulated schedules without violation', '10,000', ['test/sim/simulation.test.ts'], schedules],
  [
    'R2',
    'planted bugs found by the simulation',
    'each, 15 at least',
    ['test/sim/simulation.test.ts'],
    (found) => counted(found, /planted bug is found/, 'planted bugs'),
  ],
  [
    'R3',
    'I/O-error loop: stores unreadable, acknowledgements lost',
    '0 in 300 refusals',
    ['test/faults/io.test.ts'],
    refusals,
  ],
  [
    'R4',
    'kill loop: acknowledged profiles lost, logins lost whose answer a disk had',
    '0 in 200 kills',
    ['test/store/writers.test.ts', 'test/faults/kill.test.ts'],
    killLoop,
  ],
  [
    'R5',
    'redemptions per round in the storm',
    '1 (20 x 10, 20 rounds, two kinds of lock)',
    ['test/flows/storm.test.ts'],
    storm,
  ],
  ['R6', 'families lost by a frozen holder', '0, 20 s at each step', ['test/faults/freeze.test.ts'], freezes],
  [
    'R7',
    'flipped or cut store: read as something else, or written over',
    '0',
    ['test/store/damage.test.ts'],
    (found) => counted(found, /flip|cut to/, 'kinds of damage, every byte and length'),
  ],
  ['R8', 'states of one write after a power cut that do not open', '0 of 40', ['test/faults/power.test.ts'], powerCuts],
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
export const LATER = [
  ['R9', 'parser fuzz', '2 M inputs', 'no issue yet'],
  ['R12', 'mutation score', '>= 85 %', 'no issue yet'],
  ['R13-R16', 'PostgreSQL', '0 lost', 'no issue yet'],
  ['R17', 'time to serve after a crash', '<= 2 x cold start', 'no issue yet'],
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

const PUBLISHED_SCHEDULES = 10_000

function schedules(found) {
  const count = Number(/sim (\d+) schedules 0 violations/.exec(found.said)?.[1] ?? 0)
  const { held } = counted(found, /schedule after schedule|stays mended/, '')
  // A few seeds stand for findings that are known and open: they are counted by name, not here.
  const enough = found.size.simSeeds >= PUBLISHED_SCHEDULES
  const figure = `${count}${enough ? '' : ' (--full for 10,000)'}`
  return { figure, held: held && !enough ? undefined : held }
}

/** What a run said of itself, once it is large enough to be published; a smaller one that held is no verdict yet. */
function sized(found, pattern, figure, isWhole) {
  const numbers = found.match(pattern)?.slice(1).map(Number) ?? []
  const enough = numbers.length > 0 && isWhole(...numbers)
  return {
    figure: numbers.length === 0 ? 'not run' : `${figure(...numbers)}${enough ? '' : ' (--full for more)'}`,
    enough,
  }
}

function judged(held, { figure, enough }, seed) {
  return {
    figure: `${held ? 0 : 'some'} in ${figure}`,
    held: held && !enough ? undefined : held,
    ...(seed === undefined ? {} : { seed }),
  }
}

function refusals(found) {
  const { held } = counted(found, /disk refuses|on a disk|another disk|the disk would not/, '')
  const size = sized(
    found.said,
    /I\/O-error loop: (\d+) refusals/,
    (count) => `${count} refusals`,
    (count) => count >= PUBLISHED.refusals,
  )
  return judged(held, size)
}

function killLoop(found) {
  const seed = /writers: seed (\d+)/.exec(found.said)?.[1]
  const { held } = counted(found, /every acknowledged profile|a holder killed/, '')
  const stores = sized(
    found.said,
    /writers: .*?(\d+) kills/,
    (count) => `${count} kills of writers`,
    (count) => count >= PUBLISHED.kills,
  )
  const renewals = sized(
    found.said,
    /kill loop of a renewal: (\d+) kills, (\d+) answers/,
    (count, lost) => `${count} of renewals, where ${lost} answers died unwritten`,
    (count) => count >= PUBLISHED.kills,
  )
  const both = { figure: `${stores.figure}, ${renewals.figure}`, enough: stores.enough && renewals.enough }
  return judged(held, both, seed === undefined ? undefined : `KEYCLAW_WRITER_SEED=${seed}`)
}

function storm(found) {
  const { held } = counted(found, /every agent of every process|killed in the midst costs at most/, '')
  const size = sized(
    found.said,
    /storm: (\d+) x (\d+), (\d+) rounds, (\d+) redemptions/,
    (processes, agents, rounds, redeemed) => `${redeemed / rounds} (${processes} x ${agents}, ${rounds} rounds)`,
    (_processes, _agents, rounds) => rounds >= PUBLISHED.stormRounds,
  )
  return { figure: size.figure, held: held && !size.enough ? undefined : held }
}

function freezes(found) {
  const { held } = counted(found, /stands still|stood still/, '')
  const size = sized(
    found.said,
    /freezes: (\d+) stops of a renewal for (\d+) s/,
    (stops, seconds) => `${stops} stops of ${seconds} s`,
    (_stops, seconds) => seconds >= PUBLISHED.freezeSeconds,
  )
  return judged(held, size)
}

function powerCuts(found) {
  const { held } = counted(found, /a power cut/, '')
  return judged(
    held,
    sized(
      found.said,
      /power cuts: (\d+) states/,
      (count) => `${count} states`,
      (count) => count >= PUBLISHED.powerStates,
    ),
  )
}

function properties(found) {
  const meant = found.tests.filter(({ file }) => found.propertyFiles.includes(file))
  const failed = meant.filter(({ passed }) => !passed).length
  const seed = /fresh seed of this run: (KEYCLAW_SEED=\d+)/.exec(found.said)?.[1]
  return {
    figure: `${found.properties} properties, ${failed} tests failed beside them`,
    held: meant.length === 0 ? false : failed > 0 ? false : found.properties >= 40 ? true : undefined,
    seed,
  }
}

function soakFigure({ soak, size }) {
  const lines = soak.split('\n').filter((line) => line.startsWith('soak '))
  const memory = lines.find((line) => line.includes('RSS')) ?? ''
  const ratio = /([\d.]+) \[/.exec(memory)?.[1] ?? 'none'
  const missed = lines.filter((line) => / miss\b/.test(line))
  // A process that has just begun still grows; only the published size says whether it stops.
  const isWhole = size.soakCalls >= PUBLISHED.soakCalls
  const held = lines.length > 1 && missed.every((line) => !isWhole && line === memory)
  const figure = `memory x ${ratio}, ${missed.filter((line) => line !== memory).length} other misses (${size.soakCalls} calls${isWhole ? '' : '; --full for all'})`
  return { figure, held: held && !isWhole ? undefined : held }
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
