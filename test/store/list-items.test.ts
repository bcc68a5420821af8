// Items that go out of a list take their own comments along, those that come stand behind the others, and everybody else's comments stay where they are.
import { expect, test } from 'vitest'
import { parseJson5 } from '../../src/store/config.ts'
import { appendItems, cutItems, moveItems } from '../../src/store/list-items.ts'

const FILE = `{
  // The whole.
  bindings: [ // opened
    // Private: mine.
    { agentId: "a", match: { channel: "x" } }, // tail of a
    // Work, /* really */ work.
    { agentId: "b", match: { channel: "y" } }, // tail of b

    /* third */ { agentId: "c", match: { channel: "z" } }, // tail of c
    // Nobody's: the end.
  ],
  more: { names: ["p", /* two */ "q", "r"] }, // kept
}
`

type File = { bindings: { agentId: string }[]; more: { names: string[] } }

function without(text: string, edit: (draft: File) => void): string {
  const before = parseJson5(text)
  const draft = structuredClone(before) as File
  edit(draft)
  const next = cutItems(text, before, draft)
  expect(parseJson5(next)).toEqual(draft)
  return next
}

const lines = (text: string, ...gone: string[]): string =>
  text
    .split('\n')
    .filter((line) => !gone.some((part) => line.includes(part)))
    .join('\n')

test('an item goes with the comments above and behind it; all other bytes stay', () => {
  const cut = (at: number): string => without(FILE, ({ bindings }) => void bindings.splice(at, 1))
  expect(cut(0)).toBe(lines(FILE, 'Private', '"a"'))
  expect(cut(1)).toBe(lines(FILE, 'Work', '"b"'))
  expect(cut(2)).toBe(lines(FILE, '"c"').replace('// tail of b\n\n', '// tail of b\n'))
  expect(
    without(FILE, (draft) => {
      draft.bindings = draft.bindings.slice(1, 2)
    }),
  ).toBe(lines(FILE, 'Private', '"a"', '"c"').replace('// tail of b\n\n', '// tail of b\n'))
})

test('within a line, and at the end of a list without a comma, what is left is still a list', () => {
  const names = (keep: string): string =>
    without(FILE, ({ more }) => {
      more.names = more.names.filter((name) => keep.includes(name))
    })
  expect(names('pr')).toBe(FILE.replace(' /* two */ "q",', ''))
  expect(names('pq')).toBe(FILE.replace(', "r"', ''))
  expect(names('qr')).toBe(FILE.replace('"p", /* two */', ' /* two */'))
  expect(names('')).toBe(FILE.replace('["p", /* two */ "q", "r"]', '[]'))
  const plain = JSON.stringify({ bindings: [{ agentId: 'a' }, { agentId: 'b' }], more: { names: [] } }, null, 2)
  expect(JSON.parse(without(plain, ({ bindings }) => void bindings.pop()))).toMatchObject({
    bindings: [{ agentId: 'a' }],
  })
})

test('a list in which something else changed as well is left to the editor', () => {
  const before = parseJson5(FILE)
  const draft = structuredClone(before) as File
  draft.bindings.splice(0, 1)
  if (draft.bindings[0] !== undefined) draft.bindings[0].agentId = 'other'
  expect(cutItems(FILE, before, draft)).toBe(FILE)
})

test('a new item stands behind the comment of the last one, with a comma where the others have one', () => {
  const wanted = { agentId: 'd', match: { channel: 'q', 'a b': [1] } }
  const grown = (text: string): string => {
    const before = parseJson5(text)
    const draft = structuredClone(before) as File
    draft.bindings.push(wanted as never)
    const next = appendItems(text, before, draft)
    if (next !== text) expect(parseJson5(next)).toEqual(draft)
    return next
  }
  const line = '    { agentId: "d", match: { channel: "q", "a b": [1] } }'
  expect(grown(FILE)).toBe(FILE.replace('// tail of c\n', `// tail of c\n${line},\n`))
  const bare = FILE.replace('}, // tail of c\n', '} // tail of c\n').replace('/* third */ ', '')
  expect(grown(bare)).toBe(bare.replace('} // tail of c\n', `}, // tail of c\n${line}\n`))
  // On one line, or in an empty list, there is nothing to be careful about.
  for (const text of ['{ bindings: [{ agentId: "a" }] }', '{ bindings: [] }']) expect(grown(text)).toBe(text)
})

const CHAIN = `{
  // About images.
  image: 'a/b', // tail of image
  // About the rest.
  rest: [
    // ===== Ask Ann first =====

    // cheap
    'p', // why p
    'q', /* why q */
    // last
    'r' // why r
    // Nobody's.
  ],
  line: ['x', /* two */ 'y', 'z'],
}
`
type Chain = { image?: string; rest: string[]; line: string[] }

function changed(text: string, edit: (draft: Chain) => void): string {
  const before = parseJson5(text)
  const draft = structuredClone(before) as Chain
  edit(draft)
  const next = moveItems(cutItems(text, before, draft, true), before, draft)
  expect(parseJson5(next)).toEqual(draft)
  return next
}

test('items that change places take their comments along; a heading above an empty line stays', () => {
  const moved = `    // last
    'r', // why r
    // cheap
    'p', // why p
    'q' /* why q */
`
  const whole = CHAIN.replace(/ {4}\/\/ cheap[\s\S]*why r\n/, moved)
  expect(changed(CHAIN, ({ rest }) => rest.unshift(rest.pop() ?? ''))).toBe(whole)
  const wide = (text: string): string => text.replaceAll('\n', '\r\n')
  expect(changed(wide(CHAIN), ({ rest }) => rest.unshift(rest.pop() ?? ''))).toBe(wide(whole))
  const line = changed(CHAIN, (draft) => void draft.line.reverse())
  expect(line).toBe(CHAIN.replace("['x', /* two */ 'y', 'z']", "['z', /* two */ 'y', 'x']"))
  expect(changed(CHAIN, ({ rest }) => rest.shift())).toBe(lines(CHAIN, 'cheap', 'why p'))
})

test('a key that goes takes its comments along, also as the last one, and nobody else\u2019s', () => {
  const without = (draft: Chain): void => {
    delete draft.image
  }
  expect(changed(CHAIN, without)).toBe(lines(CHAIN, 'image'))
  const last = `{\n  // rest\n  rest: [],\n  // about images\n  image: 'a/b', // tail\n}\n`
  expect(changed(last, without)).toBe('{\n  // rest\n  rest: [],\n}\n')
})

test('many items go as quickly as one, and a new line ends as the others do', () => {
  const text = `{ rest: [\r\n${Array.from({ length: 10_000 }, (_, at) => `  'a/${at}', // ${at}\r\n`).join('')}] }`
  const kept = changed(text, (draft) => {
    draft.rest = draft.rest.slice(9000)
  })
  expect(kept).toContain("[\r\n  'a/9000', // 9000\r\n")
  expect(kept).not.toContain('8999')
  const before = { rest: ['a'] }
  expect(appendItems("{ rest: [\r\n  'a',\r\n] }", before, { rest: ['a', 'b'] })).toContain('\'a\',\r\n  "b",\r\n')
})
