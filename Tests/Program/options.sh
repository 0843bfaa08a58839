#!/usr/bin/env bash
# The command line: options, what goes to which stream, exit codes, scripts on standard input.
. "$(dirname "$0")/common.bash"
script=$scratch/s.dcs
quiet() { local name=$1; shift; local output; output=$("$@" 2>/dev/null </dev/null); [ $? = 0 ] && [ -z "$output" ] && ok || bad "$name: $output"; }

expect "-e shows the last value" 0 "42" "$dcs" -e 'x = 41; x + 1'
[ "$("$dcs" --quiet -e '"a\n  b"' </dev/null)" = $'a\n  b' ] && ok || bad "-e shows the lines of a text"
quiet "-e shows nothing for an assignment" "$dcs" -e '1 + 1; x = zeros((3, 3))'
quiet "-e shows nothing for nil" "$dcs" -e 'nil'
expect "unknown options" 2 'did you mean `--check`?' "$dcs" --chek "$script"
expect "unknown options come before any work" 2 "unknown option" "$dcs" -e 'print("ran")' --frobnicate
[ -z "$("$dcs" -e 'print("ran")' --frobnicate 2>/dev/null)" ] && ok || bad "an unknown option, and it ran"
expect "a value with =" 0 "7" "$dcs" --seed=7 --jobs=1 -e '7'
expect "no value wanted" 2 "takes no value" "$dcs" --quiet=yes -e 1
expect "a value missing" 2 "needs a value" "$dcs" --seed
expect "a value of another kind" 2 "not \`many\`" "$dcs" --jobs many -e 1
expect "--version" 0 "dcs " "$dcs" --version
expect "--help" 0 "exit codes" "$dcs" --help
expect "--help wins over what it stands beside" 0 "exit codes" "$dcs" --help --check
expect "--version wins over what it stands beside" 0 "dcs " "$dcs" -e 1 --version --check
expect "--help names the worker" 0 "dcs worker PLAN" "$dcs" --help
expect "one expression" 2 "\`-e\` and \`-e\` are two things to do" "$dcs" -e 1 -e 2
expect "an expression or a script" 2 "\`-e\` and \`$script\` are two things to do" "$dcs" -e 1 "$script"
expect "a page or a worker" 2 "\`--reference\` and \`worker\` are two things to do" "$dcs" --reference worker plan --shard 0/1
expect "--check needs a script" 2 "needs a script" "$dcs" --check
expect "--check of an expression" 2 "did you mean" "$dcs" --check -e 'print(treshold(1, at=2))'

printf '#!/usr/bin/env dcs\n## Doubles a number.\nparam n: int   ## what is doubled\nparam by = 2\nprint(n * by)\n' >"$script"
expect "script arguments" 0 "12" "$dcs" "$script" --n 6
expect "required ones by position" 0 "18" "$dcs" "$script" 6 --by=3
expect "--help of a script" 0 "what is doubled" "$dcs" "$script" --help
expect "a script's unknown flag" 2 "has no argument" "$dcs" "$script" --m 6
expect "our option behind the script" 2 "stand before the script" "$dcs" "$script" --n 6 --quiet
chmod +x "$script"; mkdir "$scratch/bin"; ln -s "$dcs" "$scratch/bin/dcs"
expect "a shebang" 0 "8" env PATH="$scratch/bin:$PATH" DCS_STDLIB="$root/stdlib" "$script" --n 4

# Standard input: no prompt, no echo of values, the first error ends it.
output=$(printf 'x = 2\nx + 1\nprint("printed", x)\n' | "$dcs" 2>&1); [ $? = 0 ] && [ "$output" = "printed 2" ] && ok || bad "standard input: $output"
output=$("$dcs" 2>&1 <<'SCRIPT'
print("first")
fail("on purpose")
print("second")
SCRIPT
); [ $? = 1 ] && grep -q first <<<"$output" && grep -q "on purpose" <<<"$output" && ! grep -q second <<<"$output" && ok || bad "a heredoc: $output"
printf 'exit(9)\n' | "$dcs"; [ $? = 9 ] && ok || bad "exit code of standard input"

# Warnings go to standard error and stop nothing.
printf 'unread = 1\nprint("ran")\n' >"$script"
[ "$("$dcs" "$script" 2>/dev/null)" = ran ] && "$dcs" "$script" 2>&1 >/dev/null | grep -q "never read" && ok || bad "warnings"
# Equal seeds, equal numbers; another seed, others.
draw='print(sum(random((8, 8), key="a")))'
[ "$("$dcs" --seed 1 -e "$draw")" = "$("$dcs" --seed 1 --jobs 2 -e "$draw")" ] && [ "$("$dcs" --seed 1 -e "$draw")" != "$("$dcs" --seed 2 -e "$draw")" ] && ok || bad "--seed"
# The log has what was shown.
"$dcs" --log "$scratch/log" -e 'print("one"); 2' >/dev/null; [ "$(cat "$scratch/log")" = "$(printf 'one\n2')" ] && ok || bad "--log: $(cat "$scratch/log")"
finish
