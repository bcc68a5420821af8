// The door of the command: says the version at once, else runs the program, with what the build compiled of it beforehand.
// Parsing and compiling is most of what a start costs, and Node 20 keeps none of it from one start to the next.
import { readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Script } from 'node:vm'

/** The bundler puts in the version of package.json and the name of the program's file, which changes with its contents. */
declare const __VERSION__: string
declare const __PROGRAM__: string

type Wrapped = (
  exports: object,
  load: NodeJS.Require,
  module: { exports: object },
  file: string,
  folder: string,
) => unknown

/** `gateway` and `gateway run`; its other commands look at one, or at its service. */
function isGateway(words: readonly string[]): boolean {
  const at = words.indexOf('gateway')
  const next = words[at + 1]
  return at >= 0 && (next === undefined || next === 'run' || next.startsWith('-'))
}

/** A gateway and a command have little in common, and what is not read costs nothing. */
function compiledBefore(file: string): Buffer | undefined {
  try {
    return readFileSync(`${file}.${isGateway(process.argv) ? 'gateway' : 'command'}`)
  } catch {
    // Compiled now, then: a little slower, the same in everything else. So it is with another Node than the build's.
    return undefined
  }
}

function runProgram(): void {
  const file = join(__dirname, __PROGRAM__)
  const cachedData = compiledBefore(file)
  const script = new Script(readFileSync(file, 'latin1'), {
    filename: file,
    ...(cachedData === undefined ? {} : { cachedData }),
  })
  const module = { exports: {} }
  const start = script.runInThisContext() as Wrapped
  start(module.exports, require, module, file, __dirname)
}

const [, , word, ...more] = process.argv
// Not by process.stdout: making that stream costs more than the answer.
if (more.length === 0 && (word === '--version' || word === '-v')) writeSync(1, `${__VERSION__}\n`)
else runProgram()
