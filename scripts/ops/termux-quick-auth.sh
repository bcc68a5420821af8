#!/usr/bin/env bash
# Termux widget: one tap says whether the login on the gateway host still lasts; when it does not, another tap begins a new one.
# Environment: OPENCLAW_SERVER (a host of your ~/.ssh/config); OPENCLAW_OPS, where the scripts lie there (~/.local/share/openclaw/ops)
set -euo pipefail

server=${OPENCLAW_SERVER:?set OPENCLAW_SERVER to the host of your gateway, as in ~/.ssh/config}
ops=${OPENCLAW_OPS:-.local/share/openclaw/ops}

tell() {
  if command -v termux-toast >/dev/null; then termux-toast "$1"; fi
  printf '%s\n' "$1"
}

word=$(ssh -o ConnectTimeout=10 -o BatchMode=yes "$server" "$ops/claude-auth-status.sh" simple) || true
case $word in
OK) tell 'OpenClaw: the login lasts.' ;;
*_EXPIRING | *_EXPIRED)
  if command -v termux-vibrate >/dev/null; then termux-vibrate; fi
  tell "OpenClaw: $word"
  exec ssh -t "$server" "$ops/mobile-reauth.sh"
  ;;
*)
  tell "OpenClaw: $server does not answer."
  exit 1
  ;;
esac
