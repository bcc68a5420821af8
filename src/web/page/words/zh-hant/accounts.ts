// Accounts: the strip, the rows, and what can be done with them, in Traditional Chinese.
import type { Words } from '../en.ts'

export const zhHantAccounts: Pick<
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
    next: '新對話使用',
    nobody: '無',
    waits: '等到有帳號恢復',
    instead: (model) => `改用 ${model}`,
    early: '休息結束前先試',
    accounts: '帳號',
    ready: (count) => `${count} 個就緒`,
    resting: (count) => `${count} 個休息中`,
    needsYou: (count) => `${count} 個需要處理`,
    off: (count) => `${count} 個停用`,
    lastHour: '最近一小時',
    calls: (count) => `${count} 次呼叫`,
    unpriced: (count) => `${count} 次無價格`,
    cached: (percent) => `快取 ${percent}`,
    noCalls: '沒有呼叫',
    soonest: '最快恢復',
    nobodyRests: '沒有帳號在休息',
  },
  add: '新增帳號',
  group: {
    accounts: (count) => `${count} 個帳號`,
    orderAgent: '自訂順序',
    orderConfig: '設定檔中的順序',
    turns: '輪流使用',
    headroom: '餘量多的優先',
    testAll: '全部測試',
    clearOrder: '清除順序',
    missing: (provider) => `已設定的模型需要 ${provider}，但沒有它的帳號。`,
    inherited: (owner) => `這些是代理「${owner}」的帳號，請在那裡更改。`,
    notHere: '帳號要在閘道所在的電腦上變更；這裡只能檢視。',
    filter: '篩選帳號',
    none: '沒有符合的帳號。',
    show: (count) => `顯示全部 ${count} 個`,
  },
  mark: { next: '下一個', first: '第一' },
  kinds: { api_key: 'API 金鑰', token: '權杖', oauth: '登入', unknown: '不明種類' },
  sources: {
    env: '來自環境變數',
    dotenv: '來自 .env',
    config: '來自設定檔',
    shell: '來自登入 shell',
    none: '不需密鑰',
    profile: '',
  },
  state: {
    ready: '就緒',
    endsAt: (when, left) => `${when} 到期，還有 ${left}`,
    resting: (when, left) => `休息到 ${when}，還有 ${left}`,
    back: '休息中，即將恢復',
    trying: '休息結束前先試',
    held: '等候',
    needsYou: '需要處理',
    triesAgain: (when) => `${when} 再試`,
    off: '停用',
    paused: '已暫停',
    pausedUntil: (when, left) => `暫停到 ${when}，還有 ${left}`,
  },
  row: {
    until: (when) => `到 ${when}`,
    expired: (when) => `${when} 到期`,
    renews: '自動更新',
    served: (when) => `${when} 回應過`,
    refusedAt: (when) => `${when} 被拒`,
    refused: (when, why) => `${when} 被拒：${why}`,
    neverUsed: '尚未使用',
    perCall: '按次計費',
    flat: '訂閱',
    model: (model, when, why) => `${model} 休息到 ${when}：${why}`,
    of: (other) => `被 ${other} 遮蔽`,
    said: (age) => `${age}前的資料`,
    actions: (name) => `${name} 的操作`,
    drag: (name) => `移動 ${name}`,
  },
  usage: {
    used: (percent) => `已用 ${percent}`,
    label: (name, percent, when) => `${name}：已用 ${percent}${when === '' ? '' : `，${when} 重設`}`,
  },
  detail: {
    next: '為何選它',
    notNext: '為何不選它',
    secret: '密鑰',
    from: '來源',
    stay: '留在這個帳號',
    stays: (all, byYou) => `${all} 個對話${byYou === 0 ? '' : `，其中 ${byYou} 個由你釘選`}`,
    lastHour: '最近一小時',
    limits: '限額',
    shell: '在 shell 中',
    copy: '複製',
    copied: '已複製',
    marked: '已選取。請按 Ctrl+C 或 Command+C 複製。',
    legend: '每分鐘一格：回應、被拒、閒置',
  },
  verdict: { taken: '選用', kept: '備用', passed_over: '略過' },
  act: {
    test: '測試',
    clear: '解除休息',
    pin: '釘選到對話',
    pinned: (name, session) => `對話「${session}」已釘選 ${name}。`,
    pause: '暫停',
    pauseHour: '暫停一小時',
    resume: '恢復使用',
    up: '上移',
    down: '下移',
    first: '移到最前',
    last: '移到最後',
    include: '加入順序',
    signIn: '重新登入',
    replace: '更換金鑰',
    remove: '移除',
    undo: '復原',
    close: '關閉',
  },
  did: {
    order: (name, place) => `${name} 現在是第 ${place} 個。`,
    cleared: (name) => `已解除 ${name} 的休息。`,
    nothing: (name) => `${name} 沒有需要解除的。`,
    paused: (name) => `${name} 已暫停。`,
    resumed: (name) => `${name} 已恢復使用。`,
    removed: (name) => `${name} 已移除。`,
    orderCleared: (provider) => `已清除 ${provider} 的順序。`,
    undone: '已復原。',
    undonePartly: '已復原之後未再更動的部分。',
    testing: (name) => `正在測試 ${name}…`,
    works: (name, took) => `${name} 正常（${took}）。`,
    fails: (name, why) => `${name} 不正常：${why}`,
    tested: (good, all) => `${all} 個中有 ${good} 個正常。`,
    helps: '解決方法：',
  },
  empty: {
    title: '還沒有帳號',
    text: '貼上金鑰或權杖，或選擇供應商登入。資料只留在這台電腦。',
  },
}
