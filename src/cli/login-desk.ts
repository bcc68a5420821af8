// A login as a person at a shell meets it: the address, the browser where there is one, the hidden prompt that takes what the browser ended at.
import type { LoginDesk, LoginNews } from '../auth/login.ts'
import { AuthError } from '../core/errors.ts'
import { formatRemaining } from '../core/expiry.ts'
import type { Provider } from '../providers/provider.ts'
import type { Invocation } from './invocation.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Runs a login at this shell; Ctrl-C at any moment ends it with nothing changed.
 * @param wish.noBrowser never open one
 * @throws whatever the work throws
 */
export async function atDesk<T>(
  { system, terminal }: Invocation,
  provider: Provider,
  wish: { noBrowser: boolean },
  work: (desk: LoginDesk) => Promise<T>,
): Promise<T> {
  const { isElsewhere, openBrowser } = await import('../system/browser.ts')
  const leaving = new AbortController()
  const leave = (): void => leaving.abort(new AuthError('interrupted', 'Cancelled; nothing was changed.'))
  for (const signal of SIGNALS) process.on(signal, leave)
  const mayOpen = !wish.noBrowser && !isElsewhere(system)
  try {
    return await work({
      tell: (news) => terminal.note(said(news, provider, terminal.isInteractive())),
      ...(mayOpen ? { openBrowser: (url: string) => openBrowser(system, url) } : {}),
      paste: async (complain, signal) => {
        if (terminal.isInteractive()) return terminal.askSecret(PROMPT, { signal, complain })
        for (;;) {
          const line = await terminal.pipedLine(signal)
          const complaint = line === undefined ? undefined : complain(line)
          if (complaint === undefined) return line
          terminal.note(complaint)
        }
      },
      signal: leaving.signal,
    })
  } finally {
    for (const signal of SIGNALS) process.off(signal, leave)
  }
}

const PROMPT = 'Paste that address, or the code in it (it is not shown), then Enter: '

function said(news: LoginNews, provider: Provider, isAsked: boolean): string {
  switch (news.kind) {
    case 'open': {
      const { url, port, isOpened } = news
      const head = isOpened ? 'A browser opens. Should it not, open this address:' : 'Open this address in a browser:'
      const lines = [`Logging in at ${provider.label}. ${head}`, '', `  ${url}`, '']
      lines.push(
        port === undefined
          ? 'The ports on which the browser would come back are taken, so it will end at an address that cannot be shown.'
          : `Waiting for the browser on port ${port} of this machine. A browser on another machine ends at an address that cannot be shown.`,
      )
      if (!isAsked) lines.push('Write that address to standard input, as one line.')
      return lines.join('\n')
    }
    case 'device':
      return [
        `Logging in at ${provider.label}. Open this address on any device, and type the code:`,
        '',
        `  ${news.url}`,
        `  ${news.userCode}`,
        '',
        `The code is good for ${formatRemaining(news.lifeMs)}. Type it only there, and only because you started this login yourself:`,
        'whoever sends somebody else such a code wants that account. Waiting. Ctrl-C leaves everything as it is.',
      ].join('\n')
    case 'again':
      return `${provider.label} did not take the code: ${news.detail}. Trying again.`
  }
}
