// What the machine's service manager is told about the gateway: unit, agent or task, as text. No secret is ever in it: keys are read from
// the state directory, where a service sees them as a shell does.

export type ServiceSpec = {
  /** Program and arguments, absolute. */
  command: readonly string[]
  /** Where things are, nothing else. */
  env: Readonly<Record<string, string>>
  /** Of a system-wide unit: the account it runs as. */
  user?: string
}

/** systemd.syntax(7): quotes and backslashes are escaped, `%` begins a specifier, and `$` a variable where a command stands. */
function quoted(text: string, isCommand: boolean): string {
  const plain = text.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%')
  return `"${isCommand ? plain.replaceAll('$', '$$$$') : plain}"`
}

/** A unit for a user's own manager, or with `user` for the machine's. */
export function systemdUnit({ command, env, user }: ServiceSpec): string {
  return [
    '[Unit]',
    'Description=OpenClaw gateway',
    'Wants=network-online.target',
    'After=network-online.target',
    '',
    '[Service]',
    `ExecStart=${command.map((part) => quoted(part, true)).join(' ')}`,
    ...Object.entries(env).map(([name, value]) => `Environment=${quoted(`${name}=${value}`, false)}`),
    ...(user === undefined ? [] : [`User=${user}`]),
    'Restart=always',
    'RestartSec=5',
    'KillMode=process',
    'UMask=0077',
    'LimitCORE=0',
    'NoNewPrivileges=yes',
    ...(user === undefined ? [] : ['PrivateTmp=yes', 'ProtectSystem=full']),
    '',
    '[Install]',
    `WantedBy=${user === undefined ? 'default.target' : 'multi-user.target'}`,
    '',
  ].join('\n')
}

const XML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function xml(text: string): string {
  return text.replace(/[&<>"]/g, (letter) => XML[letter] ?? letter)
}

/** launchd.plist(5). @param logFile what it says goes there, as launchd keeps nothing */
export function launchAgent(label: string, { command, env }: ServiceSpec, logFile: string): string {
  const strings = command.map((part) => `    <string>${xml(part)}</string>`)
  const pairs = Object.entries(env).map(([name, value]) => `    <key>${xml(name)}</key><string>${xml(value)}</string>`)
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0">',
    '<dict>',
    `  <key>Label</key><string>${xml(label)}</string>`,
    '  <key>ProgramArguments</key>',
    '  <array>',
    ...strings,
    '  </array>',
    '  <key>EnvironmentVariables</key>',
    '  <dict>',
    ...pairs,
    '  </dict>',
    '  <key>RunAtLoad</key><true/>',
    '  <key>KeepAlive</key><true/>',
    '  <key>Umask</key><integer>63</integer>',
    `  <key>StandardErrorPath</key><string>${xml(logFile)}</string>`,
    '</dict>',
    '</plist>',
    '',
  ].join('\n')
}

/** What a Windows task runs: tasks know no environment of their own. */
export function taskScript({ command, env }: ServiceSpec): string {
  const safe = (text: string): string => text.replaceAll('%', '%%')
  return [
    '@echo off',
    ...Object.entries(env).map(([name, value]) => `set "${name}=${safe(value)}"`),
    command.map((part) => `"${safe(part)}"`).join(' '),
    '',
  ].join('\r\n')
}

export type ServiceManager = 'systemd' | 'systemd (system)' | 'launchd' | 'task scheduler'

const UNXML: Readonly<Record<string, string>> = Object.fromEntries(Object.entries(XML).map(([to, from]) => [from, to]))

/**
 * What a definition of ours says, read back.
 * @returns undefined for one that is not written as we write it
 */
export function readDefinition(manager: ServiceManager, text: string): ServiceSpec | undefined {
  const spec =
    manager === 'launchd' ? readAgent(text) : manager === 'task scheduler' ? readScript(text) : readUnit(text)
  return spec.command.length === 0 ? undefined : spec
}

/** The words of a line as systemd reads it, each in double quotes. */
function wordsIn(line: string): string[] {
  const words: string[] = []
  let word: string | undefined
  for (let at = 0; at < line.length; at++) {
    const letter = line.charAt(at)
    if (letter === '"') {
      if (word !== undefined) words.push(word.replaceAll('%%', '%'))
      word = word === undefined ? '' : undefined
    } else if (word !== undefined) word += letter === '\\' ? line.charAt(++at) : letter
  }
  return words
}

function readUnit(text: string): ServiceSpec {
  const lines = text.split('\n')
  const behind = (name: string): string[] =>
    lines.flatMap((line) => (line.startsWith(`${name}=`) ? wordsIn(line.slice(name.length + 1)) : []))
  const user = lines.find((line) => line.startsWith('User='))?.slice('User='.length)
  return {
    command: behind('ExecStart').map((word) => word.replaceAll('$$', '$')),
    env: pairsIn(behind('Environment')),
    ...(user === undefined ? {} : { user }),
  }
}

function readAgent(text: string): ServiceSpec {
  const plain = (word: string): string => word.replace(/&(?:amp|lt|gt|quot);/g, (found) => UNXML[found] ?? found)
  const [, list = ''] = text.split('<key>ProgramArguments</key>')
  const [strings = '', rest = ''] = list.split('</array>')
  const [, dictionary = ''] = rest.split('<key>EnvironmentVariables</key>')
  const [variables = ''] = dictionary.split('</dict>')
  const pairs = [...variables.matchAll(/<key>([^<]*)<\/key><string>([^<]*)<\/string>/g)]
  return {
    command: [...strings.matchAll(/<string>([^<]*)<\/string>/g)].map(([, word = '']) => plain(word)),
    env: Object.fromEntries(pairs.map(([, name = '', value = '']) => [plain(name), plain(value)])),
  }
}

function readScript(text: string): ServiceSpec {
  const lines = text.split('\r\n')
  const plain = (word: string): string => word.replaceAll('%%', '%')
  const set = lines.filter((line) => line.startsWith('set "')).map((line) => plain(line.slice('set "'.length, -1)))
  const command = lines.find((line) => line.startsWith('"')) ?? ''
  return { command: [...command.matchAll(/"([^"]*)"/g)].map(([, word = '']) => plain(word)), env: pairsIn(set) }
}

function pairsIn(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=')
      return [text.slice(0, at), text.slice(at + 1)]
    }),
  )
}

/** The flags behind `gateway run`, which a person chose at the installation. */
export function flagsOf({ command }: ServiceSpec): readonly string[] {
  const at = command.indexOf('run')
  return at < 0 ? [] : command.slice(at + 1)
}

/** The port among them, else in its environment. */
export function portOf(spec: ServiceSpec): number | undefined {
  const flags = flagsOf(spec)
  const text = flags.includes('--port') ? flags[flags.indexOf('--port') + 1] : spec.env.OPENCLAW_GATEWAY_PORT
  return text !== undefined && /^\d{1,5}$/.test(text) ? Number(text) : undefined
}
