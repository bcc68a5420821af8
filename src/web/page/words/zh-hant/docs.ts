// The documentation within the page, in Traditional Chinese.
import type { Words } from '../en.ts'

export const zhHantDocs: Words['docs'] = {
  filter: '篩選文件與標題',
  pages: '文件清單',
  all: '所有文件',
  none: '沒有符合的文件。',
  found: (count) => `${count} 份文件`,
  english: '這份文件還沒有翻譯。',
  plain: '以一般頁面開啟',
  reading: '讀取中…',
  unread: '無法讀取這份文件。',
}
