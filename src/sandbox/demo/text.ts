// What the demonstration says about what it shows.
import { relative } from 'node:path'
import type { TraceLine } from '../../core/pick.ts'
import { quoted } from '../../core/quoted.ts'
import type { Secret } from '../../core/secret.ts'
import type { System } from '../../system/system.ts'
import type { DemoAnswer } from './ask.ts'
import type { Stage } from './stage.ts'

/** What clients of the gateway show, and where it stands: a file, a variable of the environment, or a sentence. */
export type FoundSecret = { where: string; source: string; secret?: Secret }

/** The first lines: whose accounts these are. */
export function introduction({ isSandbox, auth, model }: Stage, note: string): string {
  const { stateDir } = auth.home.layout
  return isSandbox
    ? `SANDBOX. ${note} No model is asked and nothing is spent.\n` +
        `It has three Anthropic accounts: one is rate-limited, one has a broken key, one is healthy. State, until you stop: ${stateDir}\n\n`
    : `YOUR OWN ACCOUNTS, no sandbox: one short question goes to ${model.ref} and costs what it costs.\nState: ${stateDir}\n\n`
}

/**
 * Who answered, and why not the others.
 * @param trace of the next call, after this one
 */
export function outcome({ isSandbox, model }: Stage, answer: DemoAnswer, trace: readonly TraceLine[]): string {
  const before = answer.attempts === 1 ? 'at the first try' : `after ${answer.attempts - 1} refused accounts`
  const head = `Served by ${answer.servedBy}${isSandbox ? ' of the sandbox' : ''}, ${before}; first word after ${Math.round(answer.firstMs)} ms, all after ${Math.round(answer.allMs)} ms.`
  const width = Math.max(...trace.map(({ id }) => id.length), 0)
  const lines = trace.map(
    ({ id, verdict, reason }) =>
      `  ${(verdict === 'passed_over' ? 'passed over' : verdict).padEnd(11)}  ${id.padEnd(width)}  ${reason}`,
  )
  return [
    `\n\n${head}`,
    `Why, as the next call to ${model.provider} sees it (openclaw models explain):`,
    ...lines,
    '',
    '',
  ].join('\n')
}

/** What to try next. */
export function closing(stage: Stage, gateway: { url: string; pageUrl(): string }, found: FoundSecret): string {
  const { isSandbox, auth, model } = stage
  const { url } = gateway
  const secret = secretInShell(found, auth.home.system.env)
  const command = openclaw()
  const path = model.door === 'messages' ? '/v1/messages' : '/v1/chat/completions'
  const body = `{"model":"${model.ref}","max_tokens":200,"stream":true,"messages":[{"role":"user","content":"hi"}]}`
  return [
    `The gateway goes on serving at ${url}${isSandbox ? '; all answers are the sandbox speaking' : ''}.`,
    '',
    'In a browser (the link works once, within 10 minutes):',
    `  ${gateway.pageUrl()}`,
    '',
    'With curl:',
    `  printf 'authorization: Bearer %s' ${secret} | curl -sN ${url}${path} -H @- -H 'content-type: application/json' -d '${body}'`,
    '',
    'With the SDKs, or any program of theirs: the address and the key change, nothing else. In a shell of its own:',
    `  export ANTHROPIC_BASE_URL=${url} ANTHROPIC_API_KEY=${secret}`,
    `  export OPENAI_BASE_URL=${url}/v1 OPENAI_API_KEY=${secret}`,
    `  new Anthropic().messages.create({ model: 'anthropic/claude-opus-4-6', ... })`,
    `  new OpenAI().chat.completions.create({ model: 'openai/gpt-5.1', ... })`,
    '',
    'Ask the program itself, in another shell:',
    ...(isSandbox ? [`  export OPENCLAW_STATE_DIR=${quoted(auth.home.layout.stateDir)}`] : []),
    `  ${command} models status`,
    `  ${command} models explain ${model.provider}`,
    `  ${command} agent --message "hi"`,
    '',
    'Ctrl-C stops it.',
    '',
  ].join('\n')
}

/** How a shell gets at the secret of the gateway without anybody seeing it. */
function secretInShell({ where, source }: FoundSecret, env: System['env']): string {
  if (source === 'file') return `"$(cat ${quoted(where)})"`
  return env[where] === undefined ? `'<${where}>'` : `"$${where}"`
}

/** How this very program is called from where the person stands. */
function openclaw(): string {
  const script = process.argv[1]
  if (script === undefined || !script.endsWith('openclaw.js')) return 'openclaw'
  const path = relative(process.cwd(), script)
  return `node ${path.startsWith('..') ? script : path}`
}
