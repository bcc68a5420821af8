// The direction of imports and the absence of ambient names, each seen to be refused.
import { expect, it } from 'vitest'
import { ambient } from '../../scripts/rules/ambient.mjs'
import { imports, ladder } from '../../scripts/rules/ladder.mjs'
import { complaintsOf } from './planted.ts'

it('finds static, re-exported, side-effect, type and dynamic imports, and nothing else', () => {
  const text = [
    "import a, { type b } from './a.ts'",
    "import type { c } from './c.ts'",
    "import './d.ts'",
    "export * as e from './e.ts'",
    "export type { f } from './f.ts'",
    "const g = await import('./g.ts')",
    "type H = typeof import('./h.ts')",
    "export type I = { from: 'nowhere' }",
    "const j = import.meta.url, k = Array.from('text')",
    "// import './comment.ts'",
  ].join('\n')
  expect(imports(text).map(({ specifier, typeOnly }) => specifier + (typeOnly ? ' type' : ''))).toEqual([
    './a.ts',
    './c.ts type',
    './d.ts',
    './e.ts',
    './f.ts type',
    './g.ts',
    './h.ts type',
  ])
})

const refused: [why: string, file: string, text: string, complaint: RegExp][] = [
  ['a step back', 'src/core/a.ts', "import { b } from '../store/b.ts'", /core may not import store/],
  ['a step back in a type', 'src/store/a.ts', "import type { b } from '../auth/b.ts'", /store may not import auth/],
  ['a step back, loaded late', 'src/oauth/a.ts', "await import('../chat/b.ts')", /oauth may not import chat/],
  ['a step back, exported on', 'src/system/a.ts', "export * from '../oauth/b.ts'", /system may not import oauth/],
  ['face to face', 'src/cli/commands/a.ts', "import { b } from '../../gateway/b.ts'", /faces never import each other/],
  ['the wiring', 'src/cli/a.ts', "import { b } from '../main.ts'", /only src/],
  ['values on the page', 'src/web/a.ts', "import { b } from '../core/b.ts'", /types only/],
  ['more than core on the page', 'src/web/a.ts', "import type { b } from '../store/b.ts'", /types only/],
  ['node in core', 'src/core/a.ts', "import { join } from 'node:path'", /core imports no module of node/],
  ['a package in core', 'src/core/a.ts', "import jju from 'jju'", /core imports no package/],
  ['the disk', 'src/store/a.ts', "import * as fs from 'node:fs/promises'", /only system, sandbox and main/],
  [
    'the network, as a type',
    'src/gateway/a.ts',
    "import type { Server } from 'node:http'",
    /only system, sandbox and main/,
  ],
  [
    'processes without the prefix',
    'src/auth/a.ts',
    "import { spawn } from 'child_process'",
    /only system, sandbox and main/,
  ],
  ['another HTTP client', 'src/providers/a.ts', "import { Agent } from 'undici'", /only system may import/],
  [
    'chance',
    'src/oauth/a.ts',
    "import { createHash, randomBytes } from 'node:crypto'",
    /randomBytes is a global random source/,
  ],
  ['a folder nobody knows', 'src/helpers/a.ts', 'export {}', /the ladder has no folder helpers/],
  ['a way out of src', 'src/core/a.ts', "import { b } from '../../test/b.ts'", /reaches out of src/],
]

it.each(refused)('refuses an import: %s', async (_, file, text, complaint) => {
  expect(await complaintsOf(ladder, { [file]: text })).toEqual([expect.stringMatching(complaint)])
})

it('accepts what the design allows', async () => {
  const files = {
    'src/core/a.ts': "import * as v from 'valibot'\nimport { b } from './b.ts'",
    'src/system/a.ts': "import { request } from 'node:http'\nimport { b } from '../core/b.ts'",
    'src/store/a.ts': "import { createHash } from 'node:crypto'\nimport { join } from 'node:path'",
    'src/gateway/a.ts': "import { b } from '../auth/b.ts'\nimport { WebSocketServer } from 'ws'",
    'src/web/a.ts': "import type { b } from '../core/b.ts'",
    'src/main.ts':
      "import { run } from './cli/run.ts'\nimport { b } from './sandbox/b.ts'\nimport { readFileSync } from 'node:fs'",
  }
  expect(await complaintsOf(ladder, files)).toEqual([])
})

it.each([
  'Date.now()',
  'const clock = Date.now',
  'new Date()',
  'new Date',
  'performance.now()',
  'Math.random()',
  'process.env.HOME',
  'process.env',
  'setTimeout(f, 1)',
  'const later = ok ? setTimeout(f, 1) : 0',
  'setInterval(f, 1)',
  'setImmediate(f)',
  'const timers = { start: setTimeout }',
  'await fetch(url)',
  '{ fetch(url) }',
  'call(a, fetch(url))',
  'AbortSignal.timeout(5)',
  'crypto.randomUUID()',
  'globalThis.fetch(url)',
])('refuses the ambient %s', async (text) => {
  expect(await complaintsOf(ambient, { 'src/auth/a.ts': text })).toEqual([
    expect.stringMatching(/^src\/auth\/a\.ts:1: .* ambient/),
  ])
})

it('accepts instants handed in, members of System, declarations, text, and the folders at the machine', async () => {
  const fine = [
    'new Date(nowAt).toISOString()',
    'system.setTimeout(f, 1); system.fetch(url); this.process.env',
    'type Timers = { setTimeout(f: () => void, ms: number): () => void; fetch: string }',
    'const doors = { fetch(url: string) { return url } }',
    "const words = 'Date.now() process.env' // setTimeout(",
  ].join('\n')
  const files = {
    'src/auth/a.ts': fine,
    'src/system/a.ts': 'Date.now()',
    'src/web/page/a.ts': 'fetch(x)',
    'src/main.ts': 'process.env',
  }
  expect(await complaintsOf(ambient, files)).toEqual([])
})

it('refuses waiting in core', async () => {
  expect(await complaintsOf(ambient, { 'src/core/a.ts': 'export async function f() {}' })).toEqual([
    'src/core/a.ts:1: core decides and never waits (async)',
  ])
})
