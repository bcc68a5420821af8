// `doctor`: everything that is wrong with this installation, of every agent, and with --fix the repairs that are safe to do alone.
import type { Command } from 'commander'
import type { Auth } from '../../auth/auth.ts'
import { type Diagnosis, diagnose } from '../../auth/diagnose.ts'
import { type Repaired, repair } from '../../auth/repair.ts'
import { AuthError, EXIT } from '../../core/errors.ts'
import {
  type Finding,
  needsSomebody,
  type Repair,
  repairText,
  type Severity,
  sortFindings,
} from '../../core/finding.ts'
import { printable } from '../../core/profile.ts'
import { examples } from '../examples.ts'
import type { CommonFlags, Invocation } from '../invocation.ts'
import type { Colour, Terminal } from '../terminal.ts'

type Flags = CommonFlags & { fix?: boolean; repair?: boolean; deep?: boolean }

/** Flags and help of `doctor`. */
export function define(command: Command, invocation: () => Invocation): void {
  command
    .option('--fix', 'do the repairs that are offered, and say how each is taken back')
    .option('--repair', 'the same')
    .option('--deep', 'also connect to the vendors that have a credential; nothing is asked there')
    .option('--json', 'findings and repairs as JSON')
    .option('--non-interactive', 'for scripts: doctor never asks anything, with or without it')
    .addHelpText(
      'after',
      examples([
        ['openclaw doctor', 'look, change nothing; exit 1 when something is left to do'],
        ['openclaw doctor --deep', 'can the vendors be reached from here?'],
        ['openclaw doctor --fix', 'repair what can be repaired, and say how to take it back'],
      ]),
    )
    .action((_flags: unknown, self: Command) => examine(invocation(), self.optsWithGlobals<Flags>()))
}

async function examine(invocation: Invocation, flags: Flags): Promise<void> {
  const { system, terminal } = invocation
  const first = await look(invocation, flags)
  const { done, failed }: Repairs =
    (flags.fix === true || flags.repair === true) && first.auth !== undefined
      ? await repairAll(invocation, first.auth, first.findings)
      : { done: [], failed: [] }
  // What is left is what somebody who looks now would find.
  const left = sortFindings(done.length === 0 ? first.findings : (await look(invocation, flags)).findings)
  const isWell = failed.length === 0 && !needsSomebody(left)
  if (!isWell) invocation.exitWith(EXIT.failed)
  if (flags.json === true) {
    const { scrub } = system.log
    const safe = left.map((finding) => ({ ...finding, message: scrub(finding.message) }))
    const unrepaired = failed.map((one) => ({ ...one, message: scrub(one.message) }))
    terminal.json({
      ok: isWell,
      stateDir: first.layout.stateDir,
      findings: safe,
      repaired: done,
      ...(failed.length === 0 ? {} : { unrepaired }),
    })
    return
  }
  terminal.out(`State directory: ${first.layout.stateDir}`)
  for (const line of [...doneLines(done, terminal), ...failedLines(failed, terminal)])
    terminal.out(system.log.scrub(line))
  for (const line of leftLines(left, terminal)) terminal.out(system.log.scrub(line))
}

/** The installation, then the gateway of it; where the config cannot be read, nobody knows where a gateway would be. */
async function look(invocation: Invocation, flags: Flags): Promise<Diagnosis> {
  const { system, terminal, profile } = invocation
  const tell = (line: string): void => terminal.note(system.log.scrub(line))
  const diagnosis = await diagnose(system, { tell, ...(profile === undefined ? {} : { profile }) })
  if (diagnosis.auth === undefined) return diagnosis
  const { auth } = diagnosis
  const { gatewayFindings } = await import('../gateway-findings.ts')
  const options = { deep: flags.deep === true }
  const hasChannels = auth.home.config().telegram.length > 0
  const more = await Promise.all([
    gatewayFindings(invocation, auth, options),
    hasChannels
      ? import('../channel-findings.ts').then(({ channelFindings }) => channelFindings(invocation, auth, options))
      : [],
  ])
  return { ...diagnosis, findings: [...diagnosis.findings, ...more.flat()] }
}

type Failed = ReturnType<AuthError['toJSON']> & { repair: Repair }
type Repairs = { done: Repaired[]; failed: Failed[] }

async function repairAll(invocation: Invocation, auth: Auth, findings: readonly Finding[]): Promise<Repairs> {
  const { faceRepairs } = await import('../gateway-findings.ts')
  const face = faceRepairs(invocation, auth)
  const done: Repaired[] = []
  const failed: Failed[] = []
  for (const { repair: wanted } of findings) {
    if (wanted === undefined) continue
    try {
      done.push(await repair(auth, wanted, face))
    } catch (error) {
      // One that cannot be done keeps none of the others from being done.
      if (!(error instanceof AuthError)) throw error
      failed.push({ repair: wanted, ...error.toJSON() })
    }
  }
  return { done, failed }
}

function doneLines(done: readonly Repaired[], { paint }: Terminal): string[] {
  return done.flatMap(({ repair: what, backups, undo }) => [
    `  ${paint('green', 'repaired')}  ${printable(repairText(what), LONGEST_LINE)}`,
    ...(undo === '' ? [] : [`            Undo: ${printable(undo, LONGEST_LINE)}`]),
    ...backups.map((copy) => `            Copy: ${copy}`),
  ])
}

function failedLines(failed: readonly Failed[], { paint }: Terminal): string[] {
  return failed.flatMap(({ repair: what, message, remedy }) => [
    `  ${paint('red', 'failed')}    ${printable(repairText(what), LONGEST_LINE)}: ${message}`,
    ...(remedy === undefined ? [] : [`            Run: ${remedy}`]),
  ])
}

const LONGEST_LINE = 2000

const COLOURS: Record<Severity, Colour> = { error: 'red', warning: 'yellow', note: 'dim' }

function leftLines(left: readonly Finding[], { paint }: Terminal): string[] {
  if (left.length === 0) return ['Nothing is wrong.']
  const lines = left.flatMap(({ severity, message, remedy }) => [
    `  ${paint(COLOURS[severity], severity.padEnd(8))}  ${message}`,
    ...(remedy === undefined ? [] : [`            Run: ${remedy}`]),
  ])
  const count = (severity: Severity): number => left.filter((finding) => finding.severity === severity).length
  const parts = (['error', 'warning', 'note'] as const)
    .filter((severity) => count(severity) > 0)
    .map((severity) => `${count(severity)} ${severity}${count(severity) === 1 ? '' : 's'}`)
  const offered = left.filter(({ repair: offer }) => offer !== undefined).length
  return [...lines, `${parts.join(', ')}.${offered === 0 ? '' : ` ${offered} can be repaired: openclaw doctor --fix`}`]
}
