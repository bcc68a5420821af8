// The tokenizer behind the rules: it must not take a division for a pattern, nor text for code.
import { expect, it } from 'vitest'
import { code, tokens } from '../../scripts/rules/lex.mjs'
import { patterns } from '../../scripts/rules/regex.mjs'

const kinds = (text: string) => tokens(text).map((token) => `${token.kind}:${token.text}`)

it('tells a regex from a division', () => {
  const text =
    'const a = b / c / d\nif (x) /y/g.test(z)\nreturn /[/]\\//.exec(q(1) / 2)\nw = list[0] / 3 / 4\nif (ok) {\n}\n/k/.test(s)'
  expect(patterns(text).map(({ source, line }) => `${line} ${source}`)).toEqual(['2 y', '3 [/]\\/', '7 k'])
})

it('reads templates inside templates as text around code', () => {
  const list = kinds('const t = `a ${b(`c ${d} e`, { f: 1 })} g` + h')
  expect(list).toContain('template:`a ${')
  expect(list).toContain('word:d')
  expect(list).toContain('template:} g`')
  expect(list.at(-1)).toBe('word:h')
})

it('finds no code in strings and comments, and counts lines across them', () => {
  const list = code("/* Date.now()\n */ 'Date.now() // \\' x' // Date.now()\nend")
  expect(list.map(({ text, line }) => `${line} ${text}`)).toEqual(["2 'Date.now() // \\' x'", '3 end'])
})
