#!/usr/bin/env bash
# A writer that is killed at any moment leaves each chunk old or new, never torn: Zarr v2, shards, N5. A full disk is an error that leaves no torn chunk.
# usage: crash_storage.sh [KILLS]     (50 kills, shared among the formats)
. "$(dirname "$0")/common.bash"
kills=${1:-50}

# The array holds one number a chunk (or shard); the writer replaces it by the next, again and again.
cat >"$scratch/make.dcs" <<'EOF'
param path: string
param shards = 0
whole = full((96, 96, 96), 1, dtype=uint16)
if shards == 0 { save(whole, path, chunks=16, codec="zstd 1") } else { save(whole, path, chunks=16, shards=shards, codec="zstd 1") }
EOF
cat >"$scratch/write.dcs" <<'EOF'
param path: string
param first: int
a = open(path, mode="edit")
print("ready")
for k in range(first, first + 1000) { a[0:96, 0:96, 0:96] = full((96, 96, 96), k, dtype=uint16) }
EOF
# Every unit of writing holds one number: of this writer, or of one before it where this one had not come to the unit.
cat >"$scratch/check.dcs" <<'EOF'
param path: string
param unit: int
a = open(path)
highest = 0
for z in range(0, 96, unit) { for y in range(0, 96, unit) { for x in range(0, 96, unit) {
  s = stats(a[z:min(z + unit, 96), y:min(y + unit, 96), x:min(x + unit, 96)])
  assert(s.min == s.max, "torn at {z} {y} {x}: {s.min} and {s.max}")
  highest = max(highest, s.max)
} } }
assert(count(chunks(a, verify=true).state, fn(s) = s == "unreadable") == 0)
print("whole", highest)
EOF

formats=("a.zarr/raw 0 16" "b.zarr/raw 32 32" "c.n5/raw 0 16")
for format in "${formats[@]}"; do
  read -r path shards unit <<<"$format"
  expect "$path is made" 0 "" "$dcs" --quiet "$scratch/make.dcs" --path "$scratch/$path" --shards "$shards"
done
for ((n = 0; n < kills; n++)); do
  read -r path shards unit <<<"${formats[n % 3]}"
  mkfifo "$scratch/ready"
  "$dcs" --quiet "$scratch/write.dcs" --path "$scratch/$path" --first $((n * 20 + 2)) >"$scratch/ready" 2>"$scratch/err" &
  pid=$!
  head -1 <"$scratch/ready" >/dev/null
  sleep "0.$(printf %03d $((RANDOM % 300)))"
  kill -9 $pid 2>/dev/null
  wait $pid 2>/dev/null
  rm "$scratch/ready"
  expect "kill $n of $path" 0 "whole" "$dcs" --quiet "$scratch/check.dcs" --path "$scratch/$path" --unit "$unit"
done

# A save that ends early leaves an array that says so.
expect "a save that fails" 1 "do not fit uint16" "$dcs" -e "save(cast(open(\"$scratch/a.zarr/raw\") + 65_535, uint16), \"$scratch/half.zarr/raw\")"
expect "an array that was cut short" 0 "unfinished: what wrote it was stopped" "$dcs" -e "open(\"$scratch/half.zarr/raw\")"

# A disk that fills up: where a small file system can be mounted.
mkdir "$scratch/small"
if mount -t tmpfs -o size=3m tmpfs "$scratch/small" 2>/dev/null; then
  expect "a full disk" 1 "disk full" "$dcs" -e "save(random((200, 200, 200), key=\"a\"), \"$scratch/small/a.zarr/raw\", chunks=64, codec=\"raw\")"
  expect "what was written before reads whole" 0 "0" "$dcs" -e "count(chunks(open(\"$scratch/small/a.zarr/raw\"), verify=true).state, fn(s) = s == \"unreadable\")"
  expect "a full disk, shards" 1 "disk full" "$dcs" -e "save(random((200, 200, 200), key=\"a\"), \"$scratch/small/b.zarr/raw\", chunks=32, shards=64, codec=\"raw\")"
  expect "no shard is torn" 0 "0" "$dcs" -e "count(chunks(open(\"$scratch/small/b.zarr/raw\"), verify=true).state, fn(s) = s == \"unreadable\")"
  [ -z "$(find "$scratch/small" -name '.dcs-partial-*')" ] && ok || bad "a full disk leaves temporary files"
  umount "$scratch/small"
else
  echo "(no file system could be mounted: the full disk was left out)"
fi

finish
