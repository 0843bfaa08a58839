#compdef dcs
# zsh completion for dcs; printed by `dcs --completions zsh`
_dcs_script() {
  local -a flags
  flags=(${(f)"$(command $service $line[1] --help 2>/dev/null | sed -n 's/^  --\([^ ]*\) *\(.*\)/--\1:\2/p')"} '--help:what the script takes')
  if [[ $PREFIX == -* ]]; then _describe -o argument flags; else _files; fi
}
_dcs() {
  local -a line
  _arguments -C -S \
    '-e[evaluate an expression, show the result]:EXPR:' \
    '-i[the prompt after the script]' \
    '--check[find mistakes without running anything (exit 2 if there are any)]' \
    '--dry-run[say what a script would read, write and run, without doing it]' \
    '--seed[seed of all random numbers (default 0)]:N:' \
    '--jobs[threads (default\: one a core)]:N:' \
    '--serial[one thread, and stop at the first block that fails]' \
    '--quiet[no progress, no colour]' \
    '--log[also write what is shown to FILE]:file:_files' \
    '--test[run the conformance scripts of a folder]:folder:_files -/' \
    '--help[print this help]' \
    '-h[print this help]' \
    '--version[print the version]' \
    '--reference[print the reference page, made from the declarations]' \
    '--completions[print completions for bash, zsh or fish]:shell:(bash zsh fish)' \
    '--grammar[print a TextMate grammar for editors]' \
    '1:script:_files -g "*.dcs"' \
    '*::argument:_dcs_script'
}
if [ "$funcstack[1]" = "_dcs" ]; then _dcs "$@"; else compdef _dcs dcs; fi
