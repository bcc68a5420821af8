// `plugins`: which there are, what each brings, and whether it may run. Only `plugins doctor` runs any.
import type { Command } from 'commander'
import { createAuth } from '../../auth/auth.ts'
import { EXIT } from '../../core/errors.ts'
import { needsSomebody } from '../../core/finding.ts'
import type { FoundPlugin } from '../../providers/plugin-files.ts'
import { type Home, openHome } from '../../store/home.ts'
import { examples } from '../examples.ts'
import type { CommonFlags, Invocation } from '../invocation.ts'

/** What everybody must know who enables one. */
const RIGHTS =
  'A plugin is a program: it runs with all rights of this user, and sees every credential that passes. Enable only what you trust.'
const RESTART = 'A running gateway takes it with its next start: openclaw gateway restart'

/** Subcommands of `plugins`. */
export function define(command: Command, invocation: () => Invocation): void {
  const add = (name: string, about: string, example: readonly [string, string]): Command =>
    command
      .command(name)
      .description(about)
      .option('--json', 'the answer as JSON')
      .addHelpText('after', examples([[...example]]))
  add('list', 'the plugins there are; runs none', ['openclaw plugins list --json', 'for scripts']).action(
    (_flags: unknown, self: Command) => list(invocation(), self.optsWithGlobals<CommonFlags>()),
  )
  add('info', 'what one says of itself; does not run it', [
    'openclaw plugins info github-copilot',
    'before enabling it',
  ])
    .argument('<pluginId>', 'its id')
    .action((id: string, _flags: unknown, self: Command) => info(invocation(), id, self.optsWithGlobals<CommonFlags>()))
  add('install', 'copy one from a folder into the state directory', [
    'openclaw plugins install ./my-plugin',
    'not enabled yet',
  ])
    .argument('<path>', 'its folder, with openclaw.plugin.json in it')
    .option('--enable', 'enable it, too')
    .option('--force', 'put one of the same id into the trash folder')
    .action((path: string, _flags: unknown, self: Command) =>
      install(invocation(), path, self.optsWithGlobals<InstallFlags>()),
    )
  for (const [name, to, about] of [
    ['enable', true, 'let one run'],
    ['disable', false, 'let one run no more; its files and credentials stay'],
  ] as const) {
    add(name, about, [`openclaw plugins ${name} github-copilot`, 'written into the config'])
      .argument('<pluginId>', 'its id')
      .action((id: string, _flags: unknown, self: Command) =>
        change(invocation(), id, to, self.optsWithGlobals<CommonFlags>()),
      )
  }
  add('doctor', 'run those that are enabled, and say what is wrong with them', [
    'openclaw plugins doctor',
    'exit 1 when one is broken',
  ]).action((_flags: unknown, self: Command) => examine(invocation(), self.optsWithGlobals<CommonFlags>()))
  command.addHelpText('after', examples([['openclaw plugins list', 'which there are, and which of them run']]))
}

// No other command needs these.
const finding = (): Promise<typeof import('../../providers/plugin-files.ts')> =>
  import('../../providers/plugin-files.ts')
const switching = (): Promise<typeof import('../../auth/switch-plugin.ts')> => import('../../auth/switch-plugin.ts')

/** Without the credential plane, which would run what is enabled. */
function home({ system, profile }: Invocation): Promise<Home> {
  return openHome(system, profile === undefined ? {} : { profile })
}

function described({ config }: Home, { id, place, folder, manifest, trouble }: FoundPlugin): object {
  return {
    id,
    name: manifest?.name ?? id,
    version: manifest?.version ?? null,
    description: manifest?.description ?? null,
    providers: manifest?.providers ?? [],
    enabled: config().plugins.enabled.includes(id),
    place,
    folder,
    trouble: trouble ?? null,
  }
}

async function list(invocation: Invocation, flags: CommonFlags): Promise<void> {
  const { terminal, system } = invocation
  const open = await home(invocation)
  const all = await (await finding()).findPlugins(open)
  if (flags.json === true) return terminal.json(all.map((plugin) => described(open, plugin)))
  const enabled = open.config().plugins.enabled
  const width = Math.max(0, ...all.map(({ id }) => id.length))
  const lines = all.map(({ id, place, manifest, trouble }) => {
    const state = enabled.includes(id) ? terminal.paint('green', 'enabled ') : 'disabled'
    const what = trouble === undefined ? (manifest?.providers.join(', ') ?? '') : terminal.paint('red', trouble)
    return `${id.padEnd(width)}  ${state}  ${place.padEnd(9)}  ${system.log.scrub(what)}`
  })
  terminal.out(lines.length === 0 ? 'There are no plugins.' : lines.join('\n'))
}

