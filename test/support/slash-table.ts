// One conversation of slash commands and bad inputs, and the replies that every face gives: it is driven over each of them, and what they say is
// compared word by word.
import type { ChatEvent } from '../../src/core/protocol.ts'
import type { GatewayProcess } from './gateway-process.ts'
import { connectClient } from './socket-client.ts'

/** What is said, in this order, and what is replied. Set up for: Claude as `Opus` by anthropic:default and anthropic:work, and GPT by nobody. */
export const TABLE: readonly (readonly [string, RegExp])[] = [
  ['/compact', /^Nothing has been said in this conversation; nothing was changed\.$/],
  ['/model 1', /^No list was shown in this conversation yet\./],
  ['/model', /^Current: .*\n\n1\. Opus .*\(current\)\n2\. .*\n\nChoose: /s],
  ['/MODEL: list', /^Current: /],
  ['/model 2', /^Model set to /],
  ['/model 3', /^There is no 3: the list shown last has 1 to 2\.$/],
  ['/model 0', /^There is no 0/],
  ['/model default', /^Model reset to default \(Opus /],
  ['/opus', /^Model reset to default/],
  ['/model opus@anthropic:work', /Auth profile set to anthropic:work\.$/],
  ['/model status', /^Current: .*\nSession: SESSION, pinned to anthropic:work\n.*\nNext: anthropic:work\n/s],
  ['/status', /\nAccount: anthropic:work \(.*\nTokens: 0 in, 0 out\n/s],
  ['hello', /You said: hello$/],
  ['/Opus@anthropic:default? what is that', /^.*; it may step aside\.\n.*You said: what is that$/s],
  ['please /status tell me', /^openclaw .*\n.*You said: please tell me$/s],
  ['/status', /\nTokens: [1-9].*\nContext: [1-9]\d* of \d{6,} tokens \(0%\)\n/],
  ['not /model nope here', /You said: not \/model nope here$/],
  ['/nope', /You said: \/nope$/],
  ['/model nope', /^Model "anthropic\/nope" is not allowed\. .* Use \/model to list/],
  ['/model openai/nope and more', /is not allowed\..*\n\nThe rest of the message was not sent\.$/s],
  ['/model opus@', /^An account is chosen together with a model/],
  ['/model @anthropic:work', /^An account is chosen together with a model/],
  ['/model status@anthropic:work', /^An account is chosen together with a model/],
  ['/model opus@anthropic:nope', /^Auth profile "anthropic:nope" not found\./],
  ['/model opus@openai:x', /^Auth profile "openai:x" not found\./],
  ['/model "opus"', / is no model/],
  ['/models', /^Providers:\n- anthropic \(1\)/],
  ['/models anthropic', /^Models of anthropic: 1 to 1 of 1/],
  ['/models anthropic size=5 page=2', /^There is no page 2/],
  ['/models nobody', /^There are no models of "nobody"/],
  ['/usage', /^Tokens: [1-9]\d* in, [1-9]\d* out, since/],
  ['/usage sideways', /^"sideways" is not understood; there are \/usage, \/usage cost/],
  ['/usage full', /^From now on a line with tokens, cost, account and model stands below every answer/],
  ['/usage: OFF', /^No line of usage stands below the answers of this conversation any more\.$/],
  ['/whoami', /^You speak from this machine and may: read, chat\nAgent: main\nSession: SESSION$/],
  ['/id', /^You speak from this machine/],
  ['/help', /^\/model - .*\/commands - this list$/s],
  ['/commands', /^\/model - .*\n\/compact - .*\n\/help - /s],
  ['/think high', /^There is no \/think here; nothing was asked\./],
  ['/stop', /^No answer is under way in this conversation\.$/],
  [
    '/compact the names',
    /^Compacted: the next message is sent with a summary of \d+ words in the place of 10 messages\./,
  ],
  ['/compact', /^Nothing has been said in this conversation since it was compacted last;/],
  ['/new opus@anthropic:nope', /^Auth profile "anthropic:nope" not found\./],
  ['/reset', /^A new conversation begins\.$/],
  ['/new opus and begin', /^A new conversation begins\. .*\n.*You said: and begin$/s],
  ['/status', /\nAccount: anthropic:default \(used anthropic:default last\)\n/],
]

/** A reply without what differs from one conversation and one moment to the other. @param session its name */
export function plainReply(text: string, session: string): string {
  return (
    text
      .replaceAll(`agent:main:${session}`, 'SESSION')
      .replace(/^openclaw \S+,/gm, 'openclaw VERSION,')
      .replace(/last used .* ago/g, 'last used A MOMENT ago')
      .replace(/^Limits of .*\n/gm, '')
      // Of the calls whose cost is noted: the last of them is written behind its answer.
      .replace(/^Cost: \$\d+\.\d+/gm, 'Cost: $SOME')
      .replace(/ ends in .*$/gm, ' ends SOON')
      .trimEnd()
  )
}

/** The table over the WebSocket. @returns the replies, commands inside a message before its answer */
export async function overSocket(gateway: GatewayProcess, session: string): Promise<string[]> {
  const client = await connectClient(gateway)
  const replies: string[] = []
  try {
    for (const [at, [message]] of TABLE.entries()) {
      const sent = { sessionKey: session, message, idempotencyKey: `${session} ${at}` }
      const { runId } = (await client.call('chat.send', sent)) as { runId: string }
      replies.push(plainReply(await replyIn(client, runId), session))
    }
  } finally {
    await client.close()
  }
  return replies
}

async function replyIn(client: Awaited<ReturnType<typeof connectClient>>, runId: string): Promise<string> {
  const ours = (): ChatEvent[] =>
    client.events().flatMap(({ event, payload }) => {
      const chat = payload as ChatEvent
      return event === 'chat' && chat.runId === runId ? [chat] : []
    })
  const isOver = (): boolean => ours().some(({ state }) => state === 'final' || state === 'error')
  let isClosed = false
  void client.closed.then(() => {
    isClosed = true
  })
  // How long that takes is the machine's affair; the test that waits for ever is ended by its runner.
  while (!isOver()) {
    if (isClosed) throw new Error('the gateway closed the connection in the midst of an answer')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return ours()
    .map((event) => {
      if (event.state === 'command') return `${event.text}\n`
      if (event.state === 'error') return event.error.message
      return event.state === 'final' ? event.message.content.map(({ text }) => text).join('') : ''
    })
    .join('')
}
