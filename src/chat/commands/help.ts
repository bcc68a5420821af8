// What can be said to the program in a conversation.

/** Each command as it is written, and what it does. */
export const COMMAND_LINES: readonly (readonly [string, string])[] = [
  ['/model', 'the models, numbered; /model list is the same'],
  ['/model 2', 'the second of the list shown last'],
  ['/model opus', 'this model, by alias, by name or as provider/model; /opus is the same'],
  [
    '/model opus@anthropic:work',
    'this model with this account, for this conversation; with ? behind it, the account may step aside',
  ],
  ['/model default', 'back to the default model'],
  ['/model status', 'every account, which is next and why, and the endpoints'],
  ['/models', 'how many models there are by provider; /models anthropic lists them'],
  ['/new', 'a new conversation; /new opus begins it with this model, /reset is the same'],
  ['/status', 'model, account and tokens of this conversation'],
  ['/usage', 'the tokens of this conversation, what it cost, and the limits of its account; /usage cost: sums by day'],
  [
    '/usage tokens',
    'a line with the tokens below every answer; /usage full: with cost and account, /usage off ends it',
  ],
  ['/whoami', 'who you are to the program, and what you may do'],
  [
    '/compact',
    'the model sums up what was said, and the summary takes its place; /compact the prices keeps those above all',
  ],
  ['/stop', 'ends the answer that is under way'],
  ['/help', 'the few that one needs'],
  ['/commands', 'this list'],
]

const NEEDED: ReadonlySet<string> = new Set(['/model', '/model status', '/status', '/new', '/stop', '/commands'])

function drawn(lines: readonly (readonly [string, string])[]): string {
  return lines.map(([command, what]) => `${command} - ${what}`).join('\n')
}

/** `/help`. */
export function showHelp(): string {
  return drawn(COMMAND_LINES.filter(([command]) => NEEDED.has(command)))
}

/** `/commands`. */
export function showCommands(): string {
  return drawn(COMMAND_LINES)
}
