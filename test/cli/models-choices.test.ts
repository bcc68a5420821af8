// `models set-image`, `models aliases`, `models fallbacks` and `models image-fallbacks`: whole screens, what is written, what is refused.
import { readFile, writeFile } from 'node:fs/promises'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Installation, install, openclaw, type Plan } from '../support/installation.ts'
import { build, comparable, transcript } from '../support/program.ts'
import { apiKey, openaiKey } from './secrets.ts'

const OPUS = 'anthropic/claude-opus-4-6'
const GPT = 'openai/gpt-5.1'

let place: Installation
const fresh = async (plan: Plan = {}): Promise<void> => {
  place = await install(plan)
}
const run = async (line: string): Promise<string> => transcript(place, await openclaw(place, line.split(' ')))
const json = async (line: string): Promise<Record<string, unknown>> =>
  JSON.parse(comparable(place, (await openclaw(place, [...line.split(' '), '--json'])).stdout))
const text = async (): Promise<string> => readFile(`${place.state}/openclaw.json`, 'utf8').catch(() => '(no file)')
const defaults = async (): Promise<Record<string, unknown>> => JSON.parse(await text()).agents.defaults
const plan = (more: Record<string, unknown>, list?: readonly object[]): Plan => ({
  config: { agents: { defaults: more, ...(list === undefined ? {} : { list }) } },
})

beforeAll(build, 60_000)
afterEach(() => place.remove())

