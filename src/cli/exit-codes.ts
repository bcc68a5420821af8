// What `openclaw help exit-codes` says.

export const EXIT_CODES = `Exit codes

  0    done
  1    failed, or the command line was wrong; from models status --check: a person must act now
       (a provider in use has no credential, or a profile its order uses has expired and cannot renew itself)
  2    only from models status --check: a credential ends within 24 hours
  4    a login is needed
  130  cancelled (Ctrl-C, Ctrl-D, or the answer no); nothing was changed

With --json an error is one object on standard output:
  {"ok": false, "error": {"code": "...", "message": "...", "remedy": "..."}, "exitCode": 1}`
