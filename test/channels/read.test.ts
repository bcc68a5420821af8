// What a bot reads of an update: who speaks, whether it is meant, and the words without its own name.
import type { Update } from 'grammy/types'
import { expect, test } from 'vitest'
import { readUpdate } from '../../src/channels/telegram/read.ts'

const ME = { id: 7, username: 'first_bot' }
const read = (message: object): ReturnType<typeof readUpdate> =>
  readUpdate(
    {
      update_id: 1,
      message: {
        message_id: 2,
        date: 0,
        chat: { id: -5, type: 'supergroup' },
        from: { id: 1, is_bot: false, first_name: 'Ada' },
        ...message,
      },
    } as unknown as Update,
    ME,
  )
const mention = (offset: number, length = 10): object => ({ type: 'mention', offset, length })
const command = (length: number, offset = 0): object => ({ type: 'bot_command', offset, length })

test.each<[string, object, string, boolean]>([
  ['its name at the start', { text: '@first_bot hi', entities: [mention(0)] }, 'hi', true],
  ['its name in any case, anywhere', { text: 'hi @First_Bot there', entities: [mention(3)] }, 'hi  there', true],
  ['a name that only begins alike', { text: '@first_bots hi', entities: [mention(0, 11)] }, '@first_bots hi', false],
  [
    'its name as plain text, which Telegram did not take for one',
    { text: 'x@first_bot', entities: [] },
    'x@first_bot',
    false,
  ],
  [
    'a mention of its id',
    { text: 'Bot hi', entities: [{ type: 'text_mention', offset: 0, length: 3, user: { id: 7 } }] },
    'hi',
    true,
  ],
  ['a command with its name', { text: '/model@first_bot 2', entities: [command(16)] }, '/model 2', true],
  ['a command without one', { text: '/model 2', entities: [command(6)] }, '/model 2', false],
  ['emoji before its name', { text: '😀 @first_bot hi', entities: [mention(3)] }, '😀  hi', true],
  ['a reply to it', { text: 'and?', reply_to_message: { from: { id: 7 } } }, 'and?', true],
  ['a reply to somebody else', { text: 'and?', reply_to_message: { from: { id: 8 } } }, 'and?', false],
  [
    'words below a picture',
    { caption: '@first_bot what is it?', caption_entities: [mention(0)], photo: [] },
    'what is it?',
    true,
  ],
])('%s', (_, message, text, isMeant) => {
  expect(read(message)).toMatchObject({ text, isMeant, kind: 'group', chatId: '-5', senderId: '1' })
})

test('what nobody says to it is nothing: other bots, their commands, news of the chat', () => {
  expect(read({ text: 'hi', from: { id: 9, is_bot: true, first_name: 'B' } })).toBeUndefined()
  expect(read({ text: '/model@other_bot', entities: [command(16)] })).toBeUndefined()
  expect(read({ new_chat_members: [] })).toBeUndefined()
  expect(read({ text: 'hi', from: undefined })).toBeUndefined()
  expect(readUpdate({ update_id: 1 } as Update, ME)).toBeUndefined()
})

test('who speaks for a chat has the id of the chat, not the one that all anonymous administrators share', () => {
  const from = { id: 1087968824, is_bot: true, first_name: 'Group', username: 'GroupAnonymousBot' }
  expect(read({ text: 'hi', from, sender_chat: { id: -5, type: 'supergroup', title: 'Ours' } })).toMatchObject({
    senderId: '-5',
    senderName: 'Ours',
  })
})