describe('aliases', () => {
  it('are listed as text, as pairs and as JSON', async () => {
    await fresh()
    expect(await run('models aliases list')).toBe('Aliases (0):\n- none\n--- exit 0\n')
    expect(await run('models aliases list --plain')).toBe('--- exit 0\n')
    expect(await json('models aliases list')).toEqual({ aliases: {} })
    await place.remove()
    await fresh(plan({ models: { [OPUS]: { alias: 'Opus' }, [GPT]: {} } }))
    expect(await run('models aliases list')).toBe(`Aliases (1):\n- Opus -> ${OPUS}\n--- exit 0\n`)
    expect(await run('models aliases list --plain')).toBe(`Opus ${OPUS}\n--- exit 0\n`)
    expect(await json('models aliases list')).toEqual({ aliases: { Opus: OPUS } })
    expect(await run('models aliases list --plain --json')).toContain('--json and --plain cannot be combined.')
  })

  it('are given to a model that is there or not, and work at once', async () => {
    await fresh(plan({ models: { [OPUS]: { params: { x: 1 } } } }))
    expect(await run(`models aliases add Op.us:1_a- ${OPUS}`)).toBe(
      `Updated $STATE/openclaw.json\nAlias: Op.us:1_a- -> ${OPUS}\n--- exit 0\n`,
    )
    expect(await json(`models aliases add gpt ${GPT}`)).toEqual({
      ok: true,
      alias: 'gpt',
      model: GPT,
      configPath: '$STATE/openclaw.json',
      notes: [`agents.defaults.models is a list of what is allowed; ${GPT} was added to it.`],
    })
    expect((await defaults()).models).toEqual({
      [OPUS]: { params: { x: 1 }, alias: 'Op.us:1_a-' },
      [GPT]: { alias: 'gpt' },
    })
    expect(await run('models set GPT')).toContain(`Default model: ${GPT}\n`)
  })

  it('say that the first of them makes a list of what is allowed', async () => {
    await fresh()
    expect(await run(`models aliases add opus ${OPUS}`)).toContain(
      `--- stderr\nagents.defaults.models was empty, which allows every model. With its first entry it is a list: from now on conversations may choose ${OPUS},`,
    )
    expect(await run('models aliases remove opus')).toContain(
      `goes on listing ${OPUS} as all that is allowed beside the default model and its fallbacks`,
    )
    expect((await defaults()).models).toEqual({ [OPUS]: {} })
  })

  it('do not move from one model to another, in whatever case', async () => {
    await fresh(plan({ models: { [OPUS]: { alias: 'best' } } }))
    const before = await text()
    expect(await run(`models aliases add BEST ${GPT}`)).toBe(
      `--- stderr\nError: The alias BEST belongs to ${OPUS}; nothing was changed.\n  Run: openclaw models aliases remove BEST\n--- exit 1\n`,
    )
    expect(await run(`models aliases add best ${OPUS}`)).toContain('--- exit 0')
    expect(await text()).toBe(before)
  })

  it('find a model that is written in another way, and spell out what was chosen by a name that goes', async () => {
    await fresh(
      plan(
        {
          model: { primary: 'best', fallbacks: ['Best', GPT] },
          imageModel: 'best',
          models: { 'Anthropic/claude-opus-4-6': { alias: 'best' } },
        },
        [
          { id: 'main', model: 'BEST' },
          { id: 'work', model: { fallbacks: ['best'] } },
        ],
      ),
    )
    const said = await run(`models aliases add top ${OPUS}`)
    expect(said).toContain('A model has one alias: top takes the place of best.\n')
    expect(said).toContain(`agents.defaults.model.fallbacks.0 said Best; it now says ${OPUS}.\n`)
    const { agents } = JSON.parse(await text())
    expect(agents).toEqual({
      defaults: {
        model: { primary: OPUS, fallbacks: [OPUS, GPT] },
        imageModel: OPUS,
        models: { 'Anthropic/claude-opus-4-6': { alias: 'top' } },
      },
      list: [
        { id: 'main', model: OPUS },
        { id: 'work', model: { fallbacks: [OPUS] } },
      ],
    })
  })

  it('written through a variable are known for what they are, and stay as they are written', async () => {
    const models = { [OPUS]: { alias: '${SHORT}' }, [GPT]: { alias: 'fast' } }
    await fresh({
      config: { agents: { defaults: { model: '${FIRST}', models } } },
      env: { SHORT: 'best', FIRST: 'fast' },
    })
    const before = await text()
    expect(await run(`models aliases add best ${GPT}`)).toContain(
      `The alias best belongs to ${OPUS}; nothing was changed.`,
    )
    expect(await run(`models aliases add best ${OPUS}`)).toContain('--- exit 0')
    // The name it stands for may serve elsewhere, too; and without it the reference would mean another model.
    expect(await run('models aliases remove fast')).toContain(
      'agents.defaults.model says fast through a variable; nothing was changed.',
    )
    expect(await text()).toBe(before)
    expect(await run('models aliases remove BEST')).toContain(`Removed alias: best (${OPUS})`)
    expect((await defaults()).models).toEqual({ [OPUS]: {}, [GPT]: { alias: 'fast' } })
  })

  it('are taken away by name, in any case; the model keeps what else is written of it', async () => {
    await fresh(plan({ model: 'fast', models: { [OPUS]: { alias: 'Opus' }, [GPT]: { alias: 'fast', params: {} } } }))
    expect(await run('models aliases remove FAST')).toBe(
      `Updated $STATE/openclaw.json\nRemoved alias: fast (${GPT})\n--- stderr\nagents.defaults.model said fast; it now says ${GPT}.\n--- exit 0\n`,
    )
    expect(await defaults()).toEqual({ model: GPT, models: { [OPUS]: { alias: 'Opus' }, [GPT]: { params: {} } } })
    expect(await run('models aliases remove fast')).toBe(
      '--- stderr\nError: There is no alias "fast"; nothing was changed. There are: Opus.\n  Run: openclaw models aliases list\n--- exit 1\n',
    )
  })

  it.each([
    ['add a/b openai/gpt-5.1', '"a/b" is no alias'],
    ['add a@b openai/gpt-5.1', '"a@b" is no alias'],
    ['add Status openai/gpt-5.1', 'in a chat, /model Status means something else. Nothing was changed.'],
    ['add 12 openai/gpt-5.1', 'in a chat, /model 12 chooses by its place in the list. Nothing was changed.'],
    [`add ${'a'.repeat(65)} openai/gpt-5.1`, 'is no alias'],
    ['add a nosuch/x', 'There is no provider "nosuch"; nothing was changed.'],
    ['add a', "Missing required argument 'ref'."],
    ['add a openai/gpt-5.1 b', 'Too many arguments'],
    ['add a openai/gpt-5.1 --agent main', 'models aliases add is about all agents; it takes no --agent.'],
    ['remove a --agent main', 'it takes no --agent.'],
    ['list --agent main', 'it takes no --agent.'],
    ['remove a', 'There is no alias "a"; nothing was changed. There are none.'],
    ['renew a', "Unknown command 'renew'"],
  ])('refuse "%s"', async (line, said) => {
    await fresh()
    const shown = await run(`models aliases ${line}`)
    expect(shown).toContain(said)
    expect(shown).toContain('--- exit 1')
    expect(await text()).toBe('(no file)')
  })
})

