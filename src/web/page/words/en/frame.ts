// The frame of the page, in English.
import { many } from './many.ts'

export const enFrame = {
  views: {
    accounts: 'Accounts',
    activity: 'Activity',
    chat: 'Chat',
    whatif: 'What if',
    docs: 'Docs',
    settings: 'Settings',
  },
  skip: 'Skip to the content',
  agent: 'Agent',
  messages: 'Messages',
  language: 'Language',
  signOut: 'Sign out',
  link: {
    connecting: 'Connecting…',
    live: 'live',
    lost: 'Not connected',
    blind: (since: string) => `Not connected since ${since}. What is shown is as of then.`,
    again: (length: string) => `Trying again in ${length}.`,
    now: 'Trying again…',
    shutdown: 'The gateway is shutting down.',
    tryNow: 'Try now',
  },
  login: {
    title: 'Log in',
    token: 'Gateway token',
    go: 'Log in',
    hint: 'The token is in the file that the gateway named when it started. It is exchanged for a cookie and not kept by this page. This command opens the page without it:',
    unreachable: 'The gateway does not answer. Is it running?',
    /** By what the gateway closed the socket with. */
    ended: {
      'the session has ended': 'The session has ended. It may have been signed out in another tab.',
      'the token has changed': 'There is a new token. Log in with it.',
    } as Readonly<Record<string, string>>,
    used: 'The link has been used or is too old. Log in with the token.',
    wrong: 'This is not the token of this gateway.',
    wait: (seconds: string) => `Too many wrong tries. The gateway listens again in ${seconds} s.`,
  },
  keys: {
    title: 'Keys',
    letters: 'Single letters and digits do something',
    views: 'views',
    rows: [
      ['Ctrl K', 'search and commands'],
      ['A', 'add account'],
      ['↑ ↓ J K', 'walk the rows'],
      ['Enter', 'details'],
      ['Alt ↑ ↓', 'move the account'],
      ['P', 'pin in chat'],
      ['T', 'test'],
      ['R', 'clear the rest'],
      ['Ctrl Z', 'undo'],
      ['?', 'this list'],
    ] as readonly (readonly [string, string])[],
  },
  units: {
    ms: (count: number) => `${count} ms`,
    s: (count: number | string) => `${count} s`,
    min: (count: number) => `${count} min`,
    h: (count: number) => `${count} h`,
    d: (count: number) => many(count, 'day', 'days'),
  },
}
