// Which commands there are, and which file defines each.
import type { Command } from 'commander'
import type { Invocation } from './invocation.ts'

/** Gives a command its flags, its help and its action. */
export type Define = (command: Command, invocation: () => Invocation) => void

/** A family is loaded and defined when the line mentions its last word; the summaries are all that the other helps need. */
export const FAMILIES: readonly {
  path: readonly string[]
  summary: string
  load: () => Promise<{ define: Define }>
}[] = [
  {
    path: ['onboard'],
    summary: 'set up: a credential, the default model, the gateway',
    load: () => import('./commands/onboard.ts'),
  },
  {
    path: ['status'],
    summary: 'one screen: is it well, what does the next call take, what needs me',
    load: () => import('./commands/status.ts'),
  },
  {
    path: ['models', 'status'],
    summary: 'what is configured, which credential the next call takes, what needs a person',
    load: () => import('./commands/models-status.ts'),
  },
  {
    path: ['models', 'list'],
    summary: 'the models that are configured, or known',
    load: () => import('./commands/models-list.ts'),
  },
  {
    path: ['models', 'refresh'],
    summary: 'ask the providers which models the accounts can reach, and keep what they say',
    load: () => import('./commands/models-refresh.ts'),
  },
  { path: ['models', 'set'], summary: 'choose the default model', load: () => import('./commands/models-set.ts') },
  {
    path: ['models', 'set-image'],
    summary: 'choose the model for images',
    load: async () => ({ define: (await import('./commands/models-set.ts')).defineImage }),
  },
  { path: ['models', 'aliases'], summary: 'short names of models', load: () => import('./commands/models-aliases.ts') },
  {
    path: ['models', 'fallbacks'],
    summary: 'what is tried when the default model fails',
    load: () => import('./commands/models-fallbacks.ts'),
  },
  {
    path: ['models', 'image-fallbacks'],
    summary: 'likewise for images',
    load: async () => ({ define: (await import('./commands/models-fallbacks.ts')).defineImage }),
  },
  {
    path: ['models', 'explain'],
    summary: 'why a call takes the credential it takes: one line per candidate',
    load: () => import('./commands/models-explain.ts'),
  },
  {
    path: ['models', 'where'],
    summary: 'every place that is looked at for a credential of a provider, and what it holds',
    load: () => import('./commands/models-where.ts'),
  },
  {
    path: ['models', 'cache'],
    summary: 'what prompt caches gave: hits, misses and their causes',
    load: () => import('./commands/models-cache.ts'),
  },
  {
    path: ['models', 'auth'],
    summary: 'paste, list, order and remove credentials',
    load: () => import('./commands/models-auth.ts'),
  },
  { path: ['config'], summary: 'read, change and check openclaw.json', load: () => import('./commands/config.ts') },
  { path: ['gateway'], summary: 'serve models to programs and people', load: () => import('./commands/gateway.ts') },
  {
    path: ['agents'],
    summary: 'agents, each with credentials and a workspace of its own',
    load: () => import('./commands/agents.ts'),
  },
  {
    path: ['channels'],
    summary: 'chat accounts, and the credentials of an agent',
    load: () => import('./commands/channels.ts'),
  },
  { path: ['chat'], summary: 'a conversation in the terminal', load: () => import('./commands/chat.ts') },
  { path: ['agent'], summary: 'one turn of a conversation', load: () => import('./commands/agent.ts') },
  {
    path: ['doctor'],
    summary: 'what is wrong with this installation, and what would mend it',
    load: () => import('./commands/doctor.ts'),
  },
  { path: ['docs'], summary: 'the documentation, page by page', load: () => import('./commands/docs.ts') },
  {
    path: ['dashboard'],
    summary: 'open the page of the running gateway',
    load: () => import('./commands/dashboard.ts'),
  },
  {
    path: ['usage'],
    summary: 'what calls took: by account, model, agent, session or day',
    load: () => import('./commands/usage.ts'),
  },
  {
    path: ['sessions'],
    summary: 'conversations: list, read, start anew',
    load: () => import('./commands/sessions.ts'),
  },
  { path: ['plugins'], summary: 'providers that other people wrote', load: () => import('./commands/plugins.ts') },
  { path: ['logs'], summary: 'what the gateway wrote down', load: () => import('./commands/logs.ts') },
  {
    path: ['reset'],
    summary: 'start anew; what was there goes to a trash folder',
    load: () => import('./commands/reset.ts'),
  },
  {
    path: ['completion'],
    summary: 'a script for bash, zsh, fish or PowerShell',
    load: () => import('./commands/completion.ts'),
  },
  {
    path: ['demo'],
    summary: 'see it work: a sandbox of vendors, three accounts, one answer',
    load: () => import('./commands/demo.ts'),
  },
]
