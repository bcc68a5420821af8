// The token of a bot that is renewed while the gateway runs: whoever has a new one needs nothing but the command, or the file.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { addChannel, givenToken } from '../../src/auth/add-channel.ts'
import { openChannels } from '../../src/channels/channels.ts'
import { startTelegram } from '../../src/sandbox/telegram.ts'
import { place } from '../auth/place.ts'
import { freshDir } from '../support/machine.ts'

const bot = (id: number, secret: string) => ({
  token: `${id}:AA${secret}0telegram0token0of0a0bot`,
  id,
  username: `bot_${id}`,
})
const OLD = bot(700001, 'old')
const NEW = bot(700001, 'new')
const KEPT = bot(700002, 'old')
const TURNED = bot(700002, 'new')
const PATIENTLY = { timeout: 20_000, interval: 50 }

test('a bot whose token was revoked listens again once the command, or the keeper of its file, has given another', async () => {
  const telegram = await startTelegram([OLD, NEW, KEPT, TURNED])
  const own = await place({ env: { OPENCLAW_TELEGRAM_API_ROOT: telegram.url } })
  const { auth, system } = own
  const add = async (token: string): Promise<void> => {
    const given = { kind: 'pasted' as const, text: token }
    const input = { channel: 'telegram', accountId: 'default', token: given }
    await addChannel(auth, input, await givenToken(auth, 'default', given))
  }
  await add(OLD.token)
  const path = join(freshDir(), 'kept.token')
  writeFileSync(path, KEPT.token)
  await auth.home.configStore.change((draft) => {
    Object.assign((draft.channels as { telegram: object }).telegram, {
      accounts: { default: {}, kept: { tokenFile: path } },
    })
  })
  await auth.home.reload()
  const channels = await openChannels({
    auth: { ...auth, home: { ...auth.home, system } },
    send: async () => undefined,
  })
  onTestFinished(async () => {
    await channels.close(1000)
    await telegram.close()
  })
  const states = (): string[] => channels.report().map((one) => `${one.accountId} ${one.trouble?.code ?? one.state}`)
  await expect.poll(states, PATIENTLY).toEqual(['default running', 'kept running'])
  telegram.revoke(OLD)
  telegram.revoke(KEPT)
  await expect.poll(states, PATIENTLY).toEqual(['default token_refused', 'kept token_refused'])
  // The config says the same as before: nobody else tells the channels.
  await add(NEW.token)
  writeFileSync(path, TURNED.token)
  await expect.poll(() => states().sort(), PATIENTLY).toEqual(['default running', 'kept running'])
  expect(own.logged.join('\n')).not.toMatch(/AA(old|new)/)
}, 60_000)
