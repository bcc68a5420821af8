// A certified OAuth server (oidc-provider) in this process, and a browser without a screen that agrees to everything it is asked.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'

export const CLIENT_ID = 'keyclaw-test'
export const SCOPE = 'openid offline_access'

export type CertifiedServer = {
  url: string
  close(): Promise<void>
}

/** Refresh tokens rotate, and a spent one that comes back revokes all that came of that login. */
export async function startCertifiedServer(): Promise<CertifiedServer> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider = new Provider(url, {
    clients: [
      {
        client_id: CLIENT_ID,
        token_endpoint_auth_method: 'none',
        application_type: 'native',
        redirect_uris: ['http://127.0.0.1/auth/callback'],
        response_types: ['code'],
        grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
      },
    ],
    features: { deviceFlow: { enabled: true }, revocation: { enabled: true }, devInteractions: { enabled: true } },
    pkce: { required: () => true },
    rotateRefreshToken: true,
    ttl: { AccessToken: 60, RefreshToken: 600, Session: 600, Grant: 600, Interaction: 600, DeviceCode: 600 },
  })
  server.on('request', provider.callback())
  return {
    url,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Follows redirects with cookies and answers every form, as somebody who logs in and agrees. @returns where it left this server for */
export async function agree(
  server: CertifiedServer,
  start: string,
  typed: Record<string, string> = {},
): Promise<string> {
  const cookies = new Map<string, string>()
  let next: { url: string; body?: URLSearchParams } = { url: start }
  for (let steps = 0; steps < 20; steps++) {
    const response = await fetch(next.url, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(next.body === undefined ? {} : { method: 'POST', body: next.body }),
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '') cookies.delete(name)
      else cookies.set(name, value)
    }
    const location = response.headers.get('location')
    if (location !== null) {
      const url = new URL(location, next.url).href
      if (!url.startsWith(server.url)) return url
      next = { url }
      continue
    }
    const page = await response.text()
    const form = /<form[^>]*action="([^"]+)"[^>]*>([\s\S]*?)<\/form>/.exec(page)
    if (form === null) return page
    const [, action = '', inside = ''] = form
    const body = new URLSearchParams()
    for (const [input] of inside.matchAll(/<input[^>]*>/g)) {
      const name = /name="([^"]+)"/.exec(input)?.[1]
      const value = /value="([^"]*)"/.exec(input)?.[1]
      if (name !== undefined) body.set(name, typed[name] ?? value ?? 'somebody')
    }
    next = { url: new URL(action, next.url).href, body }
  }
  throw new Error('the server goes on asking')
}
