// Accounts: the strip, the rows, and what can be done with them, in Korean.
import type { Words } from '../en.ts'

export const koAccounts: Pick<
  Words,
  | 'strip'
  | 'add'
  | 'group'
  | 'mark'
  | 'kinds'
  | 'sources'
  | 'state'
  | 'row'
  | 'usage'
  | 'detail'
  | 'verdict'
  | 'act'
  | 'did'
  | 'empty'
> = {
  strip: {
    next: '새 대화를 맡을 계정',
    nobody: '없음',
    waits: '돌아올 때까지 기다립니다',
    instead: (model) => `대체 모델 ${model}`,
    early: '휴식이 끝나기 전에 시도',
    accounts: '계정',
    ready: (count) => `준비 ${count}`,
    resting: (count) => `휴식 ${count}`,
    needsYou: (count) => `확인 필요 ${count}`,
    off: (count) => `꺼짐 ${count}`,
    lastHour: '최근 1시간',
    calls: (count) => `호출 ${count}회`,
    unpriced: (count) => `가격 없음 ${count}`,
    cached: (percent) => `캐시 ${percent}`,
    noCalls: '호출 없음',
    soonest: '가장 먼저 복귀',
    nobodyRests: '쉬는 계정 없음',
  },
  add: '계정 추가',
  group: {
    accounts: (count) => `계정 ${count}개`,
    orderAgent: '직접 정한 순서',
    orderConfig: '설정 파일의 순서',
    turns: '번갈아 사용',
    headroom: '여유가 많은 계정부터',
    testAll: '모두 시험',
    clearOrder: '순서 지우기',
    missing: (provider) => `설정된 모델에 필요한 계정이 없습니다: ${provider}`,
    inherited: (owner) => `에이전트 “${owner}”의 계정입니다. 변경은 그곳에서 합니다.`,
    notHere: '계정은 게이트웨이가 있는 컴퓨터에서 변경합니다. 여기서는 보기만 합니다.',
    filter: '계정 찾기',
    none: '맞는 계정이 없습니다.',
    show: (count) => `${count}개 모두 보기`,
  },
  mark: { next: '다음', first: '첫째' },
  kinds: { api_key: 'API 키', token: '토큰', oauth: '로그인', unknown: '알 수 없는 종류' },
  sources: {
    env: '환경 변수',
    dotenv: '.env 파일',
    config: '설정 파일',
    shell: '로그인 셸',
    none: '비밀 값 불필요',
    profile: '',
  },
  state: {
    ready: '준비됨',
    endsAt: (when, left) => `${when} 만료, ${left} 남음`,
    resting: (when, left) => `${when}까지 휴식, ${left} 남음`,
    back: '휴식, 곧 복귀',
    trying: '휴식이 끝나기 전에 시도하는 중',
    held: '대기',
    needsYou: '확인 필요',
    triesAgain: (when) => `${when} 재시도`,
    off: '꺼짐',
    paused: '일시 중지',
    pausedUntil: (when, left) => `${when}까지 일시 중지, ${left} 남음`,
  },
  row: {
    until: (when) => `${when}까지`,
    expired: (when) => `${when} 만료`,
    renews: '자동 갱신',
    served: (when) => `${when} 응답`,
    refusedAt: (when) => `${when} 거절`,
    refused: (when, why) => `${when} 거절: ${why}`,
    neverUsed: '아직 사용 안 함',
    perCall: '호출당 과금',
    flat: '구독',
    model: (model, when, why) => `${model}: ${when}까지 휴식, ${why}`,
    of: (other) => `가려짐: ${other}`,
    said: (age) => `${age} 전 기준`,
    actions: (name) => `작업: ${name}`,
    drag: (name) => `이동: ${name}`,
  },
  usage: {
    used: (percent) => `${percent} 사용`,
    label: (name, percent, when) => `${name}: ${percent} 사용${when === '' ? '' : `, ${when} 초기화`}`,
  },
  detail: {
    next: '선택된 이유',
    notNext: '선택되지 않은 이유',
    secret: '비밀 값',
    from: '출처',
    stay: '계속 맡는 대화',
    stays: (all, byYou) => `대화 ${all}개${byYou === 0 ? '' : `, 직접 고정 ${byYou}개`}`,
    lastHour: '최근 1시간',
    limits: '한도',
    shell: '셸 명령',
    copy: '복사',
    copied: '복사됨',
    marked: '선택했습니다. Ctrl+C 또는 Command+C로 복사하세요.',
    legend: '1분에 한 칸: 응답, 거절, 없음',
  },
  verdict: { taken: '선택됨', kept: '예비', passed_over: '건너뜀' },
  act: {
    test: '시험',
    clear: '휴식 해제',
    pin: '대화에 고정',
    pinned: (name, session) => `대화 “${session}”의 고정 계정: ${name}`,
    pause: '일시 중지',
    pauseHour: '1시간 일시 중지',
    resume: '다시 사용',
    up: '위로',
    down: '아래로',
    first: '맨 앞으로',
    last: '맨 뒤로',
    include: '순서에 추가',
    signIn: '다시 로그인',
    replace: '키 바꾸기',
    remove: '제거',
    undo: '되돌리기',
    close: '닫기',
  },
  did: {
    order: (name, place) => `순서 ${place}번: ${name}`,
    cleared: (name) => `휴식 해제됨: ${name}`,
    nothing: (name) => `해제할 것 없음: ${name}`,
    paused: (name) => `일시 중지됨: ${name}`,
    resumed: (name) => `다시 사용 중: ${name}`,
    removed: (name) => `제거됨: ${name}`,
    orderCleared: (provider) => `순서를 지웠습니다: ${provider}`,
    undone: '되돌렸습니다.',
    undonePartly: '그 뒤에 바뀌지 않은 것만 되돌렸습니다.',
    testing: (name) => `시험 중: ${name}`,
    works: (name, took) => `정상: ${name} (${took})`,
    fails: (name, why) => `실패: ${name}. ${why}`,
    tested: (good, all) => `${all}개 중 ${good}개 정상`,
    helps: '해결 방법:',
  },
  empty: {
    title: '아직 계정이 없습니다',
    text: '키나 토큰을 붙여 넣거나 공급자를 골라 로그인하세요. 이 컴퓨터에만 저장됩니다.',
  },
}
