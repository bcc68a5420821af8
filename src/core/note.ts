// What is worth telling beside the result of a change: a sentence in English, as shells say it, and the code and names of which a face with
// words of its own makes its own.

const TEXTS = {
  unknown_model: (model: string, provider: string) =>
    `${model} is not a model we know; it is taken as written, and ${provider} will say whether it exists.`,
  allowed_too: (model: string) => `agents.defaults.models is a list of what is allowed; ${model} was added to it.`,
  own_model: (agent: string) => `Agent ${agent} has a model of its own in agents.list, which it goes on using.`,
  own_fallbacks: (agent: string) => `Agent ${agent} has fallbacks of its own in agents.list, which it goes on using.`,
  takes_no_images: (model: string) => `As far as we know, ${model} takes no images.`,
  is_first: (model: string) => `${model} is the first choice already; as a fallback it is not asked a second time.`,
  no_image_model: () => 'No image model is set yet: openclaw models set-image <provider/model>',
  alias_replaced: (name: string, old: string) => `A model has one alias: ${name} takes the place of ${old}.`,
  spelt_out: (path: string, old: string, model: string) => `${path} said ${old}; it now says ${model}.`,
  list_begins: (model: string) =>
    `agents.defaults.models was empty, which allows every model. With its first entry it is a list: from now on conversations may choose ${model}, the default model and its fallbacks; openclaw models set and openclaw models fallbacks add put others on it.`,
  list_goes_on: (model: string, where: string) =>
    `agents.defaults.models goes on listing ${model} as all that is allowed beside the default model and its fallbacks; to allow every model, delete that entry in ${where}.`,
  bound_already: (chat: string) => `Bound already: ${chat}`,
  not_bound: (chat: string) => `Not bound: ${chat}`,
  paused: (profile: string, command: string) => `${profile} is paused and stays so. To use it: ${command}`,
  not_in_order: (provider: string, profile: string, command: string) =>
    `An order of ${provider} exists and leaves ${profile} out. To use it first: ${command}`,
  first_in_order: (profile: string, provider: string) => `${profile} now stands first in the order of ${provider}.`,
  trouble_remembered: (profiles: string, why: string) =>
    `Stored, but what is remembered of the trouble of ${profiles} was not cleared: ${why}`,
  config_left: (where: string, why: string) => `${where} was not updated: ${why}`,
  unknown_provider: (provider: string) =>
    `No provider "${provider}" is known yet; the credential is kept until models.providers.${provider} is configured.`,
  assumed_year: () => 'A setup-token lives about a year; its end is assumed 365 days from now.',
  may_be_refused: () =>
    'Anthropic may refuse subscription tokens outside its own tools; then the next profile is used. An API key always works.',
  unlike_key: (vendor: string, hint: string) =>
    `It does not begin like an API key of ${vendor} (${hint}); it is kept as it came.`,
  other_account: (wished: string, profile: string) =>
    `${wished} belongs to another account and was left as it is; this login is ${profile}.`,
  works_elsewhere: (agent: string, before: string, now: string) =>
    `Agent ${agent} now works in ${now}; what is in ${before} stays there.`,
} satisfies Readonly<Record<string, (...names: never) => string>>

export type NoteCode = keyof typeof TEXTS

/** The sentences of a face, by their codes. */
export type NoteTexts = { readonly [Code in NoteCode]: (...names: Parameters<(typeof TEXTS)[Code]>) => string }

/** Without a code there is the English text alone. */
export type Note = { text: string; code?: NoteCode; names?: readonly string[] }

/** @param names of what is told of, in the order of the sentence */
export function note<Code extends NoteCode>(code: Code, ...names: Parameters<(typeof TEXTS)[Code]>): Note {
  const say = TEXTS[code] as (...names: readonly string[]) => string
  return { text: say(...names), code, ...(names.length === 0 ? {} : { names }) }
}

/** In English, for shells. */
export function noteTexts(notes: readonly Note[]): string[] {
  return notes.map(({ text }) => text)
}
