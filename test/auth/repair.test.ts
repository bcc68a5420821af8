// What doctor's repairs meet on the disk, where no process of a test may forbid anything to itself.
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createAuth } from '../../src/auth/auth.ts'
import { diagnose } from '../../src/auth/diagnose.ts'
import { repair } from '../../src/auth/repair.ts'
import { machine } from '../support/machine.ts'
import { lay } from './place.ts'

const face = { service: async () => undefined, gatewayToken: async () => undefined }

test('a mode that may not be changed is an error with the file and a command; of a file of somebody else no change is offered', async () => {
  const state = lay({ config: {} })
  const path = join(state, 'openclaw.json')
  const { system } = machine({ env: { OPENCLAW_STATE_DIR: state } })
  const setMode = () => Promise.reject(Object.assign(new Error('not permitted'), { code: 'EPERM' }))
  const strict = machine({ env: { OPENCLAW_STATE_DIR: state }, parts: { files: { ...system.files, setMode } } })
  const wanted = { kind: 'mode' as const, path, from: 0o644, to: 0o600 }
  await expect(repair(await createAuth(strict.system), wanted, face)).rejects.toMatchObject({
    code: 'write_failed',
    message: expect.stringContaining(path),
    remedy: `ls -ld '${path}'`,
  })
  const stat: typeof system.files.stat = async (name) => {
    const found = await system.files.stat(name)
    return found === undefined ? undefined : { ...found, uid: 4711, mode: 0o644 }
  }
  const parts = { uid: 1, files: { ...system.files, stat } }
  const { findings } = await diagnose(machine({ env: { OPENCLAW_STATE_DIR: state }, parts }).system)
  const about = findings.filter(({ file }) => file === path)
  expect(about.map(({ code, repair: offer }) => [code, offer])).toEqual([
    ['wrong_owner', undefined],
    ['open_mode', undefined],
  ])
})
