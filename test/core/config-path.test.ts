// Paths into the configuration: read, written, followed, and never to a prototype.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatPath, parsePath, putAt, removeAt, shellPath, valueAt } from '../../src/core/config-path.ts'
import { holds } from '../support/seeds.ts'

test.each<[string, string[]]>([
  ['gateway', ['gateway']],
  ['gateway.port', ['gateway', 'port']],
  ['agents.list[0].id', ['agents', 'list', '0', 'id']],
  ['agents.list.0.id', ['agents', 'list', '0', 'id']],
  ['agents.defaults.models["openai/gpt-5.1"].alias', ['agents', 'defaults', 'models', 'openai/gpt-5.1', 'alias']],
  ["auth.order['z.ai']", ['auth', 'order', 'z.ai']],
  ['["a.b"]["c\\"d"]', ['a.b', 'c"d']],
  ['auth.profiles.anthropic:work.mode', ['auth', 'profiles', 'anthropic:work', 'mode']],
  ['$schema', ['$schema']],
])('%s is read', (text, path) => {
  expect(parsePath(text)).toEqual(path)
})

test.each(['', '.', 'a.', '.a', 'a..b', 'a[', 'a[x]', 'a["x]', 'a["x"]b', 'a]b', 'x'.repeat(2000)])(
  '%j is no path',
  (text) => {
    expect(() => parsePath(text)).toThrow(/path/)
  },
)

test.each([
  '__proto__',
  'a.__proto__.b',
  'constructor.prototype',
  'a["prototype"]',
  "['__proto__']",
  'a["__\\proto__"]',
])('%s is never followed', (text) => {
  expect(() => parsePath(text)).toThrow(/not allowed/)
})

test('what formatPath writes, parsePath reads', async () => {
  const step = fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom('a.b', '0', '["x"]', "it's", '\\', ' ', 'gpt-5.1'))
  const path = fc.array(step, { minLength: 1, maxLength: 5 }).filter((steps) => !/proto|constructor/.test(steps.join()))
  await holds(
    fc.property(path, (steps) => {
      expect(parsePath(formatPath(steps))).toEqual(steps)
    }),
    2000,
  )
})

test('a path in a command is one word of the shell', () => {
  expect(shellPath(['gateway', 'port'])).toBe('gateway.port')
  expect(shellPath(['a', "b.c'd"])).toBe(`'a["b.c'\\''d"]'`)
  expect(shellPath(['$schema'])).toBe("'$schema'")
})

test('values are put, found and removed, in objects and lists', () => {
  const root = { agents: { list: [{ id: 'main' }] } }
  putAt(root, ['agents', 'list', '1', 'id'], 'work')
  putAt(root, ['agents', 'list', '0', 'name'], 'Main')
  putAt(root, ['gateway', 'auth', 'mode'], 'token')
  expect(root).toEqual({
    agents: { list: [{ id: 'main', name: 'Main' }, { id: 'work' }] },
    gateway: { auth: { mode: 'token' } },
  })
  expect(valueAt(root, ['agents', 'list', '1', 'id'])).toBe('work')
  expect(removeAt(root, ['agents', 'list', '0'])).toBe(true)
  expect(valueAt(root, ['agents', 'list'])).toEqual([{ id: 'work' }])
  expect(removeAt(root, ['agents', 'list', 'length'])).toBe(false)
  expect(removeAt(root, ['nothing', 'here'])).toBe(false)
  expect(valueAt(root, ['toString'])).toBeUndefined()
  expect(valueAt(root, ['gateway', 'auth', 'mode', 'length'])).toBeUndefined()
})

test('nothing is put below a single value, or beyond the end of a list', () => {
  const root = { a: 'text', list: [1] }
  expect(() => putAt(root, ['a', 'b'], 1)).toThrow(/a holds a single value/)
  for (const place of ['2', '-1', 'length', '1.5', '01', '']) {
    expect(() => putAt(root, ['list', place], 1), place).toThrow(/no place in it/)
  }
  expect(root).toEqual({ a: 'text', list: [1] })
})
