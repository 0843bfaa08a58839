#!/usr/bin/env bash
# Equal seeds give equal checkpoints for 1 and 2 threads, and after kill -9 at ten random points, with augmentation and validation; the best checkpoint survives.
# Other settings are refused; Ctrl-C writes a checkpoint and says how to go on.
. "$(dirname "$0")/common.bash"
here=$(dirname "$0")
data=$scratch/data.zarr
train=("$dcs" --quiet "$here/train.dcs" --data "$data" --iterations 24 --every 3 --checkpoints 2 --keep 1)

"$dcs" --quiet "$here/data.dcs" --out "$data" || bad "data"
"$dcs" --quiet --jobs 1 "$here/train.dcs" --data "$data" --iterations 24 --every 3 --checkpoints 2 --keep 1 --runs "$scratch/one" >/dev/null || bad "1 thread"
"${train[@]}" --runs "$scratch/two" >/dev/null || bad "2 threads"
same_files "1 and 2 threads" "$scratch/one/tiny/checkpoints/0000024.safetensors" "$scratch/two/tiny/checkpoints/0000024.safetensors"

# same_run NAME A B: weights, losses, scores and what is best are equal, and the best is there.
same_run() {
  local name=$1 a=$2/tiny b=$3/tiny
  (cd "$a/checkpoints" && ls) >"$scratch/a"
  (cd "$b/checkpoints" && ls) >"$scratch/b"
  same_files "$name: which checkpoints" "$scratch/a" "$scratch/b"
  for file in $(cat "$scratch/a"); do same_files "$name: $file" "$a/checkpoints/$file" "$b/checkpoints/$file"; done
  for file in scores.csv best.json crops.csv; do same_files "$name: $file" "$a/$file" "$b/$file"; done
  cut -d, -f1,2 "$a/losses.csv" >"$scratch/a"
  cut -d, -f1,2 "$b/losses.csv" >"$scratch/b"
  same_files "$name: losses" "$scratch/a" "$scratch/b"
  best=$(sed -n 's/^    "iteration": \([0-9]*\),*$/\1/p' "$b/best.json" | head -1)
  ls "$b/checkpoints" | grep -q "0*$best.safetensors" && ok || bad "$name: no checkpoint of the best iteration, $best"
  local of=$(cat "$b"/predictions.zarr/*/.zattrs | sed -n 's/.*"iteration": *\([0-9]*\).*/\1/p' | head -1)
  [ "$of" = "$best" ] && ok || bad "$name: predictions of iteration $of, the best is $best"
}

# Killed without warning at ten points drawn at random (seeded): so many rows of losses further, and then some milliseconds, so that steps, validations and
# the writing of checkpoints are all hit.
RANDOM=2718
rows() { local n; n=$(wc -l 2>/dev/null <"$1/tiny/losses.csv") && echo "$n" || echo 0; }
kills=0
for goal in 2 4 6 9 11 13 15 18 20 22; do
  goal=$((goal + RANDOM % 3)) pause=$((RANDOM % 90))
  "${train[@]}" --runs "$scratch/killed" >/dev/null 2>&1 &
  pid=$!
  for _ in $(seq 2000); do [ "$(rows "$scratch/killed")" -ge $goal ] && break; kill -0 $pid 2>/dev/null || break; sleep 0.005; done
  sleep 0.0$(printf %02d $pause)
  kill -9 $pid 2>/dev/null
  wait $pid 2>/dev/null
  [ $? = 137 ] && kills=$((kills + 1))
done
[ $kills -ge 8 ] && ok || bad "only $kills of 10 kills came in time"
"${train[@]}" --runs "$scratch/killed" >/dev/null || bad "after kill -9"
same_run "after kill -9" "$scratch/one" "$scratch/killed"
find "$scratch/killed" -name '.predictions-*' -o -name '*.tmp' | grep -q . && bad "kill -9 leaves half predictions behind" || ok

# One other setting, and the run is refused; data that have changed are seen.
expect "another lr" 1 "exists with other settings" "${train[@]}" --runs "$scratch/two" --lr 2e-3
expect "another lr" 1 "on disk 0.001, here 0.002" "${train[@]}" --runs "$scratch/two" --lr 2e-3
cp -r "$data" "$scratch/kept.zarr"
"$dcs" -e "a = open(\"$data/train/raw\", mode=\"edit\"); a[0, 0, 0] = 255 - a[0, 0, 0]" || bad "a voxel changes"
expect "other data" 1 "has other voxels than when the run began" "$dcs" --quiet "$here/train.dcs" --data "$data" --iterations 30 --every 3 --checkpoints 2 --keep 1 --runs "$scratch/two"
rm -rf "$data" && mv "$scratch/kept.zarr" "$data"

# Ctrl-C in training: exit 130, a checkpoint, a way on; then the same bytes in the end.
"$dcs" --quiet "$here/train.dcs" --data "$data" --runs "$scratch/stopped" --iterations 100000 --every 3 --checkpoints 2 --keep 1 >"$scratch/stopped.log" 2>&1 &
pid=$!
for _ in $(seq 600); do [ "$(rows "$scratch/stopped")" -ge 3 ] && break; sleep 0.05; done
kill -INT $pid
wait $pid
[ $? = 130 ] && ok || bad "Ctrl-C in training: exit code"
grep -q "resume" "$scratch/stopped.log" && ok || { bad "Ctrl-C in training: no way on"; cat "$scratch/stopped.log"; }
ls "$scratch/stopped/tiny/checkpoints" | grep -q safetensors && ok || bad "Ctrl-C in training: no checkpoint"
finish
