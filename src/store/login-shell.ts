// What the login shell gives for variables that are set nowhere nearer: asked at most once, only when somebody wants it, never fatal.
import type { Config } from '../core/config.ts'
import { Secret } from '../core/secret.ts'
import type { Variables } from '../core/substitute.ts'
import type { System } from '../system/system.ts'

export type LoginShell = {
  /** Somebody wants it: `env.shellEnv.enabled` in the config, or OPENCLAW_LOAD_SHELL_ENV. */
  isWanted(): boolean
  /** The value of a variable that is set nowhere nearer; undefined before the shell was asked. */
  get: Variables
  /** Variables that it sets, as far as it was asked. */
  names(): Iterable<string>
  /** Asks it, when it is wanted and one of the names is set nowhere nearer. */
  ask(names: readonly string[]): Promise<void>
}

const PATIENCE_MS = 15_000
const YES = /^(?:1|true|yes|on)$/i

/**
 * @param nearer what is set in the process and in `.env`
 * @param config as of now; its `env` is nearer, too
 */
export function openLoginShell(system: System, nearer: Variables, config: () => Config): LoginShell {
  let answer: ReadonlyMap<string, string> = new Map()
  let asking: Promise<void> | undefined
  const isWanted = (): boolean => config().shellEnv.enabled || YES.test(nearer('OPENCLAW_LOAD_SHELL_ENV')?.trim() ?? '')
  const isSet = (name: string): boolean => nearer(name) !== undefined || config().env.has(name)
  const askOnce = async (): Promise<void> => {
    const shell = system.env.SHELL
    const text = nearer('OPENCLAW_SHELL_ENV_TIMEOUT_MS')?.trim() ?? ''
    const timeoutMs = /^[1-9]\d{0,7}$/.test(text) ? Number(text) : (config().shellEnv.timeoutMs ?? PATIENCE_MS)
    const { values, trouble } = await system.askShell({ shell, env: system.env, timeoutMs })
    answer = values
    if (trouble === undefined) return
    system.log.warn('the login shell was asked for keys and did not answer; those set elsewhere are used', {
      shell,
      why: trouble,
    })
  }
  const get: Variables = (name) => {
    const value = answer.get(name)
    if (value === undefined || value.trim() === '' || isSet(name) || !isWanted()) return undefined
    system.log.hide(new Secret(value))
    return value
  }
  return {
    isWanted,
    get,
    names: () => answer.keys(),
    ask: async (names) => {
      if (!isWanted() || (asking === undefined && names.every(isSet))) return
      asking ??= askOnce()
      await asking
    },
  }
}
