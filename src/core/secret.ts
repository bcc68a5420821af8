// A string that cannot be printed. Whoever needs the value says reveal(), and one can grep for that word.

const INSPECT = Symbol.for('nodejs.util.inspect.custom')

/** Prefixes that tell a person which kind of key this is without telling anything of the key. */
const KNOWN_PREFIX =
  /^(?:sk-ant-(?:api|oat|ort|admin)|sk-(?:ant|or|proj|svcacct|kimi|api|cp|sp)-|sk-|gsk_|xai-|csk-|fw[-_]|hf_|AIza|ghu_|gho_|github_pat_|kcg_)/

const MASKABLE_LENGTH = 20

export class Secret {
  readonly #value: string

  /** @param value the raw string, as it will be sent */
  constructor(value: string) {
    this.#value = value
  }

  /** The raw string. Only the place of rest and the request that it signs may ask for it. */
  reveal(): string {
    return this.#value
  }

  /** True when nothing but white space is inside. */
  isBlank(): boolean {
    return this.#value.trim() === ''
  }

  /**
   * Whether a caller who shows this string knows the secret. Each character of it is compared, whatever was found before, so that the time it
   * takes tells of what was shown alone. Not by node:crypto: loading that is a good part of a gateway's start.
   */
  isKnownBy(shown: string): boolean {
    const { length } = this.#value
    let difference = shown.length ^ length
    for (let at = 0; at < shown.length; at++) {
      difference |= shown.charCodeAt(at) ^ (length === 0 ? 1 : this.#value.charCodeAt(at % length))
    }
    return difference === 0 && length > 0
  }

  /** Whether both hold the same string. Not constant-time: for our own bookkeeping, never for checking a caller's secret. */
  equals(other: Secret): boolean {
    return this.#value === other.#value
  }

  /**
   * Eight digits that tell secrets of one place apart, at once or one after the other (FNV-1a). They are 32 bits of some hundreds, so no key
   * is found by them; a strong hash would have to be loaded first, which commands that only read do not wait for.
   */
  tag(): string {
    let hash = 0x811c9dc5
    for (let at = 0; at < this.#value.length; at++) hash = Math.imul(hash ^ this.#value.charCodeAt(at), 0x01000193)
    return (hash >>> 0).toString(16).padStart(8, '0')
  }

  /** A kind prefix and the last four characters; short secrets show nothing at all. */
  mask(): string {
    if (this.#value.length < MASKABLE_LENGTH) return '****'
    const prefix = KNOWN_PREFIX.exec(this.#value)?.[0] ?? ''
    return `${prefix}…${this.#value.slice(-4)}`
  }

  toString(): string {
    return this.mask()
  }

  toJSON(): string {
    return this.mask()
  }

  [INSPECT](): string {
    return `Secret(${this.mask()})`
  }
}
