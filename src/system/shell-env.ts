// The environment that the person's login shell would give: for a gateway started by a service manager, which has none of it.
// Bounded in time and size; whatever goes wrong is an answer, never an error. No value leaves this file but in that answer.

export type ShellQuestion = {
  /** `$SHELL`; anything but an absolute path means /bin/sh. */
  shell: string | undefined
  /** What the shell itself is given. */
  env: Readonly<Record<string, string | undefined>>
  timeoutMs: number
}

export type ShellAnswer = { values: ReadonlyMap<string, string>; trouble?: string }

const MAX_BYTES = 2 * 1024 * 1024
/** Set in the shell: a profile that calls us in turn must not make us ask again. */
const ASKING = 'OPENCLAW_READING_SHELL_ENV'
/** What `env` wrote is in the pipe when the shell ends; a program that the profile left running may hold the pipe open for ever. */
const AFTER_END_MS = 100
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Runs the login shell once. */
export async function askShell({ shell, env, timeoutMs }: ShellQuestion): Promise<ShellAnswer> {
  const none = (trouble: string): ShellAnswer => ({ values: new Map(), trouble })
  if (process.platform === 'win32') return none('there is no login shell on this platform')
  if (env[ASKING] !== undefined) return { values: new Map() }
  const { spawn } = await import('node:child_process')
  const wanted = shell?.trim() ?? ''
  const program = wanted.startsWith('/') ? wanted : '/bin/sh'
  // Most of what people write into bash's files is for interactive shells only.
  const flags = /(?:^|\/)bash$/.test(program) ? ['-i', '-l'] : ['-l']
  return new Promise<ShellAnswer>((resolve) => {
    const pieces: Buffer[] = []
    let size = 0
    let isDone = false
    const kill = (): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      } catch {
        // gone already
      }
    }
    process.once('exit', kill)
    // Whoever ends us by a signal ends the shell, too: it is in a group of its own. What else the signal means is for others, or the default.
    const stop = (signal: NodeJS.Signals): void => {
      kill()
      letGo()
      if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
    }
    const letGo = (): void => {
      process.off('exit', kill)
      for (const signal of SIGNALS) process.off(signal, stop)
    }
    // Before it is started: a signal that came in between would end us alone.
    for (const signal of SIGNALS) process.on(signal, stop)
    // A group of its own, so that all of it can be ended; not in the working directory, which is nobody's to configure us from.
    const child = spawn(program, [...flags, '-c', 'env -0'], {
      cwd: '/',
      env: { ...env, [ASKING]: '1' },
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    })
    const finish = (answer: ShellAnswer): void => {
      if (isDone) return
      isDone = true
      clearTimeout(late)
      letGo()
      child.stdout.destroy()
      child.unref()
      resolve(answer)
    }
    const end = (trouble: string): void => {
      kill()
      finish(none(trouble))
    }
    const late = setTimeout(() => end(`it took longer than ${timeoutMs} ms`), timeoutMs)
    child.stdout.on('data', (piece: Buffer) => {
      size += piece.length
      if (size > MAX_BYTES) end('it wrote more than 2 MiB')
      else pieces.push(piece)
    })
    child.on('error', (error) => end('code' in error ? `it could not be started (${String(error.code)})` : 'it failed'))
    child.on('exit', (code, signal) => {
      if (code !== 0) return finish(none(signal === null ? `it ended with ${code}` : `it was ended by ${signal}`))
      const read = (): void => finish({ values: parseEnvironment(Buffer.concat(pieces).toString('utf8')) })
      child.once('close', read)
      setTimeout(read, AFTER_END_MS).unref()
    })
  }).catch(() => none('it could not be started'))
}

/** `NAME=value` ended by NUL; what a profile printed before the first one is no part of it. */
export function parseEnvironment(text: string): Map<string, string> {
  const values = new Map<string, string>()
  for (const [at, entry] of text.split('\0').entries()) {
    const plain = at === 0 ? entry.slice(entry.lastIndexOf('\n') + 1) : entry
    const equals = plain.indexOf('=')
    const name = plain.slice(0, Math.max(equals, 0))
    if (/^[A-Za-z_]\w*$/.test(name)) values.set(name, plain.slice(equals + 1))
  }
  return values
}
