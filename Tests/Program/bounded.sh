#!/usr/bin/env bash
# Arrays four times as large as all memory that dcs may have: LIMIT MiB of addresses, 192 unless said (ulimit -v counts stacks, libraries and what
# allocators set aside). Each step prints what the same step, without a limit, prints of one slab of the volume, which consists of equal ones.
. "$(dirname "$0")/common.bash"
limit=${LIMIT:-192}
slabs=$(((4 * limit + 95) / 96))   # of 96 MiB
work=${BOUNDED_FOLDER:-$scratch}
mkdir -p "$work/whole" "$work/slab"

run() { timeout 120 "$dcs" --quiet --jobs 2 "$root/Tests/Program/bounded.dcs" "$@" 2>&1; }
run make "$work/slab" --slabs 1 >/dev/null || { bad "one slab"; finish; exit 1; }
output=$(ulimit -v $((limit * 1024)); run make "$work/whole" --slabs $slabs) && ok || bad "$slabs slabs in $limit MiB: $output"
for step in mean stats histogram percentile unique gaussian label small; do
  begin=$(date +%s%N)
  expected=$(run $step "$work/slab") || bad "$step of a slab: $expected"
  middle=$(date +%s%N)
  found=$(ulimit -v $((limit * 1024)); run $step "$work/whole") && [ "$found" = "$expected" ] && ok || bad "$step in $limit MiB: $found, expected $expected"
  printf '%-10s %4d ms without a limit, %6d ms for %d slabs in %d MiB\n' $step $(((middle - begin) / 1000000)) $((($(date +%s%N) - middle) / 1000000)) $slabs "$limit"
done
finish
