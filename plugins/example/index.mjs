// A plugin as small as it gets: a vendor that speaks OpenAI's dialect and takes a key. Copy it, change the row, then
// `openclaw plugins install <folder> --enable`.

/** @type {import('../../src/providers/plugin-host.ts').PluginExport} */
const plugin = ({ compatibleProvider, KEY_METHOD }) => ({
  providers: [
    compatibleProvider({
      id: 'example',
      label: 'Example',
      baseUrl: 'https://api.example.com/v1',
      env: ['EXAMPLE_API_KEY'],
      keyHint: 'ex-...',
      login: [KEY_METHOD],
      // What it says otherwise than the others: an empty account is a 403 there.
      failures: [{ status: [403], text: 'insufficient credit', class: 'billing', scope: 'account' }],
    }),
  ],
})

export default plugin
