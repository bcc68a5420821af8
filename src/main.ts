// The wiring: closes what could leak, and hands the command line the machine and the other faces.
import type { Faces } from './cli/faces.ts'
import { writeOut } from './system/output.ts'
import type { System } from './system/system.ts'

let system: System | undefined

/** A debugger or a crash report would show every secret of this process. */
function closeTheDoors(argv: readonly string[]): void {
  // Without a listener, this signal opens the inspector to everybody on this machine.
  process.on('SIGUSR1', () => undefined)
  process.umask(0o077)
  // The arguments of a process are everybody's to read; a new title takes their place.
  if (argv.some((word) => /^--(?:[a-z-]+-)?(?:api-key|token|password)(?:=|$)/.test(word))) process.title = 'openclaw'
  const report: unknown = process.report
  if (typeof report === 'object' && report !== null && 'excludeEnv' in report) report.excludeEnv = true
  const isDebugged = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((text) => text.includes('--inspect'))
  if (!isDebugged || argv.includes('--allow-debug')) return
  process.stderr.write(
    'Error: A debugger may read every secret of this process; with --inspect it starts only when the same line says --allow-debug.\n',
  )
  process.exit(1)
}

/** Nobody knows what is in an error that nobody foresaw, or whether the secrets were known yet: what could be one is left out. */
function withoutLongWords(text: string): string {
  return text.replace(/[A-Za-z0-9_-]{24,}/g, (word) => (/\d/.test(word) && /[A-Za-z]/.test(word) ? '[secret]' : word))
}

/** The last line of a run that went wrong in a way nobody foresaw. */
function crash(error: unknown): void {
  // Whoever read our output went away: nothing to say, and nobody to say it to.
  if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'EPIPE') process.exit(0)
  const scrub = system?.log.scrub ?? ((text: string) => text)
  const isDebugging = process.env.OPENCLAW_DEBUG === '1'
  const text = error instanceof Error ? ((isDebugging ? error.stack : undefined) ?? error.message) : String(error)
  process.stderr.write(`Error: ${withoutLongWords(scrub(text))}\n`)
  process.exitCode = 1
}

/** Node takes every signal's default back at its start, so a hang-up ends it under nohup, too: better in good order. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Waits for a signal, then closes; a second one does not wait. */
function untilStopped(close: () => Promise<void>): Promise<number> {
  return new Promise((resolve, reject) => {
    let isClosing = false
    const stop = (): void => {
      if (isClosing) process.exit(130)
      isClosing = true
      close().then(() => resolve(0), reject)
    }
    for (const signal of SIGNALS) process.on(signal, stop)
  })
}

const faces: Faces = {
  runGateway: async (opening, options) => {
    // Loading takes as long as the files need to be read, and needs another part of the machine.
    const [auth, { runGateway }] = await Promise.all([
      opening,
      import('./gateway/gateway.ts'),
      import('./system/send.ts'),
    ])
    const running = await runGateway(auth.home.system, auth, {
      ...options,
      isBannerSeen: process.stdout.isTTY === true,
      openChannels: async (door) => (await import('./channels/channels.ts')).openChannels(door),
    })
    writeOut(running.banner.endsWith('\n') ? running.banner : `${running.banner}\n`)
    return untilStopped(() => running.close())
  },
  agentTurn: async (auth, options) => {
    const { agentTurn } = await import('./gateway/client.ts')
    if (options.signal !== undefined) return agentTurn(auth, options)
    const stop = new AbortController()
    void untilStopped(async () => stop.abort())
    return agentTurn(auth, { ...options, signal: stop.signal })
  },
  callMethod: async (auth, call) => {
    const { callMethod } = await import('./gateway/ask.ts')
    return callMethod(auth, call)
  },
  gatewayState: async (auth, options) => {
    const { gatewayState } = await import('./gateway/state.ts')
    return gatewayState(auth, options)
  },
  pageUrl: async (auth, options) => {
    const { pageUrl } = await import('./gateway/ask.ts')
    return pageUrl(auth, options)
  },
  showToken: async (auth) => {
    const { showToken } = await import('./gateway/found-secret.ts')
    return showToken(auth)
  },
  troubleWithToken: async (auth) => {
    const { troubleWithToken } = await import('./gateway/token-trouble.ts')
    return troubleWithToken(auth)
  },
  rotateToken: async (auth) => {
    const { rotateToken } = await import('./gateway/token.ts')
    return rotateToken(auth)
  },
  probeBot: async (auth, token, options) => {
    const { probeBot } = await import('./channels/telegram/probe.ts')
    return probeBot(auth.home.system, token, options)
  },
  demo: async (system, { once }) => {
    const { runDemo } = await import('./sandbox/demo.ts')
    const { runGateway } = await import('./gateway/gateway.ts')
    const { findSecret } = await import('./gateway/found-secret.ts')
    return runDemo(system, { runGateway, findSecret: ({ home }) => findSecret(home), untilStopped, once })
  },
}

async function main(argv: readonly string[]): Promise<void> {
  closeTheDoors(argv)
  const { run } = await import('./cli/run.ts')
  process.exitCode = await run(argv, {
    faces,
    started: (machine) => {
      system = machine
    },
  })
}

process.on('uncaughtException', (error) => {
  crash(error)
  process.exit(1)
})
main(process.argv.slice(2)).catch(crash)
