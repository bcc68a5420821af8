// Which words of a message are commands: the grammar as a table, and what it leaves alone as properties.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CommandName, type Known, readMessage, readSpokenModel } from '../../src/chat/grammar.ts'

const MODELS = new Set(['opus', 'gpt-5.1', 'anthropic/claude-opus-4-6', 'openrouter/anthropic/claude-sonnet-4.5'])
const known: Known = {
  may: () => true,
  isAlias: (name) => name === 'opus' || name === '1.5:x',
  isModel: (text) => MODELS.has(text.toLowerCase()),
}

/** The message, the commands in it as `name args`, and what is left for the model. */
const TABLE: readonly (readonly [string, readonly string[], string])[] = [
  // At the start.
  ['/model', ['model'], ''],
  ['  /MODEL \n', ['model'], ''],
  ['/model:', ['model'], ''],
  ['/model:opus', ['model opus'], ''],
  ['/model: opus', ['model opus'], ''],
  ['/model list', ['model list'], ''],
  ['/model 2', ['model 2'], ''],
  ['/model status', ['model status'], ''],
  ['/model Opus@anthropic:work', ['model Opus@anthropic:work'], ''],
  ['/model Opus@anthropic:me@x.y', ['model Opus@anthropic:me@x.y'], ''],
  ['/model @anthropic:work', ['model @anthropic:work'], ''],
  ['/model Opus@anthropic:work? hi', ['model Opus@anthropic:work?'], 'hi'],
  ['/opus@anthropic:work?', ['model opus@anthropic:work?'], ''],
  ['why /opus?', [], 'why /opus?'],
  ['/model Opus@anthropic:work please answer', ['model Opus@anthropic:work'], 'please answer'],
  ['/model opus\nfirst\n\n second ', ['model opus'], 'first\n\n second '],
  ['/model "opus"', ['model "opus"'], ''],
  ['/model nobody knows', ['model nobody'], 'knows'],
  ['/opus', ['model opus'], ''],
  ['/Opus@anthropic:work hi', ['model Opus@anthropic:work'], 'hi'],
  ['/opus: hi', ['model opus'], 'hi'],
  ['/1.5:x', ['model 1.5:x'], ''],
  ['/models anthropic page=2', ['models anthropic page=2'], ''],
  ['/models:anthropic', ['models anthropic'], ''],
  ['/new', ['new'], ''],
  ['/reset', ['new'], ''],
  ['/new opus\nhello', ['new opus'], 'hello'],
  ['/new opus@anthropic:work', ['new opus@anthropic:work'], ''],
  ['/new what is new?', ['new'], 'what is new?'],
  ['/new:hello', ['new'], 'hello'],
  ['/usage full', ['usage full'], ''],
  ['/stop it', ['stop it'], ''],
  ['/compact keep the names', ['compact keep the names'], ''],
  ['/id', ['whoami'], ''],
  ['/help\n', ['help'], ''],
  ['/think high', ['missing think'], ''],
  ['/status and how are you?', ['status'], 'and how are you?'],
  ['/model opus /status /new hello', ['model opus', 'status', 'new'], 'hello'],
  ['/model /status', ['model', 'status'], ''],
  // Inside other words.
  ['please /status me', ['status'], 'please me'],
  ['hi /whoami', ['whoami'], 'hi'],
  ['use /model opus for this', ['model opus'], 'use for this'],
  ['use\t/model opus@anthropic:work\nand go', ['model opus@anthropic:work'], 'use\nand go'],
  ['use /model: anthropic/claude-opus-4-6', ['model anthropic/claude-opus-4-6'], 'use'],
  ['a /opus b', ['model opus'], 'a b'],
  ['a /opus /help b', ['model opus', 'help'], 'a b'],
  // No commands.
  ['', [], ''],
  ['model opus', [], 'model opus'],
  ['xopus .status _model opus', [], 'xopus .status _model opus'],
  ['//model', [], '//model'],
  ['/', [], '/'],
  ['/models2', [], '/models2'],
  ['/model, what is that?', [], '/model, what is that?'],
  ['/etc/passwd is a file', [], '/etc/passwd is a file'],
  ['/opus/x', [], '/opus/x'],
  ['/__proto__', [], '/__proto__'],
  ['/constructor x', [], '/constructor x'],
  ['see http://x.y/model opus', [], 'see http://x.y/model opus'],
  ['what does /model do?', [], 'what does /model do?'],
  ['what does `/model opus` do?', [], 'what does `/model opus` do?'],
  ['tell me of /model', [], 'tell me of /model'],
  ['say /model status', [], 'say /model status'],
  ['a /model 3', [], 'a /model 3'],
  ['then /new and /stop', [], 'then /new and /stop'],
  ['I /think so', [], 'I /think so'],
  ['first line\n/model opus\n/status', [], 'first line\n/model opus\n/status'],
]

