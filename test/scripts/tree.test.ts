// docs/tree.md against the disk, and the lockfile against what it promises.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { lockfile } from '../../scripts/rules/lockfile.mjs'
import { fixTree, parseTree, tree } from '../../scripts/rules/tree.mjs'
import { complaintsOf, plant } from './planted.ts'

const page = (...lines: string[]) =>
  `# The tree\n\n## src/core\n\n${lines.join('\n')}\n\n## docs\n\n- \`tree.md\` — this page\n`

it('complains of a missing file, a dead line, a line without words and a name given twice', async () => {
  const files = {
    'src/core/kept.ts': '',
    'src/core/new.ts': '',
    'src/core/mute.ts': '',
    'docs/tree.md': page('- `kept.ts` — stays', '- `gone.ts` — went', '- `mute.ts`', '- `kept.ts` — stays'),
  }
  expect(await complaintsOf(tree, files)).toEqual([
    'docs/tree.md: src/core/gone.ts does not exist',
    'docs/tree.md: src/core/mute.ts has no line saying what it is for',
    'docs/tree.md: src/core/kept.ts is named twice',
    'docs/tree.md: src/core/new.ts is missing (--fix-tree adds it)',
  ])
})

it('mends the page: keeps what people wrote, takes new lines from opening comments, drops the dead', async () => {
  const root = await plant({
    'src/core/kept.ts': '// Other words.\n',
    'src/core/new.ts': '// Says what is new. And more\n// about it.\nexport {}\n',
    'src/core/doc.ts': '/**\n * Explains\n * itself: well.\n */\n',
    'scripts/run.mjs': '#!/usr/bin/env node\n// Runs it.\n',
    'test/recorded/acme/429.json': '{}',
    'test/recorded/acme/500.json': '{}',
    'docs/tree.md': page('- `kept.ts` — written by hand', '- `gone.ts` — went'),
  })
  expect(await fixTree(root)).toEqual({
    added: expect.arrayContaining(['src/core/new.ts', 'scripts/run.mjs', 'test/recorded/acme/']),
    dropped: ['src/core/gone.ts'],
  })
  expect((await tree(root)).complaints).toEqual([])
  const about = Object.fromEntries(
    parseTree(await readFile(join(root, 'docs/tree.md'), 'utf8')).map((entry) => [entry.path, entry.about]),
  )
  expect(about).toMatchObject({
    'src/core/kept.ts': 'written by hand',
    'src/core/new.ts': 'Says what is new',
    'src/core/doc.ts': 'Explains itself: well',
    'scripts/run.mjs': 'Runs it',
    'docs/tree.md': 'this page',
  })
})

const lock = (packages: Record<string, object>) => ({
  'package-lock.json': JSON.stringify({ packages: { '': { name: 'x' }, ...packages } }),
})

it('refuses an entry without integrity, from a named host, or with an install script at run time', async () => {
  const complaints = await complaintsOf(
    lockfile,
    lock({
      'node_modules/loose': { version: '1.0.0' },
      'node_modules/private': { version: '1.0.0', integrity: 'x', resolved: 'https://registry.example/private.tgz' },
      'node_modules/scripted': { version: '1.0.0', integrity: 'x', hasInstallScript: true },
      'node_modules/tool': { version: '1.0.0', integrity: 'x', hasInstallScript: true, dev: true },
    }),
  )
  expect(complaints).toEqual([
    'loose: no integrity',
    'private: comes from registry.example, not from whichever registry is set up',
    'scripted: a runtime package with an install script',
  ])
})

it('refuses a thirteenth runtime package, not counting prebuilds of one platform', async () => {
  const many = Object.fromEntries(Array.from({ length: 13 }, (_, n) => [`node_modules/p${n}`, { integrity: 'x' }]))
  const prebuilt = { 'node_modules/prebuilt': { integrity: 'x', optional: true, os: ['linux'] } }
  expect(await complaintsOf(lockfile, lock({ ...many, ...prebuilt }))).toEqual([
    expect.stringMatching(/^13 runtime packages/),
  ])
  delete many['node_modules/p0']
  expect(await complaintsOf(lockfile, lock({ ...many, ...prebuilt }))).toEqual([])
})

it('refuses a direct dependency that no decision page names', async () => {
  const packages = { '': { dependencies: { known: '1', unknown: '1' }, devDependencies: { tool: '1' } } }
  const files = {
    'package-lock.json': JSON.stringify({ packages }),
    'docs/decisions/0001-known.md': '`known` is needed. unknown is mentioned in passing.',
  }
  expect(await complaintsOf(lockfile, files)).toEqual([
    'unknown: no page of docs/decisions defends it',
    'tool: no page of docs/decisions defends it',
  ])
})

it('refuses a lockfile that npm ci would refuse: a dependency, even an optional one, that is not locked', async () => {
  const complaints = await complaintsOf(
    lockfile,
    lock({
      'node_modules/a': {
        integrity: 'x',
        dependencies: { b: '1', c: '1' },
        optionalDependencies: { 'a-for-another-os': '1' },
      },
      'node_modules/b': { integrity: 'x' },
      'node_modules/a/node_modules/c': { integrity: 'x', dependencies: { d: '1', b: '1' } },
      'node_modules/a/node_modules/d': { integrity: 'x' },
    }),
  )
  expect(complaints).toEqual(['a: its a-for-another-os is not locked, npm ci will refuse'])
})
