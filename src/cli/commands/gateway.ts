// `gateway`: run it, ask it, and see to its token. The gateway itself is handed in by main.
import { type Command, InvalidArgumentError } from 'commander'
import { AuthError } from '../../core/errors.ts'
import { quoted } from '../../core/quoted.ts'
import { examples } from '../examples.ts'
import type { GatewayFlags } from '../faces.ts'
import type { CommonFlags, Invocation } from '../invocation.ts'
import { unknownCommand } from '../usage.ts'
import { defineService } from './gateway-service.ts'
import { defineStatus } from './gateway-status.ts'

type RunFlags = CommonFlags & GatewayFlags & { allowUnconfigured?: boolean }
type CallFlags = CommonFlags & { params?: string; url?: string; token?: string }

/** `gateway` itself, `run`, `status`, `call`, `token`, and the verbs of the service. */
export function define(command: Command, invocation: () => Invocation): void {
  defineRun(command, invocation)
  defineRun(command.command('run').description('the same as gateway without a subcommand'), invocation)
  defineStatus(
    command.command('status').description('does it run, and does it see what this shell sees'),
    invocation,
    port,
  )
  command
    .command('call')
    .description('call one method of a running gateway')
    .argument('<method>', 'such as health, models.list, sessions.list')
    .option('--params <json>', 'its parameters, an object')
    .option('--url <url>', 'of another gateway than the one of this installation')
    .option('--token <token>', 'its token; better in OPENCLAW_GATEWAY_TOKEN')
    .option('--json', 'the answer as JSON (it always is)')
    .addHelpText(
      'after',
      examples([
        ['openclaw gateway call health', 'how is it?'],
        [`openclaw gateway call chat.history --params '{"sessionKey":"main"}'`, 'with parameters'],
      ]),
    )
    .action((method: string, _flags: unknown, self: Command) =>
      ask(invocation(), method, self.optsWithGlobals<CallFlags>()),
    )
  defineService(command, invocation, port)
  defineToken(command.command('token').description('where the token of the gateway is'), invocation)
  command.hook('preAction', (_this, self) => refuseIgnored(command, self))
  // Set last, as subcommands inherit it: an unknown subcommand is an argument until we look at it.
  command.allowExcessArguments()
}

function defineRun(command: Command, invocation: () => Invocation): void {
  command
    .option('--port <number>', 'where to listen (default: 18789)', port)
    .option('--bind <where>', 'loopback, lan, tailnet, auto or custom (default: loopback)')
    .option('--auth <kind>', 'what clients show: token or password', authKind)
    .option('--token <token>', 'what clients show; better in OPENCLAW_GATEWAY_TOKEN')
    .option('--password <password>', 'likewise; better in OPENCLAW_GATEWAY_PASSWORD')
    .option('--verbose', 'log every call, as --log-level info does')
    .option('--allow-unconfigured', 'accepted for old scripts: it starts without configuration anyway')
    .option('--allow-root', 'no remark about running as root')
    .addHelpText(
      'after',
      examples([
        ['openclaw gateway', 'serve on this machine'],
        ['openclaw gateway run --port 4000', 'elsewhere'],
        ['OPENCLAW_GATEWAY_TOKEN=... openclaw gateway --bind lan', 'for others; needs a secret of your own'],
      ]),
    )
    .action(async (_flags: unknown, self: Command) => {
      if (self.args[0] !== undefined) throw unknownCommand(self, self.args[0])
      await runGateway(invocation(), self.optsWithGlobals<RunFlags>())
    })
}

/** A flag of `gateway run` that stands behind another subcommand would be read and ignored. @throws AuthError usage */
function refuseIgnored(parent: Command, self: Command): void {
  const own = new Set(self.options.map((option) => option.attributeName()))
  const stray = parent.options.find((option) => {
    const name = option.attributeName()
    return !own.has(name) && parent.getOptionValueSource(name) === 'cli'
  })
  if (stray === undefined) return
  const name = self.parent === parent ? `gateway ${self.name()}` : `gateway ${self.parent?.name()} ${self.name()}`
  throw new AuthError('usage', `${name} takes no ${stray.long}; nothing was done.`, {
    remedy: `openclaw ${name} --help`,
  })
}

