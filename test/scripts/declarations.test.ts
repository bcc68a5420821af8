// One declaration file for a door of the package: what is exported and what that needs, each name once, and the same every time.
import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { buildTwice } from '../../scripts/build.mjs'
import { declarationsOf } from '../../scripts/declarations.mjs'
import { plant } from './planted.ts'

const BOOT = 'export {}\n'

async function project(files: Record<string, string>): Promise<string> {
  const root = await plant({
    'package.json': '{ "version": "1.0.0", "type": "module" }',
    'src/boot.ts': BOOT,
    ...files,
  })
  await symlink(join(import.meta.dirname, '../../node_modules'), join(root, 'node_modules'))
  return root
}

const FILES = {
  'src/main.ts': 'export {}\n',
  'src/plugin.ts': [
    '// The door.',
    "export type { Thing } from './a/thing.ts'",
    "export { make, type Made } from './b/make.ts'",
  ].join('\n'),
  'src/a/thing.ts': [
    "/** A thing; it's `x` | {y}. */",
    'export type Thing = { name: string; part?: Part }',
    'type Part = { kind: \'a; }\' | "b" }',
    'export type Unused = { of: nobody }',
    'declare const nobody: unique symbol',
    'type nobody = 1',
  ].join('\n'),
  'src/b/make.ts': [
    "import { own } from '../c/own.ts'",
    "import type { Thing as Other } from '../a/thing.ts'",
    '/** Another part than that of a thing. */',
    'export type Part = { of: Other; Part: string }',
    'export type Made = Part & {\n  hook(): void\n  /** @internal */\n  secret(): string\n}',
    '/** Makes one. */',
    'export function make(part: Part): Made { return { ...part, hook() {}, secret: () => own.value } }',
    'export class Unused { x = 1 }',
    'export const held = own',
  ].join('\n'),
  'src/c/own.ts': "export const own = { value: '' }\n",
}

it('holds what is exported and what that needs, and renames one of two that share a name', async () => {
  const root = await project(FILES)
  const text = await declarationsOf(root, 'src/plugin.ts')
  expect(text.replace(/^\/\/.*\n/, '')).toBe(
    [
      'type Part = {\n    kind: \'a; }\' | "b";\n};',
      "/** A thing; it's `x` | {y}. */\ntype Thing = {\n    name: string;\n    part?: Part;\n};",
      'type Made = BPart & {\n    hook(): void;\n};',
      '/** Another part than that of a thing. */\ntype BPart = {\n    of: Thing;\n    Part: string;\n};',
      '/** Makes one. */\ndeclare function make(part: BPart): Made;',
      'export {\n    type Made,\n    type Thing,\n    make,\n};\n',
    ].join('\n'),
  )
  expect(await buildTwice(root)).toEqual([])
})

it('says what it does not understand, and refuses types that are not ours', async () => {
  const root = await project({
    ...FILES,
    'src/plugin.ts': "import type { Server } from 'node:net'\nexport type Door = { server: Server }\n",
  })
  await expect(declarationsOf(root, 'src/plugin.ts')).rejects.toThrow('the types name Server of node:net')
})
