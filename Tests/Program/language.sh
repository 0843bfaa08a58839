#!/usr/bin/env bash
# Scripts as programs: parameters and --help, imports, exit codes, interrupts, --check, -e, and what deep or endless input does.
. "$(dirname "$0")/common.bash"
write() { local path=$scratch/$1; shift; mkdir -p "$(dirname "$path")"; printf '%s\n' "$@" >"$path"; echo "$path"; }

# param: declared type, type of the default, required by position, --help
script=$(write params.dcs '#!/usr/bin/env dcs' '## params.dcs — shows its parameters.' 'param input: string' 'param sigma = 16nm   ## how much to blur' 'param verify = false' \
  'param count = 3' 'param rate = 1e-4' 'param area: roi = nil   ## restrict the work' 'param size = (64, 64, 64)' 'print(input, sigma, verify, count, rate, area, size)')
expect "defaults" 0 "a.zarr 16 nm false 3 0.0001 nil (64, 64, 64)" "$dcs" "$script" a.zarr
expect "named" 0 "a.zarr 1.5 µm true 7 0.5 nil (1, 2, 3)" "$dcs" "$script" a.zarr --sigma 1.5um --verify --count 7 --rate 0.5 --size '(1, 2, 3)'
expect "equals sign" 0 "a.zarr 8 nm false" "$dcs" "$script" a.zarr --sigma=8nm --verify=false
expect "required by name" 0 "b.zarr 16 nm" "$dcs" "$script" --input b.zarr
expect "required is missing" 2 "needs its argument \`input\`" "$dcs" "$script"
expect "a number is no length" 2 "must be a length" "$dcs" "$script" a --sigma 16
expect "a text is no int" 2 "must be an int" "$dcs" "$script" a --count x
expect "unknown argument" 2 "did you mean" "$dcs" "$script" a --sigm 16nm
expect "one too many" 2 "one argument too many" "$dcs" "$script" a b
expect "help names the script" 0 "usage: dcs" "$dcs" "$script" --help
expect "help shows what ## says" 0 "how much to blur" "$dcs" "$script" --help
expect "help shows defaults" 0 "16nm" "$dcs" "$script" --help

# import: a file beside the script, another name, private names, once only, circles
write lib/tools.dcs '## tools.dcs — for others.' 'print("loaded")' '_hidden = 3' 'shown = 4' 'fn double(x) = _twice(x)' 'fn _twice(x) = 2 * x' >/dev/null
expect "import a file" 0 "8 4" "$dcs" "$(write a.dcs 'import "lib/tools.dcs"' 'print(tools.double(4), tools.shown)')"
expect "import as" 0 "8" "$dcs" "$(write b.dcs 'import "lib/tools.dcs" as t' 'print(t.double(4))')"
expect "private names" 1 "has no \`_hidden\`" "$dcs" "$(write c.dcs 'import "lib/tools.dcs"' 'print(tools._hidden)')"
expect "member of a module" 2 "did you mean \`double\`" "$dcs" --check "$(write d.dcs 'import "lib/tools.dcs"' 'print(tools.doubel(4))')"
expect "arity of a member" 2 "takes 1 argument, not 2" "$dcs" --check "$(write e.dcs 'import "lib/tools.dcs"' 'print(tools.double(4, 5))')"
expect "stdlib" 0 "1.0" "$dcs" "$(write f.dcs 'import metrics as m' 'print(m.f1(ones(4) > 0, ones(4) > 0))')"
expect "no such module" 1 "there is no module \`metrix\`" "$dcs" "$(write g.dcs 'import metrix' 'print(metrix.x)')"
write lib/one.dcs 'import "two.dcs"' 'x = two.y' >/dev/null
write lib/two.dcs 'import "one.dcs"' 'y = one.x' >/dev/null
expect "a circle of imports" 1 "imports itself" "$dcs" "$(write h.dcs 'import "lib/one.dcs"' 'print(one.x)')"
[ "$("$dcs" "$(write i.dcs 'import "lib/tools.dcs"' 'import "lib/tools.dcs" as again' 'print(tools == again, tools.shown + again.shown)')" | grep -c loaded)" = 1 ] && ok || bad "a module runs once"
expect "an error in a module has its place" 1 "broken.dcs:2:" "$dcs" "$(write lib/broken.dcs 'x = 1' 'fn f() = x / 0' >/dev/null; write j.dcs 'import "lib/broken.dcs"' 'print(broken.f())')"