describe.each([
  ['fallbacks', 'model', 'Fallbacks', 'fallback'],
  ['image-fallbacks', 'imageModel', 'Image fallbacks', 'image fallback'],
])('%s', (name, chain, title, word) => {
  it('are added once, under whatever name, behind those that are there', async () => {
    await fresh(plan({ [chain]: 'openai/gpt-4.1', models: {} }))
    expect(await run(`models ${name} add ${GPT}`)).toBe(`Updated $STATE/openclaw.json\n${title}: ${GPT}\n--- exit 0\n`)
    const before = await text()
    expect(await run(`models ${name} add OpenAI/gpt-5.1`)).toBe(
      `${GPT} is there already.\n${title}: ${GPT}\n--- exit 0\n`,
    )
    expect(await text()).toBe(before)
    expect(await json(`models ${name} add anthropic/claude-haiku-4-5`)).toEqual({
      ok: true,
      changed: true,
      fallbacks: [GPT, 'anthropic/claude-haiku-4-5'],
      configPath: '$STATE/openclaw.json',
      notes: [],
    })
    expect(await defaults()).toEqual({
      [chain]: { primary: 'openai/gpt-4.1', fallbacks: [GPT, 'anthropic/claude-haiku-4-5'] },
      models: {},
    })
    expect(await json('models status')).toMatchObject({
      [name === 'fallbacks' ? 'fallbacks' : 'imageFallbacks']: [GPT, 'anthropic/claude-haiku-4-5'],
    })
  })

  it('know an alias for what it is, and join a list of what is allowed', async () => {
    await fresh(plan({ [chain]: { primary: OPUS, fallbacks: ['gpt'] }, models: { [GPT]: { alias: 'gpt' } } }))
    expect(await run(`models ${name} list`)).toBe(`${title} (1):\n- gpt -> ${GPT}\n--- exit 0\n`)
    expect(await run(`models ${name} add ${GPT}`)).toContain('is there already.')
    expect(await run(`models ${name} add anthropic/claude-haiku-4-5`)).toContain(
      'agents.defaults.models is a list of what is allowed; anthropic/claude-haiku-4-5 was added to it.',
    )
    expect((await defaults()).models).toEqual({ [GPT]: { alias: 'gpt' }, 'anthropic/claude-haiku-4-5': {} })
    expect(await run(`models ${name} remove ${GPT}`)).toContain(`${title}: anthropic/claude-haiku-4-5\n`)
  })

  it('are listed, removed and cleared', async () => {
    await fresh(plan({ [chain]: { fallbacks: [GPT, OPUS, 'gone/away'] } }))
    expect(await json(`models ${name} list`)).toEqual({ fallbacks: [GPT, OPUS, 'gone/away'] })
    expect(await run(`models ${name} list --plain`)).toBe(`${GPT}\n${OPUS}\ngone/away\n--- exit 0\n`)
    expect(await run(`models ${name} remove claude-nosuch`)).toBe(
      `--- stderr\nError: "claude-nosuch" is no ${word}; nothing was changed. There are: ${GPT}, ${OPUS}, gone/away.\n  Run: openclaw models ${name} list\n--- exit 1\n`,
    )
    expect(await run(`models ${name} remove gone/away`)).toContain(`${title}: ${GPT}, ${OPUS}\n`)
    expect(await run(`models ${name} clear`)).toBe(`Updated $STATE/openclaw.json\n${title}: -\n--- exit 0\n`)
    expect(await defaults()).toEqual({})
    expect(await run(`models ${name} clear`)).toBe(`There were none; nothing was changed.\n${title}: -\n--- exit 0\n`)
    expect(await run(`models ${name} list`)).toBe(`${title} (0):\n- none\n--- exit 0\n`)
    expect(await run(`models ${name} remove ${OPUS}`)).toContain('nothing was changed. There are none.')
  })

  it('that are written through a variable stay as they are written, whoever sets it', async () => {
    const config = {
      env: { OWN: 'xai/grok-4' },
      agents: { defaults: { [chain]: { fallbacks: ['${FB}', '${OWN}', '${GONE}'] } } },
    }
    await fresh({ config, env: { FB: OPUS } })
    expect(await run(`models ${name} add ${OPUS}`)).toContain('is there already.')
    expect(await run(`models ${name} add ${GPT}`)).toContain(`${title}: \${FB}, \${OWN}, \${GONE}, ${GPT}\n`)
    expect(await defaults()).toEqual({ [chain]: { fallbacks: ['${FB}', '${OWN}', '${GONE}', GPT] } })
    expect(await run(`models ${name} remove xai/grok-4`)).toContain(`${title}: \${FB}, \${GONE}, ${GPT}\n`)
    expect(await run(`models ${name} remove \${GONE}`)).toContain(`${title}: \${FB}, ${GPT}\n`)
    expect(await run(`models ${name} remove ${GPT}`)).toContain(`${title}: \${FB}\n`)
    expect(await defaults()).toEqual({ [chain]: { fallbacks: ['${FB}'] } })
  })

  it('keep comments', async () => {
    await fresh()
    await writeFile(`${place.state}/openclaw.json`, `{ // mine\n agents: { defaults: { ${chain}: "${OPUS}" } } }\n`)
    await run(`models ${name} add ${GPT}`)
    expect(await text()).toContain('// mine')
  })

  it.each([
    ['add nosuch/x', 'There is no provider "nosuch"'],
    ['add', "Missing required argument 'ref'."],
    ['add openai/gpt-5.1 --agent main', 'changes the default of all agents; it takes no --agent.'],
    ['clear --agent main', 'it takes no --agent.'],
    ['list --json --plain', 'cannot be combined'],
  ])('refuse "%s"', async (line, said) => {
    await fresh()
    const shown = await run(`models ${name} ${line}`)
    expect(shown).toContain(said)
    expect(shown).toContain('--- exit 1')
    expect(await text()).toBe('(no file)')
  })
})

