// openclaw.json: read as JSON5, edited without losing a comment or a habit of whoever wrote it.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ConfigStore, openConfig } from '../../src/store/config.ts'
import { childObject, type JsonObject } from '../../src/store/document.ts'
import { createFilesBackend } from '../../src/store/files-backend.ts'
import { freshDir, machine } from '../support/machine.ts'
import { holds } from '../support/seeds.ts'

const backend = createFilesBackend(machine({}).system, '/nowhere')

function fresh(text?: string): { store: ConfigStore; path: string; text: () => string } {
  const path = join(freshDir(), 'openclaw.json')
  if (text !== undefined) writeFileSync(path, text)
  return { store: openConfig(backend, path), path, text: () => readFileSync(path, 'utf8') }
}

const mention = (draft: JsonObject): void => {
  childObject(childObject(draft, 'auth'), 'profiles')['anthropic:work'] = { provider: 'anthropic', mode: 'api_key' }
}

const COMMENTED = `// my config
{
  /* who I am */
  agents: { defaults: { model: 'anthropic/claude-opus-4-6' /* best */, }, }, // trailing
  'quoted-key': [1, 2, /* three */ 3,],
  auth: {
    // the accounts
    profiles: {
      'anthropic:default': { provider: 'anthropic', mode: 'api_key' }, // private
    },
  },
  env: { "A": "\${B}" },
}
// the end
`

