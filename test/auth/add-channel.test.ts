// A bot that is added beside others takes nothing away from them, nor from those who may speak to it.
import { expect, test } from 'vitest'
import { addChannel, givenToken } from '../../src/auth/add-channel.ts'
import { place } from './place.ts'

const TOKEN = '700002:AAcanary0telegram0token0of0the0second'

async function added(telegram: object, more: { owners?: string[]; allow?: string[] } = {}) {
  const { auth } = await place({ config: { channels: { telegram } } })
  const token = { kind: 'pasted' as const, text: TOKEN }
  const input = { channel: 'telegram', accountId: 'work', token, ...more }
  await addChannel(auth, input, await givenToken(auth, 'work', token))
  return auth.home.config().telegram
}

test('the bot whose token lies in the environment stays, whatever the section says of it', async () => {
  // The gateway may have a variable that this command has not.
  expect((await added({ dmPolicy: 'pairing' })).map(({ id }) => id)).toEqual(['default', 'work'])
  expect((await added({ tokenFile: 'own' })).map(({ id }) => id)).toEqual(['default', 'work'])
  expect((await added({ accounts: { first: { tokenFile: 'own' } } })).map(({ id }) => id)).toEqual(['first', 'work'])
})

test('whom all bots answer is answered by one that is added with an owner of its own', async () => {
  const [, work] = await added(
    { tokenFile: 'own', allowFrom: [12, 'tg:13'], owners: [12] },
    { owners: ['11'], allow: ['13'] },
  )
  expect(work?.allowFrom).toEqual(['12', '13', '11'])
  expect(work?.owners).toEqual(['12', '11'])
})
