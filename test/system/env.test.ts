// Dotenv texts as people write them.
import { expect, test } from 'vitest'
import { parseDotenv } from '../../src/system/env.ts'

test('names, quotes, comments, export, a byte order mark and blank values', () => {
  const text = [
    '\uFEFF# keys',
    'PLAIN=sk-1',
    'export EXPORTED=sk-2',
    'QUOTED="sk 3"',
    "SINGLE='sk#4'",
    'COMMENTED=sk-5 # mine',
    'BLANK=',
    'SPACES="   "',
    '  INDENTED = sk-6 ',
    'PLAIN=sk-7',
    'nonsense',
    '',
  ].join('\r\n')
  expect([...parseDotenv(text)].sort()).toEqual([
    ['COMMENTED', 'sk-5'],
    ['EXPORTED', 'sk-2'],
    ['INDENTED', 'sk-6'],
    ['PLAIN', 'sk-7'],
    ['QUOTED', 'sk 3'],
    ['SINGLE', 'sk#4'],
  ])
})

test('a name like __proto__ is a name like any other', () => {
  parseDotenv('__proto__=x\nconstructor=y\n')
  expect(Object.keys(Object.prototype)).toEqual([])
})
