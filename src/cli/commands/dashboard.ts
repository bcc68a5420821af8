// `dashboard`: the address of the page, with a code that lets one browser in, once.
import type { Command } from 'commander'
import type { Auth } from '../../auth/auth.ts'
import { examples } from '../examples.ts'
import type { CommonFlags, Invocation } from '../invocation.ts'

type Flags = CommonFlags & { open?: boolean }

/** Flags and help of `dashboard`. */
export function define(command: Command, invocation: () => Invocation): void {
  command
    .option('--no-open', 'only print the address')
    .option('--json', 'the address as JSON; opens nothing')
    .addHelpText(
      'after',
      examples([
        ['openclaw dashboard', 'opens the page of the running gateway'],
        ['openclaw dashboard --no-open', 'for a browser elsewhere, such as behind ssh -L'],
      ]),
    )
    .action((_flags: unknown, self: Command) => showPage(invocation(), self.optsWithGlobals<Flags>()))
}

async function showPage(invocation: Invocation, flags: Flags): Promise<void> {
  const { terminal, system, faces, gatewayPort } = invocation
  const auth = await invocation.auth()
  const { url, expiresInMs } = await faces.pageUrl(auth, gatewayPort === undefined ? {} : { port: gatewayPort })
  if (flags.json === true) return terminal.json({ url, expiresInMs })
  terminal.out(url)
  terminal.note(`The code works once, within ${Math.round(expiresInMs / 60_000)} minutes.`)
  if (flags.open === false) return
  const { hasScreen, openBrowser } = await import('../../system/browser.ts')
  if (!hasScreen(system) || !(await openBrowser(system, await redirectTo(auth, url)))) {
    terminal.note('No browser could be opened here; open the address yourself.')
  }
}

/**
 * A file that sends the browser on: what stands in its arguments, everybody on the machine can read, and the code in them.
 * @returns its path; only its user can read it
 */
async function redirectTo({ home }: Auth, url: string): Promise<string> {
  const path = home.layout.pageRedirect
  const page = `<!doctype html><meta charset="utf-8"><title>openclaw</title>
<meta http-equiv="refresh" content="0;url=${url}"><a href="${url}">openclaw</a>
`
  await home.backend.change(path, () => page)
  return path
}
