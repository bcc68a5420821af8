// A fast hash for tables of our own: two lanes of 32 bits, 53 bits of result. It withstands chance, not an opponent, and proves nothing.

export class Mix {
  #a: number
  #b: number
  /** How many words went in. */
  words = 0

  /** @param seed 32 bits by chance: without them nobody can tell what was hashed by trying */
  constructor(seed: number) {
    this.#a = seed ^ 0xdeadbeef
    this.#b = seed ^ 0x41c6ce57
  }

  /** @param word 32 bits */
  word(word: number): void {
    this.words++
    this.#a = Math.imul((this.#a << 5) ^ (this.#a >>> 27) ^ word, 0x9e3779b1)
    this.#b = Math.imul((this.#b << 7) ^ (this.#b >>> 25) ^ word, 0x5f356495)
  }

  /** The bytes from `from` up to `to`, four at a time. */
  bytes(bytes: Uint8Array, from: number, to: number): void {
    let at = from
    for (; at + 3 < to; at += 4) {
      this.word(
        (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24),
      )
    }
    for (; at < to; at++) this.word(bytes[at] ?? 0)
  }

  /** A whole number of 53 bits. */
  value(): number {
    let a = this.#a
    let b = this.#b
    a = Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ Math.imul(b ^ (b >>> 13), 0xc2b2ae35)
    b = Math.imul(b ^ (b >>> 16), 0x85ebca6b) ^ Math.imul(a ^ (a >>> 13), 0xc2b2ae35)
    return (b & 0x1fffff) * 0x100000000 + (a >>> 0)
  }
}
