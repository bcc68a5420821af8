// What each shell needs to ask `openclaw __complete`. The shells know nothing themselves: what is offered is always that of the program installed.
import type { Shell } from './commands/completion.ts'

// The program asked is the one on the PATH: a Tab must not run a file of the folder one happens to stand in.
const BASH = String.raw`# openclaw completion for bash
_openclaw() {
  local line="${'$'}{COMP_LINE:0:COMP_POINT}" current='' strip='' prefix value rest mark
  local -a words=()
  COMPREPLY=()
  # Bash itself would cut words at colons, of which profiles have one.
  read -r -a words <<< "$line"
  if [[ "$line" != *[[:space:]] && ${'$'}{#words[@]} -gt 0 ]]; then
    current="${'$'}{words[${'$'}{#words[@]}-1]}"
    unset "words[${'$'}{#words[@]}-1]"
  fi
  for mark in ':' '='; do
    if [[ "$COMP_WORDBREAKS" == *"$mark"* && "$current" == *"$mark"* ]]; then
      prefix="${'$'}{current%"${'$'}{current##*"$mark"}"}"
      if [[ ${'$'}{#prefix} -gt ${'$'}{#strip} ]]; then strip="$prefix"; fi
    fi
  done
  while IFS=$'\t' read -r value rest; do
    if [[ -n "$value" ]]; then COMPREPLY+=("${'$'}{value#"$strip"}"); fi
  done < <(command openclaw __complete "--current=$current" "${'$'}{words[@]:1}" 2>/dev/null)
}
complete -o default -F _openclaw openclaw
`

const ZSH = String.raw`#compdef openclaw
# openclaw completion for zsh
_openclaw() {
  local line value
  local -a values shown
  for line in "${'$'}{(@f)$(command openclaw __complete "--current=${'$'}{(Q)PREFIX}" "${'$'}{(@Q)words[2,CURRENT-1]}" 2>/dev/null)}"; do
    value="${'$'}{line%%$'\t'*}"
    if [[ -z "$value" ]]; then continue; fi
    values+=("$value")
    if [[ "$line" == *$'\t'?* ]]; then shown+=("$value -- ${'$'}{line#*$'\t'}"); else shown+=("$value"); fi
  done
  if (( $#values )); then compadd -l -d shown -a values; else _files; fi
}
if [[ "${'$'}{funcstack[1]}" == _openclaw ]]; then
  _openclaw "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
  compdef _openclaw openclaw
fi
`

const FISH = `# openclaw completion for fish
function __openclaw_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -e words[1]
    command openclaw __complete "--current=$current" $words 2>/dev/null
end
complete -c openclaw -e
complete -c openclaw -f -a '(__openclaw_complete)'
`

const POWERSHELL = `# openclaw completion for PowerShell
Register-ArgumentCompleter -Native -CommandName openclaw -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $before = @($commandAst.CommandElements | Select-Object -Skip 1 |
    Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.Extent.Text })
  openclaw __complete "--current=$wordToComplete" @before 2>$null | ForEach-Object {
    $value, $about = $_ -split "\`t", 2
    if (-not $about) { $about = $value }
    [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $about)
  }
}
`

const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH, powershell: POWERSHELL }

/** The script, newline at its end. */
export function scriptFor(shell: Shell): string {
  return SCRIPTS[shell]
}
