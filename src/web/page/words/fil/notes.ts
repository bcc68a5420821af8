// What is told beside the result of a change, in Filipino.
import type { Words } from '../en.ts'

export const filNotes: Pick<Words, 'notes' | 'problems'> = {
  notes: {
    unknown_model: (model, provider) =>
      `Hindi kilalang model ang ${model}; itinago ito ayon sa pagkakasulat, at ang ${provider} ang magsasabi kung mayroon nito.`,
    allowed_too: (model) => `Listahan ng pinapayagan ang agents.defaults.models; idinagdag dito ang ${model}.`,
    own_model: (agent) => `May sariling model ang agent na ${agent} sa agents.list, at iyon pa rin ang gagamitin nito.`,
    own_fallbacks: (agent) =>
      `May sariling mga fallback ang agent na ${agent} sa agents.list, at iyon pa rin ang gagamitin nito.`,
    takes_no_images: (model) => `Sa alam namin, hindi tumatanggap ng larawan ang ${model}.`,
    is_first: (model) => `Unang pinili na ang ${model}; bilang fallback ay hindi na ito tatanungin muli.`,
    no_image_model: () => 'Wala pang model para sa larawan: openclaw models set-image <provider/model>',
    alias_replaced: (name, old) => `Iisa ang maikling pangalan ng isang model: pinalitan ng ${name} ang ${old}.`,
    spelt_out: (path, old, model) => `${old} ang nasa ${path}; ${model} na ito ngayon.`,
    list_begins: (model) =>
      `Walang laman ang agents.defaults.models, kaya pinapayagan ang lahat ng model. Sa unang nakasulat dito, nagiging listahan ito: mula ngayon, mapipili sa mga usapan ang ${model}, ang default na model at ang mga fallback nito; idinaragdag ang iba ng openclaw models set at openclaw models fallbacks add.`,
    list_goes_on: (model, where) =>
      `Bukod sa default na model at mga fallback nito, ang ${model} lang ang pinapayagan pa rin ng agents.defaults.models; para payagan ang lahat, burahin iyon sa ${where}.`,
    bound_already: (chat) => `Nakakabit na: ${chat}`,
    not_bound: (chat) => `Hindi nakakabit: ${chat}`,
    paused: (profile, command) => `Nakahinto ang ${profile} at mananatiling ganoon. Para gamitin ito: ${command}`,
    not_in_order: (provider, profile, command) =>
      `May pagkakasunod-sunod ang ${provider} na wala ang ${profile}. Para unahin ito: ${command}`,
    first_in_order: (profile, provider) => `Una na ang ${profile} sa pagkakasunod-sunod ng ${provider}.`,
    trouble_remembered: (profiles, why) =>
      `Naitago, pero hindi nabura ang tala ng mga naging problema ng ${profiles}: ${why}`,
    config_left: (where, why) => `Hindi na-update ang ${where}: ${why}`,
    unknown_provider: (provider) =>
      `Wala pang kilalang provider na "${provider}"; itatago ang credential hanggang ma-configure ang models.providers.${provider}.`,
    assumed_year: () =>
      'Mga isang taon ang buhay ng isang setup-token; ipinapalagay na matatapos ito 365 araw mula ngayon.',
    may_be_refused: () =>
      'Maaaring tanggihan ng Anthropic ang mga token ng subscription sa labas ng sarili nitong mga tool; ang susunod na account ang gagamitin noon. Laging gumagana ang API key.',
    unlike_key: (vendor, hint) =>
      `Hindi ito nagsisimula na parang API key ng ${vendor} (${hint}); itinago ito ayon sa pagdating.`,
    other_account: (wished, profile) =>
      `Sa ibang account ang ${wished} at hindi ito ginalaw; ${profile} ang login na ito.`,
    works_elsewhere: (agent, before, now) =>
      `Sa ${now} na gumagawa ang agent na ${agent}; nananatili ang laman ng ${before}.`,
  },
  problems: {
    lost: 'Naputol ang koneksiyon sa gateway.',
    timeout: 'Hindi sumagot ang gateway sa tamang oras.',
    changed_meanwhile:
      'Binago ang file samantala, sa editor o ng isang utos. Walang binago; ipinapakita rito ang laman nito ngayon, kaya tingnan at magpasya muli.',
    nothing_to_undo: 'Hindi na ito mababawi. Walang binago.',
  },
}
