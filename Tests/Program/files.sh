#!/usr/bin/env bash
# Files of other programs through dcs: opened, looked at, copied to and fro, planned, streamed in bounded memory, and HDF5 that was damaged.
. "$(dirname "$0")/common.bash"
files=$root/Tests/Fixtures/files
cd "$scratch"
cp -r "$files"/{imagej.tif,imagej_hyperstack.tif,stored.h5,placed.h5,stored.npz,packed.npz,fortran.npy,rgb.tif,png8,differ,tiles_deflate.tif} .
run() { "$dcs" --quiet -e "$@"; }

expect "the sentence" 0 "" "$dcs" --quiet -e 'copy(open("imagej_hyperstack.tif")[0, 0], "first.zarr/raw")'
expect "copy with a voxel size" 0 "(4, 4, 4) nm true" "$dcs" --quiet -e 'copy(open("tiles_deflate.tif", voxel=(4, 4, 4)nm), "x.zarr/raw"); a = open("x.zarr/raw"); print(a.voxel, all(a == open("tiles_deflate.tif", voxel=4nm)))'
expect "a voxel size of the file" 0 "from ImageJ" "$dcs" --quiet -e 'print(open("imagej.tif"))'
expect "what is declared wins" 0 "from the call (ImageJ says voxel (40, 4, 4))" "$dcs" --quiet -e 'print(open("imagej.tif", voxel=8nm))'
expect "rank of a voxel size" 1 "\`voxel\` has 2 axes, expected 3" "$dcs" --quiet -e 'open("imagej.tif", voxel=(4, 4)nm)'
expect "a folder that differs" 1 "differ/z10.png: it is uint8 10 × 12, z8.png is uint8 10 × 13" "$dcs" --quiet -e 'open("differ/")'
expect "no pictures of a pattern" 1 "there is nothing at png8/q*.png" "$dcs" --quiet -e 'open("png8/q*.png")'
expect "editing is refused" 1 "files of other programs are only read" "$dcs" --quiet -e 'open("imagej.tif", mode="edit")'
expect "storing is refused" 1 "is a file that is only read" "$dcs" --quiet -e 'a = open("fortran.npy"); a[0, 0, 0] = 1'
expect "writing HDF5 is refused" 1 "writing HDF5 is not supported" "$dcs" --quiet -e 'save(ones((2, 2)), "y.h5/raw")'
expect "tree of HDF5" 0 "table  not read: a compound type" "$dcs" --quiet -e 'print(tree("placed.h5"))'
expect "tree of a group" 0 "resolution  uint8 (z 3, y 4, x 5)  raw" "$dcs" --quiet -e 'print(tree(open("placed.h5")["volumes"]))'
expect "a near name" 1 "did you mean placed.h5/volumes/labels?" "$dcs" --quiet -e 'open("placed.h5/volumes/label")'
expect "chunks of a file" 1 "must be an array in a Zarr or N5 container; imagej.tif is TIFF" "$dcs" --quiet -e 'chunks(open("imagej.tif"))'

# Every kind to every kind, with what blocks and views make of it.
for from in imagej.tif imagej_hyperstack.tif rgb.tif png8 'png8/*.png' stored.h5/shuffled stored.npz/labels/a packed.npz/raw fortran.npy tiles_deflate.tif; do
  for to in out.zarr/a out.n5/a a.npy a.tif; do
    expect "$from to $to" 0 "true" "$dcs" --quiet -e "a = open(\"$from\"); b = copy(a, \"$to\", replace=true); print(all(transpose(b, a.axes) == a))"
  done
