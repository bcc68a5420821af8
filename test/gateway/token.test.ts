// The gateway's own secret, when what sets it changes while the gateway runs.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createAuth } from '../../src/auth/auth.ts'
import { findSecret } from '../../src/gateway/found-secret.ts'
import { openSecret } from '../../src/gateway/token.ts'
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
