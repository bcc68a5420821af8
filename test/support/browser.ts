// The browser of this machine, without a window, a profile or a word to anybody else.
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome']
const FOLDERS = (process.env.PATH ?? '').split(delimiter)

/** The program, or undefined where there is none: its tests skip themselves then. */
export const CHROMIUM =
  process.env.CHROMIUM ??
  FOLDERS.flatMap((dir) => NAMES.map((name) => join(dir, name))).find((path) => existsSync(path))

/** @param rules for Chromium's resolver: `MAP name.test 127.0.0.1` */
export function startBrowser(rules: readonly string[] = []): Promise<Browser> {
  if (CHROMIUM === undefined) throw new Error('there is no browser on this machine')
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // Newer browsers guard this machine themselves. Older ones do not: what they would get is what we test.
      '--disable-features=LocalNetworkAccessChecks,PrivateNetworkAccessForNavigations,BlockInsecurePrivateNetworkRequests',
      ...(rules.length === 0 ? [] : [`--host-resolver-rules=${rules.join(', ')}`]),
    ],
  })
}
