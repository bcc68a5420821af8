// A turn through the gateway over a wire that breaks: it is asked once, and heard to its end.
import { readFile, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { agentTurn } from '../../src/gateway/client.ts'
import { type Act, vendor } from '../support/vendor.ts'
import { closeLater, stand } from './support.ts'

/** A slow machine is not a failure. */
const PATIENTLY = { timeout: 20_000 }

/** A wire to the gateway, which all its clients are told to take. */
async function wire(port: number) {
  const open = new Set<Socket>()
  let isDown = false
  /** What the gateway said over it. */
  let heard = ''
  const server = createServer((client) => {
    if (isDown) {
      client.destroy()
      return
    }
    const gateway = connect(port, '127.0.0.1')
    open.add(client)
    client.pipe(gateway).pipe(client)
    gateway.on('data', (chunk: Buffer) => {
      heard += chunk.toString('latin1')
    })
    for (const end of [client, gateway]) {
      end.on('error', () => undefined)
      end.on('close', () => {
        client.destroy()
        gateway.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closeLater(async () => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  return {
    port: (server.address() as AddressInfo).port,
    cut: (): void => {
      for (const socket of open) socket.destroy()
      open.clear()
    },
    heard: () => heard,
    setDown: (down: boolean): void => {
      isDown = down
    },
  }
}

async function open() {
  /** Ends the answer that is under way. */
  let finish: () => void = () => undefined
  let breakOff: () => void = () => undefined
  const answers: Act = (response) => {
    const said = (text: string): void => {
      const event = { type: 'content_block_delta', delta: { type: 'text_delta', text } }
      response.write(`data: ${JSON.stringify(event)}\n\n`)
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    said('It goes ')
    finish = () => {
      said('on.')
      response.end('data: {"type":"message_stop"}\n\n')
    }
    breakOff = () => response.destroy()
  }
  const { origin, seen } = await vendor(answers)
  const on = await stand({ anthropicUrl: origin })
  const { port, ...line } = await wire(on.gateway.port)
  const notes = join(on.stateDir, 'gateway.json')
  await expect.poll(() => readFile(notes, 'utf8').catch(() => ''), PATIENTLY).toContain(`:${on.gateway.port}"`)
  await writeFile(notes, (await readFile(notes, 'utf8')).replaceAll(`:${on.gateway.port}"`, `:${port}"`))
  let heard = ''
  const told: string[] = []
  const stop = new AbortController()
  const ask = () =>
    agentTurn(on.auth, {
      agentId: 'main',
      face: 'agent',
      message: 'go on',
      signal: stop.signal,
      onText: (text) => {
        heard += text
      },
      onNote: (note) => told.push(note),
    })
  return { on, seen, line, ask, told, stop, heard: () => heard, finish: () => finish(), breakOff: () => breakOff() }
}

const LOST = 'The connection to the gateway was lost; looking for it again.'

test('a connection lost in the midst of an answer is told, and the rest of the answer is heard', async () => {
  const { seen, line, ask, told, heard, finish } = await open()
  const end = ask()
  await expect.poll(heard, PATIENTLY).toBe('It goes ')
  line.cut()
  await expect.poll(() => told, PATIENTLY).toEqual([LOST])
  await expect.poll(line.heard, PATIENTLY).toContain('"in_flight"')
  finish()
  expect(await end).toMatchObject({ via: 'gateway', text: 'It goes on.' })
  expect(heard()).toBe('It goes on.')
  expect(seen).toHaveLength(1)
})

test('an answer that ended while nobody could listen is told with all that belongs to it', async () => {
  const { on, seen, line, ask, heard, finish } = await open()
  const end = ask()
  await expect.poll(heard, PATIENTLY).toBe('It goes ')
  line.setDown(true)
  line.cut()
  finish()
  const { sessions } = on.auth.home.agent('main')
  await expect
    .poll(async () => (await sessions.history((await sessions.get('agent:main:main'))?.id ?? '')).length, PATIENTLY)
    .toBe(2)
  line.setDown(false)
  expect(await end).toMatchObject({ text: 'It goes on.', servedBy: 'anthropic:good', attempts: 1 })
  expect(heard()).toBe('It goes on.')
  expect(seen).toHaveLength(1)
})

test('an answer that failed while nobody could listen is not taken for the one before to the same words', async () => {
  const { on, line, ask, heard, finish, breakOff } = await open()
  const first = ask()
  await expect.poll(heard, PATIENTLY).toBe('It goes ')
  finish()
  expect(await first).toMatchObject({ text: 'It goes on.' })
  const end = ask().catch((error: unknown) => error)
  await expect.poll(heard, PATIENTLY).toBe('It goes on.It goes ')
  line.setDown(true)
  line.cut()
  breakOff()
  const { ledger } = on.auth.home.agent('main')
  await expect.poll(async () => (await ledger.read()).length, PATIENTLY).toBe(2)
  line.setDown(false)
  expect(await end).toMatchObject({
    code: expect.any(String),
    message: expect.not.stringContaining('how is not known'),
  })
  expect(await end).not.toHaveProperty('text')
})

test('whoever stops while the gateway is looked for waits no longer', async () => {
  const { line, ask, told, stop, heard, finish } = await open()
  const end = ask().catch((error: unknown) => error)
  await expect.poll(heard, PATIENTLY).toBe('It goes ')
  line.setDown(true)
  line.cut()
  await expect.poll(() => told, PATIENTLY).toEqual([LOST])
  stop.abort()
  expect(await end).toMatchObject({ code: 'interrupted', message: expect.stringContaining('may still be answering') })
  finish()
})
