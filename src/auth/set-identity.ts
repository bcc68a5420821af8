// How an agent presents itself: name, theme, emoji, avatar, kept in its entry of the config.
import { join } from 'node:path'
import { AuthError } from '../core/errors.ts'
import { quoted } from '../core/quoted.ts'
import { isObject } from '../store/document.ts'
import type { Auth } from './auth.ts'
import { entryOf } from './choose.ts'

const FIELDS = ['name', 'theme', 'emoji', 'avatar'] as const
type Field = (typeof FIELDS)[number]

export type IdentityParts = Partial<Record<Field, string>>

/**
 * Changes the parts named and keeps the others; what is given here beats what the file says.
 * @param input.file an IDENTITY.md to read the rest from; true: the one in the agent's workspace
 * @throws AuthError usage, when there is nothing to set; unknown_agent
 */
export async function setIdentity(
  auth: Auth,
  input: { agentId: string; parts: IdentityParts; file?: string | true },
): Promise<{ agentId: string; identity: IdentityParts; where: string }> {
  const { home } = auth
  home.agent(input.agentId)
  const path = input.file === true ? join(home.layout.workspace(input.agentId), 'IDENTITY.md') : input.file
  const read = path === undefined ? {} : await readIdentity(auth, home.layout.expand(path))
  const wanted = { ...read, ...input.parts }
  if (Object.keys(wanted).length === 0) {
    throw new AuthError('usage', 'There is nothing to set: no name, theme, emoji or avatar. Nothing was changed.', {
      remedy: 'openclaw agents set-identity --help',
    })
  }
  await home.configStore.change((draft) => {
    const entry = entryOf(draft, input.agentId)
    entry.identity = { ...(isObject(entry.identity) ? entry.identity : {}), ...wanted }
  })
  await home.reload()
  const entry = home.config().agents.find(({ id }) => id === input.agentId)?.identity ?? {}
  const identity = Object.fromEntries(
    FIELDS.flatMap((field) => (entry[field] === undefined ? [] : [[field, entry[field]]])),
  )
  return { agentId: input.agentId, identity, where: home.configStore.where() }
}

const MAX_BYTES = 64 * 1024
const LINE = /^(?:[-*] )?\*{0,2}(name|theme|vibe|emoji|avatar)\*{0,2}:\*{0,2}(.*)$/i

/** Lines such as `- **Name:** Clawd`; the rest of the file is prose. */
async function readIdentity(auth: Auth, path: string): Promise<IdentityParts> {
  let text: string | undefined
  try {
    text = (await auth.home.system.files.read(path, MAX_BYTES))?.text
  } catch (error) {
    throw unreadable(path, error)
  }
  if (text === undefined) throw unreadable(path)
  const parts: IdentityParts = {}
  for (const line of text.split('\n')) {
    const [, label = '', value = ''] = LINE.exec(line.trim()) ?? []
    const field = FIELDS.find((name) => name === (label.toLowerCase() === 'vibe' ? 'theme' : label.toLowerCase()))
    const plain = value.trim()
    // What stands in brackets is the template's own hint.
    if (field === undefined || plain === '' || /^[_(*]/.test(plain)) continue
    parts[field] ??= plain
  }
  return parts
}

function unreadable(path: string, cause?: unknown): AuthError {
  return new AuthError('usage', `Cannot read ${path}. Nothing was changed.`, { remedy: `ls -l ${quoted(path)}`, cause })
}