it('shows the fallbacks of an agent that has its own, and says who does not follow the defaults', async () => {
  await fresh(
    plan({ model: { fallbacks: [GPT] } }, [
      { id: 'main' },
      { id: 'work', model: { primary: OPUS, fallbacks: ['xai/grok-4'] } },
    ]),
  )
  expect(await run('models fallbacks list --agent work')).toBe(
    'Fallbacks (1) of agent work:\n- xai/grok-4\n--- exit 0\n',
  )
  expect(await run('models fallbacks list --agent main')).toBe(
    `Fallbacks (1) of agent main, from the defaults:\n- ${GPT}\n--- exit 0\n`,
  )
  expect(await run('models fallbacks clear')).toContain(
    'Agent work has fallbacks of its own in agents.list, which it goes on using.',
  )
  expect(await run('models set openai/gpt-5.1')).toContain('Agent work has a model of its own in agents.list')
  expect(await run('models image-fallbacks list --agent work')).toContain('it takes no --agent.')
})

it('says what a fallback is not good for', async () => {
  await fresh()
  expect(await run(`models fallbacks add ${OPUS}`)).toContain(`${OPUS} is the first choice already;`)
  expect(await run('models image-fallbacks add deepseek/deepseek-chat')).toContain(
    'As far as we know, deepseek/deepseek-chat takes no images.\nNo image model is set yet:',
  )
})

describe('set-image', () => {
  it('writes the image model and keeps its fallbacks', async () => {
    await fresh({
      ...plan({ imageModel: { fallbacks: [OPUS] }, models: { [OPUS]: { alias: 'opus' } } }),
      env: { ANTHROPIC_API_KEY: apiKey('aaaa'), OPENAI_API_KEY: openaiKey('aaaa') },
    })
    expect(await run(`models set-image ${GPT}`)).toBe(
      `Updated $STATE/openclaw.json\nImage model: ${GPT}\n--- stderr\nagents.defaults.models is a list of what is allowed; ${GPT} was added to it.\n--- exit 0\n`,
    )
    expect(await defaults()).toEqual({
      imageModel: { fallbacks: [OPUS], primary: GPT },
      models: { [OPUS]: { alias: 'opus' }, [GPT]: {} },
    })
    expect(await json('models set-image opus')).toMatchObject({ ok: true, imageModel: OPUS, notes: [] })
    expect(await json('models status')).toMatchObject({ imageModel: OPUS, defaultModel: OPUS })
  })

  it('warns of a model that takes no images, and refuses an unknown provider and --agent', async () => {
    await fresh()
    expect(await run('models set-image deepseek/deepseek-chat')).toContain('deepseek/deepseek-chat takes no images.')
    const before = await text()
    expect(await run('models set-image nosuch/x')).toContain('There is no provider "nosuch"; nothing was changed.')
    expect(await run(`models set-image ${GPT} --agent main`)).toContain(
      'models set-image changes the default of all agents; it takes no --agent.',
    )
    expect(await text()).toBe(before)
  })
})
