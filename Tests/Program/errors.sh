#!/usr/bin/env bash
# Bad input: each a clear error with a place, the exit code that the reference page promises, nothing half-written, the prompt intact.
. "$(dirname "$0")/common.bash"
here=$(dirname "$0")
data=$scratch/data.zarr
"$dcs" --quiet "$here/data.dcs" --out "$data" || bad "data"
write_script() { printf '%s\n' "$@" >"$scratch/s.dcs"; echo "$scratch/s.dcs"; }

expect "missing file" 1 "there is nothing at" "$dcs" "$(write_script "open(\"$scratch/nothing.zarr/raw\")")"
expect "missing file has a place" 1 "s.dcs:1:" "$dcs" "$(write_script "open(\"$scratch/nothing.zarr/raw\")")"
expect "missing script" 1 "no-such.dcs" "$dcs" "$scratch/no-such.dcs"
expect "unknown option" 2 "unknown option" "$dcs" --no-such-option
expect "check finds a typo" 2 "did you mean" "$dcs" --check "$(write_script 'print(treshold(1, at=2))')"
expect "a typo runs nothing" 1 "did you mean" "$dcs" "$(write_script 'print("ran")' 'treshold(1, at=2)')"
expect "fail" 1 "on purpose" "$dcs" "$(write_script 'fail("on purpose")')"
expect "exit code" 7 "" "$dcs" "$(write_script 'exit(7)')"

expect "wrong dtype" 1 "labels must be" "$dcs" "$(write_script "datasplit([{use: \"train\", raw: \"$data/train/raw\", labels: zeros((48, 56, 64), voxel=8nm, offset=(80, 0, 160)nm)}])")"
expect "value does not fit" 1 "do not fit uint8" "$dcs" "$(write_script 'x = cast(arange(300), uint8)')"
expect "shape mismatch" 1 "do not match" "$dcs" "$(write_script 'x = zeros((3, 4)) + zeros((3, 5))')"
expect "unit mismatch" 1 "voxels" "$dcs" "$(write_script 'x = (64, 64, 64) + 120nm')"
expect "channel mismatch" 1 "channels do not match" "$dcs" "$(write_script "d = datasplit([{use: \"train\", raw: \"$data/train/raw\", labels: \"$data/train/labels\"}])" \
  "r = run(\"x\", folder=\"$scratch/runs\", data=d, task=task.onehot(\"a\"), model=unet(levels=2, channels=3, features=8, growth=2, input=(28, 28, 28)))" 'print(r)')"
expect "voxel size mismatch" 1 "voxel" "$dcs" "$(write_script "datasplit([{use: \"train\", raw: \"$data/train/raw\", labels: cast(zeros((48, 56, 64), voxel=5nm, offset=(80, 0, 160)nm), uint8)}])")"
expect "empty split" 1 "crop" "$dcs" "$(write_script 'datasplit([])')"
printf 'train,%s,train/raw,%s,train/labels\n' "$data" "$scratch/none.zarr" >"$scratch/split.csv"
expect "split names what is missing" 1 "none.zarr" "$dcs" "$(write_script "datasplit(\"$scratch/split.csv\")")"

cp -r "$data" "$scratch/broken.zarr"
chunk=$(find "$scratch/broken.zarr/train/raw" -type f -name '[0-9]*' | sort | head -1)
truncate -s 200 "$chunk"
expect "corrupt chunk" 1 "chunk" "$dcs" "$(write_script "mean(open(\"$scratch/broken.zarr/train/raw\"))")"
printf '{"zarr_format": 2, "shape": [48' >"$scratch/broken.zarr/validate/raw/.zarray"
expect "truncated metadata" 1 ".zarray" "$dcs" "$(write_script "open(\"$scratch/broken.zarr/validate/raw\")")"
expect "a block that fails" 3 "block" "$dcs" "$(write_script "blockwise(fn(b) = cast(b * 10, uint8), open(\"$data/train/raw\"), to=\"$scratch/out.zarr/x\", dtype=uint8, block=32, retries=0)")"
expect "not enough memory" 1 "budget" "$dcs" "$(write_script 'zeros((10**5, 10**5, 10**5))')"
expect "endless recursion" 1 "nested too deep" "$dcs" "$(write_script 'fn f(x) = f(x + 1)' 'f(0)')"

# A small tmpfs fills up while an array is written: an error that says so, and nothing that looks whole.
mkdir "$scratch/small"
if mount -t tmpfs -o size=1m tmpfs "$scratch/small" 2>/dev/null; then
  expect "disk full" 1 "disk full" "$dcs" "$(write_script "save(random((128, 128, 128), key=\"a\"), \"$scratch/small/x.zarr/a\")")"
  umount "$scratch/small"
else
  echo "not checked here: a full disk (no permission to mount a tmpfs)"
fi

# Ctrl-C in predict: exit 130, and the next run goes on to the same result.
"$dcs" --quiet "$here/train.dcs" --data "$data" --runs "$scratch/runs" --iterations 4 >/dev/null || bad "training"
cat >"$scratch/p.dcs" <<SCRIPT
raw = save(cast(255 * random((160, 160, 160), key="raw", voxel=8nm), uint8), "$scratch/p.zarr/raw")
predict(best("tiny", folder="$scratch/runs", by="jaccard"), raw, to="$scratch/p.zarr/x", block=16)
SCRIPT
"$dcs" --quiet "$scratch/p.dcs" >"$scratch/p.log" 2>&1 &
pid=$!
for _ in $(seq 100); do [ "$(find "$scratch/p.zarr/x" -type f -name '[0-9]*' 2>/dev/null | wc -l)" -gt 3 ] && break; sleep 0.05; done
kill -INT $pid
wait $pid
[ $? = 130 ] && ok || { bad "Ctrl-C in predict: exit code"; cat "$scratch/p.log"; }

# The prompt survives errors: under a terminal, an error and then a result.
if command -v script >/dev/null; then
  printf 'treshold(1)\n1 / 0\n40 + 2\n:quit\n' | NO_COLOR=1 TERM=xterm script -qec "$dcs" /dev/null 2>&1 | sed 's/\x1b\[[0-9;?]*[a-zA-Z]//g; s/\r//' >"$scratch/prompt.log"
  grep -q "unknown name" "$scratch/prompt.log" && grep -q "division by zero" "$scratch/prompt.log" && grep -qx "42" "$scratch/prompt.log" && ok || { bad "prompt after errors"; cat "$scratch/prompt.log"; }
fi
finish
