// The settings as a face shows them: what of openclaw.json may be changed from the page, value by value, and what is told of the rest.
import type { Match } from './binding.ts'
import { schemasAt } from './config-keys.ts'
import { type ConfigPath, formatPath, parsePath } from './config-path.ts'
import type { Note } from './note.ts'
import type { ErrorBody } from './protocol.ts'

export const FIELD_GROUPS = ['spend', 'wait', 'reserve', 'rests', 'gateway'] as const
export type FieldGroup = (typeof FIELD_GROUPS)[number]

/** One value of the file that a person may change. */
export type SettingsField = {
  /** As `openclaw config set` takes it. */
  path: string
  group: FieldGroup
  kind: 'number' | 'whole' | 'choice'
  choices?: readonly string[]
  least?: number
  most?: number
  fallback?: number | string
  /** As it is written; absent: the default holds. A `${VARIABLE}` is a text. */
  value?: number | string
  /** Holds from the next start of the gateway on. */
  needsRestart: boolean
}

/** A value that may be a secret: whether there is one, and by which name of a variable. Never the value. */
export type SecretSetting = { path: string; variable?: string }

export type SettingsAgent = {
  id: string
  /** Its place in agents.list; null: main, which is there without being listed. */
  at: number | null
  name?: string
  /** `provider/model`, or an alias, as written. */
  model: string
  isOwnModel: boolean
  /** Where its own model stands or would stand. */
  modelPath: string
  /** Whose accounts it uses, when they are not its own. */
  inherits?: string
  /** How many accounts it keeps; null: its store cannot be read. */
  accounts: number | null
  /** The folder in which it works, whole; `ownWorkspace` as it is written, where it has one of its own. */
  workspace: string
  ownWorkspace?: string
  isDefault: boolean
  canBeDeleted: boolean
}

export type SettingsBinding = {
  at: number
  agentId: string
  match: Match
  /** The match in one line. */
  line: string
  /** The command that takes it away. */
  command: string
}

export type SettingsModel = { key: string; alias?: string; cacheRetention?: string }

export type SettingsChain = { primary: string | null; fallbacks: readonly string[] }

export type SettingsReport = {
  at: number
  /** `version` names the text that was read; a change says on which it builds. */
  file: { path: string; version: string; isThere: boolean; problem?: ErrorBody }
  gateway: {
    url: string
    bind: string
    beyondLoopback: boolean
    mode: 'token' | 'password'
    /** Where the secret of clients comes from, and its place. */
    secret: { source: 'flag' | 'environment' | 'config' | 'file'; where: string }
  }
  agents: readonly SettingsAgent[]
  bindings: readonly SettingsBinding[]
  /** Channels that the config names, with their accounts. */
  channels: readonly { name: string; accounts: readonly string[] }[]
  /** As written; `primary` null: nothing is. */
  model: SettingsChain
  image: SettingsChain
  defaultModel: string
  /** agents.defaults.models: when it is not empty, only those may be asked for. */
  models: readonly SettingsModel[]
  fields: readonly SettingsField[]
  secrets: readonly SecretSetting[]
}

/** What every change answers: the settings as they are now, and what takes it back. */
export type SettingsAnswer = { report: SettingsReport; notes: readonly Note[]; undo?: { id: string } }

/** What would become of the things of an agent that is deleted. */
export type DeletionPlan = {
  agentId: string
  moved: readonly string[]
  left: readonly { path: string; why: string }[]
  trash: string
}

const FIELDS: Readonly<Record<string, FieldGroup>> = {
  'auth.spend.fromFlatRateToMetered': 'spend',
  'auth.spend.capUsdPerDay': 'spend',
  'auth.wait.maxMs': 'wait',
  'auth.reserve.slots': 'reserve',
  'auth.reserve.percent': 'reserve',
  'auth.cooldowns.billingBackoffHours': 'rests',
  'auth.cooldowns.billingMaxHours': 'rests',
  'auth.cooldowns.failureWindowHours': 'rests',
  'auth.cooldowns.authPermanentBackoffMinutes': 'rests',
  'auth.cooldowns.authPermanentMaxMinutes': 'rests',
  'gateway.port': 'gateway',
  'gateway.timeouts.connectMs': 'gateway',
  'gateway.timeouts.firstByteMs': 'gateway',
  'gateway.timeouts.idleMs': 'gateway',
  'gateway.timeouts.drainMs': 'gateway',
}

/** What is read once, when the gateway starts. */
const NEEDS_RESTART: ReadonlySet<string> = new Set(['gateway.port'])

/**
 * What the page may set beside those: all of it chooses among what is there. What lets others in (`gateway.bind`, `allowedHosts`, channels), where keys are sent
 * (`models.providers`), which code is run (`plugins`) and every secret stay with the shell (decision 40).
 */
const FURTHER: readonly (readonly string[])[] = [
  ['agents', 'list', '#', 'model'],
  ['agents', 'list', '#', 'model', 'primary'],
  ['agents', 'list', '#', 'auth', 'inherit'],
  ['agents', 'defaults', 'model', 'fallbacks'],
  ['agents', 'defaults', 'imageModel', 'fallbacks'],
  ['agents', 'defaults', 'imageModel'],
  ['agents', 'defaults', 'models', '*', 'params', 'cacheRetention'],
]

/** Whether the page may set or take out what stands at the path. */
export function isSettable(path: ConfigPath): boolean {
  if (Object.hasOwn(FIELDS, formatPath(path))) return true
  return FURTHER.some(
    (pattern) =>
      pattern.length === path.length &&
      pattern.every((step, at) =>
        step === '*' ? true : step === '#' ? /^(?:0|[1-9]\d{0,5})$/.test(path[at] ?? '') : step === path[at],
      ),
  )
}

/** Every field, with what stands in the file. @param writtenAt what is written at a path, safe to be shown */
export function settingsFields(writtenAt: (path: ConfigPath) => unknown): SettingsField[] {
  return Object.entries(FIELDS).map(([text, group]) => {
    const path = parsePath(text)
    const [schema = {}] = schemasAt(path)
    const value = writtenAt(path)
    const { enum: choices, minimum, maximum, default: fallback } = schema
    return {
      path: text,
      group,
      kind: choices !== undefined ? 'choice' : schema.type === 'integer' ? 'whole' : 'number',
      ...(choices === undefined ? {} : { choices }),
      ...(minimum === undefined ? {} : { least: minimum }),
      ...(maximum === undefined ? {} : { most: maximum }),
      ...(typeof fallback === 'number' || typeof fallback === 'string' ? { fallback } : {}),
      ...(typeof value === 'number' || typeof value === 'string' ? { value } : {}),
      needsRestart: NEEDS_RESTART.has(text),
    }
  })
}