done
expect "N5 to TIFF by its path" 0 "true" "$dcs" --quiet -e 'copy("out.n5/a", "n5.tif"); print(all(open("n5.tif") == open("out.n5/a")))'
expect "an expression to TIFF" 0 "true" "$dcs" --quiet -e 'a = open("stored.h5/gzip"); save(a > 40, "mask.tif"); print(all(open("mask.tif") == (a > 40)))'
expect "no overwriting" 1 "mask.tif exists already (a file)" "$dcs" --quiet -e 'save(ones((3, 3)), "mask.tif")'
expect "no overwriting what is read" 1 "is read by this statement" "$dcs" --quiet -e 'save(open("mask.tif"), "mask.tif", replace=true)'
expect "chunks of a file are refused" 1 "\`chunks\` is for Zarr and N5" "$dcs" --quiet -e 'save(ones((3, 3)), "q.tif", chunks=2)'
expect "mean of a condition" 0 "0." "$dcs" --quiet -e 'raw = open("stored.h5/gzip"); print(mean(raw > 40))'
expect "stats" 0 "mean" "$dcs" --quiet -e 'print(stats(open("imagej.tif")))'
expect "look" 0 "of 3" "$dcs" --quiet -e 'print(look(open("tiles_deflate.tif")))'
expect "a slice" 0 "(2, 13)" "$dcs" --quiet -e 'print(open("imagej.tif")[1, 2:4].shape)'
expect "a world slice" 0 "(2, 10, 13)" "$dcs" --quiet -e 'print(open("imagej.tif")[40nm:120nm].shape)'

# Blocks, here and in processes that open the file again.
cat >work.dcs <<'S'
param out: string
param on = "here"
a = open("tiles_deflate.tif", voxel=(8, 4, 4)nm, offset=(16, 0, 0)nm)
contexts = {here: nil, processes: processes(2)}
x = blockwise(fn(b) = b * 2, a[0:3, 5:65], to="{out}/x", block=(2, 16, 16), on=contexts[on])
print(all(x == a[0:3, 5:65] * 2), x.voxel, x.offset)
S
for on in here processes; do expect "blocks on $on" 0 "true (8, 4, 4) nm (16, 20, 0) nm" "$dcs" --quiet work.dcs --out "$on.zarr" --on $on; done
run 'l = save(open("imagej.tif") > 50, "l.zarr/l")'
printf 'use,raw,labels\ntrain,imagej.tif,l.zarr/l\nvalidate,imagej.tif,l.zarr/l\n' >split.csv
expect "a data split" 0 "imagej" "$dcs" --quiet -e 'print(datasplit("split.csv").crops)'

# A container is of one format: refused before anything is written, with what to do.
run 'save(ones((4, 4), voxel=4nm), "mixed_zarr2.zarr/s0", format="zarr2"); save(ones((4, 4), voxel=4nm), "mixed_zarr3.zarr/s0", format="zarr3"); save(ones((4, 4), voxel=4nm), "mixed_n5.n5/s0")' >/dev/null
listing=$(find mixed_* | sort)
refused() { expect "$1: the sentence" 1 "$2" "$dcs" --quiet -e "$4"; expect "$1: the hint" 1 "hint: $3" "$dcs" --quiet -e "$4"; }
refused "v3 in v2" 'mixed_zarr2.zarr/y cannot be zarr v3: mixed_zarr2.zarr is zarr v2' 'format="zarr2", or a container of its own: "mixed_zarr2_zarr3.zarr/y"' 'save(ones((4, 4)), "mixed_zarr2.zarr/y", format="zarr3")'
refused "v2 in v3" 'mixed_zarr3.zarr/g/y cannot be zarr v2: mixed_zarr3.zarr is zarr v3' 'format="zarr3", or a container of its own: "mixed_zarr3_zarr2.zarr/g/y"' 'create("mixed_zarr3.zarr/g/y", shape=4, dtype=uint8, format="zarr2")'
refused "v2 in N5" 'mixed_n5.n5/y cannot be zarr v2: mixed_n5.n5 is n5' 'format="n5", or a container of its own: "mixed_n5_zarr2.zarr/y"' 'copy("mixed_zarr2.zarr/s0", "mixed_n5.n5/y", format="zarr2")'
refused "N5 in v2, replacing" 'mixed_zarr2.zarr/s0 cannot be n5: mixed_zarr2.zarr is zarr v2' 'format="zarr2", or a container of its own: "mixed_zarr2_n5.n5/s0"' 'save(ones((4, 4)), "mixed_zarr2.zarr/s0", format="n5", replace=true)'
refused "a group of v3 in v2" 'mixed_zarr2.zarr/g cannot be zarr v3' 'format="zarr2"' 'copy("mixed_zarr3.zarr", "mixed_zarr2.zarr/g", format="zarr3")'
expect "a pyramid of 0.5 in v2" 1 'OME-NGFF 0.5 is written in zarr v3' "$dcs" --quiet -e 'pyramid(open("mixed_zarr2.zarr/s0"), to="mixed_zarr2.zarr/p", levels=2, version="0.5")'
expect "a plan of a mixture" 1 'cannot be zarr v3' "$dcs" --dry-run -e 'save(ones((4, 4)), "mixed_zarr2.zarr/y", format="zarr3")'
[ "$(find mixed_* | sort)" = "$listing" ] && ok || bad "a refused format left something: $(find mixed_* | sort | diff - <(echo "$listing"))"

