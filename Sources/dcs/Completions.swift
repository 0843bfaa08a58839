// Completions of the command line for bash, zsh and fish, made of the option list: options, .dcs files, folders, and behind a script its own
// arguments, which `dcs script.dcs --help` lists. `dcs --completions SHELL` prints them; completions/ holds that text, and a test compares.

enum Completions {
  static let shells = ["bash", "zsh", "fish"]

  static func text(_ shell: String) -> String? {
    switch shell {
    case "bash": bash
    case "zsh": zsh
    case "fish": fish
    default: nil
    }
  }

  /// A shell's own files stand for FILE and DIR; N and EXPR have nothing to choose from.
  private static func takes(_ value: String) -> [String] { OptionEntry.all.filter { $0.value == value }.flatMap(\.names) }

  private static var bash: String {
    let names = OptionEntry.all.flatMap(\.names)
    return """
      # bash completion for dcs; printed by `dcs --completions bash`
      _dcs() {
        local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} script='' index=1
        COMPREPLY=()
        # the first word that is no option, and no option's value, is the script
        while [ $index -lt $COMP_CWORD ]; do
          case ${COMP_WORDS[index]} in
            \(OptionEntry.all.filter { $0.value != nil }.flatMap(\.names).joined(separator: "|"))) index=$((index + 1)) ;;
            -*) ;;
            *) script=${COMP_WORDS[index]}; break ;;
          esac
          index=$((index + 1))
        done
        if [ -n "$script" ]; then
          case $word in
            -*) mapfile -t COMPREPLY < <(compgen -W "$(command "${COMP_WORDS[0]}" "$script" --help 2>/dev/null | sed -n 's/^  \\(--[^ ]*\\) .*/\\1/p') --help" -- "$word") ;;
            *) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
          esac
          return
        fi
        case $previous in
          \(takes("FILE").joined(separator: "|"))) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
          \(takes("DIR").joined(separator: "|"))) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$word"); return ;;
          \(takes("SHELL").joined(separator: "|"))) mapfile -t COMPREPLY < <(compgen -W "\(shells.joined(separator: " "))" -- "$word"); return ;;
          \((takes("N") + takes("EXPR")).joined(separator: "|"))) return ;;
        esac
        case $word in
          -*) mapfile -t COMPREPLY < <(compgen -W "\(names.joined(separator: " "))" -- "$word") ;;
          *) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -X '!*.dcs' -- "$word"; compgen -d -- "$word") ;;
        esac
      }
      complete -F _dcs dcs

      """
  }

  private static var zsh: String {
    let entries = OptionEntry.all.map { option -> String in
      let about = option.about.map { "[]:'\\".contains($0) ? "\\\($0)" : String($0) }.joined()
      let action = switch option.value {
      case nil: ""
      case "FILE"?: ":file:_files"
      case "DIR"?: ":folder:_files -/"
      case "SHELL"?: ":shell:(\(shells.joined(separator: " ")))"
      case let value?: ":\(value):"
      }
      return option.names.map { "'\($0)[\(about)]\(action)'" }.joined(separator: " \\\n    ")
    }
    return """
      #compdef dcs
      # zsh completion for dcs; printed by `dcs --completions zsh`
      _dcs_script() {
        local -a flags
        flags=(${(f)"$(command $service $line[1] --help 2>/dev/null | sed -n 's/^  --\\([^ ]*\\) *\\(.*\\)/--\\1:\\2/p')"} '--help:what the script takes')
        if [[ $PREFIX == -* ]]; then _describe -o argument flags; else _files; fi
      }
      _dcs() {
        local -a line
        _arguments -C -S \\
          \(entries.joined(separator: " \\\n    ")) \\
          '1:script:_files -g "*.dcs"' \\
          '*::argument:_dcs_script'
      }
      if [ "$funcstack[1]" = "_dcs" ]; then _dcs "$@"; else compdef _dcs dcs; fi

      """
  }

  private static var fish: String {
    let lines = OptionEntry.all.map { option -> String in
      let names = option.names.map { $0.hasPrefix("--") ? "-l \($0.dropFirst(2))" : "-s \($0.dropFirst())" }.joined(separator: " ")
      let value = switch option.value {
      case nil: ""
      case "FILE"?: " -r -F"
      case "DIR"?: " -x -a '(__fish_complete_directories)'"
      case "SHELL"?: " -x -a '\(shells.joined(separator: " "))'"
      default: " -x"
      }
      return "complete -c dcs -n 'not __dcs_script' \(names)\(value) -d '\(option.about.map { $0 == "'" ? "\\'" : String($0) }.joined())'"
    }
    return """
      # fish completion for dcs; printed by `dcs --completions fish`
      function __dcs_script -d 'The script on the command line'
        set -l words (commandline -opc)
        set -e words[1]
        while set -q words[1]
          switch $words[1]
            case \(OptionEntry.all.filter { $0.value != nil }.flatMap(\.names).joined(separator: " "))
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
        dcs $script --help 2>/dev/null | string match -r '^  --.*' | string replace -r '^  (--\\S+)\\s*(.*)' '$1\\t$2'
        printf -- '--help\\twhat the script takes\\n'
      end
      complete -c dcs -f
      \(lines.joined(separator: "\n"))
      complete -c dcs -n 'not __dcs_script' -a '(__fish_complete_suffix .dcs)'
      complete -c dcs -n '__dcs_script' -F
      complete -c dcs -n '__dcs_script' -a '(__dcs_arguments)'

      """
  }
}
