#!/usr/bin/env bash
# Says how long the logins on this machine still last: Claude Code's own, and what OpenClaw would use for Anthropic.
# Usage: claude-auth-status.sh [full|json|simple]
#   full    a few lines for people (the default)
#   json    {"claude_code": {...}, "openclaw": {...}, "needs_reauth": bool}, always exit 0
#   simple  one word for scripts: OK (exit 0), CLAUDE_EXPIRING or OPENCLAW_EXPIRING (2), CLAUDE_EXPIRED or OPENCLAW_EXPIRED (1)
# Reads `openclaw models status --json`; where that command is not at hand, the files themselves. Prints no secret.
# Environment: OPENCLAW_STATE_DIR, CLAUDE_CONFIG_DIR, WARN_MINUTES (60: what counts as expiring)
set -euo pipefail

mode=${1:-full}
case $mode in
full | json | simple) ;;
*)
  printf 'Usage: %s [full|json|simple]\n' "$(basename "$0")" >&2
  exit 1
  ;;
esac

if ! command -v node >/dev/null; then
  printf 'node is not on the PATH; OpenClaw needs it, and so does this script.\n' >&2
  exit 1
fi

report=''
if command -v openclaw >/dev/null; then
  report=$(openclaw models status --json 2>/dev/null || true)
fi

# Not in the environment: there one text may have no more than 128 KiB.
MODE=$mode exec node - 3<<<"$report" <<'JS'
const { readFileSync } = require('node:fs')
const { homedir } = require('node:os')
const path = require('node:path')

const REPORT = readFileSync(3, 'utf8')
const { MODE, WARN_MINUTES = '60', OPENCLAW_STATE_DIR, CLAUDE_CONFIG_DIR } = process.env
const warnMs = (Number(WARN_MINUTES) || 60) * 60_000
const now = Date.now()

/** A JSON file, or undefined: a login that cannot be read is one that is not there. */
function read(...parts) {
  try {
    return JSON.parse(readFileSync(path.join(...parts), 'utf8'))
  } catch {
    return undefined
  }
}

function state(expiresAt) {
  if (!Number.isFinite(expiresAt)) return { status: 'OK', detail: 'static', expires_at_ms: null }
  const left = expiresAt - now
  const minutes = Math.floor(Math.abs(left) / 60_000)
  const detail = `${Math.floor(minutes / 60)}h ${minutes % 60}m`
  const status = left <= 0 ? 'EXPIRED' : left <= warnMs ? 'EXPIRING' : 'OK'
  return { status, detail, expires_at_ms: expiresAt }
}

const MISSING = { status: 'MISSING', detail: '', expires_at_ms: null }

function claudeCode() {
  const folder = CLAUDE_CONFIG_DIR || path.join(homedir(), '.claude')
  const login = read(folder, '.credentials.json')?.claudeAiOauth
  if (!login?.accessToken) return MISSING
  // Claude Code renews what it can renew.
  return login.refreshToken ? { ...state(login.expiresAt), status: 'OK', detail: 'renews itself' } : state(login.expiresAt)
}

/** The Anthropic credentials of OpenClaw: { type, expiresAt, renews }. */
function credentials() {
  try {
    const { auth } = JSON.parse(REPORT)
    const stored = auth.oauth.profiles.filter(({ provider }) => provider === 'anthropic')
    const found = stored.map(({ type, status, expiresAt }) => ({ type, expiresAt, renews: type === 'oauth' && status === 'ok' }))
    const other = auth.providers.some(({ provider, env, modelsJson }) => provider === 'anthropic' && (env || modelsJson))
    return other ? [...found, { type: 'api_key' }] : found
  } catch {
    const folder = OPENCLAW_STATE_DIR || path.join(homedir(), '.openclaw')
    const profiles = read(folder, 'agents', 'main', 'agent', 'auth-profiles.json')?.profiles ?? {}
    return Object.values(profiles)
      .filter((entry) => entry?.provider === 'anthropic')
      .map(({ type, expires, refresh }) => ({ type, expiresAt: expires, renews: Boolean(refresh) }))
  }
}

function openclaw() {
  const states = credentials().map(({ type, expiresAt, renews }) =>
    type === 'api_key' || renews ? state(undefined) : state(expiresAt),
  )
  // One that lasts is enough.
  const rank = ['OK', 'EXPIRING', 'EXPIRED']
  const order = (one) => rank.indexOf(one.status) * 1e15 - (one.expires_at_ms ?? 9e14)
  return states.sort((a, b) => order(a) - order(b))[0] ?? MISSING
}

const claude = claudeCode()
const own = openclaw()
const needsReauth = own.status === 'EXPIRED' || own.status === 'MISSING'
const shown = ({ status, expires_at_ms }) => ({ status, expires_at_ms })

if (MODE === 'json') {
  console.log(JSON.stringify({ claude_code: shown(claude), openclaw: shown(own), needs_reauth: needsReauth }))
} else if (MODE === 'simple') {
  const words = [
    [claude.status === 'EXPIRED', 'CLAUDE_EXPIRED', 1],
    [needsReauth, 'OPENCLAW_EXPIRED', 1],
    [claude.status === 'EXPIRING', 'CLAUDE_EXPIRING', 2],
    [own.status === 'EXPIRING', 'OPENCLAW_EXPIRING', 2],
    [true, 'OK', 0],
  ]
  const [, word, code] = words.find(([holds]) => holds)
  console.log(word)
  process.exitCode = code
} else {
  const line = (name, { status, detail }) => console.log(`${name.padEnd(12)}${detail === '' ? status : `${status}: ${detail}`}`)
  line('Claude Code', claude)
  line('OpenClaw', own)
  if (needsReauth) {
    console.log('Run: claude setup-token, then openclaw models auth setup-token --provider anthropic')
    process.exitCode = 1
  }
}
JS
