// The frame of the page, in Traditional Chinese.
import type { Words } from '../en.ts'

export const zhHantFrame: Pick<
  Words,
  'views' | 'messages' | 'skip' | 'agent' | 'language' | 'signOut' | 'link' | 'login' | 'keys' | 'units'
> = {
  views: { accounts: '帳號', activity: '活動', chat: '對話', whatif: '假如', docs: '文件', settings: '設定' },
  skip: '跳到內容',
  agent: '代理',
  messages: '訊息',
  language: '語言',
  signOut: '登出',
  link: {
    connecting: '連線中…',
    live: '已連線',
    lost: '未連線',
    blind: (since) => `自 ${since} 起未連線，畫面停在那一刻。`,
    again: (length) => `${length}後重試。`,
    now: '重試中…',
    shutdown: '閘道正在關閉。',
    tryNow: '立即重試',
  },
  login: {
    title: '登入',
    token: '閘道權杖',
    go: '登入',
    hint: '權杖在閘道啟動時所指的檔案裡，會換成 Cookie，本頁不保留。用這個指令開啟本頁則不需要權杖：',
    unreachable: '閘道沒有回應。它在執行嗎？',
    ended: {
      'the session has ended': '工作階段已結束，可能是在其他分頁登出的。',
      'the token has changed': '已有新的權杖。請用它登入。',
    },
    used: '連結已用過或已過期，請用權杖登入。',
    wrong: '這不是本閘道的權杖。',
    wait: (seconds) => `錯誤次數太多，${seconds} 秒後再試。`,
  },
  keys: {
    title: '按鍵',
    letters: '啟用單一字母與數字的按鍵',
    views: '頁面',
    rows: [
      ['Ctrl K', '搜尋與指令'],
      ['A', '新增帳號'],
      ['↑ ↓ J K', '逐列移動'],
      ['Enter', '詳情'],
      ['Alt ↑ ↓', '移動帳號'],
      ['P', '釘選到對話'],
      ['T', '測試'],
      ['R', '解除休息'],
      ['Ctrl Z', '復原'],
      ['?', '本清單'],
    ],
  },
  units: {
    ms: (count) => `${count} 毫秒`,
    s: (count) => `${count} 秒`,
    min: (count) => `${count} 分`,
    h: (count) => `${count} 小時`,
    d: (count) => `${count} 天`,
  },
}