function port(text: string): number {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : -1
  if (value < 0 || value > 65_535) throw new InvalidArgumentError('A port is a number from 0 (any free one) to 65535.')
  return value
}

function authKind(text: string): 'token' | 'password' {
  if (text === 'token' || text === 'password') return text
  throw new InvalidArgumentError('It is token or password.')
}

async function runGateway(invocation: Invocation, flags: RunFlags): Promise<void> {
  warnAboutArguments(invocation, flags)
  const wanted = flags.port ?? invocation.gatewayPort
  const code = await invocation.faces.runGateway(invocation.auth(), {
    ...(wanted === undefined ? {} : { port: wanted }),
    ...(flags.bind === undefined ? {} : { bind: flags.bind }),
    ...(flags.auth === undefined ? {} : { auth: flags.auth }),
    ...(flags.token === undefined ? {} : { token: flags.token }),
    ...(flags.password === undefined ? {} : { password: flags.password }),
    ...(flags.allowRoot === undefined ? {} : { allowRoot: flags.allowRoot }),
  })
  invocation.exitWith(code)
}

function warnAboutArguments({ terminal }: Invocation, flags: { token?: string; password?: string }): void {
  for (const name of ['token', 'password'] as const) {
    if (flags[name] === undefined) continue
    terminal.note(
      `Warning: --${name} on a command line is seen by every process of this machine and kept in the shell's history; set OPENCLAW_GATEWAY_${name.toUpperCase()} instead.`,
    )
  }
}

async function ask(invocation: Invocation, method: string, flags: CallFlags): Promise<void> {
  warnAboutArguments(invocation, flags)
  const params = paramsOf(flags.params)
  const auth = await invocation.auth()
  const answer = await invocation.faces.callMethod(auth, {
    method,
    params,
    ...(invocation.gatewayPort === undefined ? {} : { port: invocation.gatewayPort }),
    ...(flags.url === undefined ? {} : { url: flags.url }),
    ...(flags.token === undefined ? {} : { token: flags.token }),
  })
  invocation.terminal.json(answer)
}

function paramsOf(text: string | undefined): Record<string, unknown> {
  if (text === undefined) return {}
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new AuthError('usage', `--params is one JSON object, such as '{"sessionKey":"main"}'.`, {
    remedy: 'openclaw gateway call --help',
  })
}

function defineToken(command: Command, invocation: () => Invocation): void {
  const show = async (_flags: unknown, self: Command): Promise<void> => {
    if (self.args[0] !== undefined) throw unknownCommand(self, self.args[0])
    const { faces, terminal, auth } = invocation()
    const { where, mask } = await faces.showToken(await auth())
    if (self.optsWithGlobals<CommonFlags>().json === true) return terminal.json({ path: where, token: mask ?? null })
    terminal.out(`Token file: ${where}\nToken: ${mask ?? '(made at the first start of the gateway)'}`)
    if (mask !== undefined) terminal.note(`To read it: cat ${quoted(where)}`)
  }
  command
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      examples([
        ['openclaw gateway token', 'its file, and the token masked'],
        ['openclaw gateway token rotate', 'a new one; the old one stops working at once'],
      ]),
    )
    .action(show)
  command
    .command('show')
    .description('the file of the token, and the token masked')
    .option('--json', 'as JSON')
    .addHelpText('after', examples([['openclaw gateway token show', 'the same as openclaw gateway token']]))
    .action(show)
  command
    .command('rotate')
    .description('make a new token; the old one is refused from then on')
    .option('--json', 'as JSON')
    .addHelpText('after', examples([['openclaw gateway token rotate', 'then give clients the new one']]))
    .action(async (_flags: unknown, self: Command) => {
      const { faces, terminal, auth } = invocation()
      const { where, mask } = await faces.rotateToken(await auth())
      if (self.optsWithGlobals<CommonFlags>().json === true)
        return terminal.json({ ok: true, path: where, token: mask })
      terminal.out(`Token file: ${where}\nNew token: ${mask}`)
    })
  command.allowExcessArguments()
}
