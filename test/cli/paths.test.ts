// Paths as people and terminals write them.
import { expect, test } from 'vitest'
import { areDropped, pathsIn } from '../../src/cli/paths.ts'

test.each([
  ['/a/b.png', ['/a/b.png']],
  ['/a/my\\ cat.png /b.pdf ', ['/a/my cat.png', '/b.pdf']],
  ["'/a/my cat.png' ", ['/a/my cat.png']],
  ["'/a/it'\\''s.png'", ["/a/it's.png"]],
  ['"/a/b c.png"', ['/a/b c.png']],
  ['file:///a/my%20cat.png', ['/a/my cat.png']],
  ['file:///a/%zz', ['file:///a/%zz']],
])('%s', (line, paths) => {
  expect(pathsIn(line, false)).toEqual(paths)
  expect(areDropped(line, false)).toBe(!line.includes('%zz'))
})

test('a backslash is part of a path on Windows', () => {
  expect(pathsIn('C:\\Users\\a\\cat.png "C:\\my cat.png"', true)).toEqual(['C:\\Users\\a\\cat.png', 'C:\\my cat.png'])
  expect(areDropped('C:\\Users\\a\\cat.png', true)).toBe(true)
})

test.each(['', 'cat.png', 'see /etc/hosts', '/etc/hosts: permission denied', '/a/', "'", '~'])(
  '%j is a message',
  (line) => {
    expect(areDropped(line, false)).toBe(false)
  },
)
