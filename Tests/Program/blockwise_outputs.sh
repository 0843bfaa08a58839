#!/usr/bin/env bash
# A statement with two outputs and inputs of two voxel sizes equals its function on the whole volume for all block shapes; whatever is killed on the way, the same line ends
# with the bytes of a run that nothing happened to.
# KILLS=4: random moments at which the process that waits, a worker, or all are killed; SEED: of the moments.
. "$(dirname "$0")/common.bash"
. "$(dirname "$0")/kills.bash"
job=$(cd "$(dirname "$0")" && pwd)/blockwise_outputs.dcs
cd "$scratch" || exit 1
RANDOM=${SEED:-1}
cat >data.dcs <<'END'
a = cast(254 * random((40, 44, 46), key="raw", voxel=(30, 8, 8)nm, offset=(90, 8, 8)nm), uint8)
a[36, 36, 36] = 255
save(a, "in.zarr/raw", chunks=16)
# every second slice, a quarter of the pixels; the last ones stick out of the volume
save(cast(random((20, 11, 12), key="mask", voxel=(60, 32, 32)nm, offset=(90, 8, 8)nm) > 0.3, uint8), "in.zarr/mask", chunks=(7, 5, 5))
END
"$dcs" --quiet data.dcs >/dev/null || bad "data"
command=("$dcs" --quiet "$job" --data in.zarr --out)
same_arrays() { if diff -r --exclude=.dcs --exclude=.zattrs "$2" "$3" >"$scratch/diff" 2>&1; then ok; else bad "$1: bytes"; head -5 "$scratch/diff"; fi; }
redid() { for array in mask grey; do if tail -1 "$2/$array/.dcs/runs" | grep -qF "\"done\":$3,"; then ok; else bad "$1: $array did not do $3 blocks"; tail -1 "$2/$array/.dcs/runs" | cut -c1-120; fi; done; }

# The whole, without blocks: seen as filters see it.
cat >whole.dcs <<'END'
raw = read(open("in.zarr/raw"))
mask = read(open("in.zarr/mask"))
fn f(b, m) = {mask: (gaussian(cast(b, float32), sigma=1) > 135) & (resample(m, like=b, method="nearest") > 0), grey: where(resample(m, like=b) > 0, b, 0)}
expected = f(raw, mask)
for block in [(8, 8, 8), (2, 44, 12), (14, 4, 100), (40, 44, 48)] {
  x = blockwise(f, open("in.zarr/raw"), open("in.zarr/mask"), to={mask: "shapes.zarr/mask", grey: "shapes.zarr/grey"}, block=block, context=4, dtype=uint8, pad="symmetric", replace=true)
  assert(same(read(x.mask), cast(expected.mask, uint8)) and same(read(x.grey), cast(expected.grey, uint8)), "blocks of {block}")
}
print("equal")
END
expect "the whole and blocks of any shape" 0 equal "$dcs" --quiet whole.dcs

begin=$(date +%s%3N)
"${command[@]}" whole.zarr >whole.log || bad "the job"
length=$(($(date +%s%3N) - begin))
cat whole.log
"${command[@]}" threads.zarr --here true >threads.log || bad "on threads"
same_arrays "on threads" whole.zarr threads.zarr
"${command[@]}" whole.zarr >again.log || bad "the line again"
redid "nothing happened" whole.zarr 0

for ((n = 0; n < ${KILLS:-4}; n++)); do
  killed $n "${command[@]}" kill.zarr
  if "${command[@]}" kill.zarr >again.log 2>&1; then same_arrays "kill $n, $what" whole.zarr kill.zarr; same_files "kill $n, $what: what it says" whole.log again.log; else bad "kill $n, $what: the line again"; head -5 again.log; fi
  rm -rf kill.zarr jobs
done

# A block that fails is in neither output's journal; what is gone of one is made again in both.
expect "a block that fails" 3 "4 of 180 blocks failed after 2 tries: block 172, voxels [32:40, 32:40, 32:40]" "${command[@]}" fails.zarr --allowed allow.zarr/x
"$dcs" --quiet -e 'save(ones(1), "allow.zarr/x"); nil'
"${command[@]}" fails.zarr --allowed allow.zarr/x >again.log 2>&1 || bad "a block that failed"
same_arrays "a block that failed" whole.zarr fails.zarr
redid "a block that failed" fails.zarr 4
rm whole.zarr/mask/2/2/2
"${command[@]}" whole.zarr >again.log 2>&1 || bad "a chunk that is gone"
same_arrays "a chunk that is gone" whole.zarr fails.zarr
redid "a chunk that is gone" whole.zarr 1
finish
