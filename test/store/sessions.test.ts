// Transcripts: what a kill leaves behind costs one line, and a conversation may grow without end.
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { ChatMessage } from '../../src/core/protocol.ts'
import { openHome } from '../../src/store/home.ts'
import type { SessionStore } from '../../src/store/sessions.ts'
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
})
