// What every command is given: the machine, the credential plane opened when first asked for, the terminal, the other faces.
import { type Auth, createAuth, type View } from '../auth/auth.ts'
import { agentFlag } from '../auth/own-store.ts'
import { AuthError } from '../core/errors.ts'
import { formatRemaining } from '../core/expiry.ts'
import { missingText } from '../core/substitute.ts'
import type { System } from '../system/system.ts'
import type { Faces } from './faces.ts'
import { noteIgnoredDotenv } from './ignored-dotenv.ts'
import type { Terminal } from './terminal.ts'

/** Flags that may stand anywhere on the line. */
export type CommonFlags = { agent?: string; json?: boolean; plain?: boolean; profile?: string; dev?: boolean }

/** One run of the command line. */
export type Invocation = {
  system: System
  terminal: Terminal
  faces: Faces
  /** The installation of `--profile` or `--dev`, when it is not the first. */
  profile: string | undefined
  /** Where the gateway of this installation listens, when that is not what environment and config say: `--dev` has a port of its own. */
  gatewayPort: number | undefined
  auth(): Promise<Auth>
  /** The agent meant by the flags. @throws AuthError unknown_agent */
  agent(flags: CommonFlags): Promise<{ auth: Auth; agentId: string; isNamed: boolean }>
  /** Everything known of that agent. */
  view(flags: CommonFlags, options?: { asksShell?: boolean }): Promise<{ auth: Auth; view: View; isNamed: boolean }>
  /** The command did its work, but ends with this code. */
  exitWith(code: number): void
}

/** Builds the invocation. */
export function createInvocation(parts: {
  system: System
  terminal: Terminal
  faces: Faces
  profile: string | undefined
  gatewayPort: number | undefined
  exitWith: (code: number) => void
}): Invocation {
  const { system, profile } = parts
  let opened: Promise<Auth> | undefined
  const open = async (): Promise<Auth> => {
    const tell = (line: string): void => parts.terminal.note(system.log.scrub(line))
    const auth = await createAuth(system, { tell, ...(profile === undefined ? {} : { profile }) })
    await noteIgnoredDotenv(auth, parts.terminal)
    for (const { severity, message, remedy } of auth.plugins.findings) {
      if (severity === 'error') parts.terminal.note(`Warning: ${system.log.scrub(message)}\n  Run: ${remedy}`)
    }
    return auth
  }
  const auth = (): Promise<Auth> => {
    opened ??= open()
    return opened
  }
  const agent: Invocation['agent'] = async (flags) => {
    const open = await auth()
    return { auth: open, agentId: open.home.pickAgent(flags.agent), isNamed: flags.agent !== undefined }
  }
  return {
    ...parts,
    auth,
    agent,
    view: async (flags, options) => {
      const { auth: open, agentId, isNamed } = await agent(flags)
      const view = await open.view(agentId, options)
      // Whether the shell has them, whoever did not ask it does not know.
      const isKnown = options?.asksShell !== false || !open.home.shell.isWanted()
      for (const missing of isKnown ? open.home.config().missing : []) {
        parts.terminal.note(`Warning: ${missingText(missing)} (${open.home.layout.config}).`)
      }
      for (const { message, remedy } of view.facts().older?.troubles ?? []) {
        parts.terminal.note(`Warning: ${system.log.scrub(message)}\n  Run: ${remedy}`)
      }
      return { auth: open, view, isNamed }
    },
  }
}

/** `agentFlag` for commands that change credentials: they reach the agent whose store holds them. */
export function ownerFlag(auth: Auth, agentId: string): string {
  return agentFlag(auth, auth.home.agent(agentId).owner)
}

/** Two shapes of output cannot be had at once. @throws AuthError usage */
export function refuseBoth(flags: CommonFlags): void {
  if (flags.json === true && flags.plain === true) {
    throw new AuthError('usage', '--json and --plain cannot be combined.')
  }
}

/** The command would ignore the agent that was named, so it does nothing. @throws AuthError usage */
export function refuseAgent(flags: CommonFlags, command: string, why: string): void {
  if (flags.agent === undefined) return
  throw new AuthError('usage', `${command} ${why}; it takes no --agent.`, { remedy: `openclaw ${command} --help` })
}

/** How long ago or ahead of now a credential ends: `expires in 5h`, `expired 2d ago`. */
export function expiryText(remainingMs: number): string {
  return remainingMs <= 0
    ? `expired ${formatRemaining(-remainingMs)} ago`
    : `expires in ${formatRemaining(remainingMs)}`
}
