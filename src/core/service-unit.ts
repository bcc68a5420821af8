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
