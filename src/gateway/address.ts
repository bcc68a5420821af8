// Addresses of clients, in one spelling each: two spellings would be two budgets (V3).

/** The bucket of this machine. */
export const LOOPBACK = 'loopback'

const MAPPED = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i

function plain(address: string): string {
  const bare = address.split('%')[0] ?? ''
  return MAPPED.exec(bare)?.[1] ?? bare
}

/** Whether the peer is on this machine. A proxy on this machine is, too: this is never an authentication. */
export function isLoopback(address: string): boolean {
  // By far the most frequent, and asked on every call.
  if (address === '127.0.0.1') return true
  const text = plain(address)
  return text === '::1' || text.startsWith('127.')
}

/** The bucket of an address: all of loopback is one, an IPv6 network of 64 bits is one, v4 in v6 is v4. */
export function bucketOf(address: string): string {
  if (isLoopback(address)) return LOOPBACK
  const text = plain(address)
  if (!text.includes(':')) return text
  const [head = '', tail] = text.toLowerCase().split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const gap = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length)
  const groups = [...left, ...Array.from({ length: gap }, () => '0'), ...right]
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')
}
