// P6T: what it costs to tell each token of a stream in another dialect. The same gateway, the same vendor; the client asks in its dialect, and in another.
import { figure } from '../figures.mjs'
import { each, inTurns, onStage } from '../stage.mjs'

const STREAMS = 64
const PACED = { tokens: 50, intervalMs: 20 }
const ASKED = { messages: { stream: true }, chat: { stream: true, path: '/v1/chat/completions' } }

export async function translation({ rounds, quick }) {
  const span = { warmupMs: 2200, durationMs: quick ? 3000 : 6000 }
  return onStage({ subjects: each(['ours']), warm: true }, async ({ upstream, run }) => {
    await upstream.set(PACED)
    const turns = await inTurns(rounds, Object.keys(ASKED), (dialect) =>
      run('ours', { connections: STREAMS, request: ASKED[dialect], staggerMs: PACED.intervalMs, ...span }),
    )
    // A translated token does not carry when it was sent, so that whole streams are counted.
    const perToken = ({ cpuMs, calls }) => (cpuMs * 1000) / (calls * PACED.tokens)
    const last = turns.at(-1)
    return [
      figure(
        'P6T',
        `CPU that translation adds per token, us, ${STREAMS} paced streams`,
        turns.map(({ messages, chat }) => perToken(chat) - perToken(messages)),
        {
          most: 60,
          note: `${perToken(last.messages).toFixed(0)} us as it came, ${perToken(last.chat).toFixed(0)} us translated`,
        },
      ),
      figure(
        'P6T',
        'share of translated streams that were answered',
        turns.map(({ chat }) => (chat.calls === 0 ? 0 : 1 - chat.errors / chat.calls)),
        { least: 1 },
      ),
    ]
  })
}
