// Which models are asked in the place of another: those that the config names, and nobody else's.
import { expect, test } from 'vitest'
import { chainOf } from '../../src/core/chain.ts'
import { readConfig } from '../../src/core/config.ts'
import { formatRef } from '../../src/core/model-ref.ts'

const ASKED = { provider: 'openai', model: 'gpt-5.1' }

function chain(agents: object, agentId = 'main'): string[] {
  const { config } = readConfig({ agents })
  if (config === undefined) throw new Error('the config is fine')
  return chainOf(config, agentId, ASKED).links.map(({ ref, from }) => `${from} ${formatRef(ref)}`)
}

test('the primary model that nobody named is never asked in the place of another', () => {
  const asked = 'asked openai/gpt-5.1'
  expect(chain({})).toEqual([asked])
  expect(chain({ defaults: { model: { fallbacks: ['xai/grok-4'] } } })).toEqual([asked, 'fallback xai/grok-4'])
  expect(chain({ defaults: { model: 'anthropic/a' } })).toEqual([asked, 'primary anthropic/a'])
  const one = { list: [{ id: 'main' }, { id: 'one', model: 'anthropic/b' }] }
  expect(chain(one)).toEqual([asked])
  expect(chain(one, 'one')).toEqual([asked, 'primary anthropic/b'])
  // A list of its own is all that follows.
  const own = { defaults: { model: 'anthropic/a' }, list: [{ id: 'main', model: { fallbacks: [] } }] }
  expect(chain(own)).toEqual([asked])
})
