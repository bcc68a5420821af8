// What one process of this installation sees otherwise than another one, such as the gateway and the shell in front of a person, and the
// command after which both see the same.
import type { Source } from './order.ts'
import { quoted } from './quoted.ts'

/** A variable that may hold a key, as one process sees it. Never the value: its mask, and a fingerprint to compare. */
export type Seen = { name: string; provider: string; source: Source['kind']; label: string; fingerprint: string }

/** Where a process stands: what it found out before it looked at any credential. */
export type Standpoint = {
  version: string
  stateDir: string
  config: string
  /** Of the agent that is meant when none is named. */
  agentDir: string
  variables: readonly Seen[]
}

export type Difference = {
  what: 'version' | 'state_dir' | 'config' | 'agent_dir' | 'port' | 'process' | 'variable'
  /** Of the variable. */
  name?: string
  /** In this shell; null: not there. */
  here: string | null
  /** In the other process. */
  there: string | null
  /** The command that mends it. */
  remedy: string
}

const PATHS = [
  ['state_dir', 'stateDir', 'OPENCLAW_STATE_DIR'],
  ['config', 'config', 'OPENCLAW_CONFIG_PATH'],
  ['agent_dir', 'agentDir', 'OPENCLAW_AGENT_DIR'],
] as const

/**
 * @param anew the command that starts the other process again from this shell's installation, when a service manager does that
 */
export function differences(
  here: Standpoint,
  there: Standpoint,
  anew: { restart?: string; install?: string },
): Difference[] {
  const found: Difference[] = []
  for (const [what, field, variable] of PATHS) {
    if (here[field] === there[field]) continue
    const remedy = anew.install ?? `export ${variable}=${quoted(there[field])}`
    found.push({ what, here: here[field], there: there[field], remedy })
    // What lies below another state directory differs with it, and mends with it.
    if (what === 'state_dir') break
  }
  if (here.version !== there.version) {
    const remedy = anew.restart ?? 'openclaw gateway'
    found.push({ what: 'version', here: here.version, there: there.version, remedy })
  }
  const names = new Map([...here.variables, ...there.variables].map((seen) => [seen.name, seen]))
  for (const [name, { provider }] of [...names].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const mine = here.variables.find((seen) => seen.name === name)
    const other = there.variables.find((seen) => seen.name === name)
    if (mine?.fingerprint === other?.fingerprint) continue
    const door = name.includes('OAUTH_TOKEN') ? 'paste-token' : 'paste-api-key'
    // A stored profile goes before every variable, in both.
    const remedy = `openclaw models auth ${door} --provider ${provider}`
    found.push({ what: 'variable', name, here: told(mine), there: told(other), remedy })
  }
  return found
}

const PLACES: Partial<Record<Source['kind'], string>> = {
  env: 'environment',
  dotenv: '.env of the state directory',
  config: 'config',
  shell: 'login shell',
}

function told(seen: Seen | undefined): string | null {
  return seen === undefined ? null : `${seen.label} (${PLACES[seen.source] ?? seen.source})`
}
