// Commands of a shell that do what a setting does.

/** One word of a command line. */
export function word(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

/** @param value as `config set` takes it; absent: the value is taken out */
export function configCommand(path: string, value: string | undefined): string {
  return value === undefined
    ? `openclaw config unset ${word(path)}`
    : `openclaw config set ${word(path)} ${word(value)}`
}

/** A path as one word of a command line: `~` means something as long as it is not quoted. */
export function folder(path: string): string {
  return path.startsWith('~/') ? `~/${word(path.slice(2))}` : word(path)
}
