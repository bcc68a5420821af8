// Which addresses a request may be sent to. What is judged is the address that is connected to, not the name: a name may say one thing when it
// is looked at and another when it is used (V30).
import { isIP, type LookupFunction } from 'node:net'

/** `public`: an address of the internet only. `named`: the owner wrote this base URL, so it may stand in his own network. */
export type Reach = 'public' | 'named'

/** Whoever answers there hands out a machine's own credentials, or is nobody in particular. */
const NEVER: readonly string[] = [
  '0.0.0.0/8',
  '169.254.0.0/16',
  // Metadata services outside of the link-local range: Alibaba, Oracle, Azure, and over IPv6 Amazon and Google.
  '100.100.100.200/32',
  '192.0.0.192/32',
  '168.63.129.16/32',
  'fd00:ec2::254/128',
  'fd20:ce::254/128',
  '224.0.0.0/3',
  '::/128',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
]

const PRIVATE: readonly string[] = [
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.168.0.0/16',
  '::1/128',
  'fc00::/7',
]

/** Networks whose addresses hold one of IPv4, from this group on: NAT64 (RFC 6052), 6to4 (RFC 3056), the old form (RFC 4291, 2.5.5.1). */
const CARRIERS: readonly [network: string, at: number][] = [
  ['64:ff9b::/96', 6],
  ['64:ff9b:1::/48', 6],
  ['2002::/16', 1],
  ['::/96', 6],
]

/** The eight groups of an address; one of IPv4 as ::ffff:a.b.c.d, so that both spellings are one. */
function groupsOf(address: string): number[] {
  const text = address.includes(':') ? address : `::ffff:${address}`
  const end = text.lastIndexOf(':') + 1
  const plain = text.includes('.') ? text.slice(0, end) + asGroups(text.slice(end)) : text
  const [head = '', tail] = plain.split('::')
  const left = numbers(head)
  const right = numbers(tail ?? '')
  return [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right]
}

function asGroups(dotted: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = dotted.split('.').map(Number)
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
}

function numbers(groups: string): number[] {
  return groups === '' ? [] : groups.split(':').map((group) => Number.parseInt(group, 16))
}

type Network = { groups: number[]; bits: number }

const networks = new Map<string, Network>()

function networkOf(text: string): Network {
  const known = networks.get(text)
  if (known !== undefined) return known
  const [address = '', length] = text.split('/')
  const made = { groups: groupsOf(address), bits: Number(length) + (address.includes(':') ? 0 : 96) }
  networks.set(text, made)
  return made
}

function isWithin(address: readonly number[], text: string): boolean {
  const { groups, bits } = networkOf(text)
  for (let at = 0; at * 16 < bits; at++) {
    const rest = Math.max(0, 16 - (bits - at * 16))
    if ((address[at] ?? 0) >> rest !== (groups[at] ?? 0) >> rest) return false
  }
  return true
}

/**
 * @param address as the system writes it: four decimals, or IPv6 without brackets; a zone is not looked at
 * @returns false for what is no address
 */
export function mayConnect(address: string, reach: Reach): boolean {
  const bare = address.split('%')[0] ?? ''
  return isIP(bare) !== 0 && mayReach(groupsOf(bare), reach)
}

function mayReach(groups: readonly number[], reach: Reach): boolean {
  const isIn = (network: string): boolean => isWithin(groups, network)
  if (NEVER.some(isIn) || (reach === 'public' && PRIVATE.some(isIn))) return false
  if (isIn('::1/128')) return true
  const carrier = CARRIERS.find(([network]) => isIn(network))
  if (carrier === undefined) return true
  const [, at] = carrier
  return mayReach([0, 0, 0, 0, 0, 0xffff, groups[at] ?? 0, groups[at + 1] ?? 0], reach)
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

/** Loaded with the first name: an address needs no resolver. */
const systemLookup: LookupFunction = (hostname, options, callback) =>
  process.getBuiltinModule('node:dns').lookup(hostname, options, callback)

/**
 * The system's lookup, with the addresses left out that may not be connected to.
 * @param lookup asked once for every connection
 */
export function lookupWithin(reach: Reach, lookup: LookupFunction = systemLookup): LookupFunction {
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
