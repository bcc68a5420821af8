// The gateway's own secret, when what sets it changes while the gateway runs.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createAuth } from '../../src/auth/auth.ts'
import { findSecret } from '../../src/gateway/found-secret.ts'
import { Gate, type Principal } from '../../src/gateway/gate.ts'
import { Throttle } from '../../src/gateway/throttle.ts'
import { openSecret, rotateToken } from '../../src/gateway/token.ts'
import { machine } from './support.ts'

test('once taken out of the config, the one of the file is made and is in force', async () => {
  const { system, stateDir } = await machine()
  const config = join(stateDir, 'openclaw.json')
  await writeFile(config, JSON.stringify({ gateway: { auth: { token: 'a-token-of-the-config' } } }))
  const { home } = await createAuth(system)
  const secret = await openSecret(home, {}, { beyondLoopback: false })
  expect(secret.matches('a-token-of-the-config')).toBe(true)
  await writeFile(config, '{}')
  await home.reload()
  expect(secret.matches('a-token-of-the-config')).toBe(false)
  const file = (): Promise<string> => readFile(join(stateDir, 'gateway.token'), 'utf8').catch(() => 'none yet')
  await expect.poll(async () => secret.matches((await file()).trim())).toBe(true)
})

test('is found where it stands: .env of the state goes before the config, a text from an example counts as none', async () => {
  const { system, stateDir } = await machine()
  await writeFile(join(stateDir, '.env'), 'OPENCLAW_GATEWAY_TOKEN=changeme\n')
  await writeFile(
    join(stateDir, 'openclaw.json'),
    JSON.stringify({ gateway: { auth: { token: 'a-token-of-the-config' } } }),
  )
  const { home } = await createAuth(system)
  expect(await findSecret(home)).toMatchObject({ source: 'config' })
  await writeFile(join(stateDir, '.env'), 'OPENCLAW_GATEWAY_TOKEN=a-token-of-the-dotenv\n')
  await home.reload()
  const found = await findSecret(home)
  expect(found).toMatchObject({ source: 'environment', where: `OPENCLAW_GATEWAY_TOKEN in ${join(stateDir, '.env')}` })
  expect(found.secret?.reveal()).toBe('a-token-of-the-dotenv')
})

test('while a page has the token changed it stays in, whatever is looked at in between, and nobody else does', async () => {
  const { system, stateDir } = await machine()
  const auth = await createAuth(system)
  const secret = await openSecret(auth.home, {}, { beyondLoopback: false })
  const gate = new Gate(system, secret, new Throttle())
  const token = (await readFile(join(stateDir, 'gateway.token'), 'utf8')).trim()
  const enter = (): Principal => {
    const head = { method: 'GET', host: '127.0.0.1:18789', address: '127.0.0.1' }
    const done = gate.login({ token }, head, {})
    const cookie = 'setCookie' in done ? (done.setCookie.split(';')[0] ?? '') : ''
    const admitted = gate.admit({ ...head, cookie }, {})
    if (!('scopes' in admitted)) throw new Error('a page with a good token is let in')
    return admitted
  }
  const [own, other] = [enter(), enter()]
  await gate.renew(own, async () => {
    await rotateToken(auth)
    // As the watch of the file may do at any moment.
    await secret.reload()
    expect(gate.endOf(own)).toBeUndefined()
    expect(gate.endOf(other)).toBe('the token has changed')
  })
  expect(gate.endOf(own)).toBeUndefined()
  expect(gate.endOf(other)).toBe('the token has changed')
  expect(secret.matches(token)).toBe(false)
  // Once more, by somebody else: now the first one is out.
  await gate.renew(undefined, () => rotateToken(auth))
  expect(gate.endOf(own)).toBe('the token has changed')
})
