// The frame of the page, in Korean.
import type { Words } from '../en.ts'

export const koFrame: Pick<
  Words,
  'views' | 'messages' | 'skip' | 'agent' | 'language' | 'signOut' | 'link' | 'login' | 'keys' | 'units'
> = {
  views: { accounts: '계정', activity: '활동', chat: '대화', whatif: '가정', docs: '문서', settings: '설정' },
  skip: '본문으로 건너뛰기',
  agent: '에이전트',
  messages: '알림',
  language: '언어',
  signOut: '로그아웃',
  link: {
    connecting: '연결 중…',
    live: '연결됨',
    lost: '연결 끊김',
    blind: (since) => `${since}부터 연결이 끊겼습니다. 화면은 그때의 상태입니다.`,
    again: (length) => `${length} 뒤에 다시 시도합니다.`,
    now: '다시 시도하는 중…',
    shutdown: '게이트웨이가 종료되고 있습니다.',
    tryNow: '지금 시도',
  },
  login: {
    title: '로그인',
    token: '게이트웨이 토큰',
    go: '로그인',
    hint: '토큰은 게이트웨이가 시작할 때 알려 준 파일에 있습니다. 쿠키로 바뀌며 이 페이지에 저장되지 않습니다. 다음 명령을 쓰면 토큰 없이 페이지가 열립니다:',
    unreachable: '게이트웨이가 응답하지 않습니다. 실행 중인가요?',
    ended: {
      'the session has ended': '세션이 끝났습니다. 다른 탭에서 로그아웃했을 수 있습니다.',
      'the token has changed': '새 토큰이 생겼습니다. 그 토큰으로 로그인하세요.',
    },
    used: '이 링크는 이미 사용되었거나 만료되었습니다. 토큰으로 로그인하세요.',
    wrong: '이 게이트웨이의 토큰이 아닙니다.',
    wait: (seconds) => `잘못된 시도가 너무 많습니다. ${seconds}초 뒤에 다시 받습니다.`,
  },
  keys: {
    title: '단축키',
    letters: '글자와 숫자 하나로 된 단축키 사용',
    views: '화면',
    rows: [
      ['Ctrl K', '찾기와 명령'],
      ['A', '계정 추가'],
      ['↑ ↓ J K', '줄 이동'],
      ['Enter', '자세히'],
      ['Alt ↑ ↓', '계정 옮기기'],
      ['P', '대화에 고정'],
      ['T', '시험'],
      ['R', '휴식 해제'],
      ['Ctrl Z', '되돌리기'],
      ['?', '이 목록'],
    ],
  },
  units: {
    ms: (count) => `${count}ms`,
    s: (count) => `${count}초`,
    min: (count) => `${count}분`,
    h: (count) => `${count}시간`,
    d: (count) => `${count}일`,
  },
}
