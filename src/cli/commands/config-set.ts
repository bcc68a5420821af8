// `config set` and `config unset`: one value of openclaw.json changed, the whole result checked before anything is written. A secret comes
// from standard input: a command line is everybody's to read.

import type { Command } from 'commander'
import { checkConfigValue, setConfig, unsetConfig } from '../../auth/set-config.ts'
import { unreadValues } from '../../core/config-issues.ts'
import { isSecretPath, masked, secretsIn, takesText, unknownKeys } from '../../core/config-keys.ts'
import { type ConfigPath, formatPath, parsePath, shellPath, valueAt } from '../../core/config-path.ts'
import { AuthError } from '../../core/errors.ts'
import { printable } from '../../core/profile.ts'
import { exactNumbers, parseJson5 } from '../../store/config.ts'
import { examples } from '../examples.ts'
import type { CommonFlags, Invocation } from '../invocation.ts'
import { notSet, opened, unknownNote } from './config-open.ts'

const LONGEST_LINE = 4000

type SetFlags = CommonFlags & { stdin?: boolean }

/** `config set` and `config unset`. */
export function defineChanging(parent: Command, invocation: () => Invocation): void {
  parent
    .command('set')
    .description('set one value; comments stay, and nothing is written unless the whole file is valid')
    .argument('<path>', 'gateway.port, agents.defaults.workspace, agents.defaults.models["openai/gpt-5.1"].alias')
    .argument('[value]', 'JSON5, or a plain word')
    .option('--stdin', 'the value comes from standard input, or a hidden prompt; secrets only come this way')
    .option('--json', 'what was done, as JSON')
    .addHelpText(
      'after',
      examples([
        ['openclaw config set gateway.port 18790', 'a number'],
        [`openclaw config set agents.defaults.model '{ primary: "anthropic/claude-opus-4-6" }'`, 'JSON5'],
        ['openclaw config set gateway.auth.token --stdin', 'a secret, asked for without showing it'],
        [`openclaw config set gateway.auth.token '\${MY_TOKEN}'`, 'or the name of a variable that holds it'],
      ]),
    )
    .action((path: string, value: string | undefined, _flags: unknown, self: Command) =>
      setOne(invocation(), path, value, self),
    )
  parent
    .command('unset')
    .description('take one value out; comments stay')
    .argument('<path>', 'as for set')
    .option('--json', 'what was done, as JSON')
    .addHelpText('after', examples([['openclaw config unset gateway.port', 'back to the default']]))
    .action((path: string, _flags: unknown, self: Command) => unsetOne(invocation(), path, self))
}

async function setOne(
  invocation: Invocation,
  pathText: string,
  word: string | undefined,
  self: Command,
): Promise<void> {
  const { terminal, system } = invocation
  const { store } = opened(invocation, self)
  const flags = self.optsWithGlobals<SetFlags>()
  const path = parsePath(pathText)
  if ((word === undefined) === (flags.stdin !== true)) {
    throw new AuthError('usage', 'A value is needed, or --stdin; not both.', { remedy: 'openclaw config set --help' })
  }
  const value = word === undefined ? await fromInput(invocation, path) : readValue(path, word)
  checkConfigValue(path, value)
  if (word !== undefined) refuseTypedSecrets(value, path, system.log.scrub)
  await setConfig(store, path, value)
  for (const unknown of unknownKeys(rooted(path, value))) terminal.note(unknownNote(unknown))
  for (const unread of unreadValues(rooted(path, value))) {
    terminal.note(`Note: ${printable(formatPath(unread.path))}: ${unread.message}`)
  }
  const shown = masked(value, path, { scrub: system.log.scrub })
  if (word !== undefined && isTextOfNumber(word, value, path)) {
    terminal.note(
      `Note: ${printable(formatPath(path))} is kept as text; as a number it would not stay as it is written.`,
    )
  }
  if (flags.json === true)
    return terminal.json({ ok: true, configPath: store.where(), path: formatPath(path), value: shown })
  const text = typeof shown === 'string' ? shown : JSON.stringify(shown)
  terminal.out(`Updated ${store.where()}\n${printable(`${formatPath(path)} = ${text}`, LONGEST_LINE)}`)
}

