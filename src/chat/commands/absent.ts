// Commands that are known and not there: said so, instead of a question to the model that somebody pays for.

/** `/compact`. */
export function showCompact(): string {
  return [
    'Compaction is not there yet; nothing was changed.',
    'A turn sends the newest part of a long conversation by itself. /new begins a new one.',
  ].join(' ')
}

/** A command of the reference that this program does not have. @param name as it was typed */
export function showMissing(name: string): string {
  return `There is no /${name} here; nothing was asked. /commands lists what there is.`
}
