#!/usr/bin/env bash
# Installs the login monitor for this user: scripts below ~/.local/share/openclaw/ops, a systemd user timer, and its settings.
# Usage: setup-auth-system.sh [--ntfy TOPIC] [--warn-hours N] [--uninstall]
# Running it again changes nothing but what you name.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target=$HOME/.local/share/openclaw/ops
units=${XDG_CONFIG_HOME:-$HOME/.config}/systemd/user
settings=$HOME/.config/openclaw/auth-monitor.env
scripts=(claude-auth-status.sh auth-monitor.sh mobile-reauth.sh)
timer=openclaw-auth-monitor.timer
service=openclaw-auth-monitor.service

wrong() {
  printf '%s\nUsage: %s [--ntfy TOPIC] [--warn-hours N] [--uninstall]\n' "$1" "$(basename "$0")" >&2
  exit 1
}

ntfy='' warn='' uninstall=no
while [ $# -gt 0 ]; do
  case $1 in
  --ntfy | --warn-hours)
    [ $# -ge 2 ] || wrong "$1 needs a value."
    if [ "$1" = --ntfy ]; then ntfy=$2; else warn=$2; fi
    shift 2
    ;;
  --uninstall)
    uninstall=yes
    shift
    ;;
  *) wrong "Unknown: $1" ;;
  esac
done
[[ $ntfy =~ ^[A-Za-z0-9:/._-]*$ ]] || wrong 'A topic is letters, digits, - and _, or a URL.'
[[ $warn =~ ^[0-9]{0,4}$ ]] || wrong '--warn-hours takes a whole number.'

manager() {
  if command -v systemctl >/dev/null && systemctl --user show-environment >/dev/null 2>&1; then
    systemctl --user "$@"
  else
    return 1
  fi
}

if [ "$uninstall" = yes ]; then
  manager disable --now "$timer" 2>/dev/null || true
  rm -f "$units/$timer" "$units/$service"
  for script in "${scripts[@]}"; do rm -f "$target/$script"; done
  manager daemon-reload || true
  printf 'Removed. Your settings stay in %s\n' "$settings"
  exit 0
fi

mkdir -p "$target" "$units" "$(dirname "$settings")"
for script in "${scripts[@]}"; do install -m 755 "$here/$script" "$target/$script"; done
install -m 644 "$here/$timer" "$here/$service" "$units/"

# Lines of other settings stay as they are.
keep() {
  local name=$1 value=$2
  [ -n "$value" ] || return 0
  local others=''
  if [ -f "$settings" ]; then others=$(grep -v "^$name=" "$settings" || true); fi
  (umask 077 && printf '%s%s=%s\n' "${others:+$others$'\n'}" "$name" "$value" >"$settings.$$" && mv "$settings.$$" "$settings")
}
# A user manager knows little of a shell's PATH, and node often lies elsewhere.
programs=/usr/local/bin:/usr/bin:/bin
for program in openclaw node; do
  if found=$(command -v "$program"); then programs=$(dirname "$found"):$programs; fi
done
keep PATH "$programs"
keep NOTIFY_NTFY "$ntfy"
keep WARN_HOURS "$warn"

printf 'Installed %s\n' "$target"
if manager daemon-reload && manager enable --now "$timer"; then
  printf 'The timer runs: systemctl --user list-timers %s\n' "$timer"
else
  printf 'There is no systemd user manager here; run %s/auth-monitor.sh every half hour by other means, such as cron.\n' "$target"
fi
