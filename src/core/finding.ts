// What doctor sees: one finding per thing that is wrong or worth knowing, and what could be done about it, as data.

/** error: a call fails, or soon will. warning: something is at risk. note: good to know, nothing to do. */
export type Severity = 'error' | 'warning' | 'note'

/** Something doctor can do by itself. Each is small, and can be undone. */
export type Repair =
  | { kind: 'mode'; path: string; from: number; to: number }
  | { kind: 'order'; agentId: string; provider: string; gone: readonly string[] }
  | { kind: 'config_order'; provider: string; gone: readonly string[] }
  | { kind: 'config_profile'; id: string }
  | { kind: 'legacy'; agentId: string; path: string }
  // `command`: after it a definition that was put back is in force.
  | { kind: 'service'; file: string; command: string }
  | { kind: 'gateway_token'; path: string }

export type Finding = {
  /** Stable: scripts may rely on it. */
  code: string
  severity: Severity
  agent?: string
  profile?: string
  /** Where it is. */
  file?: string
  /** What is wrong, and why it matters. */
  message: string
  /** The command by which a person mends it. */
  remedy?: string
  repair?: Repair
}

const RANK: Record<Severity, number> = { error: 0, warning: 1, note: 2 }

/** The gravest first; otherwise as they were found. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => RANK[a.severity] - RANK[b.severity])
}

/** Whether somebody has something to do. */
export function needsSomebody(findings: readonly Finding[]): boolean {
  return findings.some(({ severity }) => severity !== 'note')
}

/** What a repair would do, for people. */
export function repairText(repair: Repair): string {
  switch (repair.kind) {
    case 'mode':
      return `chmod ${repair.to.toString(8)} ${repair.path}`
    case 'order':
    case 'config_order':
      return `take ${repair.gone.join(', ')} out of the order of ${repair.provider}`
    case 'config_profile':
      return `remove auth.profiles["${repair.id}"] from the config`
    case 'legacy':
      return `take over the credentials in ${repair.path} (agent ${repair.agentId})`
    case 'service':
      return `write ${repair.file} as gateway install would now; a gateway that runs by it is started again`
    case 'gateway_token':
      return `make a new gateway token in ${repair.path}`
  }
}
