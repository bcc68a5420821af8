// Seals on their way through a client: what only one account of one vendor can open carries a stamp that says so, and comes back to nobody else.
import type { Answered, Asking, AssistantPart, DialectName, Seal, Telling, Turn } from './neutral.ts'

/** What every stamped seal begins with, in base64: nothing that a vendor makes does. */
export const STAMP_MARK = Buffer.from('keyclaw1 ').toString('base64')

/** Half of a character, which no address may hold. */
const LONE = /\p{Surrogate}/gu

/**
 * A seal as a client of any dialect keeps it.
 * @param seal absent: a thought that nobody sealed, which goes back to nobody
 * @param issuer whose it is: an account of a vendor, told apart by a few characters without a space
 */
export function stamped(seal: Seal | undefined, issuer: string): string {
  const { by, value, id = '', isWhole } = seal ?? { by: '-', value: '' }
  const text = [
    'keyclaw1',
    issuer,
    by,
    isWhole === true ? 'whole' : '',
    encodeURIComponent(id.replace(LONE, '\uFFFD')),
    value,
  ].join(' ')
  return Buffer.from(text).toString('base64')
}

/** @returns whose seal it is, and the seal; undefined for one that has no stamp */
function opened(value: string): { issuer: string; seal: Seal | undefined } | undefined {
  if (!value.startsWith(STAMP_MARK)) return undefined
  const [, issuer = '', by = '', whole, id = '', ...rest] = Buffer.from(value, 'base64').toString('utf8').split(' ')
  if (by === '-') return { issuer, seal: undefined }
  return {
    issuer,
    seal: {
      by: by as DialectName,
      value: rest.join(' '),
      ...(whole === 'whole' ? { isWhole: true as const } : {}),
      ...(id === '' ? {} : { id: decoded(id) }),
    },
  }
}

/** What a client brings back can be anything. */
function decoded(id: string): string {
  try {
    return decodeURIComponent(id)
  } catch {
    return id
  }
}

/** Whether a request holds seals, so that it depends on who signs it. */
export function hasSeals({ turns }: Asking): boolean {
  return turns.some(({ role, parts }) => role === 'assistant' && parts.some((part) => 'seal' in part))
}

/** The request as one account may see it: its own seals as it made them, those of others gone, and with them thoughts that are nothing else. */
export function unsealedFor(asking: Asking, issuer: string): Asking {
  return { ...asking, turns: asking.turns.map((turn) => (turn.role === 'assistant' ? turnFor(turn, issuer) : turn)) }
}

function turnFor(turn: Turn & { role: 'assistant' }, issuer: string): Turn {
  return { role: 'assistant', parts: turn.parts.flatMap((part) => partFor(part, issuer)) }
}

function partFor(part: AssistantPart, issuer: string): AssistantPart[] {
  if (part.kind === 'refusal' || part.seal === undefined) return [part]
  const found = opened(part.seal.value)
  if (found === undefined) return [part]
  const { seal: _, ...rest } = part
  if (found.issuer === issuer && found.seal !== undefined) return [{ ...rest, seal: found.seal }]
  return part.kind === 'thinking' && part.text === '' ? [] : [rest]
}

/** An answer as the client keeps it. @param client the client's dialect */
export function stampedAnswer(answered: Answered, client: DialectName, issuer: string): Answered {
  const parts = answered.parts.map((part): AssistantPart => {
    if (part.kind === 'refusal' || (part.kind !== 'thinking' && part.seal === undefined)) return part
    return { ...part, seal: { by: client, value: stamped(part.seal, issuer) } }
  })
  return { ...answered, parts }
}

/** The events of an answer as the client keeps them. @param tell hears them */
export function stampedTellings(
  client: DialectName,
  issuer: string,
  tell: (telling: Telling) => void,
): (telling: Telling) => void {
  /** Thoughts that are open and not sealed. */
  const bare = new Set<number>()
  const seal = (at: number, made: Seal | undefined): void =>
    tell({ is: 'seal', at, seal: { by: client, value: stamped(made, issuer) } })
  return (telling) => {
    switch (telling.is) {
      case 'open':
        if (telling.part.kind === 'thinking') bare.add(telling.at)
        break
      case 'seal':
        bare.delete(telling.at)
        seal(telling.at, telling.seal)
        return
      case 'close':
        if (bare.delete(telling.at)) seal(telling.at, undefined)
        break
    }
    tell(telling)
  }
}
