// Commands that are known and not there: said so, instead of a question to the model that somebody pays for.

/** A command of the reference that this program does not have. @param name as it was typed */
export function showMissing(name: string): string {
  return `There is no /${name} here; nothing was asked. /commands lists what there is.`
}
