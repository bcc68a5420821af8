// `doctor`: everything that is wrong with this installation, of every agent, and with --fix the repairs that are safe to do alone.
import type { Command } from 'commander'
import type { Auth } from '../../auth/auth.ts'
import { type Diagnosis, diagnose } from '../../auth/diagnose.ts'
import { type Repaired, repair } from '../../auth/repair.ts'
import { EXIT } from '../../core/errors.ts'
import { type Finding, needsSomebody, repairText, type Severity, sortFindings } from '../../core/finding.ts'
import { examples } from '../examples.ts'
import type { CommonFlags, Invocation } from '../invocation.ts'
import type { Colour, Terminal } from '../terminal.ts'

type Flags = CommonFlags & { fix?: boolean; repair?: boolean; deep?: boolean }

/** Flags and help of `doctor`. */
export function define(command: Command, invocation: () => Invocation): void {
  command
    .option('--fix', 'do the repairs that are offered, each behind a copy of the file it changes')
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
  const done =
    (flags.fix === true || flags.repair === true) && first.auth !== undefined
      ? await repairAll(invocation, first.auth, first.findings)
      : []
  // What is left is what somebody who looks now would find.
  const left = sortFindings(done.length === 0 ? first.findings : (await look(invocation, flags)).findings)
  if (needsSomebody(left)) invocation.exitWith(EXIT.failed)
  if (flags.json === true) {
    const { scrub } = system.log
    const safe = left.map((finding) => ({ ...finding, message: scrub(finding.message) }))
    terminal.json({ ok: !needsSomebody(left), stateDir: first.layout.stateDir, findings: safe, repaired: done })
    return
  }
  terminal.out(`State directory: ${first.layout.stateDir}`)
  for (const line of doneLines(done, terminal)) terminal.out(line)
  for (const line of leftLines(left, terminal)) terminal.out(system.log.scrub(line))
}

/** The installation, then the gateway of it; where the config cannot be read, nobody knows where a gateway would be. */
async function look(invocation: Invocation, flags: Flags): Promise<Diagnosis> {
  const { system, terminal, profile } = invocation
  const tell = (line: string): void => terminal.note(system.log.scrub(line))
  const diagnosis = await diagnose(system, { tell, ...(profile === undefined ? {} : { profile }) })
  if (diagnosis.auth === undefined) return diagnosis
  const { gatewayFindings } = await import('../gateway-findings.ts')
  const more = await gatewayFindings(invocation, diagnosis.auth, { deep: flags.deep === true })
  return { ...diagnosis, findings: [...diagnosis.findings, ...more] }
}

async function repairAll(invocation: Invocation, auth: Auth, findings: readonly Finding[]): Promise<Repaired[]> {
  const { faceRepairs } = await import('../gateway-findings.ts')
  const face = faceRepairs(invocation, auth)
  const done: Repaired[] = []
  for (const finding of findings) if (finding.repair !== undefined) done.push(await repair(auth, finding.repair, face))
  return done
}

function doneLines(done: readonly Repaired[], { paint }: Terminal): string[] {
  return done.flatMap(({ repair: what, undo }) => [
    `  ${paint('green', 'repaired')}  ${repairText(what)}`,
    ...(undo === '' ? [] : [`            Undo: ${undo}`]),
  ])
}

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
