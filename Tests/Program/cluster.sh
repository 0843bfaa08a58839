#!/usr/bin/env bash
# Blocks and scripts on other processes: child processes, external kernels, and LSF by a stand-in that records and runs what it is given (lsf/).
. "$(dirname "$0")/common.bash"
here=$(cd "$(dirname "$0")" && pwd)
export LSF_STANDIN=$scratch/lsf PATH=$here/lsf:$PATH
cd "$scratch"
write_script() { printf '%s\n' "$@" >"$scratch/s.dcs"; echo "$scratch/s.dcs"; }
# Arrays and their metadata, without the journals, which hold times.
same_arrays() { if diff -r --exclude=.dcs --exclude=.zattrs "$2" "$3" >"$scratch/diff" 2>&1; then ok; else bad "$1"; head -5 "$scratch/diff"; fi; }

"$dcs" --quiet "$(write_script 'save(cast(255 * random((40, 44, 48), key="raw", voxel=8nm), uint8), "in.zarr/raw", chunks=16)')" || bad "data"
cat >work.dcs <<'SCRIPT'
param out: string
param on = "here"
contexts = {here: nil, one: local(workers=1), processes: processes(3), slurm: slurm(workers=3, time=10min), lsf: lsf(queue="gpu", gpus=1, cpus=2, memory=1GiB, time=90min, workers=3, project="em"),
            any: command('sh -c "{command}" </dev/null >{log} 2>&1 & echo $!', workers=2)}
import metrics
a = open("in.zarr/raw")
sigma = 1
fn smooth(b, times=2) = gaussian(cast(b, float32), sigma=sigma * times)
fn offset(k) { fn(b, c) = smooth(b) + k + c }
x = blockwise(offset(3), a, cast(a + 1, int32), to="{out}/x", block=16, context=6, dtype=float32, on=contexts[on])
y = blockwise(fn(b) = b > 100, a[0:40, 8:40, 0:48], to="{out}/y", block=16, on=contexts[on])
blockwise(fn(b) = cast(b, uint64), a, to="{out}/z", block=16, ids="wide", on=contexts[on])
print(sum(y), metrics.f1(y, y))
SCRIPT
for on in here one processes lsf any; do expect "on $on" 0 "1.0" "$dcs" --quiet work.dcs --out "$on.zarr" --on $on; done
for on in one processes lsf any; do same_arrays "bytes on $on" here.zarr "$on.zarr"; done
if sinfo >/dev/null 2>&1; then
  expect "on slurm" 0 "1.0" "$dcs" --quiet work.dcs --out slurm.zarr --on slurm
  same_arrays "bytes on slurm" here.zarr slurm.zarr
else
  echo "not checked here: Slurm (no sinfo answers)"
fi
grep -qF -- '-q gpu -P em -n 2 -M 1024MB -R span\[hosts=1\]\ rusage\[mem=1024MB\] -gpu num=1 -W 90 sh' "$LSF_STANDIN/calls" && ok || { bad "words of bsub"; cat "$LSF_STANDIN/calls"; }
grep -qF '\[1-3\]%3' "$LSF_STANDIN/calls" && ok || bad "array of bsub"
[ -z "$(ls jobs 2>/dev/null)" ] && ok || { bad "jobs that are done leave nothing"; ls jobs; }

# A block that fails in another process: exit 3, its words, the others kept; then only what is missing.
cat >fail.dcs <<'SCRIPT'
param limit = 250
a = open("in.zarr/raw")
fn check(b) { if max(b) > limit and b[0, 0, 0] == a[16, 16, 16] { fail("block of {b[0, 0, 0]}") }
  b }
blockwise(check, a, to="fail.zarr/x", dtype=uint8, block=16, retries=1, on=processes(2))
print(status("fail.zarr/x").done, status("fail.zarr/x").skipped)
SCRIPT
expect "a block fails elsewhere" 3 "1 of 27 blocks failed after 2 tries: block 13, voxels [16:32, 16:32, 16:32]" "$dcs" --quiet fail.dcs --limit 0
expect "its words" 3 "block of" "$dcs" --quiet fail.dcs --limit 0
expect "what is kept" 3 "26 blocks are kept" "$dcs" --quiet fail.dcs --limit 0

