// What may come next on a command line: commands and flags from the definitions themselves, names from the files. Reads, asks no network,
// and says nothing when anything goes wrong: a Tab is no place for complaints.
import type { Argument, Command, Option } from 'commander'
import { type Auth, createAuth } from '../auth/auth.ts'
import { agentIds } from '../core/config.ts'
import type { DocsIndex } from '../core/documentation.ts'
import { factsOf, knownRefs } from '../core/model-choices.ts'
import { formatRef } from '../core/model-ref.ts'
import { printable } from '../core/profile.ts'
import { writeOut } from '../system/output.ts'
import { readShippedDocs } from '../system/shipped.ts'
import type { System } from '../system/system.ts'

type Offer = { value: string; about?: string }
type Kind = 'agents' | 'aliases' | 'models' | 'plugins' | 'profiles' | 'providers' | 'sessions' | 'topics'

/** What the value of a flag is, wherever the flag stands. */
const FLAG_KINDS: Readonly<Record<string, Kind | readonly string[]>> = {
  '--agent': 'agents',
  '--model': 'models',
  '--provider': 'providers',
  '--probe-provider': 'providers',
  '--profile-id': 'profiles',
  '--probe-profile': 'profiles',
  '--session': 'sessions',
  '--session-id': 'sessions',
  '--lang': ['en', 'ko', 'zh-Hant', 'fil'],
  '--log-level': ['debug', 'info', 'warn', 'error', 'silent'],
  '--bind': ['loopback', 'lan', 'tailnet', 'auto', 'custom'],
  '--auth': ['token', 'password'],
}
/** What an argument is, by the name it has in its definition. */
const ARGUMENT_KINDS: Readonly<Record<string, Kind>> = {
  agentId: 'agents',
  alias: 'aliases',
  model: 'models',
  pluginId: 'plugins',
  profileId: 'profiles',
  profileIds: 'profiles',
  provider: 'providers',
  ref: 'models',
  session: 'sessions',
  topic: 'topics',
}

/** Shells put what is offered on the line as it is: nothing in it may mean something to them. */
const PLAIN = /^[\w.@%+][\w.:@%+=,/-]*$/
const MOST_OFFERS = 500
const CURRENT = '--current='

/**
 * Prints one offer per line, each with what it is after a tab.
 * @param words `--current=` with the word under the cursor, then the words before it
 * @param program every command of it defined
 */
export async function complete(words: readonly string[], program: Command, system: System): Promise<void> {
  try {
    const [first = '', ...before] = words
    if (!first.startsWith(CURRENT)) return
    const offers = await offersFor(program, before, first.slice(CURRENT.length), system)
    const text = offers.map(({ value, about }) =>
      about === undefined ? `${value}\n` : `${value}\t${printable(about, 80)}\n`,
    )
    writeOut(text.join(''))
  } catch {
    // Whoever pressed Tab asked no question that an error could answer.
  }
}

type Line = {
  command: Command
  rest: string[]
  flags: Map<string, string>
  open: Option | undefined
  isFlagsOver: boolean
}

async function offersFor(
  program: Command,
  before: readonly string[],
  current: string,
  system: System,
): Promise<Offer[]> {
  const line = read(program, before)
  const matching = (offers: readonly Offer[], start: string): Offer[] =>
    offers.filter(({ value }) => value.startsWith(start)).slice(0, MOST_OFFERS)
  if (line.open !== undefined) return matching(await valuesOf(line.open, line, system), current)
  if (current.startsWith('-') && !line.isFlagsOver) {
    const equals = current.indexOf('=')
    if (equals < 0) return matching(flagsOf(line), current)
    const option = findOption(line.command, current.slice(0, equals))
    if (option === undefined) return []
    const start = current.slice(0, equals + 1)
    const values = await valuesOf(option, line, system)
    return matching(
      values.map(({ value }) => ({ value: start + value })),
      current,
    )
  }
  const commands = line.rest.length > 0 ? [] : commandsOf(line.command)
  const offers = [...commands, ...(await argumentsOf(line, system))]
  const isOnlyFlags = offers.length === 0 && current === '' && line.command.commands.length === 0 && !line.isFlagsOver
  return matching(isOnlyFlags ? flagsOf(line) : offers, current)
}

/** The command that the words lead to, and what was said on the way. */
function read(program: Command, before: readonly string[]): Line {
  const line: Line = { command: program, rest: [], flags: new Map(), open: undefined, isFlagsOver: false }
  for (const word of before) {
    if (line.open !== undefined) {
      line.flags.set(line.open.long ?? '', word)
      line.open = undefined
    } else if (line.isFlagsOver || !word.startsWith('-') || word === '-') {
      const next = line.rest.length > 0 ? undefined : childOf(line.command, word)
      if (next === undefined) line.rest.push(word)
      // Help takes the words that lead to a command.
      else line.command = next.name() === 'help' ? program : next
    } else if (word === '--') {
      line.isFlagsOver = true
    } else {
      const [name = '', value] = word.split('=', 2)
      const option = findOption(line.command, name)
      if (option !== undefined) line.flags.set(option.long ?? '', value ?? '')
      if (option?.required === true && value === undefined) line.open = option
    }
  }
  return line
}