async function info(invocation: Invocation, id: string, flags: CommonFlags): Promise<void> {
  const { terminal } = invocation
  const open = await home(invocation)
  const plugin = await (await switching()).pluginNamed(open, id)
  if (flags.json === true) return terminal.json(described(open, plugin))
  const { manifest, place, folder, trouble } = plugin
  const version = manifest?.version === undefined ? '' : ` ${manifest.version}`
  const isEnabled = open.config().plugins.enabled.includes(id)
  const next = isEnabled ? 'disable' : 'enable'
  terminal.out(
    [
      `${manifest?.name ?? id}${version}`,
      ...(manifest?.description === undefined ? [] : [manifest.description]),
      `State: ${isEnabled ? 'enabled' : 'disabled'}`,
      `Providers: ${manifest?.providers.join(', ') ?? '(unknown)'}`,
      `Files: ${folder} (${place})`,
      ...(trouble === undefined ? [] : [`Trouble: ${trouble}`]),
      ...(isEnabled ? [] : [RIGHTS]),
      `  Run: openclaw plugins ${next} ${id}`,
    ].join('\n'),
  )
}

type InstallFlags = CommonFlags & { enable?: boolean; force?: boolean }

async function install(invocation: Invocation, path: string, flags: InstallFlags): Promise<void> {
  const { terminal } = invocation
  const open = await home(invocation)
  const [{ installPlugin }, { switchPlugin }] = await Promise.all([import('../../auth/install-plugin.ts'), switching()])
  const { manifest, folder, files, replaced } = await installPlugin(open, path, { force: flags.force === true })
  if (flags.enable === true) await switchPlugin(open, manifest.id, true)
  const isEnabled = flags.enable === true || open.config().plugins.enabled.includes(manifest.id)
  terminal.note(RIGHTS)
  if (isEnabled) terminal.note(RESTART)
  if (flags.json === true) {
    terminal.json({ id: manifest.id, folder, files, enabled: isEnabled, replaced: replaced ?? null })
    return
  }
  terminal.out(`Installed ${manifest.id} (${files} files) in ${folder}`)
  if (replaced !== undefined) terminal.out(`The one before: ${replaced}`)
  terminal.out(isEnabled ? 'It is enabled.' : `It is not enabled.\n  Run: openclaw plugins enable ${manifest.id}`)
}

async function change(invocation: Invocation, id: string, to: boolean, flags: CommonFlags): Promise<void> {
  const { terminal } = invocation
  const open = await home(invocation)
  const { pluginNamed, switchPlugin } = await switching()
  const changed = await switchPlugin(open, id, to)
  if (to) terminal.note(RIGHTS)
  if (changed) terminal.note(RESTART)
  if (flags.json === true) return terminal.json({ id, enabled: to, changed })
  const state = to ? 'enabled' : 'disabled'
  terminal.out(changed ? `${id} is ${state} (${open.configStore.where()})` : `${id} was ${state} already`)
  if (!to) return
  const { manifest } = await pluginNamed(open, id)
  for (const provider of manifest?.providers ?? [])
    terminal.out(`  Run: openclaw models auth login --provider ${provider}`)
}

async function examine(invocation: Invocation, flags: CommonFlags): Promise<void> {
  const { terminal, system, profile } = invocation
  const { plugins } = await createAuth(system, profile === undefined ? {} : { profile })
  const { findings } = plugins
  if (needsSomebody(findings)) invocation.exitWith(EXIT.failed)
  if (flags.json === true) {
    terminal.json({
      ok: !needsSomebody(findings),
      enabled: plugins.plugins.map(({ id }) => id),
      providers: plugins.providers.map(({ id }) => id),
      findings: findings.map((finding) => ({ ...finding, message: system.log.scrub(finding.message) })),
    })
    return
  }
  const lines = findings.map(
    ({ severity, message, remedy }) =>
      `  ${severity.padEnd(8)}  ${system.log.scrub(message)}\n            Run: ${remedy}`,
  )
  const count = plugins.providers.length
  terminal.out([...lines, `${count} provider${count === 1 ? '' : 's'} of plugins in use.`].join('\n'))
}
