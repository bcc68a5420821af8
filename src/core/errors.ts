// The one error that is thrown at people: a stable code, what happened, and the command that mends it.

export type AuthErrorCode =
  | 'usage' // the command line or a request was wrong; nothing was done
  | 'unknown_agent'
  | 'unknown_provider'
  | 'unknown_profile'
  | 'unknown_model'
  | 'unknown_session'
  | 'nothing_to_undo'
  | 'no_credential' // no source holds one for the provider
  | 'no_credential_for_profile'
  | 'no_available_profile' // all are resting
  | 'bound_to_account' // the request holds what only an account can open that cannot serve now
  | 'spend_not_allowed' // only what is billed by use could serve, and auth.spend keeps calls from it
  | 'wrong_kind' // an API key in the token door, or the other way round
  | 'bad_secret'
  | 'wrong_dialect'
  | 'unreadable_store'
  | 'unreadable_config'
  | 'invalid_config'
  | 'changed_meanwhile' // somebody else changed what a change was to build on
  | 'not_set' // the config has no value there
  | 'write_failed'
  | 'lock_timeout'
  | 'login_required'
  | 'upstream' // the vendor refused or failed
  | 'gateway_unreachable'
  | 'gateway_refused'
  | 'port_in_use'
  | 'no_service_manager'
  | 'service_failed' // the service manager said no
  | 'unsafe' // refused because it would expose a secret
  | 'interrupted'
  | 'busy'

/** Exit codes of the command line, see `openclaw help exit-codes`. */
export const EXIT = { done: 0, failed: 1, expiring: 2, loginNeeded: 4, interrupted: 130 } as const

export type AuthErrorOptions = {
  /** The command that mends it, ready to paste into a shell. */
  remedy?: string
  /** When the trouble ends by itself, ms epoch. */
  until?: number
  /** Of a config that is not valid: each complaint with its path. */
  issues?: readonly Issue[]
  cause?: unknown
}

/** One complaint about a value, with the path to it. */
export type Issue = { path: string; message: string }

export class AuthError extends Error {
  readonly code: AuthErrorCode
  readonly remedy: string | undefined
  readonly until: number | undefined
  readonly issues: readonly Issue[] | undefined

  /**
   * @param code stable; callers branch on it
   * @param message for people; may change between versions; never holds a secret
   */
  constructor(code: AuthErrorCode, message: string, options: AuthErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'AuthError'
    this.code = code
    this.remedy = options.remedy
    this.until = options.until
    this.issues = options.issues
  }

  /** The exit code a command ends with when this reaches the top. */
  get exitCode(): number {
    if (this.code === 'interrupted') return EXIT.interrupted
    if (this.code === 'login_required') return EXIT.loginNeeded
    return EXIT.failed
  }

  /** The form errors take in JSON output and in the gateway's frames. */
  toJSON(): { code: AuthErrorCode; message: string; remedy?: string; until?: number; issues?: readonly Issue[] } {
    return {
      code: this.code,
      message: this.message,
      ...(this.remedy === undefined ? {} : { remedy: this.remedy }),
      ...(this.until === undefined ? {} : { until: this.until }),
      ...(this.issues === undefined ? {} : { issues: this.issues }),
    }
  }
}
