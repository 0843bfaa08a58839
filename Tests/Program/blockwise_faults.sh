#!/usr/bin/env bash
# A job of three stages that is killed, meets a block that fails, a chunk that cannot be read or a full disk: when the cause is gone, the same line ends with the bytes of a
# job that nothing happened to, and does again only what was missing.
# KILLS=8: random moments at which the process that waits, a worker, or all of them are killed (50: two minutes); SEED: of the moments.
. "$(dirname "$0")/common.bash"
. "$(dirname "$0")/kills.bash"
job=$(cd "$(dirname "$0")" && pwd)/blockwise_faults.dcs
cd "$scratch" || exit 1
RANDOM=${SEED:-1}
# One voxel is 255, which one of 180 blocks sees: by it the block is known that fails.
"$dcs" --quiet -e 'a = cast(254 * random((40, 44, 48), key="raw", voxel=(30, 8, 8)nm, offset=(90, 8, 8)nm), uint8); a[36, 36, 36] = 255; save(a, "in.zarr/raw", chunks=16); nil' || bad "data"
command=("$dcs" --quiet "$job" --data in.zarr/raw --out)

# Files of voxels below a folder, with what changes when a block is written again.
written() { [ -d "$1" ] && find "$1" -name .dcs -prune -o -type f ! -name '.*' -printf '%P %i %T@\n' | sort; }
# Their attributes name the folder; the number of objects among them is printed.
same_arrays() { if diff -r --exclude=.dcs --exclude=.zattrs "$2" "$3" >"$scratch/diff" 2>&1; then ok; else bad "$1: bytes"; head -5 "$scratch/diff"; fi; }
# again NAME FOLDER REDONE [ARGUMENT…]: the line runs through; its bytes and words are those of whole.zarr; of the blocks that had been written at most REDONE (those that were in
# flight) are written again, and the journals say so: each array skipped what was there.
again() {
  local name=$1 out=$2 redone=$3 anew array there skipped total done
  shift 3
  written "$out" >before
  if ! "${command[@]}" "$out" "$@" >again.log 2>&1; then bad "$name: the line again"; head -5 again.log; return; fi
  same_arrays "$name" whole.zarr "$out"
  same_files "$name: what it says" whole.log again.log
  written "$out" >after
  anew=$(comm -23 before after | wc -l)
  [ "$anew" -le "$redone" ] && ok || bad "$name: $anew blocks were written again, at most $redone were in flight"
  for array in mask objects sizes large; do
    there=$(grep -c "^$array/" before)
    read -r total done skipped < <(tail -1 "$out/$array/.dcs/runs" | sed 's/.*"total":\([0-9]*\),"done":\([0-9]*\),"skipped":\([0-9]*\),.*/\1 \2 \3/')
    [ "$((done + skipped))" = "$total" ] && [ "$skipped" -ge $((there - redone)) ] && ok || bad "$name: $array skipped $skipped of $total, $there were there"
  done
}
# redid NAME FOLDER ARRAY BLOCKS: its last run did so many.
redid() { if tail -1 "$2/$3/.dcs/runs" | grep -qF "\"done\":$4,"; then ok; else bad "$1: $3 did not do $4 blocks"; cut -c1-120 "$2/$3/.dcs/runs"; fi; }

begin=$(date +%s%3N)
"${command[@]}" whole.zarr >whole.log || bad "the job"
length=$(($(date +%s%3N) - begin))
cat whole.log
again "nothing happened" whole.zarr 0
redid "nothing happened" whole.zarr large 0

# kill -9: of the process that waits, of one worker, of all.
for ((n = 0; n < ${KILLS:-8}; n++)); do
  killed $n "${command[@]}" kill.zarr
  again "kill $n, $what, exit $code" kill.zarr 2
  rm -rf kill.zarr jobs
done

