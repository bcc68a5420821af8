// The command line: which commands there are, which file does each, and the one place where an error becomes an exit code.
import { Command } from 'commander'
import { AuthError, EXIT } from '../core/errors.ts'
import type { LogLevel } from '../system/log.ts'
import { screenWidth } from '../system/output.ts'
import { createSystem, type System } from '../system/system.ts'
import { VERSION } from '../system/version.ts'
import { examples } from './examples.ts'
import { EXIT_CODES } from './exit-codes.ts'
import type { Faces } from './faces.ts'
import { FAMILIES } from './families.ts'
import { createInvocation, type Invocation } from './invocation.ts'
import { createTerminal, type Terminal } from './terminal.ts'
import { pathOf, Shown, unknownCommand, withUsageErrors } from './usage.ts'

/** Of the gateway of `--dev`. */
const DEV_PORT = 19_001

const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent']

export type Wiring = {
  faces: Faces
  /** Hears of the machine as soon as it is there: its log can make any last words safe. */
  started(system: System): void
}

/**
 * Runs one command line.
 * @param argv without node and script
 * @returns the exit code: see EXIT_CODES
 */
export async function run(argv: readonly string[], wiring: Wiring): Promise<number> {
  const json = wantsJson(argv)
  let code: number = EXIT.done
  let system: System | undefined
  let terminal: Terminal | undefined
  let invocation: Invocation | undefined
  const machine = (): System => {
    if (system === undefined) {
      system = createSystem({ logLevel: logLevelIn(argv) })
      wiring.started(system)
    }
    return system
  }
  const screen = (): Terminal => {
    terminal ??= createTerminal(machine, { colours: !flagsOf(argv).includes('--no-color') })
    return terminal
  }
  const program = createProgram(screen, json)
  let running = program
  const invoke = (): Invocation => {
    const { profile, dev } = program.opts<{ profile?: string; dev?: boolean }>()
    invocation ??= createInvocation({
      system: machine(),
      terminal: screen(),
      faces: wiring.faces,
      profile: profile ?? (dev === true ? 'dev' : undefined),
      gatewayPort: dev === true ? DEV_PORT : undefined,
      exitWith: (wanted) => {
        code = wanted
      },
    })
    return invocation
  }
  try {
    const isTab = argv[0] === '__complete'
    await defineCommands(program, (name) => isTab || argv.includes(name), invoke)
    withUsageErrors(program)
    if (isTab) {
      const { complete } = await import('./complete.ts')
      await complete(argv.slice(1), program, createSystem({ logLevel: 'silent' }))
      return code
    }
    program.hook('preAction', (_program, action) => {
      running = action
    })
    await program.parseAsync([...argv], { from: 'user' })
  } catch (error) {
    if (error instanceof Shown) return error.exitCode
    return report(error, screen(), machine(), { json, help: `${pathOf(running)} --help` })
  }
  return code
}

function createProgram(screen: () => Terminal, json: boolean): Command {
  const program = new Command('openclaw')
  program
    .description('Keeps the credentials of your models, chooses one for every call, and can say why.')
    .version(VERSION, '-v, --version', 'print the version')
    .option('--agent <id>', 'the agent whose credentials are meant (default: the configured one)')
    .option('--profile <name>', 'an installation of its own beside the first, in ~/.openclaw-<name>')
    .option('--dev', 'the installation in ~/.openclaw-dev, with its own port')
    .option('--no-color', 'no colours (also: NO_COLOR=1)')
    .option('--log-level <level>', `what goes to the log on stderr: ${LOG_LEVELS.join(', ')}`, checkedLogLevel)
    .option('--allow-debug', 'start although a debugger may read every secret of this process')
    .configureHelp({
      visibleGlobalOptions: (command) =>
        command === program ? [] : program.options.filter(({ long }) => long !== '--version'),
      showGlobalOptions: true,
    })
    .configureOutput({
      writeOut: (text) => screen().stream(text),
      writeErr: (text) => screen().note(text.trimEnd()),
      getOutHelpWidth: screenWidth,
      getErrHelpWidth: screenWidth,
      // Help has no colours; asking whether it could have some makes a stream.
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      // An error is said once, at the top, in the form that was asked for.
      outputError: () => undefined,
    })
    .addHelpText(
      'after',
      examples([
        ['openclaw onboard', 'begin here: it asks for a key or a token'],
        ['openclaw models status', 'what is there, and what the next call takes'],
        ['openclaw models auth paste-api-key --provider anthropic', 'keep a key'],
        ['openclaw gateway', 'serve it on http://127.0.0.1:18789'],
        ['openclaw help exit-codes', 'what a script can rely on'],
      ]),
    )
    .action(() => {
      if (program.args[0] !== undefined) throw unknownCommand(program, program.args[0])
      if (json) throw new AuthError('usage', 'A command is needed.', { remedy: 'openclaw --help' })
      program.outputHelp()
    })
  program
    .command('help [words...]')
    .description('help on a command, or `help exit-codes`')
    .addHelpText(
      'after',
      examples([
        ['openclaw help models auth', 'on a group of commands'],
        ['openclaw help exit-codes', 'what a script can rely on'],
      ]),
    )
    .action((words: string[]) => {
      if (words[0] === 'exit-codes') return screen().out(EXIT_CODES)
      let command = program
      for (const word of words) {
        const next = command.commands.find((child) => child.name() === word)
        if (next === undefined) throw unknownCommand(command, word)
        command = next
      }
      command.outputHelp()
    })
  return program
}

