#!/usr/bin/env bash
# Equal seeds give equal checkpoints for 1 and 2 threads, and after kill -9 in the middle; Ctrl-C writes a checkpoint and says how to go on.
. "$(dirname "$0")/common.bash"
here=$(dirname "$0")
data=$scratch/data.zarr
last=checkpoints/0000024.safetensors

"$dcs" --quiet "$here/data.dcs" --out "$data" || bad "data"
"$dcs" --quiet --jobs 1 "$here/train.dcs" --data "$data" --runs "$scratch/one" --iterations 24 >/dev/null || bad "1 thread"
"$dcs" --quiet --jobs 2 "$here/train.dcs" --data "$data" --runs "$scratch/two" --iterations 24 >/dev/null || bad "2 threads"
name=$(cd "$scratch/one/tiny/checkpoints" && ls | sort | tail -1)
same_files "1 and 2 threads" "$scratch/one/tiny/checkpoints/$name" "$scratch/two/tiny/checkpoints/$name"

# Killed without warning after a few rows of losses, three times over, then left to finish.
rows() { wc -l 2>/dev/null <"$1/tiny/losses.csv" || echo 0; }
for goal in 4 10 17; do
  "$dcs" --quiet "$here/train.dcs" --data "$data" --runs "$scratch/killed" --iterations 24 >/dev/null 2>&1 &
  pid=$!
  for _ in $(seq 600); do [ "$(rows "$scratch/killed")" -ge $goal ] && break; sleep 0.01; done
  kill -9 $pid
  wait $pid 2>/dev/null
  [ $? = 137 ] && ok || bad "kill -9 came too late"
done
"$dcs" --quiet "$here/train.dcs" --data "$data" --runs "$scratch/killed" --iterations 24 >/dev/null || bad "after kill -9"
same_files "after kill -9" "$scratch/one/tiny/checkpoints/$name" "$scratch/killed/tiny/checkpoints/$name"

# Ctrl-C in training: exit 130, a checkpoint, a way on; then the same bytes in the end.
"$dcs" --quiet "$here/train.dcs" --data "$data" --runs "$scratch/stopped" --iterations 100000 >"$scratch/stopped.log" 2>&1 &
pid=$!
for _ in $(seq 600); do [ "$(rows "$scratch/stopped")" -ge 3 ] && break; sleep 0.05; done
kill -INT $pid
wait $pid
[ $? = 130 ] && ok || bad "Ctrl-C in training: exit code"
grep -q "resume" "$scratch/stopped.log" && ok || { bad "Ctrl-C in training: no way on"; cat "$scratch/stopped.log"; }
ls "$scratch/stopped/tiny/checkpoints" | grep -q safetensors && ok || bad "Ctrl-C in training: no checkpoint"
finish
