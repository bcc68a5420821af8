#!/usr/bin/env node
// `npm run bench`: measures the built gateway against the yardstick and prints one line per figure.
// Arguments: ids of measures (all without any); --rounds N (3); --quick; --json.
import { existsSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { awakeness } from './awake.mjs'
import { line } from './figures.mjs'
import { bodies } from './measures/bodies.mjs'
import { failover } from './measures/failover.mjs'
import { faults } from './measures/faults.mjs'
import { firstByte, oneAtATime, slowVendor } from './measures/latency.mjs'
import { memory } from './measures/memory.mjs'
import { fileOpens } from './measures/opens.mjs'
import { page } from './measures/page.mjs'
import { commandLine, startToServe } from './measures/start.mjs'
import { streams } from './measures/streams.mjs'
import { manyProfiles, throughput } from './measures/throughput.mjs'
import { translation } from './measures/translation.mjs'
import { installed, PROGRAM, placement } from './programs.mjs'

/** By the ids they answer. */
const MEASURES = [
  [['P1', 'P2'], throughput],
  [['P3'], oneAtATime],
  [['P4'], slowVendor],
  [['P5'], firstByte],
  [['P6'], streams],
  [['P6T'], translation],
  [['P7'], bodies],
  [['P8'], failover],
  [['P8F'], faults],
  [['P9'], startToServe],
  [['P10'], memory],
  [['P11'], commandLine],
  [['P12'], manyProfiles],
  [['P12'], fileOpens],
  [['PAGE'], page],
]

const BUSY = 'others are at work here, these figures prove little'
/** Half a core taken by others is enough to bend a ratio. */
const isBusy = (load) => load > availableParallelism() / 4

function readArguments(args) {
  const ids = []
  const options = { rounds: 3, quick: false, json: false }
  for (let index = 0; index < args.length; index++) {
    const arg = args[index]
    if (arg === '--quick' || arg === '--json') options[arg.slice(2)] = true
    else if (arg === '--rounds') options.rounds = Number(args[++index])
    else if (MEASURES.some(([known]) => known.includes(arg.toUpperCase()))) ids.push(arg.toUpperCase())
    else
      throw new Error(
        `unknown argument ${arg}; ids are P1 to P12, P6T, P8F and PAGE, flags --rounds N, --quick, --json`,
      )
  }
  if (!Number.isInteger(options.rounds) || options.rounds < 1 || options.rounds > 20)
    throw new Error('--rounds takes a whole number from 1 to 20')
  return { ids, options }
}

async function main() {
  const { ids, options } = readArguments(process.argv.slice(2))
  if (process.platform !== 'linux') throw new Error('processor time and memory are read from /proc: this needs Linux')
  if (!existsSync(PROGRAM)) throw new Error('dist/openclaw.js does not exist; npm run build makes it')
  const print = (text) => {
    if (!options.json) process.stdout.write(`${text}\n`)
  }
  print(`Node ${process.versions.node}; ${placement}; ${awakeness}; ${options.rounds} rounds, median [min..max]`)
  print(`nginx ${installed('nginx') ? 'takes part' : 'is not installed'}; no other gateway is compared here`)
  const [loadAtStart] = loadavg()
  print(`load average at the start ${loadAtStart.toFixed(1)}${isBusy(loadAtStart) ? `: ${BUSY}` : ''}`)
  const startedAt = performance.now()
  const figures = []
  let failed = 0
  for (const [known, measure] of MEASURES) {
    if (ids.length > 0 && !known.some((id) => ids.includes(id))) continue
    try {
      const found = await measure(options)
      figures.push(...found)
      for (const one of found) print(line(one))
    } catch (error) {
      failed++
      figures.push({ id: known[0], what: 'could not be measured', verdict: 'broken', note: error.message })
      print(`${known[0].padEnd(4)} could not be measured: ${error.message}`)
    }
  }
  const seconds = (performance.now() - startedAt) / 1000
  const count = (verdict) => figures.filter((one) => one.verdict === verdict).length
  print(`bench: ${count('pass')} pass, ${count('miss')} miss, ${failed} broken; ${seconds.toFixed(0)} s`)
  if (options.json)
    process.stdout.write(
      `${JSON.stringify({ node: process.versions.node, placement, loadAtStart, seconds, figures }, null, 2)}\n`,
    )
  // A missed goal is a finding, not a broken run: other machines, other figures.
  if (failed > 0) process.exitCode = 1
}

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130))
main().catch((error) => {
  process.stderr.write(`bench: ${error.message}\n`)
  process.exitCode = 1
})
