// `models set` and `models set-image`: the first choices of the configuration, for text and for images.

import type { Command } from 'commander'
import { type Chain, choose } from '../../auth/choose.ts'
import { lackOf } from '../../auth/refuse.ts'
import { AuthError } from '../../core/errors.ts'
import { noteTexts } from '../../core/note.ts'
import { examples } from '../examples.ts'
import { type CommonFlags, type Invocation, refuseAgent } from '../invocation.ts'

/** Flags and help of `models set`. */
export function define(command: Command, invocation: () => Invocation): void {
  command
    .argument('<ref>', 'provider/model or alias')
    .option('--json', 'what was done, as JSON')
    .addHelpText(
      'after',
      examples([
        ['openclaw models set anthropic/claude-sonnet-4-5', 'fallbacks stay as they are'],
        ['openclaw models set opus', 'by alias'],
      ]),
    )
    .action((ref: string, _flags: unknown, self: Command) =>
      set(invocation(), 'model', ref, self.optsWithGlobals<CommonFlags>()),
    )
}

/** Flags and help of `models set-image`. */
export function defineImage(command: Command, invocation: () => Invocation): void {
  command
    .argument('<ref>', 'provider/model or alias')
    .option('--json', 'what was done, as JSON')
    .addHelpText(
      'after',
      examples([['openclaw models set-image openai/gpt-5.1', 'asked when the default model takes no images']]),
    )
    .action((ref: string, _flags: unknown, self: Command) =>
      set(invocation(), 'imageModel', ref, self.optsWithGlobals<CommonFlags>()),
    )
}

async function set(invocation: Invocation, chain: Chain, text: string, flags: CommonFlags): Promise<void> {
  const isImage = chain === 'imageModel'
  refuseAgent(flags, isImage ? 'models set-image' : 'models set', 'changes the default of all agents')
  const { terminal } = invocation
  const { key, where, notes: said } = await choose(await invocation.auth(), { chain, text })
  const notes = [...noteTexts(said), ...(await missingFor(invocation, key))]
  for (const note of notes) terminal.note(note)
  if (flags.json === true) {
    return terminal.json({ ok: true, [isImage ? 'imageModel' : 'defaultModel']: key, configPath: where, notes })
  }
  terminal.out(`Updated ${where}\n${isImage ? 'Image model' : 'Default model'}: ${key}`)
}

/** The choice stands, but the next call would find nothing to pay it with: in the words of that call. */
async function missingFor(invocation: Invocation, key: string): Promise<string[]> {
  try {
    const { view } = await invocation.view({})
    const cut = key.indexOf('/')
    const lack = lackOf(view, key.slice(0, cut), invocation.system.now(), key.slice(cut + 1))
    return lack?.code === 'no_credential' ? [`Warning: ${lack.message}\n  Run: ${lack.remedy}`] : []
  } catch (error) {
    if (error instanceof AuthError) return [`Warning: ${error.message}`]
    throw error
  }
}
