// One call in this process, and what its client got of it.
import { call } from '../../src/auth/call.ts'
import type { Refused, VendorCall } from '../../src/auth/vendor-call.ts'
import type { Failure } from '../../src/core/failure.ts'
import type { ChatUsage } from '../../src/core/protocol.ts'
import type { Transport } from '../../src/system/send.ts'
import type { Place } from './place.ts'

/** What the client of a call got. */
export type Got = {
  status?: number
  body: string
  usage?: ChatUsage
  broken?: Failure
  refused?: Refused
  servedBy?: string
  attempts?: number
}

/**
 * @param more than a short streaming call to Anthropic
 * @param onBegin called when the answer begins
 */
export function ask(
  { view }: Pick<Place, 'view'>,
  transport: Transport,
  more: Partial<VendorCall> = {},
  onBegin: () => void = () => undefined,
): Promise<Got> {
  const body = Buffer.from('{"model":"m"}')
  return new Promise((resolve) => {
    const got: Got = { body: '' }
    call(
      view,
      transport,
      {
        provider: 'anthropic',
        endpoint: 'messages',
        method: 'POST',
        body: [body],
        bodyBytes: body.length,
        headers: ['content-type', 'application/json'],
        streaming: true,
        ...more,
      },
      {
        begin: ({ status, access, attempts }) => {
          Object.assign(got, { status, servedBy: access.candidate.id, attempts })
          onBegin()
        },
        data: (chunk) => {
          got.body += Buffer.from(chunk).toString('utf8')
          return true
        },
        end: (usage) => resolve({ ...got, usage: usage() }),
        broken: (broken) => resolve({ ...got, broken }),
        refused: (refused) => resolve({ ...got, refused, attempts: refused.attempts }),
      },
    )
  })
}
