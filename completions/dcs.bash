# bash completion for dcs; printed by `dcs --completions bash`
_dcs() {
  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} script='' index=1
  COMPREPLY=()
  # the first word that is no option, and no option's value, is the script
  while [ $index -lt $COMP_CWORD ]; do
    case ${COMP_WORDS[index]} in
      -e|--seed|--jobs|--log|--test|--completions) index=$((index + 1)) ;;
      -*) ;;
      *) script=${COMP_WORDS[index]}; break ;;
    esac
    index=$((index + 1))
  done
  if [ -n "$script" ]; then
    case $word in
      -*) mapfile -t COMPREPLY < <(compgen -W "$(command "${COMP_WORDS[0]}" "$script" --help 2>/dev/null | sed -n 's/^  \(--[^ ]*\) .*/\1/p') --help" -- "$word") ;;
      *) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    esac
    return
  fi
  case $previous in
    --log) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --test) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$word"); return ;;
    --completions) mapfile -t COMPREPLY < <(compgen -W "bash zsh fish" -- "$word"); return ;;
    --seed|--jobs|-e) return ;;
  esac
  case $word in
    -*) mapfile -t COMPREPLY < <(compgen -W "-e -i --check --dry-run --seed --jobs --serial --quiet --log --test --help -h --version --reference --completions --grammar" -- "$word") ;;
    *) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -X '!*.dcs' -- "$word"; compgen -d -- "$word") ;;
  esac
}
complete -F _dcs dcs
