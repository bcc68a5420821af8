// The frame of the page, in Filipino.
import type { Words } from '../en.ts'

export const filFrame: Pick<
  Words,
  'views' | 'messages' | 'skip' | 'agent' | 'language' | 'signOut' | 'link' | 'login' | 'keys' | 'units'
> = {
  views: {
    accounts: 'Mga account',
    activity: 'Aktibidad',
    chat: 'Chat',
    whatif: 'Paano kung',
    docs: 'Docs',
    settings: 'Mga setting',
  },
  skip: 'Laktaw sa nilalaman',
  agent: 'Ahente',
  messages: 'Mga mensahe',
  language: 'Wika',
  signOut: 'Mag-sign out',
  link: {
    connecting: 'Kumokonekta…',
    live: 'konektado',
    lost: 'Hindi konektado',
    blind: (since) => `Hindi konektado mula ${since}. Ang nakikita ay mula pa noon.`,
    again: (length) => `Susubok muli sa loob ng ${length}.`,
    now: 'Sinusubukan muli…',
    shutdown: 'Nagsasara ang gateway.',
    tryNow: 'Subukan ngayon',
  },
  login: {
    title: 'Mag-log in',
    token: 'Token ng gateway',
    go: 'Mag-log in',
    hint: 'Nasa file na binanggit ng gateway nang magsimula ito ang token. Ipinagpapalit ito sa cookie at hindi itinatago ng pahinang ito. Binubuksan ng utos na ito ang pahina nang walang token:',
    unreachable: 'Hindi sumasagot ang gateway. Tumatakbo ba ito?',
    ended: {
      'the session has ended': 'Natapos na ang session. Maaaring nag-sign out sa ibang tab.',
      'the token has changed': 'May bagong token. Mag-log in gamit ito.',
    },
    used: 'Nagamit na o luma na ang link. Mag-log in gamit ang token.',
    wrong: 'Hindi ito ang token ng gateway na ito.',
    wait: (seconds) => `Masyadong maraming maling subok. Makikinig muli ang gateway sa loob ng ${seconds} s.`,
  },
  keys: {
    title: 'Mga pindutan',
    letters: 'May ginagawa ang iisang titik at bilang',
    views: 'mga tanawin',
    rows: [
      ['Ctrl K', 'maghanap at mag-utos'],
      ['A', 'magdagdag ng account'],
      ['↑ ↓ J K', 'lumipat ng hanay'],
      ['Enter', 'mga detalye'],
      ['Alt ↑ ↓', 'ilipat ang account'],
      ['P', 'ipako sa chat'],
      ['T', 'subukan'],
      ['R', 'alisin ang pahinga'],
      ['Ctrl Z', 'ibalik'],
      ['?', 'listahang ito'],
    ],
  },
  units: {
    ms: (count) => `${count} ms`,
    s: (count) => `${count} s`,
    min: (count) => `${count} min`,
    h: (count) => `${count} oras`,
    d: (count) => `${count} araw`,
  },
}
