// Transcripts: what a kill leaves behind costs one line, and a conversation may grow without end.
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import type { ChatMessage } from '../../src/core/protocol.ts'
import { openHome } from '../../src/store/home.ts'
import type { SessionStore } from '../../src/store/sessions.ts'
import { messageLine, readTranscript, summaryLine } from '../../src/store/transcript.ts'
import { createSystem } from '../../src/system/system.ts'

const made: string[] = []
afterEach(async () => {
  for (const dir of made.splice(0)) await rm(dir, { recursive: true, force: true })
})

const said = (role: ChatMessage['role'], text: string): ChatMessage => ({
  role,
  content: [{ type: 'text', text }],
  timestamp: 1,
})

async function open(): Promise<{ sessions: SessionStore; transcript: string }> {
  const stateDir = await mkdtemp(join(tmpdir(), 'keyclaw-sessions-'))
  made.push(stateDir)
  const system = { ...createSystem({ logLevel: 'silent' }), env: { OPENCLAW_STATE_DIR: stateDir } }
  const home = await openHome(system)
  return { sessions: home.agent('main').sessions, transcript: home.layout.transcript('main', 'one') }
}

const texts = (messages: readonly ChatMessage[]): string[] => messages.map(({ content }) => content[0]?.text ?? '')

describe('a transcript', () => {
  test('loses nothing but the line that a kill cut off', async () => {
    const { sessions, transcript } = await open()
    await sessions.append('one', [said('user', 'first'), said('assistant', 'second')])
    await appendFile(transcript, '{"role":"user","content":[{"type":"te')
    await sessions.append('one', [said('user', 'third'), said('assistant', 'fourth')])
    expect(texts(await sessions.history('one'))).toEqual(['first', 'second', 'third', 'fourth'])
  })

  test('that has grown very long is read from its end', async () => {
    const { sessions, transcript } = await open()
    await sessions.append('one', [said('user', 'first')])
    await writeFile(transcript, `${JSON.stringify(said('user', 'x'.repeat(17 * 1024 * 1024)))}\n`)
    await sessions.append('one', [said('user', 'last')])
    expect(texts(await sessions.history('one'))).toEqual(['last'])
  })

  test('keeps all that was said, in its order, and each summary behind what it sums up, whoever wrote meanwhile', () => {
    fc.assert(
      // True: a message is said. A number: a summary of all but the newest so many messages is added.
      fc.property(fc.array(fc.oneof(fc.constant(true as const), fc.nat(4)), { maxLength: 40 }), (steps) => {
        const lines: string[] = []
        const spoken: string[] = []
        const covered = new Map<string, number>()
        for (const step of steps) {
          const at = spoken.length
          if (step === true) {
            spoken.push(`m${at}`)
            lines.push(messageLine({ ...said('user', `m${at}`), timestamp: at + 1 }))
          } else if (at > step) {
            covered.set(`s${covered.size}`, at - step)
            lines.push(summaryLine({ text: `s${covered.size - 1}`, at: 99, upTo: at - step }))
          }
        }
        const read = readTranscript(`torn {"role":\n${lines.join('')}`)
        const all = texts(read)
        expect(all.filter((text) => text.startsWith('m'))).toEqual(spoken)
        for (const [text, count] of covered) {
          const before = all.slice(0, all.indexOf(text))
          expect(before.filter((one) => one.startsWith('m'))).toHaveLength(count)
        }
        expect(read.filter(({ isSummary }) => isSummary === true)).toHaveLength(covered.size)
      }),
    )
  })

  test('of the reference with a compaction is read from the first message that it kept, and a summary that is none is passed over', () => {
    const wrapped = (id: string): object => ({ type: 'message', id, message: said('user', id) })
    const compaction = { type: 'compaction', id: 'c', timestamp: '2026-11-01T10:00:00.000Z', tokensBefore: 50 }
    const lines = [
      wrapped('a'),
      wrapped('b'),
      { ...compaction, summary: 'so far', firstKeptEntryId: 'b' },
      { ...compaction, summary: '' },
      { ...compaction, summary: { text: 'no' } },
      { type: 'compaction', summary: 'all of it', timestamp: 'never', firstKeptEntryId: 'nobody' },
      wrapped('d'),
    ]
    const read = readTranscript(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    expect(texts(read)).toEqual(['a', 'so far', 'b', 'all of it', 'd'])
    expect(read[1]).toMatchObject({ isSummary: true, role: 'assistant', timestamp: Date.UTC(2026, 10, 1, 10) })
    expect(read[3]).toMatchObject({ isSummary: true, timestamp: 0 })
  })
})
