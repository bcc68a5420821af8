// What a model writes in Markdown, as a messenger shows it: no sign is left that Telegram would show, and none that it would not take for one is gone.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Formatted, formatAll } from '../../src/channels/telegram/format.ts'

/** The places, with what stands there: `bold:words`. */
const placesOf = ({ text, entities }: Formatted): string[] =>
  entities.map((entity) => {
    const more = entity.type === 'pre' ? (entity.language ?? '') : entity.type === 'text_link' ? entity.url : ''
    return `${entity.type}${more === '' ? '' : ` ${more}`}: ${text.slice(entity.offset, entity.offset + entity.length)}`
  })

test.each<[string, string, string[]]>([
  ['a **bold** and an *italic* word', 'a bold and an italic word', ['bold: bold', 'italic: italic']],
  ['__so__ and _so_ and ~~not~~', 'so and so and not', ['bold: so', 'italic: so', 'strikethrough: not']],
  ['**all `of it`**', 'all of it', ['bold: all of it', 'code: of it']],
  ['`a * b * c` and ``x`y``', 'a * b * c and x`y', ['code: a * b * c', 'code: x`y']],
  ['😀 **bold**', '😀 bold', ['bold: bold']],
  ['## A heading\ntext', 'A heading\ntext', ['bold: A heading']],
  ['* one\n* two', '* one\n* two', []],
  ['2 * 3 * 4, 2*3*4 and my_own_name', '2 * 3 * 4, 2*3*4 and my_own_name', []],
  ['***both*** then', 'both then', ['bold: both', 'italic: both']],
  ['这是**重点**内容', '这是重点内容', ['bold: 重点']],
  ['**not closed', '**not closed', []],
  ['not `closed', 'not `closed', []],
  ['\\*plain\\*', '*plain*', []],
  ['see [the *page*](https://a.b/c)', 'see the page', ['text_link https://a.b/c: the page', 'italic: page']],
  ['[x](javascript:alert(1)) [y]', '[x](javascript:alert(1)) [y]', []],
  ['one\n```js\na **b**\n```\ntwo', 'one\na **b**\ntwo', ['pre js: a **b**']],
  // While it grows.
  ['```js\nlet a', 'let a', ['pre js: let a']],
  ['```', '', []],
])('%j', (markdown, text, places) => {
  const [piece = { text: '', entities: [] }] = formatAll(markdown)
  expect([piece.text, placesOf(piece)]).toEqual([text, places])
})

test('a block of code that is cut goes on as one in the next message', () => {
  const lines = Array.from({ length: 600 }, (_, at) => `line **${at}**`)
  const pieces = formatAll(`\`\`\`\n${lines.join('\n')}\n\`\`\`\n**end**`)
  expect(pieces.length).toBeGreaterThan(1)
  expect(placesOf(pieces[1] as Formatted)).toEqual([expect.stringMatching(/^pre: line \*\*/), 'bold: end'])
})

test('whatever is written, every place lies within its message, and no message is longer than it may be', () => {
  const sign = fc.constantFrom(
    '*',
    '**',
    '_',
    '__',
    '`',
    '```',
    '\n',
    '~~',
    '[',
    '](',
    'https://a',
    ')',
    'a',
    ' ',
    '😀',
    '#',
    '\\',
  )
  fc.assert(
    fc.property(fc.array(sign, { maxLength: 200 }), (signs) => {
      for (const { text, entities } of formatAll(signs.join(''))) {
        expect(text.length).toBeLessThanOrEqual(4096)
        for (const { offset, length } of entities) {
          expect(length).toBeGreaterThan(0)
          expect(offset + length).toBeLessThanOrEqual(text.length)
        }
      }
    }),
  )
})
