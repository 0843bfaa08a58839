#!/usr/bin/env bash
# Blocks leave no trace: predictions, filters with context, masks and labels of seven block shapes and 1 or 2 workers equal those of one block, and those without blocks,
# byte for byte; slices lie farther apart than pixels, the volume does not begin at 0. A mutex watershed by blocks, which cannot be exact, is measured by VOI.
# SEAMLESS_DATA names a container of train and validate with grey values and objects (SEAMLESS_LABELS=labels: their key) in place of phantoms; SEAMLESS_EDGE=96: voxels of it.
# SEAMLESS_BOUND=0.1: bits of VOI that the mutex watershed may be off, six times as many in single slices.
. "$(dirname "$0")/common.bash"
here=$(dirname "$0")
data=$scratch/data.zarr
if [ -n "${SEAMLESS_DATA:-}" ]; then
  "$dcs" --quiet "$here/seamless_data.dcs" --out "$data" --source "$SEAMLESS_DATA" --labels "${SEAMLESS_LABELS:-labels}" --edge "${SEAMLESS_EDGE:-96}" || bad "data of $SEAMLESS_DATA"
else
  "$dcs" --quiet "$here/seamless_data.dcs" --out "$data" || bad "data"
fi
"$dcs" --quiet "$here/train.dcs" --data "$data" --runs "$scratch/runs" --iterations 8 >/dev/null || bad "training"

# go NAME WORKERS BLOCK…
go() {
  local name=$1 workers=$2
  shift 2
  mkdir -p "$scratch/$name"
  "$dcs" --quiet "$here/seamless.dcs" --data "$data" --run_folder "$scratch/runs" --out "$scratch/$name" --workers "$workers" "$@" >"$scratch/$name/log" 2>&1 || { bad "$name"; cat "$scratch/$name/log"; }
}
# Cubes that divide nothing and one that is larger than the volume, slabs, columns, single slices, in which a mutex watershed sees little.
blocks=("(16, 16, 16)" "(23, 23, 23)" "(13, 56, 31)" "(48, 9, 64)" "(7, 20, 50)" "(1, 40, 40)" "(100, 100, 100)")
bound=${SEAMLESS_BOUND:-0.1}
slices=$(awk "BEGIN {print 6 * $bound}")
go whole 1
cat "$scratch/whole/log"
for number in "${!blocks[@]}"; do
  for workers in 2 $([ "$number" -lt 2 ] && echo 1); do
    name="b$number-$workers"
    go "$name" "$workers" --bound "$([ "$number" = 5 ] && echo "$slices" || echo "$bound")" --block "${blocks[number]}" --whole "$scratch/whole"
    for kind in gaussian median erode distance prediction mask labels values; do same_files "$kind, blocks of ${blocks[number]}, $workers workers" "$scratch/whole/$kind.npy" "$scratch/$name/$kind.npy"; done
    [ "$workers" = 2 ] && echo "mutex watershed, blocks of ${blocks[number]}: $(head -1 "$scratch/$name/log")"
  done
  if [ -d "$scratch/b$number-1" ]; then same_files "mutex watershed, blocks of ${blocks[number]}, 1 and 2 workers" "$scratch/b$number-1/mutex.npy" "$scratch/b$number-2/mutex.npy"; fi
  rm -rf "$scratch"/b"$number"-*
done
finish
