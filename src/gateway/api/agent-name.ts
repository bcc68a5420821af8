// The name of a model that asks for an agent instead: `openclaw:<id>`, `openclaw/<id>`, `agent:<id>`, or `openclaw` for the default one.

const NAME = /^(?:openclaw[:/]|agent:)([a-z0-9][a-z0-9_-]{0,63})$/i

/** @returns the agent whose own model is meant, `undefined` inside for the default one; nothing for the name of a model */
export function agentNamed(model: string): { agentId: string | undefined } | undefined {
  // Asked for every call, and nearly none is one.
  if (!/^(?:openclaw|agent:)/i.test(model)) return undefined
  const id = NAME.exec(model)?.[1]?.toLowerCase()
  if (id !== undefined) return { agentId: id === 'default' ? undefined : id }
  return model.toLowerCase() === 'openclaw' ? { agentId: undefined } : undefined
}
