// Which addresses a request may be sent to. What is judged is the address that is connected to, not the name: a name may say one thing when it
// is looked at and another when it is used (V30).
import { lookup as systemLookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

/** `public`: an address of the internet only. `named`: the owner wrote this base URL, so it may stand in his own network. */
export type Reach = 'public' | 'named'

/** Whoever answers there hands out a machine's own credentials, or is nobody in particular. */
const NEVER = listOf(
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  // Metadata services outside of the link-local range: Alibaba, Oracle, Azure, and over IPv6 Amazon and Google.
  ['100.100.100.200', 32],
  ['192.0.0.192', 32],
  ['168.63.129.16', 32],
  ['fd00:ec2::254', 128],
  ['fd20:ce::254', 128],
  ['224.0.0.0', 3],
  ['::', 128],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
)

const PRIVATE = listOf(
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['::1', 128],
  ['fc00::', 7],
)

/** Networks whose addresses hold one of IPv4: NAT64 (RFC 6052), 6to4 (RFC 3056), and the old compatible form (RFC 4291, 2.5.5.1). */
const CARRIERS: readonly { list: BlockList; at: number }[] = [
  { list: listOf(['64:ff9b::', 96], ['64:ff9b:1::', 96]), at: 6 },
  { list: listOf(['2002::', 16]), at: 1 },
  { list: listOf(['::', 96]), at: 6 },
]

function listOf(...networks: readonly [string, number][]): BlockList {
  const list = new BlockList()
  for (const [address, bits] of networks) list.addSubnet(address, bits, address.includes(':') ? 'ipv6' : 'ipv4')
  return list
}

/**
 * @param address as the system writes it: four decimals, or IPv6 without brackets; a zone is not looked at
 * @returns false for what is no address
 */
export function mayConnect(address: string, reach: Reach): boolean {
  const bare = address.split('%')[0] ?? ''
  const version = isIP(bare)
  if (version === 0) return false
  const family = version === 6 ? 'ipv6' : 'ipv4'
  // The lists know that ::ffff:1.2.3.4 is 1.2.3.4.
  if (NEVER.check(bare, family) || (reach === 'public' && PRIVATE.check(bare, family))) return false
  if (version === 4 || bare === '::1') return true
  const carrier = CARRIERS.find(({ list }) => list.check(bare, family))
  return carrier === undefined || mayConnect(carriedBy(bare, carrier.at), reach)
}

/** The IPv4 address in the two groups from `at` on. */
function carriedBy(address: string, at: number): string {
  const groups = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::')
  const [left = [], right] = groups.map((part) => part.split(':').filter((group) => group !== ''))
  const all = right === undefined ? left : [...left, ...Array(8 - left.length - right.length).fill('0'), ...right]
  const [high, low] = [all[at], all[at + 1]].map((group) => Number.parseInt(group ?? '0', 16))
  return [high ?? 0, low ?? 0].flatMap((pair) => [pair >> 8, pair & 255]).join('.')
}

/** All addresses of a name are such that nothing may be sent there. */
export class ForbiddenDestination extends Error {}

/**
 * A host written as an address is never looked up, so it is judged here.
 * @param hostname of a parsed URL: one spelling for each address, IPv6 in brackets
 * @throws ForbiddenDestination
 */
export function checkHost(hostname: string): void {
  const bare = hostname.replace(/^\[|\]$/g, '')
  // Written down, in our own rows or by the owner: no network is private to whoever names it.
  if (isIP(bare) !== 0 && !mayConnect(bare, 'named')) throw new ForbiddenDestination()
}

/**
 * The system's lookup, with the addresses left out that may not be connected to.
 * @param lookup asked once for every connection
 */
export function lookupWithin(reach: Reach, lookup: LookupFunction = systemLookup as LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found, family) => {
      if (error !== null && error !== undefined) {
        callback(error, options.all === true ? [] : '', family)
        return
      }
      const all = typeof found === 'string' ? [{ address: found, family: family ?? isIP(found) }] : found
      const fit = all.filter(({ address }) => mayConnect(address, reach))
      const [first] = fit
      if (first === undefined) callback(new ForbiddenDestination() as NodeJS.ErrnoException, [])
      else if (options.all === true) callback(null, fit)
      else callback(null, first.address, first.family)
    })
  }
}
