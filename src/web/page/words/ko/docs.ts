// The documentation within the page, in Korean.
import type { Words } from '../en.ts'

export const koDocs: Words['docs'] = {
  filter: '문서와 제목 거르기',
  pages: '문서 목록',
  all: '모든 문서',
  none: '맞는 문서가 없습니다.',
  found: (count) => `문서 ${count}개`,
  english: '이 문서는 아직 번역되지 않았습니다.',
  plain: '일반 페이지로 열기',
  reading: '읽는 중…',
  unread: '문서를 읽지 못했습니다.',
}