# What a task makes of a prediction, and the best of a run: the same bytes elsewhere, tasks of the script with their functions.
cat >segment.dcs <<'SCRIPT'
param out: string
param on = "here"
contexts = {here: nil, processes: processes(2)}
width = 0.5
task = {affinities: task.affinities("n", offsets=[(0, 0, 1), (0, 1, 0), (1, 0, 0), (3, 0, 0)], biases=[0.3, 0.5]), onehot: task.onehot(["a", "b"], exclusive=true), distance: task.distance("m", scale=40.5nm),
        inner: task.inner_distance(["m", "n"], scale=1nm / 3), hot: task.hot_distance("m", scale=40nm), descriptors: task.descriptors("n", dimensions=3),
        own: task(target=fn(labels) = labels > 0, loss="bce", post=fn(p, at, size) = remove_small(label(p[0] + p[1] > at + width), size=size), sweep={at: [0.4, 0.6], size: [3, 9]}, channels=2)}
settings = {affinities: {bias: 0.4}, onehot: {}, distance: {threshold: 0.1}, inner: {threshold: 0.6}, hot: {threshold: 0.1}, descriptors: {threshold: 0.5}, own: {at: 0.6, size: 5}}
counts = {affinities: 4, onehot: 2, distance: 1, inner: 2, hot: 2, descriptors: 10, own: 2}
for name, t in task {
  p = random((counts[name], 16, 20, 24), key=name, voxel=8nm)
  p = save(cast(if counts[name] == 1 { p[0] } else { p }, float32), "{out}/p_{name}")
  blockwise(fn(p) = segment({task: t, params: settings[name]}, p), p, to="{out}/{name}", block=10, on=contexts[on])
}
SCRIPT
for on in here processes; do expect "segment on $on" 0 "" "$dcs" --quiet segment.dcs --out seg_$on.zarr --on $on; done
same_arrays "segment elsewhere" seg_here.zarr seg_processes.zarr
"$dcs" --quiet "$here/data.dcs" --out data.zarr && "$dcs" --quiet "$here/train.dcs" --data data.zarr --runs runs >/dev/null || bad "a run"
cat >best.dcs <<'SCRIPT'
param on = "here"
b = best("runs/tiny")
p = predict(b, open("data.zarr/validate/raw"), to="best_{on}.zarr/p")
blockwise(fn(p) = segment(b, p), p, to="best_{on}.zarr/mask", block=24, on={here: nil, processes: processes(2)}[on])
SCRIPT
for on in here processes; do expect "segment with a best on $on" 0 "" "$dcs" --quiet best.dcs --on $on; done
same_arrays "segment with a best elsewhere" best_here.zarr best_processes.zarr

# Ctrl-C: exit 130, no task left, and the same line goes on to the same bytes; so it does after kill -9.
cat >slow.dcs <<'SCRIPT'
param out: string
a = open("in.zarr/raw")
fn slow(b) {
  n = 0
  while n < 1_000_000 { n += 1 }
  b + 1
}
blockwise(slow, a, to="{out}/x", dtype=int32, block=8, on=processes(2))
SCRIPT
parts() { find "$1" -name 'blocks.*-of-*.done' 2>/dev/null | wc -l; }
"$dcs" --quiet slow.dcs --out whole.zarr || bad "slow"
for signal in INT KILL; do
  "$dcs" --quiet slow.dcs --out $signal.zarr >$signal.log 2>&1 &
  pid=$!
  for _ in $(seq 400); do [ "$(parts $signal.zarr)" = 2 ] && break; sleep 0.02; done
  sleep 0.2
  kill -$signal $pid
  wait $pid 2>/dev/null
  code=$?
  [ $signal = INT ] && { [ $code = 130 ] && ok || { bad "Ctrl-C: exit $code"; cat INT.log; }; grep -q "run the same line again" INT.log && ok || { bad "Ctrl-C says how to go on"; cat INT.log; }; }
  for _ in $(seq 300); do pgrep -f "worker jobs/blockwise-x" >/dev/null || break; sleep 0.1; done
  [ $signal = INT ] && { pgrep -f "worker jobs/blockwise-x" >/dev/null && bad "Ctrl-C leaves tasks" || ok; }
  "$dcs" --quiet slow.dcs --out $signal.zarr || bad "after $signal"
  same_arrays "bytes after $signal" whole.zarr $signal.zarr
