// One process of several below one cap: asks the vendor of its config at once as often as it is told, and says what came of it, as JSON.
// Arguments: calls. Environment: that of the installation.
import { createAuth } from '../../src/auth/auth.ts'
import { call } from '../../src/auth/call.ts'
import { createSystem } from '../../src/system/system.ts'

const system = createSystem({ logLevel: 'silent' })
const auth = await createAuth(system)
const view = await auth.view('main')
const transport = await system.transport()
const body = Buffer.from('{"model":"claude-haiku-4-5","max_tokens":1000}')
const ask = (): Promise<number> =>
  new Promise((done) => {
    let status = 0
    const request = {
      provider: 'anthropic',
      model: 'claude-haiku-4-5',
      endpoint: 'messages',
      method: 'POST',
      body: [body],
      bodyBytes: body.byteLength,
      headers: ['content-type', 'application/json'],
      streaming: false,
    } as const
    call(view, transport, request, {
      begin: (answer) => {
        status = answer.status
      },
      data: () => true,
      end: () => done(status),
      broken: () => done(-1),
      refused: (refused) => done(refused.status),
    })
  })
const statuses = await Promise.all(Array.from({ length: Number(process.argv[2]) }, ask))
await auth.flush()
await transport.close()
process.stdout.write(JSON.stringify(statuses))
