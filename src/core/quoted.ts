// A word of a command line, quoted so that a shell reads back what it is: directories are named after people, too, such as o'brien.

/** In quotes whatever it is, as it stands in the commands that messages name. */
export function quoted(text: string): string {
  if (!/\p{Cc}/u.test(text)) return `'${text.replaceAll("'", "'\\''")}'`
  // A line break in it would end the line on which the command stands.
  const escaped = text.replace(/['\\]/g, '\\$&').replace(/\p{Cc}/gu, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
  return `$'${escaped}'`
}
