// The person's browser, where there is a screen to show it on.
import { spawn } from 'node:child_process'
import type { System } from './system.ts'

/** Whether a browser opened from here would be seen by whoever asked for it. */
export function hasScreen({ env, platform }: System): boolean {
  if (platform === 'win32') return true
  // Somebody who came over the network sits at another screen.
  if (platform === 'darwin') return (env.SSH_CONNECTION ?? '') === ''
  return (env.DISPLAY ?? '') !== '' || (env.WAYLAND_DISPLAY ?? '') !== ''
}

/** Set where somebody works over the network, or in a container whose screen is elsewhere. */
const ELSEWHERE = ['SSH_CONNECTION', 'SSH_CLIENT', 'SSH_TTY', 'REMOTE_CONTAINERS', 'CODESPACES'] as const

/** Whether the person's browser runs on another machine than this, so that it cannot come back to a port here by itself. */
export function isElsewhere(system: System): boolean {
  return ELSEWHERE.some((name) => (system.env[name] ?? '') !== '') || !hasScreen(system)
}

const OPENERS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
}

/** A browser lives long; keys of ours are nothing it needs. */
const SECRET_NAME = /KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL/i

/**
 * Opens the page; does not wait for the browser.
 * @param url other users of the machine may read it while the browser starts
 * @returns whether a browser was started
 */
export function openBrowser(system: System, url: string): Promise<boolean> {
  if (!hasScreen(system)) return Promise.resolve(false)
  const [program, ...args] = OPENERS[system.platform] ?? ['xdg-open']
  const env = Object.fromEntries(Object.entries(system.env).filter(([name]) => !SECRET_NAME.test(name)))
  return new Promise((resolve) => {
    const child = spawn(program, [...args, url], { detached: true, stdio: 'ignore', env })
    child.once('error', () => resolve(false))
    child.once('spawn', () => {
      child.unref()
      resolve(true)
    })
  })
}
