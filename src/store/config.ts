// openclaw.json: read as JSON5, edited without losing a comment.
import jju from 'jju'
import { type Config, type ConfigIssue, readConfig } from '../core/config.ts'
import { AuthError } from '../core/errors.ts'
import { quoted } from '../core/quoted.ts'
import { type Variables, valuesIn } from '../core/substitute.ts'
import type { Backend } from './backend.ts'
import { isObject, type JsonObject, sorted } from './document.ts'
import { appendItems, cutItems, moveItems } from './list-items.ts'

/** What a draft says before it is changed. */
export type Before = {
  config: Config
  /** What a text of it stands for, `${VARIABLE}`s put in; undefined when one is not set. To compare by, never to write. */
  standsFor(written: string): string | undefined
}

export type ConfigStore = {
  where(): string
  /** @throws AuthError unreadable_config (not JSON5) or invalid_config (every issue with its path) */
  read(): Promise<Config>
  /** A text of the file as a value; an empty one holds nothing. @throws AuthError unreadable_config */
  parsed(text: string): JsonObject
  /** What stands in the file, `${VARIABLE}`s and all, whether or not it is valid; undefined when there is no file. @throws AuthError unreadable_config */
  raw(): Promise<JsonObject | undefined>
  /** Numbers in the file that are more exact than what `raw` makes of them. @throws AuthError unreadable_config */
  exact(): Promise<ExactNumber[]>
  /** What such a value means. @throws AuthError invalid_config */
  meaning(raw: JsonObject, variables: Variables): Config
  /**
   * Changes the raw value in place. What was not touched keeps its bytes, comments and `${VARIABLE}`s among them.
   * @throws AuthError unreadable_config, invalid_config (before or after); then nothing has changed
   */
  change(edit: (draft: JsonObject, before: Before) => void): Promise<void>
  /** The same where what is there may be invalid, as long as what becomes of it is not. */
  mend(edit: (draft: JsonObject) => void): Promise<void>
  /** The file as it is written; undefined when there is none. */
  text(): Promise<string | undefined>
  /**
   * Puts a whole text in the place of the file.
   * @param judge is shown what is there while nobody else writes, and throws when it must stay
   * @throws AuthError unreadable_config, invalid_config; then nothing has changed
   */
  replace(next: string, judge: (present: string | undefined) => void): Promise<void>
  /** The same file for whoever has to know what each change of it met and left. */
  guarded(guard: Guard): ConfigStore
}

/** Stands beside the changes of the file, under its lock. */
export type Guard = {
  /** Is shown what is there before a change, and throws when nobody may build on it. */
  before(text: string | undefined): void
  /** Hears of a change that is about to be written. */
  change(text: string | undefined, next: string): void
}

const EDITOR_TRIES = 3
const EDITOR_PAUSE_MS = 100

/**
 * Opens the config kept under the key.
 * @param variables what `${NAME}` stands for, as of now
 * @param sleep waits, ms; absent: nobody waits for an editor
 */
export function openConfig(
  backend: Backend,
  key: string,
  variables: Variables = () => undefined,
  sleep?: (ms: number) => Promise<void>,
): ConfigStore {
  const where = (): string => backend.locate(key)
  const meaning: ConfigStore['meaning'] = (raw, values) => {
    const { config, issues } = readConfig(raw, values)
    complain(issues, where())
    if (config === undefined) throw new Error('a config without issues has a meaning')
    return config
  }
  const raw = async (): Promise<JsonObject | undefined> => {
    const text = (await backend.get(key))?.text
    return text === undefined ? undefined : content(text, where())
  }
  /** What an editor that has just emptied the file writes into it would be lost with the file that we put in its place. */
  const settled = async (): Promise<void> => {
    for (let left = EDITOR_TRIES; left > 0 && sleep !== undefined; left--) {
      if ((await backend.get(key))?.text.trim() !== '') return
      await sleep(EDITOR_PAUSE_MS)
    }
  }
  const mend: ConfigStore['mend'] = async (edit) => {
    await settled()
    await backend.change(key, (before) => {
      const text = before?.text ?? ''
      const draft = content(text, where())
      const unchanged = JSON.stringify(draft)
      edit(draft)
      complain(readConfig(draft, variables).issues, where(), {
        what: `${where()} was not changed, as it would not be valid`,
        remedy: 'openclaw config validate',
      })
      if (JSON.stringify(draft) === unchanged) return undefined
      return text.trim() === '' ? `${JSON.stringify(draft, null, 2)}\n` : update(text, draft, where())
    })
  }
  return {
    where,
    parsed: (text) => content(text, where()),
    raw,
    text: async () => (await backend.get(key))?.text,
    replace: async (next, judge) => {
      complain(readConfig(content(next, where()), variables).issues, where())
      await backend.change(key, (before) => {
        judge(before?.text)
        return next
      })
    },
    guarded: (guard) => openConfig(guardedBackend(backend, guard), key, variables, sleep),
    exact: async () => {
      const text = (await backend.get(key))?.text ?? ''
      content(text, where())
      return exactNumbers(text)
    },
    meaning,
    read: async () => meaning((await raw()) ?? {}, variables),
    change: (edit) =>
      mend((draft) => edit(draft, { config: meaning(draft, variables), standsFor: valuesIn(draft, variables) })),
    mend,
  }
}

