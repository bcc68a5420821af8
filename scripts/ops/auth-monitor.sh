#!/usr/bin/env bash
# Tells somebody before a login ends. Meant for a timer: says nothing when all is well, and at most one thing an hour otherwise.
# Usage: auth-monitor.sh
# Exit: 0 well, or ending soon; 1 expired or missing.
# Environment:
#   WARN_HOURS    how long before the end it begins to warn (2)
#   NOTIFY_NTFY   a topic on ntfy.sh, or the full URL of a topic of your own server
#   OPENCLAW_STATE_DIR
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
state_dir=${OPENCLAW_STATE_DIR:-$HOME/.openclaw}
memory=$state_dir/auth-monitor-state
warn_hours=${WARN_HOURS:-2}
quiet_seconds=3600

if ! [[ $warn_hours =~ ^[0-9]{1,4}$ ]]; then
  printf 'WARN_HOURS is a whole number of hours, not "%s".\n' "$warn_hours" >&2
  exit 1
fi

code=0
word=$(WARN_MINUTES=$((warn_hours * 60)) "$here/claude-auth-status.sh" simple) || code=$?

case $word in
OK) exit 0 ;;
OPENCLAW_EXPIRED) title='OpenClaw login ended' text='Calls with this login fail. Run: claude setup-token, then openclaw models auth setup-token --provider anthropic' ;;
OPENCLAW_EXPIRING) title='OpenClaw login ends soon' text="It ends within $warn_hours h. Run: claude setup-token, then openclaw models auth setup-token --provider anthropic" ;;
CLAUDE_EXPIRED) title='Claude Code login ended' text='Run: claude, then /login' ;;
CLAUDE_EXPIRING) title='Claude Code login ends soon' text="It ends within $warn_hours h. Run: claude, then /login" ;;
*)
  printf 'The status could not be read.\n' >&2
  exit 1
  ;;
esac

printf '%s: %s\n' "$title" "$text"
# Soon is not yet wrong: a timer's unit must not turn red for it.
[ "$code" = 2 ] && code=0

now=$(date +%s)
last=$(cat "$memory" 2>/dev/null || printf 0)
[[ $last =~ ^[0-9]{1,12}$ ]] || last=0
# A clock that was set back must not silence it for good.
if [ "$last" -le "$now" ] && [ $((now - last)) -lt "$quiet_seconds" ]; then
  exit "$code"
fi

told=no
if [ -n "${NOTIFY_NTFY:-}" ] && command -v curl >/dev/null; then
  case $NOTIFY_NTFY in
  https://* | http://*) topic=$NOTIFY_NTFY ;;
  *) topic=https://ntfy.sh/$NOTIFY_NTFY ;;
  esac
  curl --fail --silent --show-error --max-time 20 \
    --header "Title: $title" --header 'Priority: high' --header 'Tags: key,warning' \
    --data "$text" "$topic" >/dev/null && told=yes
fi
if [ -n "${NOTIFY_PHONE:-}" ]; then
  printf 'NOTIFY_PHONE is not served here, as there is no channel to a phone; set NOTIFY_NTFY instead.\n' >&2
fi
if command -v notify-send >/dev/null && [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
  notify-send --urgency=critical "$title" "$text" && told=yes
fi
if [ "$told" = yes ] && [ -d "$state_dir" ]; then
  (umask 077 && printf '%s\n' "$now" >"$memory.$$" && mv "$memory.$$" "$memory")
fi
exit "$code"