done
rm -rf jobs

# What cannot travel is said before anything is submitted; a worker refuses what it was not made for.
expect "a ring of functions" 1 "cannot be sent" "$dcs" --quiet "$(write_script 'fn even(n) = if n == 0 { true } else { odd(n - 1) }' 'fn odd(n) = if n == 0 { false } else { even(n - 1) }' \
  'blockwise(fn(b) = if even(2) { b } else { b + 1 }, open("in.zarr/raw"), to="ring.zarr/x", on=processes(2))')"
expect "a result in memory" 1 "needs a place" "$dcs" --quiet "$(write_script 'blockwise(fn(b) = b, open("in.zarr/raw"), on=processes(2))')"
printf '# plan 0123456789abcdef\n# made by dcs 0.0, kernels none\nprint(1)\n' >plan.dcs
expect "a plan of another version" 1 "could differ" "$dcs" worker plan.dcs --shard 0/2
expect "no shard" 2 "K/N" "$dcs" worker plan.dcs --shard 2/2

# Scripts as jobs.
cat >job.dcs <<'SCRIPT'
param name: string
param scale = 160nm
print("{name} at {scale}")
if scale < 100nm { fail("too small") }
SCRIPT
cat >submit.dcs <<'SCRIPT'
param on = "local"
context = if on == "lsf" { lsf(queue="short") } else if on == "slurm" { slurm(time=5min) } else { local() }
found = wait(map([80nm, 240.5nm], fn(s) = submit("job.dcs", args={name: "a {s / 1nm:.0f}", scale: s}, on=context)), every=200ms)
print(table(found))
print(map(found, fn(j) = j.state), map(found, fn(j) = j.exit), found[1].args)
SCRIPT
for on in local lsf $(sinfo >/dev/null 2>&1 && echo slurm); do
  expect "jobs on $on" 0 '["failed", "done"] [1, 0] {name: "a 240", scale: 240.5 nm}' "$dcs" --quiet submit.dcs --on $on
  grep -rqF "a 240 at 240.5 nm" jobs/*/log && ok || bad "log on $on"
  rm -rf jobs
done
expect "an unknown argument" 1 'it has name, scale' "$dcs" --quiet "$(write_script 'submit("job.dcs", args={nam: "x"})')"
expect "a missing argument" 1 'needs `name`' "$dcs" --quiet "$(write_script 'submit("job.dcs")')"
expect "a queue that is not there" 1 "No such queue" "$dcs" --quiet "$(write_script 'submit("job.dcs", args={name: "x"}, on=lsf(queue="closed"))')"
expect "no engine" 1 "cannot start" env PATH=/nowhere "$dcs" --quiet "$(write_script 'submit("job.dcs", args={name: "x"}, on=slurm())')"
printf 'while true {}\n' >endless.dcs
for on in 'local()' 'lsf()'; do
  expect "cancel on $on" 0 "cancelled" "$dcs" --quiet "$(write_script "j = submit(\"endless.dcs\", on=$on)" 'assert(j.state != "done")' 'cancel(j)' 'print(wait(j, every=200ms)[0].state)')"
done

# A later session: a job of a command line is stopped by the line on record; where that fails, nothing is said to be cancelled.
rm -rf jobs
"$dcs" --quiet "$(write_script 'submit("endless.dcs", on=command('"'setsid sh -c \"{command}\" </dev/null >{log} 2>&1 & echo \$!', cancel='test -e here && kill -s INT -- -{id}'))")" || bad "submit by a command line"
expect "a job that cannot be stopped" 1 "failed with code 1" "$dcs" --quiet "$(write_script 'cancel(jobs())')"
[ -e jobs/endless-1/cancelled ] && bad "a job that was not stopped is said to be" || ok
touch here
expect "cancel in a later session" 0 '["cancelled"]' "$dcs" --quiet "$(write_script 'cancel(jobs())' 'print(map(wait(jobs(), timeout=20s), fn(j) = j.state))')"
id=$(sed -n 's/.*"ids":\["\([0-9]*\)".*/\1/p' jobs/endless-1/job)
for _ in $(seq 100); do kill -0 -- "-$id" 2>/dev/null || break; sleep 0.05; done
[ -n "$id" ] && ! kill -0 -- "-$id" 2>/dev/null && ok || bad "a cancelled job goes on"