async function defineCommands(
  program: Command,
  isMentioned: (name: string) => boolean,
  invoke: () => Invocation,
): Promise<void> {
  const models = program.command('models').description('models, and the credentials that pay for them')
  models
    .option('--json', 'the status as JSON')
    .option('--status-json', 'the same')
    .option('--status-plain', 'only the default model')
    .action(async (_flags: unknown, command: Command) => {
      if (command.args[0] !== undefined) throw unknownCommand(models, command.args[0])
      const flags = command.optsWithGlobals<{ json?: boolean; statusJson?: boolean; statusPlain?: boolean }>()
      const json = flags.json === true || flags.statusJson === true
      const { showStatus } = await import('./commands/models-status.ts')
      await showStatus(invoke(), { ...flags, json, plain: flags.statusPlain === true })
    })
  for (const { path, summary, load } of FAMILIES) {
    const name = path.at(-1) ?? ''
    const parent = path.length > 1 ? models : program
    const command = parent.command(name).description(summary)
    if (isMentioned(name)) (await load()).define(command, invoke)
  }
  // Set last, as subcommands inherit it: an unknown subcommand is an argument until we look at it.
  for (const group of [program, models]) group.allowExcessArguments()
  models.addHelpText(
    'after',
    examples([
      ['openclaw models', 'the same as models status'],
      ['openclaw models --json', 'for scripts'],
    ]),
  )
}

function checkedLogLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === text)
  if (level === undefined) throw new AuthError('usage', `--log-level is one of ${LOG_LEVELS.join(', ')}.`)
  return level
}

/** What stands before a `--` that ends the flags. */
function flagsOf(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--')
  return end < 0 ? argv : argv.slice(0, end)
}

function wantsJson(argv: readonly string[]): boolean {
  const flags = flagsOf(argv)
  return flags.includes('--json') || flags.includes('--status-json')
}

/** The log is needed before the line is understood; a wrong level is complained about later. */
function logLevelIn(argv: readonly string[]): LogLevel {
  const flags = flagsOf(argv)
  const at = flags.findIndex((flag) => flag === '--log-level' || flag.startsWith('--log-level='))
  const text = at < 0 ? undefined : (flags[at]?.split('=')[1] ?? flags[at + 1])
  return LOG_LEVELS.find((known) => known === text) ?? (flags.includes('--verbose') ? 'info' : 'warn')
}

/** The only place where an error turns into text and an exit code. */
function report(
  error: unknown,
  terminal: Terminal,
  system: System,
  { json, help }: { json: boolean; help: string },
): number {
  if (!(error instanceof AuthError)) throw error
  const { scrub } = system.log
  const exitCode = error.exitCode
  const remedy = error.remedy ?? (error.code === 'usage' ? help : undefined)
  if (json) {
    const body = error.toJSON()
    const safe = { ...body, message: scrub(body.message), ...(remedy === undefined ? {} : { remedy: scrub(remedy) }) }
    terminal.json({ ok: false, error: safe, exitCode })
    return exitCode
  }
  terminal.note(`Error: ${scrub(error.message)}`)
  if (remedy !== undefined) terminal.note(`  Run: ${scrub(remedy)}`)
  return exitCode
}
