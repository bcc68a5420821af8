// A stand-in for systemd's manager of a user: notes what it is asked, and says of the unit what it was told to do with it. Tests never meet
// the service manager of the machine they run on.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Installation } from './installation.ts'

/** What it says of the unit's process. */
const PID = 77

const WORKING = `case "$*" in
*' show '*) [ -f "$HOME/running" ] && printf 'ActiveState=active\\nMainPID=${PID}\\n' || printf 'ActiveState=inactive\\nMainPID=0\\n' ;;
*restart*|*' start '*) touch "$HOME/running" ;;
*stop*|*disable*) rm -f "$HOME/running" ;;
esac`

export type Manager = {
  /** Where the unit of the gateway is, once it is installed. */
  unit: string
  /** The lines it was asked, without those that only look. */
  asked(): Promise<string[]>
}

/** @param kind `none`: no manager answers this user; `working`: it does as it is told; else a shell script of its own */
export async function standInManager(
  place: Installation,
  kind: 'none' | 'working' | { script: string },
): Promise<Manager> {
  const bin = join(place.dir, 'bin')
  await mkdir(bin, { recursive: true })
  const script = kind === 'none' ? 'exit 1' : kind === 'working' ? WORKING : kind.script
  for (const [name, text] of [
    ['systemctl', script],
    ['loginctl', ''],
  ]) {
    const lines = `#!/bin/sh\necho "${name} $*" >> '${place.dir}/asked'\n${text}\n`
    await writeFile(join(bin, name ?? ''), lines, { mode: 0o755 })
  }
  // Without a bus nobody would ask it.
  place.env.XDG_RUNTIME_DIR = place.dir
  if (!place.env.PATH?.startsWith(`${bin}:`)) place.env.PATH = `${bin}:${place.env.PATH}`
  return {
    unit: join(place.env.HOME ?? '', '.config/systemd/user/openclaw-gateway.service'),
    asked: async () => {
      const text = await readFile(join(place.dir, 'asked'), 'utf8').catch(() => '')
      return text.split('\n').filter((line) => line !== '' && !line.includes('show'))
    },
  }
}