# A queue that does not answer: Ctrl-C is heard at once.
mkdir hang
printf '#!/bin/sh\ntouch "%s/asked"\nexec sleep 30\n' "$scratch" >hang/bjobs
chmod +x hang/bjobs
PATH=$scratch/hang:$PATH "$dcs" --quiet "$(write_script 'wait(submit("endless.dcs", on=lsf()))')" >hang.log 2>&1 &
pid=$!
for _ in $(seq 400); do [ -e asked ] && break; sleep 0.02; done
begin=$(date +%s)
kill -INT $pid
wait $pid
code=$?
[ $code = 130 ] && grep -q "stopped waiting" hang.log && [ $(($(date +%s) - begin)) -lt 5 ] && ok || { bad "Ctrl-C while a queue does not answer: exit $code after $(($(date +%s) - begin)) s"; cat hang.log; }
expect "a job whose queue is back" 0 "cancelled" "$dcs" --quiet "$(write_script 'j = filter(jobs(), fn(j) = j.engine == "lsf")[0]' 'cancel(j)' 'print(wait(j, every=200ms)[0].state)')"
rm -rf jobs

# A kernel in Python over blocks: the same bytes whatever the blocks, here and elsewhere. Without numpy, a plain Python kernel stands in.
cat >plain.py <<'PYTHON'
import ast, struct, sys
source, sink = sys.stdin.buffer, sys.stdout.buffer
while True:
    head = source.read(10)
    if len(head) < 10: break
    text = source.read(struct.unpack("<H", head[8:])[0])
    shape = ast.literal_eval(text.decode())["shape"]
    count = 1
    for length in shape: count *= length
    sink.write(head + text + bytes(255 - value for value in source.read(count)))
    sink.flush()
PYTHON
if command -v python3 >/dev/null; then
  expect "a kernel without numpy" 0 "true 0" "$dcs" --quiet "$(write_script 'a = open("in.zarr/raw")' 'x = blockwise(external("python3 plain.py"), a, to="plain.zarr/x", block=16, on=processes(2))' \
    'print(same(blockwise(external("python3 plain.py"), a, block=25), x), max(abs(cast(x, int32) + a - 255)))')"
  sed 's/smooth(block))/block[0])/' "$root/scripts/external/kernel.py" >flat.py
  sed 's/source.read(count))/source.read(count)[:7])/' plain.py >wrong.py
  expect "a kernel that answers too little" 3 "has not answered for 1 s" "$dcs" --quiet "$(write_script 'blockwise(external("python3 wrong.py", timeout=1s), open("in.zarr/raw"), block=64, retries=0)')"
  if python3 -c 'import numpy' 2>/dev/null; then
    expect "external.dcs" 0 "float32 (z 40, y 44, x 48)" "$dcs" --quiet "$root/scripts/external/external.dcs" in.zarr/raw smooth.zarr/x --kernel "python3 '$root/scripts/external/kernel.py'"
    expect "blocks do not show" 0 "true" "$dcs" --quiet "$(write_script "k = external(\"python3 $root/scripts/external/kernel.py\")" \
      'print(same(blockwise(k, open("in.zarr/raw"), block=17, context=1, dtype=float32, workers=2), open("smooth.zarr/x")))')"
    expect "a shape that does not fit" 3 "expected the block" "$dcs" --quiet "$(write_script 'k = external("python3 flat.py")' \
      'blockwise(k, open("in.zarr/raw"), block=64, retries=0)')"
  else
    echo "not checked here: a kernel with numpy (python3 has none)"
  fi
else
  echo "not checked here: kernels in Python (there is no python3)"
fi

finish
