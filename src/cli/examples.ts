// The last part of every help text.

/** Lines under a help text: what one would type, and what it does. */
export function examples(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([line]) => line.length))
  return `\nExamples:\n${rows.map(([line, what]) => `  $ ${line.padEnd(width)}  ${what}`).join('\n')}`
}
