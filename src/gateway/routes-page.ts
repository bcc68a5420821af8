// docs/gateway-routes.md, made of the table of routes and methods.
import { METHODS } from './method-table.ts'
import { HTTP_ROUTES, SOCKET_PATHS } from './routes.ts'

/** docs/gateway-routes.md, as it must read. */
export function routesPage(): string {
  const http = HTTP_ROUTES.map(
    ({ method, path, scope, bodyBytes, about }) =>
      `| \`${method} ${path}\` | ${scope} | ${bodyBytes === 0 ? 'none' : `${bodyBytes / 1024} kB`} | ${about} |`,
  )
  const methods = METHODS.map(
    ({ name, scope, onlyHere, about }) => `| \`${name}\` | ${scope}${onlyHere === true ? ', `here`' : ''} | ${about} |`,
  )
  return [
    '# Doors of the gateway',
    '',
    'Made from `src/gateway/routes.ts` (`node scripts/check-routes.mjs --write`); a route or method that is not here does not exist.',
    '`public` needs no token. The gateway token holds `read`, `call`, `chat`, `accounts`, `settings` and `admin`; the cookie of the page holds `read`, `chat`, `accounts` and `settings`.',
    'Whatever is not a GET, and every socket, needs the anti-forgery token of the document beside the cookie (`x-openclaw-anti-forgery`; `auth.antiForgery` in `connect`).',
    'A method marked `here` is refused to whoever comes from beyond this machine.',
    '',
    '## HTTP',
    '',
    '| Route | Scope | Body | What for |',
    '|---|---|---|---|',
    ...http,
    '',
    `## WebSocket (protocol 3, at ${[...SOCKET_PATHS].map((path) => `\`${path}\``).join(' or ')})`,
    '',
    '| Method | Scope | What for |',
    '|---|---|---|',
    ...methods,
    '',
  ].join('\n')
}
