// Configurations that people copy from our pages are valid, and hold no key that nobody reads.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readConfig } from '../../src/core/config.ts'
import { unknownKeys } from '../../src/core/config-keys.ts'
import { parseJson5 } from '../../src/store/config.ts'
import { ROOT } from '../support/installation.ts'

const below = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) => `docs/${name}`)
const pages = ['README.md', ...below].filter((name) => name.endsWith('.md'))
const examples = pages.flatMap((page) =>
  [...readFileSync(join(ROOT, page), 'utf8').matchAll(/^```json5\n([\s\S]*?)^```$/gm)].map((found, at) => ({
    name: `${page}, example ${at + 1}`,
    text: found[1] ?? '',
  })),
)

test('there are examples', () => {
  expect(examples.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['docs/configuration.md, example 1', 'README.md, example 1']),
  )
})

test.each(examples)('$name is valid', ({ text }) => {
  const value = parseJson5(text)
  expect(readConfig(value).issues).toEqual([])
  expect(unknownKeys(value)).toEqual([])
})
