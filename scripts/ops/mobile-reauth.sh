#!/usr/bin/env bash
# A new setup-token from wherever you are: run it over SSH on the gateway host (`ssh -t HOST .../mobile-reauth.sh`).
# Makes the token with Claude Code, stores what you paste, and shows the status. A running gateway sees the new token by itself.
set -euo pipefail

for program in claude openclaw; do
  if ! command -v "$program" >/dev/null; then
    printf '%s is not on the PATH of this shell (%s).\n' "$program" "$(hostname)" >&2
    exit 1
  fi
done
if ! [ -t 0 ]; then
  printf 'A terminal is needed: ssh -t HOST %s\n' "$0" >&2
  exit 1
fi

printf 'Step 1 of 2: make a token. Open the address that is shown, on any device.\n'
claude setup-token
printf '\nStep 2 of 2: paste it. It is not shown.\n'
openclaw models auth setup-token --provider anthropic
openclaw models status --check