# Decoded chunks that are kept: DCS_CHUNK_CACHE bounds them, 0 keeps none; what another process rewrites is seen.
run 'save(cast(random((64, 64, 64), key="a") * 200, uint8), "kept.zarr/a", chunks=64, codec="raw")' >/dev/null
cat >boxes.dcs <<'S'
a = open("kept.zarr/a")
t = now()
while now() - t < 0.3 {}
for k in range(0, 40) { x = sum(a[k:k + 8, 1:9, 1:9]) }
print("done")
t = now()
while now() - t < 20 {}
S
# bytes_read [NAME=VALUE]: how many bytes a process reads for 40 boxes of one chunk of 256 KiB
bytes_read() {
  mkfifo boxes.out
  env "$@" "$dcs" --quiet boxes.dcs >boxes.out 2>&1 &
  local pid=$!
  grep -qm1 done <boxes.out
  awk '/^rchar/ {print $2}' "/proc/$pid/io"
  kill -9 $pid; wait $pid 2>/dev/null
  rm boxes.out
}
if [ -r /proc/self/io ]; then
  none=$(bytes_read DCS_CHUNK_CACHE=0) kept=$(bytes_read DCS_CHUNK_CACHE=4MiB) small=$(bytes_read DCS_CHUNK_CACHE=4095KiB) usual=$(bytes_read A=1)
  [ $((none - kept)) -gt $((30 * 262144)) ] && ok || bad "DCS_CHUNK_CACHE=0 keeps chunks: $none and $kept bytes read"
  [ $((small - kept)) -gt $((30 * 262144)) ] && ok || bad "a chunk of more than a sixteenth is kept: $small and $kept bytes read"
  [ $((none - usual)) -gt $((30 * 262144)) ] && ok || bad "nothing is kept without DCS_CHUNK_CACHE: $none and $usual bytes read"
fi
for text in lots -1 64MB/s 1e6; do expect "DCS_CHUNK_CACHE=$text" 2 "DCS_CHUNK_CACHE must be a size such as 512MiB, or 0 to keep no chunks, not \`$text\`" env DCS_CHUNK_CACHE="$text" "$dcs" -e 1; done
expect "an empty DCS_CHUNK_CACHE" 0 "1" env DCS_CHUNK_CACHE= "$dcs" -e 1
cat >watch.dcs <<'S'
a = open("kept.zarr/a")
t = now()
while now() - t < 0.3 {}
print("first", max(a[0:8, 0:8, 0:8]), max(a[1:9, 0:8, 0:8]) < 250)
t = now()
while max(a[0:8, 0:8, 0:8]) != 251 and now() - t < 20 {}
print("then", max(a[0:8, 0:8, 0:8]))
S
run 'a = open("kept.zarr/a", mode="edit"); a[0:64, 0:64, 0:64] = full((64, 64, 64), 7, dtype=uint8)' >/dev/null
mkfifo watch.out
"$dcs" --quiet watch.dcs >watch.out 2>&1 &
{ read -r first; run 'a = open("kept.zarr/a", mode="edit"); a[0:4, 0:4, 0:4] = full((4, 4, 4), 251, dtype=uint8)' >/dev/null; read -r then; } <watch.out
wait $!
[ "$first" = "first 7 true" ] && [ "$then" = "then 251" ] && ok || bad "a chunk rewritten by another process: $first, $then"

