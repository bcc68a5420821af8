// What the ledger comes to since the gateway was started, for monitors: attempts, failures, tokens, cost and times by provider, account and model.
// Accounts and models are named by their owner and by vendors that answered, never by a caller, and there is an end to how many.
import { CALL_SECONDS, type Histogram, newHistogram, observe } from '../core/histogram.ts'
import type { LedgerLine } from '../core/ledger.ts'
import type { ChatUsage } from '../core/protocol.ts'
import type { System } from '../system/system.ts'
import { labelText, type Page } from './metrics-page.ts'
import { profileLabel } from './profile-label.ts'

type Group = {
  labels: string
  outcomes: Map<string, number>
  failures: Map<string, number>
  tokens: ChatUsage
  hasTokens: boolean
  /** US dollars; undefined: none is known. */
  cost: number | undefined
  firstByte: Histogram
  whole: Histogram
}

/** Accounts by models; whatever comes later is counted as `other`. */
const MOST_GROUPS = 400
const OTHER = 'other'
/** Nobody was left to be asked. */
const NOBODY = 'none'

const KINDS: readonly [keyof ChatUsage, string][] = [
  ['input', 'input'],
  ['output', 'output'],
  ['cacheRead', 'cache_read'],
  ['cacheWrite', 'cache_write'],
]

export class CallMetrics {
  readonly #groups = new Map<string, Group>()
  /** Names of models that a vendor has answered for. */
  readonly #answered = new Set<string>()
  readonly #isListed: (model: string) => boolean

  readonly #system: Pick<System, 'fingerprint'>

  /** @param isListed whether a `provider/model` is one of the config or of the catalogue */
  constructor(system: Pick<System, 'fingerprint'>, isListed: (model: string) => boolean) {
    this.#system = system
    this.#isListed = isListed
  }

  /** Counts a line. */
  hear(line: LedgerLine): void {
    const group = this.#groupOf(line)
    add(group.outcomes, line.outcome)
    if (line.class !== undefined) add(group.failures, line.class)
    if (line.cost !== undefined) group.cost = (group.cost ?? 0) + line.cost
    if (line.tokens !== undefined) {
      group.hasTokens = true
      for (const [kind] of KINDS) group.tokens[kind] += line.tokens[kind]
    }
    if (line.profile === undefined) return
    if (line.firstByteMs !== undefined) observe(group.firstByte, CALL_SECONDS, line.firstByteMs / 1000)
    observe(group.whole, CALL_SECONDS, line.ms / 1000)
  }

  /** What a line's model may be called before others: its name, where a vendor answered for it or its owner named it. */
  modelLabel({ model, status = 0 }: LedgerLine): string {
    const isAnswer = status >= 200 && status < 300
    if (isAnswer && this.#answered.size < MOST_GROUPS) this.#answered.add(model)
    const cut = model.indexOf('/')
    const isNamed = cut >= 0 && (this.#answered.has(model) || this.#isListed(model))
    return isNamed ? model.slice(cut + 1) : OTHER
  }

  #groupOf(line: LedgerLine): Group {
    const { model, profile = NOBODY } = line
    const cut = model.indexOf('/')
    const provider = cut < 0 ? model : model.slice(0, cut)
    const name = this.modelLabel(line)
    return (
      this.#group(provider, profile, name, MOST_GROUPS) ??
      this.#group(provider, profile, OTHER, 2 * MOST_GROUPS) ??
      this.#group(OTHER, OTHER, OTHER, Number.POSITIVE_INFINITY) ??
      newGroup('')
    )
  }

  #group(provider: string, profile: string, model: string, most: number): Group | undefined {
    const key = `${provider}\n${profile}\n${model}`
    const known = this.#groups.get(key)
    if (known !== undefined || this.#groups.size >= most) return known
    const labels = { provider, profile: profile === NOBODY ? NOBODY : profileLabel(this.#system, profile), model }
    const made = newGroup(labelText(labels))
    this.#groups.set(key, made)
    return made
  }

  /** Puts what was counted on the page. */
  render(page: Page): void {
    const groups = [...this.#groups.values()]
    const attempts = page.family('keyclaw_attempts_total')
    for (const { labels, outcomes } of groups)
      for (const [outcome, count] of outcomes) attempts.value(`${labels},${labelText({ outcome })}`, count)
    const failures = page.family('keyclaw_failures_total')
    for (const { labels, failures: own } of groups)
      for (const [name, count] of own) failures.value(`${labels},${labelText({ class: name })}`, count)
    const tokens = page.family('keyclaw_tokens_total')
    for (const { labels, tokens: own, hasTokens } of groups) {
      if (!hasTokens) continue
      for (const [kind, name] of KINDS) tokens.value(`${labels},kind="${name}"`, own[kind])
    }
    const cost = page.family('keyclaw_cost_usd_total')
    for (const { labels, cost: own } of groups) if (own !== undefined) cost.value(labels, own)
    const firstByte = page.family('keyclaw_first_byte_seconds')
    for (const group of groups) firstByte.histogram(group.labels, CALL_SECONDS, group.firstByte)
    const whole = page.family('keyclaw_attempt_seconds')
    for (const group of groups) whole.histogram(group.labels, CALL_SECONDS, group.whole)
  }
}

function newGroup(labels: string): Group {
  return {
    labels,
    outcomes: new Map(),
    failures: new Map(),
    tokens: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
    hasTokens: false,
    cost: undefined,
    firstByte: newHistogram(CALL_SECONDS),
    whole: newHistogram(CALL_SECONDS),
  }
}

function add(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}