# A worker goes on when the process that waited for it is gone: the next one may begin beside it.
"${command[@]}" beside.zarr >kill.log 2>&1 &
pid=$!
for _ in $(seq 400); do [ -n "$(workers)" ] && break; sleep 0.02; done
{ kill -9 $pid; wait $pid; } 2>/dev/null
if "${command[@]}" beside.zarr >again.log 2>&1; then same_arrays "beside workers of before" whole.zarr beside.zarr; else bad "beside workers of before"; cat again.log; fi
gone
same_arrays "after workers of before" whole.zarr beside.zarr

# A block that fails until something is there.
expect "a block that fails" 3 "1 of 180 blocks failed after 2 tries: block 172, voxels [32:40, 32:40, 32:40]" "${command[@]}" fails.zarr --allowed allow.zarr/x
expect "the others are kept" 3 "179 blocks are kept" "${command[@]}" fails.zarr --allowed allow.zarr/x
"$dcs" --quiet -e 'save(ones(1), "allow.zarr/x"); nil'
again "a block that failed" fails.zarr 0 --allowed allow.zarr/x
redid "a block that failed" fails.zarr mask 1

# A chunk that cannot be read: of the input, which 64 blocks see; of what an earlier stage wrote; one that is gone.
chunk=in.zarr/raw/1/1/1
cp $chunk aside
truncate -s 100 $chunk
expect "a chunk cut short" 3 "chunk 1/1/1 of in.zarr/raw is corrupt" "${command[@]}" short.zarr
cp aside $chunk
again "a chunk that was cut short" short.zarr 0
redid "a chunk that was cut short" short.zarr mask 64
sed '/^objects/,$d' "$job" >first.dcs
"$dcs" --quiet first.dcs --data in.zarr/raw --out second.zarr || bad "the first stage"
chunk=second.zarr/mask/2/2/2
cp -p $chunk aside
head -c 20 /dev/urandom >$chunk
expect "a chunk between stages" 3 "chunk 2/2/2 of second.zarr/mask is corrupt" "${command[@]}" second.zarr
cp -p aside $chunk
again "a chunk between stages" second.zarr 0
rm $chunk
again "a chunk that is gone" second.zarr 1
redid "a chunk that is gone" second.zarr mask 1

# Tasks that outlive the process that waits for them write nothing into what another statement makes in their place.
cat >orphans.dcs <<'END'
param add = 1
param turns = 10
raw = open("in.zarr/raw")
fn slow(b) {
  n = 0
  while n < turns { n += 1 }
  b * 0 + add
}
x = blockwise(slow, raw, to="orphans.zarr/x", block=8, dtype=uint8, replace=true, on=processes(2))
END
"$dcs" --quiet orphans.dcs --turns 3_000_000 >/dev/null 2>&1 &
waiting=$!
sleep 1.5
kill -9 $waiting 2>/dev/null
wait $waiting 2>/dev/null
[ -n "$(workers)" ] && ok || bad "no task outlived its waiter"
"$dcs" --quiet orphans.dcs --add 2 >/dev/null 2>&1 && ok || bad "the second statement"
gone
[ "$("$dcs" --quiet -e 'unique(read(open("orphans.zarr/x")))')" = "[2]" ] && ok || bad "a task wrote into what another statement made"

# A disk that fills up in each of the stages, where a small file system can be mounted; else files that may not grow.
mkdir small
full() { local output; output=$("${command[@]}" "$1" 2>&1); [ $? != 0 ] && grep -qE "$2" <<<"$output" && ok || { bad "$3"; echo "$output"; }; }
if mount -t tmpfs -o size=700k tmpfs small 2>/dev/null; then
  for size in 700 1100 2000 2600; do
    mount -o remount,size=${size}k small
    full small/x.zarr "No space left on device|disk full" "a disk of $size KiB"
    [ -z "$(find small -name '.dcs-partial-*')" ] && ok || bad "a disk of $size KiB: temporary files"
  done
  mount -o remount,size=16m small
  again "a disk that was full" small/x.zarr 0
  umount small
else
  ulimit -S -f 8
  full large.zarr "File too large" "files that may not grow"
  ulimit -S -f unlimited
  again "files that might not grow" large.zarr 0
fi
finish