# Dry runs know what would be read and written, and touch nothing.
expect "a plan of a copy" 0 "reads     imagej.tif  uint16 (5, 10, 13)" "$dcs" --dry-run -e 'copy(open("imagej.tif"), "new.zarr/raw")'
expect "a plan of a TIFF" 0 "writes    new.tif  uint16 (5, 10, 13)" "$dcs" --dry-run -e 'b = copy(open("imagej.tif"), "new.tif"); print(b.shape)'
expect "a plan of what needs values" 0 "reads     imagej.tif" "$dcs" --dry-run -e 'print(mean(open("imagej.tif")))'
if [ -e new.tif ] || [ -e new.zarr ]; then bad "a dry run wrote"; else ok; fi

# 2 GiB through a process that may have 1 GB of address space: with DCS_LARGE=1 only, it takes minutes.
if [ "${DCS_LARGE:-}" ]; then
  expect "2 GB made" 0 "" "$dcs" --quiet -e 'save(cast(255 * random((512, 2048, 2048), key="a"), uint8), "large.npy")'
  for to in large.zarr/raw large.tif; do
    expect "2 GB of .npy to $to in 1 GB" 0 "" bash -c 'ulimit -v 1000000; exec "$@"' _ "$dcs" --quiet --jobs 2 -e "copy(open(\"large.npy\"), \"$to\")"
  done
  expect "2 GB of TIFF in 1 GB" 0 "" bash -c 'ulimit -v 1000000; exec "$@"' _ "$dcs" --quiet --jobs 2 -e 'copy(open("large.tif"), "again.zarr/raw")'
  expect "they are equal" 0 "true" "$dcs" --quiet -e 'print(all(open("again.zarr/raw") == open("large.npy")))'
fi

# HDF5 that was overwritten: an error or a value. Should libhdf5 crash, docs/files.md says so; what must not happen is a hang.
if command -v python3 >/dev/null; then
  cat >mutate.py <<'P'
import random, sys
data = open(sys.argv[1], "rb").read()
for n in range(int(sys.argv[2])):
    r = random.Random(n); b = bytearray(data)
    for _ in range(r.randint(1, 6)):
        b[r.randrange(min(len(b), 4000) if n % 2 else len(b))] = r.choice([0, 1, 127, 128, 255, r.randrange(256)])
    if n % 5 == 0: del b[r.randrange(len(b)):]
    open(f"m{n}.h5", "wb").write(b)
P
  mutations=${DCS_MUTATIONS:-60} crashes=0 hangs=0
  python3 mutate.py "$files/types.h5" "$mutations"
  for ((n = 0; n < mutations; n++)); do
    timeout 20 "$dcs" --quiet -e "g = try open(\"m$n.h5\") else nil; if g != nil { print(try tree(g) else \"\"); for k in [\"little/uint16\", \"big/float32\", \"little/bool\"] { print(try sum(g[k]) else 0) } }" >/dev/null 2>&1
    case $? in 124) hangs=$((hangs + 1)) ;; 0 | 1) ;; *) crashes=$((crashes + 1)) ;; esac
    rm -f "m$n.h5"
  done
  echo "HDF5, $mutations damaged files: $crashes crashes of libhdf5, $hangs hangs"
  [ $hangs = 0 ] && ok || bad "damaged HDF5 hangs"
fi
finish
