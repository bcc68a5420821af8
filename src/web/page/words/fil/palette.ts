// The palette of commands, in Filipino.
import type { Words } from '../en.ts'

export const filPalette: Words['palette'] = {
  title: 'Maghanap at mag-utos',
  field: 'Account, tanawin, pahina, utos',
  none: 'Walang tumugma.',
  found: (count) => `${count} ang nakita`,
  groups: {
    views: 'Mga tanawin',
    accounts: 'Mga account',
    sessions: 'Mga usapan',
    agents: 'Mga ahente',
    actions: 'Mga utos',
    docs: 'Docs',
  },
  testAll: (provider) => `Subukan lahat: ${provider}`,
  speak: (language) => `Wika: ${language}`,
}
