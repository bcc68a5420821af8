// Accounts: the strip, the rows, and what can be done with them, in Filipino.
import type { Words } from '../en.ts'

export const filAccounts: Pick<
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
    next: 'Bagong usapan sa',
    nobody: 'wala',
    waits: 'naghihintay hanggang may bumalik',
    instead: (model) => `lilipat sa ${model}`,
    early: 'sinubukan bago matapos ang pahinga',
    accounts: 'Mga account',
    ready: (count) => `${count} handa`,
    resting: (count) => `${count} nagpapahinga`,
    needsYou: (count) => `${count} kailangan ka`,
    off: (count) => `${count} nakapatay`,
    lastHour: 'Huling oras',
    calls: (count) => `${count} tawag`,
    unpriced: (count) => `${count} walang presyo`,
    cached: (percent) => `${percent} mula sa cache`,
    noCalls: 'walang tawag',
    soonest: 'Unang babalik',
    nobodyRests: 'walang nagpapahinga',
  },
  add: 'Magdagdag ng account',
  group: {
    accounts: (count) => `${count} account`,
    orderAgent: 'ikaw ang nag-ayos',
    orderConfig: 'ayos mula sa config',
    turns: 'salitan',
    headroom: 'una ang may pinakamaraming natitira',
    testAll: 'Subukan lahat',
    clearOrder: 'Kalimutan ang ayos',
    missing: (provider) => `Kailangan ng naka-config na modelo ang ${provider}, at wala itong account.`,
    inherited: (owner) => `Mga account ito ng ahenteng ${owner}; doon gawin ang mga pagbabago.`,
    notHere: 'Sa makina ng gateway binabago ang mga account; dito ay makikita lang ang mga ito.',
    filter: 'Salain ang mga account',
    none: 'Walang tumugmang account.',
    show: (count) => `Ipakita lahat (${count})`,
  },
  mark: { next: 'Sunod', first: 'Una' },
  kinds: { api_key: 'API key', token: 'token', oauth: 'login', unknown: 'di-kilalang uri' },
  sources: {
    env: 'mula sa environment',
    dotenv: 'mula sa .env',
    config: 'mula sa config',
    shell: 'mula sa login shell',
    none: 'walang kailangang secret',
    profile: '',
  },
  state: {
    ready: 'Handa',
    endsAt: (when, left) => `matatapos ${when}, ${left} na lang`,
    resting: (when, left) => `Nagpapahinga hanggang ${when}, ${left} na lang`,
    back: 'Nagpapahinga, malapit nang bumalik',
    trying: 'Sinusubukan bago matapos ang pahinga',
    held: 'Naghihintay',
    needsYou: 'Kailangan ka',
    triesAgain: (when) => `susubok muli ${when}`,
    off: 'Nakapatay',
    paused: 'Nakahinto',
    pausedUntil: (when, left) => `Nakahinto hanggang ${when}, ${left} na lang`,
  },
  row: {
    until: (when) => `hanggang ${when}`,
    expired: (when) => `nag-expire ${when}`,
    renews: 'kusang nagre-renew',
    served: (when) => `sumagot ${when}`,
    refusedAt: (when) => `tinanggihan ${when}`,
    refused: (when, why) => `Tinanggihan ${when}: ${why}`,
    neverUsed: 'hindi pa nagagamit',
    perCall: 'bayad bawat tawag',
    flat: 'subscription',
    model: (model, when, why) => `Nagpapahinga ang ${model} hanggang ${when}: ${why}`,
    of: (other) => `natatakpan ng ${other}`,
    said: (age) => `mula ${age} ang nakalipas`,
    actions: (name) => `Mga aksyon para sa ${name}`,
    drag: (name) => `Ilipat ang ${name}`,
  },
  usage: {
    used: (percent) => `${percent} nagamit`,
    label: (name, percent, when) => `${name}: ${percent} nagamit${when === '' ? '' : `, magre-reset ${when}`}`,
  },
  detail: {
    next: 'Bakit ito',
    notNext: 'Bakit hindi ito',
    secret: 'Secret',
    from: 'Pinagmulan',
    stay: 'Nananatili rito',
    stays: (all, byYou) => `${all} usapan${byYou === 0 ? '' : `, ${byYou} ang na-pin mo`}`,
    lastHour: 'Huling oras',
    limits: 'Mga limitasyon',
    shell: 'Sa shell',
    copy: 'Kopyahin',
    copied: 'Nakopya',
    marked: 'Napili na. Kopyahin gamit ang Ctrl+C o Command+C.',
    legend: '1 kahon bawat minuto: sumagot, tinanggihan, walang gawa',
  },
  verdict: { taken: 'pinili', kept: 'nakareserba', passed_over: 'nilaktawan' },
  act: {
    test: 'Subukan',
    clear: 'Alisin ang pahinga',
    pin: 'I-pin sa chat',
    pinned: (name, session) => `Naka-pin ang chat na “${session}” sa ${name}.`,
    pause: 'Ihinto',
    pauseHour: 'Ihinto nang isang oras',
    resume: 'Ituloy',
    up: 'Itaas',
    down: 'Ibaba',
    first: 'Ilagay sa una',
    last: 'Ilagay sa huli',
    include: 'Idagdag sa ayos',
    signIn: 'Mag-sign in muli',
    replace: 'Palitan ang key',
    remove: 'Alisin',
    undo: 'Ibalik',
    close: 'Isara',
  },
  did: {
    order: (name, place) => `Ika-${place} na ang ${name}.`,
    cleared: (name) => `Inalis ang pahinga ng ${name}.`,
    nothing: (name) => `Walang dapat alisin sa ${name}.`,
    paused: (name) => `Nakahinto ang ${name}.`,
    resumed: (name) => `Ginagamit muli ang ${name}.`,
    removed: (name) => `Inalis ang ${name}.`,
    orderCleared: (provider) => `Kinalimutan ang ayos ng ${provider}.`,
    undone: 'Naibalik.',
    undonePartly: 'Naibalik ang hindi na binago mula noon.',
    testing: (name) => `Sinusubukan ang ${name}…`,
    works: (name, took) => `Gumagana ang ${name} (${took}).`,
    fails: (name, why) => `Hindi gumagana ang ${name}: ${why}`,
    tested: (good, all) => `${good} sa ${all} ang gumagana.`,
    helps: 'Makakatulong:',
  },
  empty: {
    title: 'Wala pang account',
    text: 'I-paste ang key o token, o pumili ng vendor para mag-log in. Mananatili ito sa makinang ito.',
  },
}
