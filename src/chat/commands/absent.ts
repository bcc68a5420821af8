// Commands that are known and not there: said so, instead of a question to the model that somebody pays for.

/** A command of the reference that this program does not have, or of the chat in the terminal. @param name as it was typed */
export function showMissing(name: string): string {
  if (name === 'attach')
    return 'There is no /attach here; nothing was asked. Typed in a terminal it works in `openclaw chat`; for one message there is `openclaw agent --attach`.'
  return `There is no /${name} here; nothing was asked. /commands lists what there is.`
}
