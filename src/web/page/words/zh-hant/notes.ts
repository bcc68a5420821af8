// What is told beside the result of a change, in Traditional Chinese.
import type { Words } from '../en.ts'

export const zhHantNotes: Pick<Words, 'notes' | 'problems'> = {
  notes: {
    unknown_model: (model, provider) => `${model} 不是已知的模型；已照原樣儲存，是否存在由 ${provider} 回覆。`,
    allowed_too: (model) => `agents.defaults.models 是允許清單；已加入 ${model}。`,
    own_model: (agent) => `代理 ${agent} 在 agents.list 中有自己的模型，會繼續使用。`,
    own_fallbacks: (agent) => `代理 ${agent} 在 agents.list 中有自己的備援模型，會繼續使用。`,
    takes_no_images: (model) => `據目前所知，${model} 不接受圖片。`,
    is_first: (model) => `${model} 已是首選；作為備援時不會再問一次。`,
    no_image_model: () => '尚未設定圖片模型：openclaw models set-image <provider/model>',
    alias_replaced: (name, old) => `一個模型只有一個簡稱：${name} 取代 ${old}。`,
    spelt_out: (path, old, model) => `${path} 原為 ${old}，現在是 ${model}。`,
    list_begins: (model) =>
      `agents.defaults.models 原本是空的，代表允許所有模型。有了第一個項目後，它就成為清單：從現在起，對話可以選擇 ${model}、預設模型及其備援；其他模型可用 openclaw models set 和 openclaw models fallbacks add 加入。`,
    list_goes_on: (model, where) =>
      `除了預設模型及其備援，agents.defaults.models 仍只允許 ${model}；若要允許所有模型，請在 ${where} 中刪除該項目。`,
    bound_already: (chat) => `已經綁定：${chat}`,
    not_bound: (chat) => `沒有綁定：${chat}`,
    paused: (profile, command) => `${profile} 已暫停，並保持暫停。要使用它：${command}`,
    not_in_order: (provider, profile, command) => `${provider} 已有順序，其中沒有 ${profile}。要排在最前面：${command}`,
    first_in_order: (profile, provider) => `${profile} 現在排在 ${provider} 順序的第一位。`,
    trouble_remembered: (profiles, why) => `已儲存，但 ${profiles} 先前的問題記錄未能清除：${why}`,
    config_left: (where, why) => `${where} 未更新：${why}`,
    unknown_provider: (provider) =>
      `尚不認識提供者「${provider}」；憑證會保留，直到設定了 models.providers.${provider}。`,
    assumed_year: () => 'setup-token 的有效期約一年；視為自現在起 365 天後到期。',
    may_be_refused: () => 'Anthropic 可能拒絕在其自家工具以外使用訂閱權杖；那時會改用下一個帳號。API 金鑰一律可用。',
    unlike_key: (vendor, hint) => `開頭與 ${vendor} 的 API 金鑰不同（${hint}）；已照原樣保留。`,
    other_account: (wished, profile) => `${wished} 屬於另一個帳號，未作更動；這次登入是 ${profile}。`,
    works_elsewhere: (agent, before, now) => `代理 ${agent} 現在於 ${now} 工作；${before} 中的內容留在原處。`,
  },
  problems: {
    lost: '與閘道的連線已中斷。',
    timeout: '閘道未在時限內回應。',
    changed_meanwhile: '檔案在此期間被編輯器或指令更改。沒有任何變更；這裡顯示的是目前內容，請看過後再決定。',
    nothing_to_undo: '已無法復原。沒有任何變更。',
  },
}
