// The palette of commands, in English.

export const enPalette = {
  title: 'Search and commands',
  field: 'An account, a view, a page, a command',
  none: 'Nothing matches.',
  found: (count: number) => `${count} found`,
  groups: {
    views: 'Views',
    accounts: 'Accounts',
    sessions: 'Conversations',
    agents: 'Agents',
    actions: 'Commands',
    docs: 'Docs',
  },
  testAll: (provider: string) => `Test all: ${provider}`,
  speak: (language: string) => `Language: ${language}`,
}