/** The value as it stands below the root, alone. */
function rooted(path: ConfigPath, value: unknown): unknown {
  return path.reduceRight((inner: unknown, step) => ({ [step]: inner }), value)
}

async function unsetOne(invocation: Invocation, pathText: string, self: Command): Promise<void> {
  const { store, flags } = opened(invocation, self)
  const path = parsePath(pathText)
  // Nothing is locked or made for a value that is not there.
  if (valueAt(await store.raw(), path) === undefined) throw notSet(store, path)
  await unsetConfig(store, path)
  if (flags.json === true) {
    return invocation.terminal.json({ ok: true, configPath: store.where(), path: formatPath(path) })
  }
  invocation.terminal.out(`Updated ${store.where()}\n${printable(formatPath(path), LONGEST_LINE)} is no longer set`)
}

/** JSON5 where it is some and the key takes it, else the word as it stands. */
function readValue(path: ConfigPath, text: string): unknown {
  let value: unknown
  try {
    value = parseJson5(text)
  } catch {
    // A plain word, then.
    return text
  }
  if (value === undefined) return text
  if (typeof value === 'number' && (!Number.isFinite(value) || String(value) !== text.trim())) return text.trim()
  const lossy = exactNumbers(text)[0]
  if (lossy !== undefined) {
    throw new AuthError(
      'usage',
      `${printable(formatPath([...path, ...lossy.path]))} is a number that would lose digits; in quotes it is kept as it is. Nothing was changed.`,
      { remedy: 'openclaw config set --help' },
    )
  }
  const isBare = typeof value === 'number' || typeof value === 'boolean'
  return isBare && takesText(path, typeof value === 'number' ? 'number' : 'boolean') ? text.trim() : value
}

/** Whether a text stands where its reader may have meant a number. */
function isTextOfNumber(word: string, value: unknown, path: ConfigPath): boolean {
  return typeof value === 'string' && word.trim() !== '' && !Number.isNaN(Number(word)) && !takesText(path, 'number')
}

async function fromInput({ terminal }: Invocation, path: ConfigPath): Promise<unknown> {
  const name = printable(formatPath(path))
  const text = terminal.isInteractive()
    ? await terminal.askSecret(`The value of ${name} (it is not shown), then Enter: `)
    : await terminal.readPipe()
  const word = text.trim()
  if (word === '') {
    throw new AuthError(
      'bad_secret',
      `Standard input was empty; pipe the value of ${name} in, or run this on a terminal.`,
      {
        remedy: `printf %s "$SECRET" | openclaw config set ${shellPath(path)} --stdin`,
      },
    )
  }
  if (!isSecretPath(path)) return readValue(path, word)
  if (/\p{Cc}/u.test(word)) {
    throw new AuthError('bad_secret', `What came in for ${name} is more than one line; nothing was changed.`, {
      remedy: `openclaw config set ${shellPath(path)} --stdin`,
    })
  }
  // A secret that looks like a number is still the text that was given.
  return word.startsWith('{') ? readValue(path, word) : word
}

function refuseTypedSecrets(value: unknown, path: ConfigPath, scrub: (text: string) => string): void {
  const isShownWhole = JSON.stringify(masked(value, path, { scrub })) === JSON.stringify(value)
  const typed = secretsIn(value, path)[0]?.path ?? (isShownWhole ? undefined : path)
  if (typed === undefined) return
  throw new AuthError(
    'unsafe',
    `${printable(formatPath(typed))} is given a secret, and every process of this machine can read a command line, as can whoever reads the shell's history; nothing was changed.`,
    { remedy: `openclaw config set ${shellPath(typed)} --stdin` },
  )
}