function childOf(command: Command, word: string): Command | undefined {
  return command.commands.find((child) => child.name() === word || child.aliases().includes(word))
}

function lineage(command: Command): Command[] {
  return command.parent === null ? [command] : [command, ...lineage(command.parent)]
}

function findOption(command: Command, name: string): Option | undefined {
  return lineage(command)
    .flatMap(({ options }) => options)
    .find((option) => option.long === name || option.short === name)
}

function commandsOf(command: Command): Offer[] {
  const visible = command.createHelp().visibleCommands(command)
  return visible.map((child) => ({ value: child.name(), about: child.description() }))
}

function flagsOf({ command, flags }: Line): Offer[] {
  const seen = new Set<string>()
  const everywhere =
    lineage(command)
      .at(-1)
      ?.options.filter(({ long }) => long !== '--version') ?? []
  return [...command.createHelp().visibleOptions(command), ...everywhere].flatMap(({ long, description, hidden }) => {
    if (typeof long !== 'string' || hidden || flags.has(long) || seen.has(long)) return []
    seen.add(long)
    return [{ value: long, about: description }]
  })
}

function valuesOf(option: Option, line: Line, system: System): Promise<Offer[]> {
  if (option.argChoices !== undefined) return Promise.resolve(option.argChoices.map((value) => ({ value })))
  return named(FLAG_KINDS[option.long ?? ''], line, system)
}

function argumentsOf(line: Line, system: System): Promise<Offer[]> {
  const all: readonly Argument[] = line.command.registeredArguments
  const last = all.at(-1)
  const argument = all[line.rest.length] ?? (last?.variadic === true ? last : undefined)
  if (argument === undefined) return Promise.resolve([])
  if (argument.argChoices !== undefined) return Promise.resolve(argument.argChoices.map((value) => ({ value })))
  return named(ARGUMENT_KINDS[argument.name()], line, system)
}

async function named(kind: Kind | readonly string[] | undefined, line: Line, system: System): Promise<Offer[]> {
  if (kind === undefined) return []
  if (typeof kind !== 'string') return kind.map((value) => ({ value }))
  const profile = line.flags.get('--profile') ?? (line.flags.has('--dev') ? 'dev' : undefined)
  const auth = await createAuth(system, profile === undefined ? {} : { profile })
  const offers = await NAMES[kind](auth, line)
  const said = new Set(line.rest)
  return offers.filter(({ value }) => PLAIN.test(value) && !said.has(value))
}

const NAMES: Readonly<Record<Kind, (auth: Auth, line: Line) => Offer[] | Promise<Offer[]>>> = {
  agents: ({ home }) => agentIds(home.config()).map((value) => ({ value })),
  aliases: ({ home }) => [...home.config().aliasNames].map(([value, about]) => ({ value, about })),
  models: ({ home, ...auth }, line) => {
    const { configured, aliasNames } = home.config()
    const lists = home.modelLists.known()
    const known = knownRefs(lists).map((ref) => ({ value: formatRef(ref), about: factsOf(lists, ref).name }))
    const own = configured.filter((value) => !known.some((model) => model.value === value)).map((value) => ({ value }))
    // `models explain` takes a provider alone as well.
    const providers = line.command.name() === 'explain' ? providersOf({ home, ...auth }) : []
    return [...[...aliasNames].map(([value, about]) => ({ value, about })), ...own, ...known, ...providers]
  },
  plugins: async ({ home }) => {
    const { findPlugins } = await import('../providers/plugin-files.ts')
    return (await findPlugins(home)).map(({ id, manifest }) => ({ value: id, about: manifest?.name ?? id }))
  },
  profiles: async ({ home }, { flags }) => {
    const { profiles } = await home.agent(home.pickAgent(flags.get('--agent'))).book()
    const provider = flags.get('--provider')
    return profiles
      .filter((profile) => provider === undefined || profile.provider === provider)
      .map(({ id }) => ({ value: id }))
  },
  providers: providersOf,
  sessions: async ({ home }, { flags }) => {
    const agentId = home.pickAgent(flags.get('--agent'))
    const sessions = await home.agent(agentId).sessions.list()
    return sessions.map(({ key }) => ({ value: key.replace(`agent:${agentId}:`, '') }))
  },
  topics: async ({ home }) => {
    const text = await readShippedDocs(home.system, 'index.json')
    const { pages } = JSON.parse(text ?? '{"pages":[]}') as Pick<DocsIndex, 'pages'>
    return pages.filter(({ lang }) => lang === 'en').map(({ topic, about }) => ({ value: topic, about }))
  },
}

function providersOf({ home, registry }: Auth): Offer[] {
  const known = registry.all().map(({ id, label }) => ({ value: id, about: label }))
  const own = [...home.config().providers.keys()].filter((id) => !known.some(({ value }) => value === id))
  return [...known, ...own.map((value) => ({ value }))]
}
