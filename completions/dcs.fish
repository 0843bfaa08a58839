# fish completion for dcs; printed by `dcs --completions fish`
function __dcs_script -d 'The script on the command line'
  set -l words (commandline -opc)
  set -e words[1]
  while set -q words[1]
    switch $words[1]
      case -e --seed --jobs --log --test --completions
        set -e words[1]
      case '-*'
      case '*'
        echo $words[1]
        return 0
    end
    set -e words[1]
  end
  return 1
end
function __dcs_arguments -d 'What the script takes'
  set -l script (__dcs_script); or return
  dcs $script --help 2>/dev/null | string match -r '^  --.*' | string replace -r '^  (--\S+)\s*(.*)' '$1\t$2'
  printf -- '--help\twhat the script takes\n'
end
complete -c dcs -f
complete -c dcs -n 'not __dcs_script' -s e -x -d 'evaluate an expression, show the result'
complete -c dcs -n 'not __dcs_script' -s i -d 'the prompt after the script'
complete -c dcs -n 'not __dcs_script' -l check -d 'find mistakes without running anything (exit 2 if there are any)'
complete -c dcs -n 'not __dcs_script' -l dry-run -d 'say what a script would read, write and run, without doing it'
complete -c dcs -n 'not __dcs_script' -l seed -x -d 'seed of all random numbers (default 0)'
complete -c dcs -n 'not __dcs_script' -l jobs -x -d 'threads (default: one a core)'
complete -c dcs -n 'not __dcs_script' -l serial -d 'one thread, and stop at the first block that fails'
complete -c dcs -n 'not __dcs_script' -l quiet -d 'no progress, no colour'
complete -c dcs -n 'not __dcs_script' -l log -r -F -d 'also write what is shown to FILE'
complete -c dcs -n 'not __dcs_script' -l test -x -a '(__fish_complete_directories)' -d 'run the conformance scripts of a folder'
complete -c dcs -n 'not __dcs_script' -l help -s h -d 'print this help'
complete -c dcs -n 'not __dcs_script' -l version -d 'print the version'
complete -c dcs -n 'not __dcs_script' -l reference -d 'print the reference page, made from the declarations'
complete -c dcs -n 'not __dcs_script' -l completions -x -a 'bash zsh fish' -d 'print completions for bash, zsh or fish'
complete -c dcs -n 'not __dcs_script' -l grammar -d 'print a TextMate grammar for editors'
complete -c dcs -n 'not __dcs_script' -a '(__fish_complete_suffix .dcs)'
complete -c dcs -n '__dcs_script' -F
complete -c dcs -n '__dcs_script' -a '(__dcs_arguments)'
