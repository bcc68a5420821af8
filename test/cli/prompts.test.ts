// One of several things, answered by a line: presets, numbers, names, and asking again.
import { expect, it } from 'vitest'
import { choose, type ReadLine } from '../../src/cli/prompts.ts'

/** A person who says these things, one after the other. */
function person(...lines: string[]): { read: ReadLine; heard: string[] } {
  const heard: string[] = []
  const read: ReadLine = async (question) => {
    heard.push(question)
    const line = lines.shift()
    if (line === undefined) throw new Error('asked once too often')
    return line
  }
  return { read, heard }
}

const FRUIT = ['Apple', 'Apricot', 'Plum']

it.each([
  ['', 1],
  ['1', 0],
  [' 3 ', 2],
  ['plum', 2],
  ['apr', 1],
  ['APPLE', 0],
])('takes %j for the item at %i', async (line, at) => {
  expect(await choose(person(line).read, 'Which?', FRUIT, 1)).toBe(at)
})

it('draws a numbered list within 80 columns, and asks again after what is no answer', async () => {
  const { read, heard } = person('0', '4', 'ap', 'pear', '-1', '1e0', '2')
  expect(await choose(read, 'Which?', FRUIT)).toBe(1)
  expect(heard[0]).toBe('\nWhich?\n  1) Apple\n  2) Apricot\n  3) Plum\nNumber [1]: ')
  expect(heard.slice(1)).toEqual(
    Array.from({ length: 6 }, () => 'Type a number from 1 to 3, or the beginning of one name.\nNumber [1]: '),
  )
})
