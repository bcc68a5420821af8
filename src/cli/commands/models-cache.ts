// `models cache`: how much of the prompts came out of the vendors' prompt caches, turn by turn, and why the rest did not.
import type { Command } from 'commander'
import { agentFlag } from '../../auth/own-store.ts'
import { type CacheTotals, type CacheTurn, type MissCause, totalsOf } from '../../core/cache-turn.ts'
import { AuthError } from '../../core/errors.ts'
import { printable } from '../../core/profile.ts'
import { quoted } from '../../core/quoted.ts'
import type { AgentStore } from '../../store/home.ts'
import { codeOf } from '../../system/files.ts'
import { examples } from '../examples.ts'
import type { CommonFlags, Invocation } from '../invocation.ts'
import { sinceOf } from '../since.ts'
import { momentText } from '../status-text.ts'
import { columns, type Terminal } from '../terminal.ts'

type Flags = CommonFlags & { since?: string }

const SHOWN = 20
const LONGEST_CELL = 200
/** Below that, what could be done is said. */
const GOOD_RATIO = 0.5

/** Flags and help of `models cache`. */
export function define(command: Command, invocation: () => Invocation): void {
  command
    .option(
      '--since <when>',
      'only what came later: 90m, 2h, 7d ago, a day in UTC (2031-05-06), or a moment (2031-05-06T08:00:00Z)',
    )
    .option('--json', 'totals and every turn as JSON')
    .addHelpText(
      'after',
      examples([
        ['openclaw models cache', 'of the default agent: totals, then the latest turns'],
        ['openclaw models cache --since 2h', 'of the last two hours'],
        ['openclaw models cache --agent work --json', 'for scripts'],
      ]),
    )
    .action((_flags: unknown, self: Command) => cache(invocation(), self.optsWithGlobals<Flags>()))
}

async function cache(invocation: Invocation, flags: Flags): Promise<void> {
  const { terminal, system } = invocation
  const since = sinceOf(flags.since, system.now(), 'openclaw models cache')
  const { auth, agentId } = await invocation.agent(flags)
  const store = auth.home.agent(agentId)
  const all = await turnsOf(store)
  const turns = since === undefined ? all : all.filter(({ at }) => at >= since)
  const totals = totalsOf(turns)
  const file = store.cacheTurns.where()
  if (flags.json === true) return terminal.json({ agentId, file, since: since ?? null, ...totals, list: turns })
  const lines = [`Agent: ${agentId}`, `File: ${file}`]
  if (since !== undefined) lines.push(`Since: ${momentText(since)}`)
  if (turns.length === 0) {
    lines.push(
      all.length === 0
        ? 'No turns yet. Turns of sessions and calls of clients are noted when the prompt is long enough for a cache.'
        : 'No turns since then.',
    )
    return terminal.out(lines.join('\n'))
  }
  lines.push(
    ...totalLines(totals),
    ...turnLines(turns.slice(-SHOWN), terminal),
    ...adviceLines(turns, totals, agentFlag(auth, agentId)),
  )
  terminal.out(lines.join('\n'))
}

async function turnsOf({ cacheTurns, agentId }: AgentStore): Promise<CacheTurn[]> {
  try {
    return await cacheTurns.read()
  } catch (error) {
    throw new AuthError(
      'unreadable_store',
      `What is noted of the prompt caches of agent ${agentId} cannot be read (${cacheTurns.where()}, ${codeOf(error)}).`,
      { remedy: `ls -ld ${quoted(cacheTurns.where())}`, cause: error },
    )
  }
}

function totalLines({ turns, hits, input, cacheRead, cacheWrite, hitRatio, misses }: CacheTotals): string[] {
  const causes = Object.entries(misses).filter(([, count]) => count > 0)
  const missed = causes.length === 0 ? 'none' : causes.map(([cause, count]) => `${cause} ${count}`).join(', ')
  return [
    `Hit ratio: ${percent(hitRatio ?? 0)} of all tokens of prompts (${cacheRead} read from a cache, ${cacheWrite} written to one, ${input} neither)`,
    `Turns: ${turns}, of which ${hits} were read from a cache; misses: ${missed}`,
  ]
}

function turnLines(turns: readonly CacheTurn[], terminal: Terminal): string[] {
  const rows = turns.map(({ at, session, isRelayed, model, profile, input, cacheRead, cacheWrite, miss }) => [
    `  ${momentText(at)}`,
    miss === undefined ? 'hit' : 'miss',
    percent(cacheRead / Math.max(1, input + cacheRead + cacheWrite)),
    `${input + cacheRead + cacheWrite}`,
    printable(model, LONGEST_CELL),
    printable(profile, LONGEST_CELL),
    isRelayed ? `client ${session === '' ? '-' : printable(session, LONGEST_CELL)}` : printable(session, LONGEST_CELL),
    miss === undefined ? '' : printable(`${miss.cause}: ${miss.why}`, LONGEST_CELL),
  ])
  const title = turns.length === SHOWN ? `The latest ${SHOWN}, newest last:` : 'Newest last:'
  return [
    title,
    ...columns(rows).map((line, at) => (turns[at]?.miss === undefined ? line : terminal.paint('yellow', line))),
  ]
}

/** What a person could do, by the cause that costs most of the tokens. */
function adviceLines(turns: readonly CacheTurn[], { hitRatio }: CacheTotals, flag: string): string[] {
  if (hitRatio === null || hitRatio >= GOOD_RATIO) return []
  const costs = new Map<MissCause, { tokens: number; last: CacheTurn }>()
  for (const turn of turns) {
    if (turn.miss === undefined) continue
    const tokens = (costs.get(turn.miss.cause)?.tokens ?? 0) + turn.input + turn.cacheWrite
    costs.set(turn.miss.cause, { tokens, last: turn })
  }
  const worst = [...costs].sort(([, a], [, b]) => b.tokens - a.tokens)[0]
  if (worst === undefined) return []
  const [cause, { last }] = worst
  const [what, command] = advice(cause, last, flag)
  return [`Most is lost as ${what}`, `  Run: ${command}`]
}

function advice(cause: MissCause, { model }: CacheTurn, flag: string): [string, string] {
  const provider = model.slice(0, Math.max(0, model.indexOf('/')))
  switch (cause) {
    case 'off':
      return [
        'nothing is marked for the cache: see what this account would get, and what clients must ask for themselves.',
        `openclaw models explain ${provider}${flag}`,
      ]
    case 'switched':
      return [
        'conversations go from one account to another: see which of them rest, and why.',
        `openclaw models explain ${provider}${flag}`,
      ]
    case 'expired':
      return [
        'conversations pause longer than their cache is kept: cacheRetention "long" keeps it for an hour.',
        'openclaw docs anthropic',
      ]
    case 'first':
    case 'changed':
    case 'unknown':
      return [
        'conversations are new, or begin otherwise each time: what changes belongs at the end of a prompt.',
        'openclaw docs models-cli',
      ]
  }
}

function percent(part: number): string {
  return `${Math.round(part * 100)} %`
}
