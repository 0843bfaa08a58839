#!/usr/bin/env bash
# Nothing that a script, a file, a pipe or a terminal does ends in a signal: each is an error with a place, or a clean exit.
. "$(dirname "$0")/common.bash"
script=$scratch/s.dcs
repeat() { head -c "$2" /dev/zero | sed "s/\x00/$1/g"; }   # repeat TEXT COUNT

# What the parser is given: nesting, length, bytes that are no text.
nested() { { printf 'x = '; repeat "$2" 10000; printf '%s\n' "${3:-}"; } >"$script"; expect "10,000 × $1" 1 "${4:-nested more than 200 deep}" "$dcs" "$script"; grep -qF "s.dcs:1:" <<<"$("$dcs" "$script" 2>&1)" && ok || bad "$1: no place"; }
nested "(" "(" 1
nested "[" "["
nested "{a:" "{a: " 1
nested "fn() {" "fn() {"
nested "if true {" "if true {"
nested "try" "try " 1
nested "-" "-" 1
nested "not" "not " true
nested "2**" "2**" 1
nested "1 +" "1 + " 1 "more than 500 operations"
nested ".a" "a." a "more than 500 operations"
{ printf 'x = "'; repeat "{" 10000; printf '"\n'; } >"$script"
expect "10,000 × { in a string" 1 "has no \`}\`" "$dcs" "$script"
{ printf 'x = "'; repeat a 10000000; printf '"\nprint(len(x))\n'; } >"$script"
expect "a line of 10 MB" 0 "10000000" "$dcs" "$script"
{ printf 'x = 1 '; repeat '$ ' 100000; printf '\n'; } >"$script"
expect "100,000 mistakes on a line" 1 "means nothing here" "$dcs" "$script"
repeat a 1000000 >"$script"
expect "a name of 1 MB" 1 "unknown name" "$dcs" "$script"
[ "$("$dcs" "$script" 2>&1 | wc -c)" -lt 10000 ] && ok || bad "a name of 1 MB: said in full"
printf 'x = "\xff\xfe"\nprint(len(x))\n' >"$script"; expect "invalid UTF-8 in a string" 0 "2" "$dcs" "$script"
printf 'x = \xff\xfe\n' >"$script"; expect "invalid UTF-8" 1 "means nothing here" "$dcs" "$script"
printf 'x = 1\0\nprint(x)\n' >"$script"; expect "a NUL byte" 1 "s.dcs:1:6" "$dcs" "$script"
head -c 4096 /dev/urandom >"$script"; expect "random bytes" 1 "error:" "$dcs" "$script"
expect "nothing at all" 0 "" "$dcs" /dev/null

# What the evaluator is given: numbers, sizes and recursion without end.
expect "integers do not wrap" 1 "too large for an int" "$dcs" -e '2 ** 126 * 4'
expect "divisions" 1 "division by zero" "$dcs" -e '1 // 0'
expect "arrays do not wrap" 1 "overflow" "$dcs" -e 'full((2, 2), 9223372036854775807) + 1'
expect "sizes are refused before memory is asked for" 1 "budget" "$dcs" -e 'zeros((10**9, 10**9))'
expect "sizes beyond any number" 1 "-e:1:" "$dcs" -e 'zeros((10**18, 10**18, 10**18))'
expect "lists" 1 "does not fit" "$dcs" -e 'map(range(0, 10**18), fn(i) = i)'
expect "recursion without end" 1 "nested too deep" "$dcs" -e 'fn f(x) = f(x + 1)
f(0)'
expect "recursion through a word" 1 "nested too deep" "$dcs" -e 'fn f(x) = map([x], f)
f(0)'
expect "values inside values" 1 "nested more than" "$dcs" -e 'x = []; while true { x = [x] }'
expect "devices are no containers" 1 "expected a Zarr or N5" "$dcs" -e 'open("/dev/zero")'
expect "folders are no scripts" 1 "error:" "$dcs" "$scratch"

# Locales and terminals.
expect "µ in a C locale" 0 "1.5 µm" env LC_ALL=C "$dcs" -e '1µm + 500nm'
expect "both micro signs" 0 "true" env LC_ALL=C "$dcs" -e '1μm == 1µm'
expect "20 columns" 0 "max" env COLUMNS=20 "$dcs" -e 'stats(arange(10))'
expect "20 columns, an error" 1 "^^^" env COLUMNS=20 "$dcs" -e 'x = 1 + 2 + 3 + 4 + treshold(5)'
expect "no environment" 0 "42" env -i "$dcs" -e '42'

# Pipes and files that end.
"$dcs" -e 'while true { print("line") }' 2>"$scratch/err" | head -1 >"$scratch/out"
code=${PIPESTATUS[0]}
[ "$code" = 1 ] && [ "$(cat "$scratch/out")" = line ] && [ ! -s "$scratch/err" ] && ok || bad "a reader that leaves: exit $code"
"$dcs" -e 'print(1)' >&-; [ $? = 0 ] && ok || bad "a closed standard output"
"$dcs" -e 'print(1)' >&- 2>&- <&-; [ $? = 0 ] && ok || bad "all standard files closed"
"$dcs" -e 'save(zeros((4, 4)), "'"$scratch"'/closed.zarr/a"); print("not into a chunk")' >&- 2>&-
expect "nothing was printed into a file" 0 "0.0" "$dcs" -e 'max(open("'"$scratch"'/closed.zarr/a"))'
if [ -w /dev/full ]; then
  "$dcs" -e 'print(1)' >/dev/full 2>"$scratch/err"; code=$?
  [ $code = 1 ] && grep -q "cannot write standard output" "$scratch/err" && ok || bad "a full disk under standard output: exit $code"
  expect "a full disk under the log" 0 "ends here" "$dcs" --log /dev/full -e 'print(1); print(2)'
fi
expect "a log that cannot be" 2 "cannot write the log" "$dcs" --log "$scratch/none/log" -e 1

# Off a terminal there is no bar, and a long job's log stays short: the progress of ten minutes is a few lines.
printf 'print("begun")\nt = now()\nwhile now() - t < 3 { x = sum(map(0..2000, fn(i) = i)) }\nprint("done")\n' >"$script"
"$dcs" --log "$scratch/log" "$script" >"$scratch/out" 2>&1 </dev/null
[ "$(wc -c <"$scratch/log")" -lt 200 ] && ! grep -q "$(printf '\r')" "$scratch/out" && ok || bad "the log of a job"
finish
