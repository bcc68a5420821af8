// `config`: openclaw.json read, checked and described; `config-set.ts` changes it. It works when the file is broken.

import type { Command } from 'commander'
import { type ConfigIssue, readConfig } from '../../core/config.ts'
import { unreadValues } from '../../core/config-issues.ts'
import { configJsonSchema, masked, unknownKeys } from '../../core/config-keys.ts'
import { type ConfigPath, formatPath, parsePath, putAt, valueAt } from '../../core/config-path.ts'
import { AuthError, EXIT } from '../../core/errors.ts'
import { printable } from '../../core/profile.ts'
import type { ConfigStore, ExactNumber } from '../../store/config.ts'
import type { JsonObject } from '../../store/document.ts'
import { examples } from '../examples.ts'
import type { CommonFlags, Invocation } from '../invocation.ts'
import { aboutUnknown, notSet, opened } from './config-open.ts'
import { defineChanging } from './config-set.ts'

/** Subcommands of `config`. */
export function define(command: Command, invocation: () => Invocation): void {
  command
    .command('get')
    .description('print one value, secrets masked; without a path the file and what is in it')
    .argument('[path]', 'gateway.port, agents.list[0].id, agents.defaults.models["openai/gpt-5.1"].alias')
    .option('--json', 'the value as JSON')
    .addHelpText(
      'after',
      examples([
        ['openclaw config get', 'where the file is, and its top-level keys'],
        ['openclaw config get agents.defaults.model --json', 'for scripts'],
      ]),
    )
    .action((path: string | undefined, _flags: unknown, self: Command) => {
      const { store, flags } = opened(invocation(), self)
      return path === undefined ? overview(invocation(), store, flags) : getOne(invocation(), store, path, flags)
    })
  defineChanging(command, invocation)
  command
    .command('validate')
    .description('check the file: every complaint with its path, exit 1 when there is one')
    .option('--json', 'the complaints as JSON')
    .addHelpText('after', examples([['openclaw config validate', 'before the gateway is started again']]))
    .action((_flags: unknown, self: Command) => {
      const { store, flags } = opened(invocation(), self)
      return validate(invocation(), store, flags)
    })
  command
    .command('schema')
    .description('print the JSON Schema of the file, for editors')
    .option('--json', 'the same')
    .addHelpText(
      'after',
      examples([['openclaw config schema > ~/.openclaw/config.schema.json', 'keep it for an editor']]),
    )
    .action(() => invocation().terminal.json(configJsonSchema()))
  command.addHelpText(
    'after',
    examples([
      ['openclaw config get gateway.port', 'one value'],
      ['openclaw config set gateway.port 18790', 'checked before it is written; comments stay'],
      ['openclaw config validate', 'every complaint with its path'],
    ]),
  )
}

async function overview({ terminal, system }: Invocation, store: ConfigStore, flags: CommonFlags): Promise<void> {
  const value = await store.raw()
  const keys = Object.keys(value ?? {}).map(system.log.scrub)
  const where = store.where()
  if (flags.json === true) return terminal.json({ configPath: where, exists: value !== undefined, keys })
  const state = value === undefined ? ' (not there; everything has its default)' : ''
  terminal.out(`Config: ${where}${state}\nKeys: ${keys.map((key) => printable(formatPath([key]))).join(', ') || '-'}`)
}

async function getOne(
  { terminal, system }: Invocation,
  store: ConfigStore,
  text: string,
  flags: CommonFlags,
): Promise<void> {
  const path = parsePath(text)
  const value = valueAt(await store.raw(), path)
  if (value === undefined) throw notSet(store, path)
  const shown = masked(value, path, { scrub: system.log.scrub })
  if (typeof shown === 'string' && flags.json !== true) terminal.out(shown)
  else terminal.out(jsonOf(shown, path, await store.exact()))
}

/** The value, which stands at the path, as JSON; with the digits of the file where a number of ours has fewer. */
function jsonOf(value: unknown, path: ConfigPath, exact: readonly ExactNumber[]): string {
  const root = { value: structuredClone(value) }
  const digits = new Map<string, string>()
  for (const number of exact) {
    const below = ['value', ...number.path.slice(path.length)]
    const isBelow = path.every((step, at) => number.path[at] === step)
    if (!isBelow || typeof valueAt(root, below) !== 'number') continue
    const mark = `\u0000${digits.size}`
    digits.set(JSON.stringify(mark), number.digits)
    putAt(root, below, mark)
  }
  const text = JSON.stringify(root.value, null, 2)
  return digits.size === 0 ? text : text.replaceAll(/"\\u0000\d+"/g, (mark) => digits.get(mark) ?? mark)
}

async function validate(
  { terminal, system, exitWith }: Invocation,
  store: ConfigStore,
  flags: CommonFlags,
): Promise<void> {
  const { value, issues } = await judged(store)
  const { scrub } = system.log
  const safe = issues.map(({ path, message }) => ({ path: scrub(path), message: scrub(message) }))
  const unread = [...unknownKeys(value).map((path) => ({ path, message: aboutUnknown(path) })), ...unreadValues(value)]
  const notes = unread.map(({ path, message }) => ({ path: scrub(formatPath(path)), message }))
  const isValid = issues.length === 0
  if (!isValid) exitWith(EXIT.failed)
  const where = store.where()
  if (flags.json === true)
    return terminal.json({ ok: isValid, configPath: where, exists: value !== undefined, issues: safe, notes })
  const lines = safe.map(
    ({ path, message }) => `  ${printable(path === '' ? '(root)' : path)}: ${printable(message, 400)}`,
  )
  const state = value === undefined ? ' (not there; everything has its default)' : ''
  terminal.out([isValid ? `OK ${where}${state}` : `${where} is not valid:`, ...lines].join('\n'))
  for (const { path, message } of notes) terminal.note(`Note: ${printable(path)}: ${message}`)
}

async function judged(store: ConfigStore): Promise<{ value: JsonObject | undefined; issues: ConfigIssue[] }> {
  try {
    const value = await store.raw()
    return { value, issues: readConfig(value ?? {}).issues }
  } catch (error) {
    if (!(error instanceof AuthError) || error.code !== 'unreadable_config') throw error
    return { value: {}, issues: [{ path: '', message: error.message }] }
  }
}