test('every comment, quote and trailing comma survives an edit', async () => {
  const { store, text } = fresh(COMMENTED)
  await store.change(mention)
  const after = text()
  for (const comment of COMMENTED.match(/\/\/.*|\/\*.*?\*\//g) ?? []) expect(after).toContain(comment)
  for (const habit of ["'quoted-key'", '"${B}"', '3,]', "model: 'anthropic/claude-opus-4-6'"])
    expect(after).toContain(habit)
  expect((await store.read()).authProfiles.get('anthropic:work')).toEqual({ provider: 'anthropic', mode: 'api_key' })
  expect((await store.read()).authProfiles.get('anthropic:default')).toEqual({ provider: 'anthropic', mode: 'api_key' })
})

test('lines that were not touched keep their bytes', async () => {
  const { store, text } = fresh(COMMENTED)
  await store.change(mention)
  const after = text().split('\n')
  // The comment behind the last entry of a section moves behind the one that is added.
  for (const line of COMMENTED.split('\n')) if (!line.includes('// private')) expect(after).toContain(line)
})

test('a variable keeps its name in the file, set or not, whatever is edited beside it', async () => {
  const path = join(freshDir(), 'openclaw.json')
  writeFileSync(
    path,
    "{ env: { A: '$${B}' }, models: { providers: { openai: { baseUrl: '${BASE}', apiKey: '${KEY}' }, xai: { apiKey: '${GONE}' } } } }",
  )
  const set: Record<string, string> = { BASE: 'https://proxy.example/v1', KEY: 'sk-secret-value' }
  const store = openConfig(backend, path, (name) => set[name])
  await store.change(mention)
  const text = readFileSync(path, 'utf8')
  for (const kept of ["'$${B}'", "'${BASE}'", "'${KEY}'", "'${GONE}'"]) expect(text).toContain(kept)
  expect(text).not.toContain('sk-secret-value')
  const config = await store.read()
  expect(config.authProfiles.has('anthropic:work')).toBe(true)
  expect(config.env.get('A')).toBe('${B}')
  expect(config.providers.get('openai')).toEqual({ baseUrl: 'https://proxy.example/v1', apiKey: 'sk-secret-value' })
})

test('an edit that changes nothing leaves the bytes as they are', async () => {
  const { store, text } = fresh(COMMENTED)
  await store.change(() => undefined)
  expect(text()).toBe(COMMENTED)
})

test.each([undefined, '', ' \n', '\uFEFF'])(
  'a file that holds nothing (%j) becomes one that holds the edit',
  async (before) => {
    const { store, text, path } = fresh(before)
    expect((await store.read()).model.primary).toBe('anthropic/claude-opus-4-6')
    if (before === undefined) {
      await store.change(() => undefined)
      expect(existsSync(path)).toBe(false)
    }
    await store.change(mention)
    expect(JSON.parse(text())).toEqual({
      auth: { profiles: { 'anthropic:work': { provider: 'anthropic', mode: 'api_key' } } },
    })
  },
)

test('plain JSON stays plain JSON', async () => {
  for (const before of [
    '{"gateway":{"port":1}}',
    '{\n  "gateway": {\n    "port": 1\n  }\n}\n',
    '{\r\n\t"gateway": {}\r\n}\r\n',
  ]) {
    const { store, text } = fresh(before)
    await store.change(mention)
    expect(JSON.parse(text()).auth.profiles['anthropic:work']).toBeDefined()
  }
})

test('a byte order mark, names like toString and Windows line ends are no trouble', async () => {
  const { store, text } = fresh(
    '\uFEFF{\r\n  // hi\r\n  agents: { defaults: { models: { "a/b": { alias: "toString" } } } },\r\n  toString: 1,\r\n}\r\n',
  )
  await store.change(mention)
  expect(text()).toContain('// hi')
  expect((await store.read()).aliasNames.get('toString')).toBe('a/b')
  expect(text().match(/toString/g)).toHaveLength(2)
})

describe('what cannot be read or does not hold is refused and stays', () => {
  test.each<[string, string, string, RegExp]>([
    ['no JSON5', '{ a: ', 'unreadable_config', /not valid JSON5 \(line 1/],
    ['a list', '[]', 'unreadable_config', /object/],
    ['a wrong value', '{ gateway: { port: "x" } }', 'invalid_config', /gateway\.port/],
    ['two wrong values', '{ gateway: { port: -1, bind: 7 } }', 'invalid_config', /gateway\.port.*gateway\.bind/],
    ['__proto__', '{ env: { "__proto__": { x: 1 } } }', 'invalid_config', /env\.__proto__: this key is not allowed/],
    ['constructor', '{ constructor: 1 }', 'invalid_config', /constructor: this key/],
    ['a model that is none', '{ agents: { defaults: { model: "a b" } } }', 'invalid_config', /agents\.defaults\.model/],
  ])('%s', async (_what, before, code, why) => {
    const { store, text, path } = fresh(before)
    const refusal = { code, message: expect.stringMatching(why), remedy: expect.stringContaining(path) }
    await expect(store.read()).rejects.toMatchObject(refusal)
    await expect(store.change(mention)).rejects.toMatchObject(refusal)
    expect(text()).toBe(before)
    expect(Object.keys(Object.prototype)).toEqual([])
  })

  test('an edit that would make it wrong', async () => {
    const { store, text } = fresh(COMMENTED)
    await expect(
      store.change((draft) => {
        draft.gateway = { port: -1 }
      }),
    ).rejects.toMatchObject({ code: 'invalid_config' })
    expect(text()).toBe(COMMENTED)
  })
})

test('an edit that the editor stumbles over is refused, and the file stays', async () => {
  const { store, text } = fresh('{a:1,x:{}}')
  const edit = store.change((draft) => {
    draft.x = { toString: {} }
  })
  await expect(edit).rejects.toMatchObject({ code: 'write_failed', remedy: expect.stringContaining('openclaw.json') })
  expect(text()).toBe('{a:1,x:{}}')
})

test('a number that no program holds exactly keeps its digits, or the edit is refused', async () => {
  const { store, path } = fresh()
  const text = '{ a: [123456789012345678, 2], b: { c: 123456789012345678 } }\n'
  writeFileSync(path, text)
  await store.change((draft) => {
    childObject(draft, 'b').d = 1
  })
  expect(readFileSync(path, 'utf8').match(/123456789012345678/g)).toHaveLength(2)
  const before = readFileSync(path, 'utf8')
  const moved = store.change((draft) => void (draft.a as number[]).unshift(7))
  await expect(moved).rejects.toMatchObject({ code: 'write_failed' })
  expect(readFileSync(path, 'utf8')).toBe(before)
})

test('an edit that removes a section removes it and keeps the rest', async () => {
  const { store, text } = fresh(COMMENTED)
  await store.change((draft) => {
    delete (draft.auth as JsonObject).profiles
  })
  expect((await store.read()).authProfiles.size).toBe(0)
  for (const kept of ['// my config', '/* who I am */', '// trailing', '/* three */', '// the end'])
    expect(text()).toContain(kept)
})

const UNUSUAL = [...Object.getOwnPropertyNames(Object.prototype), 'prototype']

test('any sequence of edits reads back as what was meant', async () => {
  const names = fc.constantFrom('a', 'b-c', '1x', 'anthropic:work', 'ü', '')
  const edits = fc.array(
    fc.record({
      path: fc.array(names, { minLength: 1, maxLength: 3 }),
      value: fc.option(fc.jsonValue({ maxDepth: 2 }), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 6 },
  )
  const { store, path } = fresh()
  await holds(
    fc.asyncProperty(edits, fc.constantFrom(COMMENTED, '{}', '{/**/}\n', '// x\n{a:1,}'), async (list, start) => {
      // The editor stumbles over some of these names, and one is refused in a config; both have tests of their own.
      fc.pre(!UNUSUAL.some((name) => JSON.stringify(list).includes(name)))
      writeFileSync(path, start)
      let meant: unknown
      for (const { path: steps, value } of list) {
        await store.change((draft) => {
          let at = childObject(draft, 'x')
          for (const step of steps.slice(0, -1)) at = childObject(at, step)
          const last = steps.at(-1) ?? ''
          if (value === undefined) delete at[last]
          else at[last] = value
          meant = JSON.parse(JSON.stringify(draft))
        })
      }
      let read: unknown
      await store.change((draft) => {
        read = JSON.parse(JSON.stringify(draft))
      })
      expect(read).toEqual(meant)
      if (start === COMMENTED) expect(readFileSync(path, 'utf8')).toContain('/* who I am */')
    }),
    80,
  )
})
