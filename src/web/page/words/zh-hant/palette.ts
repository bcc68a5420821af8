// The palette of commands, in Traditional Chinese.
import type { Words } from '../en.ts'

export const zhHantPalette: Words['palette'] = {
  title: '搜尋與指令',
  field: '帳號、頁面、文件、指令',
  none: '沒有符合的項目。',
  found: (count) => `找到 ${count} 項`,
  groups: {
    views: '頁面',
    accounts: '帳號',
    sessions: '對話',
    agents: '代理',
    actions: '指令',
    docs: '文件',
  },
  testAll: (provider) => `全部測試：${provider}`,
  speak: (language) => `語言：${language}`,
}
