// The palette of commands, in Korean.
import type { Words } from '../en.ts'

export const koPalette: Words['palette'] = {
  title: '찾기와 명령',
  field: '계정, 화면, 문서, 명령',
  none: '맞는 것이 없습니다.',
  found: (count) => `${count}개 찾음`,
  groups: {
    views: '화면',
    accounts: '계정',
    sessions: '대화',
    agents: '에이전트',
    actions: '명령',
    docs: '문서',
  },
  testAll: (provider) => `모두 시험: ${provider}`,
  speak: (language) => `언어: ${language}`,
}