describe('the grammar of commands', () => {
  it.each(TABLE)('%j', (message, commands, text) => {
    const reading = readMessage(message, known)
    expect(reading.commands.map(({ name, args }) => (args === '' ? name : `${name} ${args}`))).toEqual(commands)
    expect(reading.text).toBe(text)
  })

  it('splits a model from its account at the first @, and refuses what is neither', () => {
    expect(readSpokenModel('Opus@anthropic:me@x.y')).toEqual({
      model: 'Opus',
      pin: { id: 'anthropic:me@x.y', by: 'user' },
    })
    expect(readSpokenModel('a/b@anthropic:work?')).toEqual({ model: 'a/b', pin: { id: 'anthropic:work', by: 'soft' } })
    expect(readSpokenModel('a/b/c')).toEqual({ model: 'a/b/c' })
    for (const text of ['', '/a', 'a//b', 'a b', 'a,', 'a?', 'a@b??', 'a?@b', 'ä', `${'a'.repeat(401)}`]) {
      expect(readSpokenModel(text), text).toBeUndefined()
    }
  })

  it('is text to the model where the sender may not give the command', () => {
    for (const [message] of TABLE) {
      expect(readMessage(message, { ...known, may: () => false })).toEqual({ commands: [], text: message })
    }
    const onlyStatus: Known = { ...known, may: (name: CommandName) => name === 'status' }
    expect(readMessage('/status /new x', onlyStatus)).toEqual({
      commands: [{ name: 'status', args: '' }],
      text: '/new x',
    })
  })
})

const word = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }).map((text) => text.replace(/\s/gu, '_'))
const nearly = fc.constantFrom('opus', 'xopus', '.status', '_model', 'a/model', '`/opus`')
const plain = fc.oneof(word, word, nearly).filter((text) => !text.startsWith('/'))
const gap = fc.constantFrom(' ', '  ', '\t', '\n', ' \n ', '\u00a0')

describe('what the grammar leaves alone', () => {
  it('any text in which no word begins with a slash passes unchanged', () => {
    const text = fc.array(fc.tuple(plain, gap)).map((pairs) => pairs.flat().join(''))
    fc.assert(
      fc.property(text, (message) => {
        expect(readMessage(message, known)).toEqual({ commands: [], text: message })
      }),
    )
  })

  it('a directive takes itself and one space, and nothing else', () => {
    const directive = fc.constantFrom(
      ['/model opus', 'model opus'],
      ['/Model: Opus@anthropic:work', 'model Opus@anthropic:work'],
      ['/opus', 'model opus'],
      ['/status', 'status'],
      ['/id', 'whoami'],
    )
    const words = fc.array(plain, { minLength: 1, maxLength: 6 }).map((all) => all.join(' '))
    const below = fc.constantFrom('', '\n/model opus\n/status', '\n  tail ')
    fc.assert(
      fc.property(words, directive, fc.option(words), below, (before, [spoken, said], after, tail) => {
        const rest = after === null ? '' : ` ${after}`
        const { commands, text } = readMessage(`${before} ${spoken}${rest}${tail}`, known)
        expect(commands.map(({ name, args }) => `${name} ${args}`.trim())).toEqual([said])
        expect(text).toBe(before + rest + tail)
      }),
    )
  })

  it('whatever stands there, what is left is made of it, and nothing is added', () => {
    const loose = fc.array(fc.oneof(word, fc.constantFrom('/model', '/new', '/opus', 'opus', '/status:', '/model:x')))
    fc.assert(
      fc.property(loose, gap, (words, between) => {
        const message = words.join(between)
        const { text } = readMessage(message, known)
        let at = 0
        for (const char of text) {
          at = message.indexOf(char, at)
          expect(at).toBeGreaterThanOrEqual(0)
          at += char.length
        }
      }),
    )
  })
})
