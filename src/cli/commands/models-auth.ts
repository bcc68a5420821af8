// `models auth`: which subcommands there are. What each one does is in the files beside this one.
import type { Command } from 'commander'
import { examples } from '../examples.ts'
import type { Invocation } from '../invocation.ts'
import { defineAdding } from './auth-add.ts'
import { defineImport } from './auth-import.ts'
import { defineKeeping } from './auth-keep.ts'
import { defineLogin } from './auth-login.ts'
import { defineOrder } from './auth-order.ts'
import { definePasting } from './auth-paste.ts'
import { definePause } from './auth-pause.ts'
import { defineRenewal } from './auth-renewal.ts'
import { defineReset } from './auth-reset.ts'
import { defineSpend } from './auth-spend.ts'
import { defineUndo } from './auth-undo.ts'

/** Subcommands of `models auth`. */
export function define(command: Command, invocation: () => Invocation): void {
  defineAdding(command, invocation)
  defineLogin(command, invocation)
  definePasting(command, invocation)
  defineImport(command, invocation)
  defineKeeping(command, invocation)
  defineUndo(command, invocation)
  defineOrder(command, invocation)
  definePause(command, invocation)
  defineReset(command, invocation)
  defineRenewal(command, invocation)
  defineSpend(command, invocation)
  command.addHelpText(
    'after',
    examples([
      ['openclaw models auth login --provider openai-codex', 'ChatGPT, in a browser'],
      ['openclaw models auth add', 'asks which provider, which kind, and for the secret'],
      ['openclaw models auth paste-api-key --provider anthropic', 'asks for the key without showing it'],
      ['pass show openrouter | openclaw models auth paste-api-key --provider openrouter', 'from a password store'],
      ['openclaw models auth list', 'what is kept'],
    ]),
  )
}