test('what a message replies to is read, with the part that was chosen, and in a group with its picture', () => {
  const from = { id: 8, is_bot: false, first_name: 'Eve' }
  const photo = [{ file_id: 'cat', width: 90, height: 90 }]
  const theirs = {
    text: '@first_bot and?',
    entities: [mention(0)],
    reply_to_message: { from, caption: 'a cat', photo },
  }
  expect(read(theirs)).toMatchObject({ quoted: { name: 'Eve', text: 'a cat' }, pictures: ['cat'], text: 'and?' })
  const chosen = { ...theirs, quote: { text: 'cat', position: 2 } }
  expect(read(chosen)?.quoted).toEqual({ name: 'Eve', text: 'cat' })
  const mine = read({ text: 'why?', reply_to_message: { from: { id: 7 }, text: 'x'.repeat(3000), photo } })
  expect(mine).toMatchObject({ isMeant: true, pictures: [], quoted: { name: 'you', text: 'x'.repeat(2000) } })
  // In private it was shown already.
  const inPrivate = read({ ...theirs, chat: { id: 1, type: 'private' } })
  expect(inPrivate).toMatchObject({ pictures: [], quoted: { text: 'a cat' } })
  // Every message of a topic replies to its beginning, which says nothing.
  expect(read({ text: 'hi', reply_to_message: { from, forum_topic_created: {} } })?.quoted).toBeUndefined()
  expect(read({ text: 'hi' })).not.toHaveProperty('isForwarded')
  expect(read({ text: 'hi', forward_origin: { type: 'hidden_user' } })).toMatchObject({ isForwarded: true })
})

test('in private everything is meant, and a topic of a group is told apart', () => {
  expect(read({ text: 'hi', chat: { id: 1, type: 'private' } })).toMatchObject({ kind: 'direct', isMeant: true })
  expect(read({ text: 'hi', is_topic_message: true, message_thread_id: 4 })).toMatchObject({ topicId: 4 })
  expect(read({ text: 'hi', message_thread_id: 4 })).not.toHaveProperty('topicId')
})

test('what is shown beside words is read by what it is, and what is too large or unreadable is said to be so', () => {
  const file = (more: object) => ({ file_id: 'f', file_unique_id: 'u', ...more })
  const shown = (message: object): object => {
    const { text, pictures, files, tooLarge, hasMore } = read(message) ?? {}
    return JSON.parse(JSON.stringify({ text, pictures, files, tooLarge, hasMore }))
  }
  const base = { text: '', pictures: [], hasMore: false }
  const audio = { kind: 'audio', fileId: 'f', mediaType: 'audio/ogg' }
  expect(shown({ voice: file({ duration: 2, mime_type: 'audio/ogg' }) })).toEqual({ ...base, files: [audio] })
  expect(shown({ audio: file({ duration: 2, mime_type: 'audio/mpeg', file_name: 'song.mp3' }) })).toEqual({
    ...base,
    files: [{ ...audio, mediaType: 'audio/mpeg', name: 'song.mp3' }],
  })
  const pdf = { mime_type: 'application/pdf', file_name: 'paper.pdf', file_size: 5 }
  expect(shown({ document: file(pdf), caption: 'Read it' })).toEqual({
    ...base,
    text: 'Read it',
    files: [{ kind: 'document', fileId: 'f', mediaType: 'application/pdf', name: 'paper.pdf', bytes: 5 }],
  })
  expect(shown({ document: file({ mime_type: 'application/octet-stream', file_name: 'notes.md' }) })).toEqual({
    ...base,
    files: [{ kind: 'document', fileId: 'f', mediaType: 'text/plain', name: 'notes.md' }],
  })
  expect(shown({ document: file({ mime_type: 'image/png', file_name: 'x.png' }) })).toEqual({
    ...base,
    files: [{ kind: 'image', fileId: 'f', mediaType: 'image/png' }],
  })
  expect(shown({ sticker: file({ emoji: '😀' }) })).toEqual({ ...base, text: '😀' })
  const most = 20 * 1024 * 1024
  expect(shown({ document: file({ ...pdf, file_size: most }) })).toMatchObject({ hasMore: false })
  expect(shown({ document: file({ ...pdf, file_size: most + 1 }) })).toEqual({
    ...base,
    hasMore: true,
    tooLarge: 'What a bot is given may be 20 MB at most; this is larger.',
  })
  // A moving picture is called a document, too.
  const movie = file({ mime_type: 'video/mp4' })
  for (const unread of [
    { animation: movie, document: movie },
    { video: movie },
    { document: file({ file_name: 'a.zip' }) },
  ]) {
    expect(shown(unread)).toEqual({ ...base, hasMore: true })
  }
})
