#!/usr/bin/env bash
# Termux widget: the whole status of the gateway host's logins, as a dialog where there is one.
# Environment: OPENCLAW_SERVER, OPENCLAW_OPS, as in termux-quick-auth.sh
set -euo pipefail

server=${OPENCLAW_SERVER:?set OPENCLAW_SERVER to the host of your gateway, as in ~/.ssh/config}
ops=${OPENCLAW_OPS:-.local/share/openclaw/ops}

if ! text=$(ssh -o ConnectTimeout=10 -o BatchMode=yes "$server" "$ops/claude-auth-status.sh" full); then
  text=${text:-"$server does not answer."}
fi
printf '%s\n' "$text"
if command -v termux-dialog >/dev/null; then
  termux-dialog confirm -t 'OpenClaw logins' -i "$text" >/dev/null
fi
