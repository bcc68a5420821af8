// `npm run sim`: plays seeds and says which invariant broke, smallest case first. Flags: --seeds N and --from N for a range (--having disk,power
// for some of it), --seed N (and --without p2,r1.a3) for one case step by step, --kept for the cases that are kept, --bugs for the planted bugs
// (--only id,id for some, --each N seeds for each, --write keeps what was found).
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { BUGS, ENOUGH_SEEDS } from './bugs.ts'
import { INVARIANTS } from './invariants.ts'
import { load } from './load.ts'
import { has, planOf } from './plan.ts'
import { type Case, type Kept, play, shrunk } from './shrink.ts'

const SEEDS = new URL('./seeds/', import.meta.url)
const USUAL_SEEDS = '500'

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string', default: USUAL_SEEDS },
    from: { type: 'string', default: '1' },
    having: { type: 'string' },
    without: { type: 'string' },
    kept: { type: 'boolean', default: false },
    bugs: { type: 'boolean', default: false },
    only: { type: 'string' },
    each: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
  },
})

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const commandFor = ({ seed, without }: Case): string =>
  `npm run sim -- --seed ${seed}${without === undefined ? '' : ` --without ${without.join(',')}`}`

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
  } catch {
    // Unpacked somewhere without its history.
    return 'unknown'
  }
}

/** One case, step by step. */
async function tellStory(): Promise<boolean> {
  const found: Case = {
    seed: Number(values.seed),
    ...(values.without === undefined ? {} : { without: values.without.split(',') }),
  }
  const { violation, steps, virtualMs, digest } = await play(await load(), found, say)
  say(`sim seed ${found.seed}: ${steps} steps, ${Math.round(virtualMs / 1000)} s of its own time, trace ${digest}`)
  if (violation !== undefined) tellViolation(violation)
  return violation === undefined
}

function tellViolation({ invariant, detail }: { invariant: string; detail: string }): void {
  const says = INVARIANTS.find(({ id }) => id === invariant)?.says ?? 'the product threw what nobody expects'
  say(`${invariant} (${says}): ${detail}`)
}

/** Those that are open are told of, and fail nothing. */
async function playKept(): Promise<boolean> {
  const all = JSON.parse(readFileSync(new URL('kept.json', SEEDS), 'utf8')) as Kept[]
  const product = await load()
  for (const one of all.filter(({ isOpen }) => isOpen === true)) {
    const { violation } = await play(product, one)
    say(
      `${violation === undefined ? 'mended, no longer open' : `open, ${violation.invariant}`}: ${one.about} (${commandFor(one)})`,
    )
  }
  return playAll(all.filter(({ isOpen }) => isOpen !== true))
}

async function playAll(cases: readonly Case[]): Promise<boolean> {
  const product = await load()
  const startedAt = performance.now()
  let violations = 0
  for (const one of cases) {
    const { violation } = await play(product, one)
    if (violation === undefined) continue
    violations++
    const small = await shrunk(product, one)
    tellViolation((await play(product, small)).violation ?? violation)
    say(`SEED=${one.seed} COMMIT=${commit()} ${commandFor(small)}`)
  }
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  say(`sim ${cases.length} schedules ${violations} violations ${seconds} s`)
  return violations === 0
}

/** A line for each bug, as the formatter wants it. */
function written(known: Record<string, number[]>): string {
  const lines = Object.entries(known).map(([id, seeds]) => `  "${id}": [${seeds.join(', ')}]`)
  return `{\n${lines.join(',\n')}\n}\n`
}

/** The first seeds that find each: several, as what a seed finds changes with every file that is read once more. */
async function findBugs(): Promise<boolean> {
  const file = new URL('planted.json', SEEDS)
  const sound = await load()
  let missed = 0
  const meant = BUGS.filter(({ id }) => values.only === undefined || values.only.split(',').includes(id))
  for (const { id, says, needs = [], ...bug } of meant) {
    const product = await load({ id, says, ...bug })
    const seeds: number[] = []
    const found = new Set<string>()
    for (let seed = 1; seed <= ENOUGH_SEEDS && seeds.length < Number(values.each); seed++) {
      if (!has(planOf(seed), needs)) continue
      const { violation } = await play(product, { seed })
      // What breaks without it, too, is no proof.
      if (violation === undefined || (await play(sound, { seed })).violation !== undefined) continue
      seeds.push(seed)
      found.add(violation.invariant)
    }
    if (seeds.length === 0) missed++
    const known = JSON.parse(readFileSync(file, 'utf8')) as Record<string, number[]>
    if (seeds.length > 0) known[id] = seeds
    if (values.write) writeFileSync(file, written(known))
    say(`${seeds.length === 0 ? 'missed' : `seed ${seeds.join(', ')}`} ${[...found].join(', ')} ${id}: ${says}`)
  }
  say(`sim ${meant.length} planted bugs ${missed} missed within ${ENOUGH_SEEDS} seeds each`)
  return missed === 0
}

/** @returns the seeds asked for; of these, those with all the kinds of acts that are named */
function range(): Case[] {
  const all = Array.from({ length: Number(values.seeds) }, (_, at) => Number(values.from) + at)
  const needs = values.having?.split(',') ?? []
  return all.filter((seed) => has(planOf(seed), needs)).map((seed) => ({ seed }))
}

const isWell = values.bugs
  ? await findBugs()
  : values.seed !== undefined
    ? await tellStory()
    : values.kept
      ? await playKept()
      : await playAll(range())
if (!isWell) process.exitCode = 1
