// What is told beside the result of a change, in Korean.
import type { Words } from '../en.ts'

export const koNotes: Pick<Words, 'notes' | 'problems'> = {
  notes: {
    unknown_model: (model, provider) =>
      `알려진 모델이 아닙니다: ${model}. 쓰인 그대로 저장했으며, 실제로 있는지는 ${provider} 쪽에서 알려 줍니다.`,
    allowed_too: (model) => `agents.defaults.models는 허용 목록입니다. 목록에 추가한 모델: ${model}.`,
    own_model: (agent) => `agents.list에 자체 모델이 있어 그대로 쓰는 에이전트: ${agent}.`,
    own_fallbacks: (agent) => `agents.list에 자체 대체 모델이 있어 그대로 쓰는 에이전트: ${agent}.`,
    takes_no_images: (model) => `알려진 바로는 이미지를 받지 않는 모델입니다: ${model}.`,
    is_first: (model) => `이미 첫 번째 모델이므로 대체 모델로 다시 묻지 않습니다: ${model}.`,
    no_image_model: () => '아직 이미지용 모델이 없습니다: openclaw models set-image <provider/model>',
    alias_replaced: (name, old) => `모델의 짧은 이름은 하나입니다. 이전: ${old}, 지금: ${name}.`,
    spelt_out: (path, old, model) => `${path}: 이전 ${old}, 지금 ${model}.`,
    list_begins: (model) =>
      `agents.defaults.models가 비어 있어 모든 모델이 허용되었습니다. 첫 항목이 생겨 이제 허용 목록이 됩니다. 대화에서 고를 수 있는 모델: ${model}, 기본 모델과 그 대체 모델. 다른 모델은 openclaw models set 또는 openclaw models fallbacks add 명령으로 추가합니다.`,
    list_goes_on: (model, where) =>
      `기본 모델과 대체 모델 외에는 agents.defaults.models에 남은 항목만 허용됩니다: ${model}. 모든 모델을 허용하려면 이 파일에서 그 항목을 지우세요: ${where}.`,
    bound_already: (chat) => `이미 연결되어 있습니다: ${chat}`,
    not_bound: (chat) => `연결되어 있지 않습니다: ${chat}`,
    paused: (profile, command) => `일시 중지된 계정이며 그대로 둡니다: ${profile}. 다시 쓰려면: ${command}`,
    not_in_order: (provider, profile, command) =>
      `${provider}: 정해진 순서에 이 계정이 없습니다: ${profile}. 맨 앞에 두려면: ${command}`,
    first_in_order: (profile, provider) => `${provider} 순서의 첫 번째 계정: ${profile}.`,
    trouble_remembered: (profiles, why) => `저장했지만 이전 문제 기록을 지우지 못했습니다: ${profiles}. ${why}`,
    config_left: (where, why) => `파일을 고치지 못했습니다: ${where}. ${why}`,
    unknown_provider: (provider) =>
      `아직 알려지지 않은 제공자입니다: ${provider}. models.providers.${provider} 설정이 생길 때까지 보관합니다.`,
    assumed_year: () => 'setup-token의 수명은 약 1년입니다. 지금부터 365일 뒤에 끝나는 것으로 봅니다.',
    may_be_refused: () =>
      'Anthropic은 자사 도구 밖에서 구독 토큰을 거절할 수 있습니다. 그때는 다음 계정을 씁니다. API 키는 언제나 됩니다.',
    unlike_key: (vendor, hint) => `${vendor} API 키와 시작 부분이 다릅니다 (${hint}). 입력한 그대로 보관합니다.`,
    other_account: (wished, profile) =>
      `다른 계정의 이름이라 그대로 두었습니다: ${wished}. 이 로그인의 이름: ${profile}.`,
    works_elsewhere: (agent, before, now) =>
      `에이전트: ${agent}. 이제 작업하는 폴더: ${now}. 이전 폴더의 내용은 그대로 있습니다: ${before}.`,
  },
  problems: {
    lost: '게이트웨이와 연결이 끊겼습니다.',
    timeout: '게이트웨이가 제때 응답하지 않았습니다.',
    changed_meanwhile:
      '그사이 편집기나 명령이 파일을 바꾸었습니다. 아무것도 바꾸지 않았습니다. 지금 내용을 보여 드리니 다시 확인하고 정하세요.',
    nothing_to_undo: '더는 되돌릴 수 없습니다. 아무것도 바꾸지 않았습니다.',
  },
}