# exit codes and order of effects
expect "warnings do not stop" 0 "never read" "$dcs" "$(write k.dcs 'unused = 3' 'print("ran")')"
expect "all findings" 2 "unknown name \`b\`" "$dcs" --check "$(write l.dcs 'print(a)' 'print(b)')"
expect "check runs nothing" 0 "" "$dcs" --check "$(write m.dcs 'print("ran")')"
[ -z "$("$dcs" --check "$scratch/m.dcs")" ] && ok || bad "--check printed something"
expect "-e shows the value" 0 "7" "$dcs" -e '3 + 4'
[ -z "$("$dcs" -e 'x = 3')" ] && ok || bad "-e shows an assignment"
expect "exit in the middle" 7 "before" "$dcs" "$(write n.dcs 'print("before")' 'exit(7)' 'print("after")')"
expect "exit passes every catch" 4 "" "$dcs" "$(write o.dcs 'try { exit(4) } catch e { print(e) }')"
expect "an error has its calls" 1 "called from  inner" "$dcs" "$(write p.dcs 'fn inner(x) = x / 0' 'fn outer(x) = inner(x)' 'print(outer(1))')"

# Ctrl-C: not for else, seen by catch and raised again
interrupt() { timeout -s INT --preserve-status 1 "$dcs" "$1" >"$scratch/int.log" 2>&1; status=$?; }
interrupt "$(write q.dcs 'try { while true { } } catch e { print("caught", e.kind) }' 'print("never")')"
[ $status = 130 ] && grep -q "caught interrupted" "$scratch/int.log" && ! grep -q never "$scratch/int.log" && ok || { bad "interrupt and catch: $status"; cat "$scratch/int.log"; }
interrupt "$(write r.dcs 'fn spin() { while true { } }' 'x = try spin() else 3' 'print("never", x)')"
[ $status = 130 ] && ! grep -q never "$scratch/int.log" && ok || { bad "interrupt and else: $status"; cat "$scratch/int.log"; }

# what has no end: an error, never a crash
for piece in '(' '[' '{a: ' '-' 'not ' 'fn(x) = ' 'try ' 'f(' 'x[' 'if true { ' 'if ' 'while if ' 'for i in 0..1 { '; do
  awk -v p="$piece" 'BEGIN {printf "x = "; for (i = 0; i < 10000; i++) printf "%s", p}' >"$scratch/deep.dcs"
  expect "nested $piece" 1 "deep" "$dcs" "$scratch/deep.dcs"
done
awk 'BEGIN {printf "x = 1"; for (i = 0; i < 10000; i++) printf " + 1"}' >"$scratch/deep.dcs"
expect "a long sum" 1 "more than 500 operations" "$dcs" "$scratch/deep.dcs"
awk 'BEGIN {printf "x = 1"; for (i = 0; i < 10000; i++) printf " |> abs()"}' >"$scratch/deep.dcs"
expect "a long pipeline" 1 "more than 500 operations" "$dcs" "$scratch/deep.dcs"
awk 'BEGIN {printf "n = 9999\nif n == 0 { print(0) }"; for (i = 1; i < 10000; i++) printf " else if n == %d { print(%d) }", i, i; print ""}' >"$scratch/deep.dcs"
expect "a long else if" 0 "9999" "$dcs" "$scratch/deep.dcs"
expect "values in values" 1 "nested more than 1,000 deep" "$dcs" "$(write s.dcs 'x = []' 'for i in 0..1_000_000 { x = [x] }')"
expect "closures in closures" 1 "nested more than 1,000 deep" "$dcs" "$(write t.dcs 'fn f() { p = nil; for i in 0..1_000_000 { q = p; p = fn() = q }; p }' 'f()')"
expect "tables in tables" 1 "nested more than 1,000 deep" "$dcs" "$(write u.dcs 't = table([{a: 1}])' 'for i in 0..10_000 { t = table([{a: t}]) }')"
expect "a list without end" 1 "does not fit" "$dcs" "$(write v.dcs 'x = [1]' 'while true { x += x }')"
expect "a text without end" 1 "does not fit" "$dcs" "$(write w.dcs 'x = "ab"' 'while true { x = x + x }')"
expect "recursion through a builtin" 1 "nested too deep" "$dcs" "$(write x.dcs 'fn f(n) = map([n], f)' 'f(1)')"
finish
