// openclaw.json by itself, without opening the home that it configures: the commands that look at it and mend it work when it is broken.
import type { System } from '../system/system.ts'
import { type ConfigStore, openConfig } from './config.ts'
import { createFilesBackend } from './files-backend.ts'
import { createLayout } from './layout.ts'

/** The config of the installation that the environment and `--profile` name. Opens nothing yet. */
export function configFile(system: System, options: { profile?: string } = {}): ConfigStore {
  const { env, homeDir, workingDir } = system
  const layout = createLayout({ env, homeDir, workingDir, ...options }, () => undefined)
  return openConfig(createFilesBackend(system, layout.stateDir), layout.config, undefined, (ms) => system.sleep(ms))
}
