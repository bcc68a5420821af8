// Where requests may go: the address is judged, whatever way it is spelled or found (V30).
import type { LookupFunction } from 'node:net'
import { expect, test } from 'vitest'
import { checkHost, ForbiddenDestination, mayConnect, type Reach } from '../../src/system/destination.ts'
import { createTransport, type TransportFailure } from '../../src/system/send.ts'
import { says, vendor } from '../support/vendor.ts'

/** As a person, or somebody with worse in mind, may write 169.254.169.254 and its kin into a URL. */
const METADATA = [
  '169.254.169.254',
  '169.254.169.254.',
  '2852039166',
  '0xA9FEA9FE',
  '0xa9.0xfe.0xa9.0xfe',
  '0251.0376.0251.0376',
  '025177524776',
  '169.254.43518',
  '169.16689662',
  '0xa9.254.0251.254',
  '①⑥⑨.②⑤④.①⑥⑨.②⑤④',
  '169。254。169。254',
  '%31%36%39.254.169.254',
  'user:pass@169.254.169.254',
  '[::ffff:169.254.169.254]',
  '[::ffff:a9fe:a9fe]',
  '[0:0:0:0:0:ffff:a9fe:a9fe]',
  '[::169.254.169.254]',
  '[64:ff9b::169.254.169.254]',
  '[64:ff9b:1::a9fe:a9fe]',
  '[64:ff9b:1:1::a9fe:a9fe]',
  '[2002:a9fe:a9fe::]',
  '[2002:a9fe:a9fe:1:2:3:4:5]',
  '[fd00:ec2::254]',
  '[FD00:0EC2::0254]',
  '[fd20:ce::254]',
  '[fe80::1]',
  '[::]',
  '0',
  '0.0.0.0',
  '0x0',
  '100.100.100.200',
  '1684301000',
  '192.0.0.192',
  '168.63.129.16',
  '255.255.255.255',
  '224.0.0.1',
  '[ff02::1]',
]

test.each(METADATA)('nobody may name %s', (host) => {
  expect(() => checkHost(new URL(`http://${host}/`).hostname)).toThrow(ForbiddenDestination)
})

const NEAR = ['127.0.0.1', '127.255.0.9', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1']
const NEAR6 = [
  '::1',
  'fd12:3456::1',
  '::ffff:10.1.2.3',
  '::ffff:7f00:1',
  '64:ff9b::10.0.0.1',
  '2002:7f00:1::',
  '::127.0.0.1',
]
const FAR = [
  '1.1.1.1',
  '172.32.0.1',
  '100.128.0.1',
  '11.0.0.1',
  '2606:4700::1111',
  '::ffff:1.1.1.1',
  '64:ff9b::1.1.1.1',
]

test.each([...NEAR, ...NEAR6])('%s is there for those who named it only', (address) => {
  expect(mayConnect(address, 'public')).toBe(false)
  expect(mayConnect(address, 'named')).toBe(true)
})

test.each(FAR)('%s is there for all', (address) => {
  expect(mayConnect(address, 'public')).toBe(true)
  expect(mayConnect(address, 'named')).toBe(true)
})

test.each(['', 'localhost', '1.2.3', '1.2.3.4.5', '[::1]', ':::', '٣.1.1.1', 'fe80::1%eth0', '169.254.1.1%lo'])(
  '"%s" is no address to connect to',
  (text) => {
    expect(mayConnect(text, 'named')).toBe(false)
  },
)

/** A resolver that says something else each time it is asked, and how often that was. */
function resolver(...answers: string[][]): { lookup: LookupFunction; asked: string[] } {
  const asked: string[] = []
  return {
    asked,
    lookup: (hostname, options, callback) => {
      const addresses = answers[Math.min(asked.push(hostname), answers.length) - 1] ?? []
      const all = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
      if (options.all === true) callback(null, all)
      else callback(null, all[0]?.address ?? '', all[0]?.family)
    },
  }
}

function ask(
  transport: ReturnType<typeof createTransport>,
  origin: string,
  reach: Reach,
): Promise<number | TransportFailure> {
  return new Promise((resolve) => {
    let status = 0
    transport.send(
      { origin, reach, path: '/', method: 'GET', headers: [], firstByteMs: 5000, idleMs: 5000 },
      {
        head: (code) => {
          status = code
        },
        data: () => true,
        end: () => resolve(status),
        fail: resolve,
      },
    )
  })
}

const FORBIDDEN = { kind: 'forbidden', answered: false }

test('a name that changes its answer is judged by the answer that is used, asked for once', async () => {
  const { origin, seen } = await vendor(says(200, 'ok', { connection: 'close' }))
  const { lookup, asked } = resolver(['127.0.0.1'], ['169.254.169.254'], ['127.0.0.1'])
  const transport = createTransport({ lookup })
  const url = `http://vendor.test:${new URL(origin).port}`
  expect(await ask(transport, url, 'named')).toBe(200)
  expect(await ask(transport, url, 'named')).toEqual(FORBIDDEN)
  expect(await ask(transport, url, 'named')).toBe(200)
  expect(asked).toEqual(['vendor.test', 'vendor.test', 'vendor.test'])
  expect(seen.length).toBe(2)
  await transport.close()
})

test('a vendor of ours is not looked for in private networks', async () => {
  const { origin, seen } = await vendor(says(200, 'ok', { connection: 'close' }))
  const transport = createTransport({ lookup: resolver(['127.0.0.1']).lookup })
  expect(await ask(transport, `http://vendor.test:${new URL(origin).port}`, 'public')).toEqual(FORBIDDEN)
  expect(seen).toEqual([])
  await transport.close()
})

test('of several addresses the forbidden ones are left out', async () => {
  const { origin, seen } = await vendor(says(200, 'ok', { connection: 'close' }))
  const transport = createTransport({ lookup: resolver(['169.254.169.254', 'fe80::1', '127.0.0.1']).lookup })
  expect(await ask(transport, `http://vendor.test:${new URL(origin).port}`, 'named')).toBe(200)
  expect(seen.length).toBe(1)
  await transport.close()
})

test('an address that is forbidden is not connected to', async () => {
  const transport = createTransport()
  for (const host of ['169.254.169.254', '[::ffff:a9fe:a9fe]', '2852039166', '0']) {
    expect(await ask(transport, `http://${host}`, 'named')).toEqual(FORBIDDEN)
  }
  await transport.close()
})
