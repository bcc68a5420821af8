import { BUGS } from './bugs.ts'
import { load } from './load.ts'
import { planOf, without } from './plan.ts'
import { Simulation } from './simulation.ts'
const [from, count, verbose] = process.argv.slice(2)
if (from === 'bugs') {
  for (const bug of BUGS.filter((b) => verbose === undefined || b.id === verbose)) {
    const t = performance.now()
    const product = await load(bug)
    let found
    for (let seed = 1; seed <= Number(count) && !found; seed++) {
      const played = await new Simulation(planOf(seed), product).play()
      if (played.violation) found = { seed, ...played }
    }
    console.log(bug.id, JSON.stringify(found)?.slice(0, 300), Math.round(performance.now() - t))
  }
} else {
const product = await load()
const t = performance.now()
let steps = 0, bad = 0
const kinds: Record<string, number> = {}
for (let seed = Number(from); seed < Number(from) + Number(count); seed++) {
  const sim = new Simulation(planOf(seed), product)
  if (verbose) { console.log(JSON.stringify(sim.plan, null, 1)); sim.schedule.tell = (l) => console.log(l) }
  const played = await sim.play()
  steps += played.steps
  if (played.violation) { bad++; const k = played.violation.invariant + ' ' + played.violation.detail.slice(0, 150).replace(/\d+/g,'N'); kinds[k] = (kinds[k] ?? 0) + 1; if (kinds[k] <= 3 || verbose) console.log(seed, JSON.stringify(played).slice(0, 700)) }
}
console.log({ bad, steps, ms: Math.round(performance.now() - t) }, kinds)
}