function guardedBackend(backend: Backend, guard: Guard): Backend {
  return {
    ...backend,
    change: (key, edit) =>
      backend.change(key, async (before) => {
        guard.before(before?.text)
        const next = await edit(before)
        if (next !== undefined) guard.change(before?.text, next)
        return next
      }),
  }
}

function complain(
  issues: readonly ConfigIssue[],
  where: string,
  { what, remedy } = { what: `${where} is not valid`, remedy: `\${EDITOR:-vi} ${quoted(where)}` },
): void {
  if (issues.length === 0) return
  const list = issues.map(({ path, message }) => `${path === '' ? '(root)' : path}: ${message}`).join('; ')
  throw new AuthError('invalid_config', `${what}: ${list}.`, { remedy, issues })
}

/** A text as JSON5. @throws Error, when it is none */
export function parseJson5(text: string): unknown {
  return jju.parse(text, { mode: 'json5', reserved_keys: 'replace' })
}

/** A number that no program holds exactly, such as the id 123456789012345678: its digits, in a form that JSON allows. */
export type ExactNumber = { path: string[]; value: number; digits: string }

/** Those in a text that is JSON5. */
export function exactNumbers(text: string): ExactNumber[] {
  // Hardly any file holds one, and reading every word of it takes its time.
  if (!/[\d.]{16}|\de/i.test(text)) return []
  return numbersIn(text).filter(({ digits, value }) => {
    if (!/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(digits) || String(value) === digits) return false
    return !Number.isFinite(value) || digits.replace(/e.*/i, '').replaceAll(/^[-0.]+|\./g, '').length > SURE_DIGITS
  })
}

/** Any number of so many digits comes out as it went in. */
const SURE_DIGITS = 15

function numbersIn(text: string): ExactNumber[] {
  if (text.trim() === '') return []
  return jju.tokenize(text.replace(/^\uFEFF/, ''), { mode: 'json5', reserved_keys: 'replace' }).flatMap((token) => {
    const { type, value, stack, raw } = token
    if (type !== 'literal' || typeof value !== 'number') return []
    return [{ path: stack.map(String), value, digits: raw.replace(/^\+/, '') }]
  })
}

/** A file that holds nothing is an empty config. */
function content(text: string, where: string): JsonObject {
  return text.trim() === '' ? {} : parse(text, where)
}

function parse(text: string, where: string): JsonObject {
  let value: unknown
  try {
    value = parseJson5(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    const at =
      error instanceof Error && 'row' in error && 'column' in error
        ? ` (line ${error.row}, column ${error.column})`
        : ''
    throw new AuthError('unreadable_config', `${where} is not valid JSON5${at}. It was left as it is.`, {
      remedy: `\${EDITOR:-vi} ${quoted(where)}`,
    })
  }
  if (!isObject(value)) {
    throw new AuthError('unreadable_config', `${where} does not hold an object. It was left as it is.`, {
      remedy: `\${EDITOR:-vi} ${quoted(where)}`,
    })
  }
  return value
}

function update(text: string, draft: JsonObject, where: string): string {
  // Where a key cannot be taken out along with its comments, the editor takes it out in its own way.
  const next = edited(text, draft, where, true) ?? edited(text, draft, where, false)
  if (next === undefined) {
    throw new AuthError('write_failed', `${where} could not be edited safely; nothing was changed.`, {
      remedy: `\${EDITOR:-vi} ${quoted(where)}`,
    })
  }
  const whole = next.endsWith('\n') ? next : `${next}\n`
  // A file of Windows stays one.
  const isOfWindows = text.includes('\r\n') && !/(?:^|[^\r])\n/.test(text)
  return isOfWindows ? whole.replaceAll(/\r?\n/g, '\r\n') : whole
}

/** @returns undefined when what was written does not read back as what was meant */
function edited(text: string, draft: JsonObject, where: string, withKeys: boolean): string | undefined {
  try {
    // The editor's own guess at the habits of a plain JSON file is wrong at times, and then other programs cannot read it any more.
    const isPlain = isPlainJson(text)
    const habits = isPlain ? ({ mode: 'json', no_trailing_comma: true } as const) : ({ mode: 'json5' } as const)
    const before = parse(text, where)
    const cut = cutItems(text, before, draft, withKeys && !isPlain)
    const listed = isPlain ? cut : appendItems(moveItems(cut, before, draft), before, draft)
    const next = jju.update(listed, draft, { ...habits, reserved_keys: 'replace' })
    // The editor is a library: what it wrote must read back as what was meant.
    const isMeant = JSON.stringify(sorted(parse(next, where))) === JSON.stringify(sorted(draft))
    return isMeant && keepsDigits(text, next) ? next : undefined
  } catch {
    // It stumbles over a few names, such as toString.
    return undefined
  }
}

/** Where the editor moves a number, it writes it anew from what was read of it. */
function keepsDigits(before: string, next: string): boolean {
  const exact = exactNumbers(before)
  if (exact.length === 0) return true
  const known = new Set(exact.map(({ digits }) => digits))
  return numbersIn(next).every(
    ({ value, digits }) => known.has(digits) || !exact.some((number) => number.value === value),
  )
}

function isPlainJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    // Comments, or JSON5's liberties.
    return false
  }
}
