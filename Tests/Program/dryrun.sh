#!/usr/bin/env bash
# A dry run says what the run then reads and writes, and does none of it.
. "$(dirname "$0")/common.bash"
here=$(cd "$(dirname "$0")" && pwd)
cd "$scratch"
write_script() { printf '%s\n' "$@" >"$scratch/s.dcs"; echo "$scratch/s.dcs"; }
everything() { find . -path ./reports -prune -o -print | sort; }
mkdir reports

"$dcs" --quiet "$(write_script 'save(cast(255 * random((40, 44, 48), key="raw", voxel=8nm, offset=(80, 0, 160)nm), uint8), "in.zarr/raw", chunks=16)' \
  'save(cast(ones((40, 44, 48), voxel=8nm), uint8), "in.zarr/ones", chunks=16)')" || bad "data"

# Every effectful word once: arrays, tables, pictures, blocks, labels, edits.
cat >all.dcs <<'SCRIPT'
param sigma = 1
a = open("in.zarr/raw")
print(a.shape, mean(a))
fn clean(b) {
  smooth = gaussian(cast(b, float32), sigma=sigma)
  cast(smooth, uint8, clip=true)
}
mask = blockwise(fn(b) = b > 120, a, to="out.zarr/mask", block=16)
soft = blockwise(clean, a, to="out.zarr/soft", dtype=uint8, block=(16, 32, 16), context=4)
found = label(mask, to="out.zarr/labels", block=16)
big = remove_small(found, size=9, to="out.zarr/big", block=16)
twin = blockwise(fn(p, q) = cast(p, int64) + cast(q, int64), big, found, to="out.zarr/twin", block=32)
both = blockwise(fn(b) = {low: b, high: b > 3}, soft, to={high: "out.zarr/high", low: "out.zarr/low"}, block=16)
coarse = blockwise(fn(b) = resample(b, voxel=16nm, method="mean"), both.low, to="out.zarr/coarse", voxel=16nm, block=16)
n = fold(fn(b) = sum(b), fn(x, y) = x + y, soft, block=16)
plus = save(a + 1, "out.zarr/plus")
pick = create("out.zarr/pick", shape=(8, 8, 8), dtype=uint8)
v = open("out.zarr/plus", mode="edit")
v[0:4, 0:4, 0:4] = 7
save(table([{name: "a", n: 1}]), "out.csv")
save(look(a), "out.png")
print(n, sum(twin))
SCRIPT
everything >reports/before
expect "a dry run" 0 "no conflicts" "$dcs" --quiet --dry-run all.dcs
"$dcs" --quiet --dry-run all.dcs >reports/dry 2>&1
everything >reports/after
same_files "nothing is written" reports/before reports/after
grep -q "^unknown unknown$" reports/dry && ok || { bad "unknown values print as unknown"; head -5 reports/dry; }

"$dcs" --quiet all.dcs >reports/real 2>&1 || { bad "the run"; cat reports/real; }
# Written: the paths of the plan are those that have come to be.
everything >reports/after
grep -E '^ +writes ' reports/dry | awk '{print $2}' | sort -u >reports/planned
comm -13 reports/before reports/after | sed -n 's|^\./||p' | sed -nE 's|/\.zarray$||p; /^[^/]*\.(csv|png)$/p' | sort -u >reports/written
same_files "writes" reports/planned reports/written
# The plans are the real ones: hash by hash.
grep -oE 'plan [0-9a-f]{16}' reports/dry | cut -d' ' -f2 | sort -u >reports/hashes
cat out.zarr/*/.zattrs | grep -oE '"plan": *"[0-9a-f]{16}"' | grep -oE '[0-9a-f]{16}' | sort -u >reports/made
same_files "plans" reports/hashes reports/made
# Bytes written by blocks: shape times element size, as the files say.
for name in mask:uint8:bool soft:uint8:uint8 labels:uint32:uint32 twin:int64:int64; do
  path=out.zarr/${name%%:*}
  grep -E "writes +$path  (${name#*:}|${name##*:}) \(40, 44, 48\)" reports/dry >/dev/null && grep -q '"shape": *\[40, *44, *48\]\|40,' $path/.zarray && ok || { bad "type of $path"; grep "$path" reports/dry; }
done

grep -E "writes +out.zarr/coarse  [a-z0-9]+ \(20, 22, 24\)" reports/dry >/dev/null && ok || { bad "shape of out.zarr/coarse"; grep coarse reports/dry; }

# Run again: finished work is found, what exists otherwise is a conflict, and so is an output that is an input or is written twice.
"$dcs" --quiet --dry-run all.dcs >reports/again 2>&1
[ $? = 1 ] && ok || bad "conflicts: exit code"
grep -q "goes on: 27 of 27 blocks are done" reports/again && ok || { bad "finished work"; cat reports/again; }
grep -q "conflict: out.zarr/plus exists" reports/again && ok || bad "an array that exists"
expect "an output that is an input" 1 "is an input of this statement" "$dcs" --dry-run "$(write_script 'a = open("in.zarr/raw")' 'blockwise(fn(b) = b, a, to="in.zarr/raw", replace=true)')"
expect "written twice" 1 "is also written by step 1" "$dcs" --dry-run "$(write_script 'a = open("in.zarr/raw")' 'save(a, "b.zarr/x")' 'save(a, "b.zarr/x")')"
expect "another plan" 1 "with another plan" "$dcs" --dry-run "$(write_script 'a = open("in.zarr/raw")' 'blockwise(fn(b) = b > 99, a, to="out.zarr/mask", block=16)')"

# A branch on what only the run can know ends it there; so does a loop. catch does not catch that, errors stay errors.
expect "a branch" 0 "the condition is known only when the script runs" "$dcs" --dry-run "$(write_script 'm = mean(open("in.zarr/raw"))' 'try { if m > 3 { save(ones(3), "x.npy") } } catch e { print("caught") }' 'print("after")')"
expect "its place" 0 "s.dcs:2" "$dcs" --dry-run "$(write_script 'm = mean(open("in.zarr/raw"))' 'if m > 3 { save(ones(3), "x.npy") }')"
expect "a loop" 0 "what the loop goes over" "$dcs" --dry-run "$(write_script 'for id in unique(open("in.zarr/raw")) { print(id) }')"
expect "an exit" 0 "whether \`exit\` ends the script" "$dcs" --dry-run "$(write_script 'm = mean(open("in.zarr/raw"))' 'exit(int(m))' 'save(ones(3), "x.npy")')"
expect "an assertion" 0 "whether \`assert\` ends the script" "$dcs" --dry-run "$(write_script 'm = mean(open("in.zarr/raw"))' 'assert(m > 3)' 'save(ones(3), "x.npy")')"
expect "an error" 1 "there is nothing at" "$dcs" --dry-run "$(write_script 'open("nothing.zarr/a")')"
expect "too big" 1 "budget" "$dcs" --dry-run "$(write_script 'm = zeros((10**5, 10**5, 10**4))')"
expect "no script" 2 "needs a script" "$dcs" --dry-run
[ -e x.npy ] && bad "a dry run wrote x.npy" || ok

# What is only planned is there for the rest of the script: containers, arrays, tables.
cat >planned.dcs <<'SCRIPT'
save(zeros((8, 9, 10), uint8, voxel=4nm), "new.zarr/em/s0")
save(table([{use: "train", n: 1}]), "new.csv")
print(tree("new.zarr"))
print(open("new.zarr/em/s0").shape, tree("new.zarr/em/s0"), read_csv("new.csv"))
print(tree("in.zarr"))
save(zeros(3), "in.zarr/more")
print(tree("in.zarr"))
SCRIPT
expect "a planned container" 0 "    s0  uint8 (z 8, y 9, x 10)  planned" "$dcs" --dry-run planned.dcs
expect "a planned array and table" 0 "(8, 9, 10) new.zarr/em/s0  uint8 (z 8, y 9, x 10)  planned unknown" "$dcs" --dry-run planned.dcs
expect "what joins a container" 0 "  more  float32 (x 3)  planned" "$dcs" --dry-run planned.dcs
expect "what is nowhere" 1 "there is nothing at" "$dcs" --dry-run "$(write_script 'tree("nowhere.zarr")')"

# What is planned of a copy and of a .npy file is what happens: files as they are with their chunks, what is in the way, what is read.
"$dcs" --quiet "$(write_script 'save(ones((4, 4)), "x.npy")' 'save(ones((4, 4), uint8), "small.zarr/em/x", chunks=2)')" || bad "small data"
expect "a copy by its path" 0 "reads     small.zarr/em/x  uint8 (4, 4)  16 B" "$dcs" --dry-run "$(write_script 'copy("small.zarr/em/x", "b.zarr/x")')"
expect "a copy keeps chunks" 0 "chunks  2²" "$dcs" --quiet "$(write_script 'copy("small.zarr/em/x", "b.zarr/x")' 'print(open("b.zarr/x"))')"
expect "a copy that replaces" 0 "replaces what is there" "$dcs" --dry-run "$(write_script 'copy("small.zarr/em/x", "b.zarr/x", replace=true)')"
expect "a copy of a group" 0 "reads     small.zarr/em" "$dcs" --dry-run "$(write_script 'copy("small.zarr/em", "c.zarr/em")')"
expect "a group in the way" 1 "conflict: small.zarr/em exists already (a group)" "$dcs" --dry-run "$(write_script 'copy("b.zarr/x", "small.zarr/em", replace=true)')"
expect "a group into one file" 1 "holds one array" "$dcs" --dry-run "$(write_script 'copy("small.zarr/em", "em.npy")')"
expect "a group of another format" 0 "reads     small.zarr/em" "$dcs" --dry-run "$(write_script 'copy("small.zarr/em", "b.n5/em")')"
expect "a copy of what is planned" 0 "no conflicts" "$dcs" --dry-run "$(write_script 'save(ones(3), "n.zarr/q")' 'copy("n.zarr/q", "m.zarr/q")' 'print(open("m.zarr/q").shape)')"
expect "a .npy file in the way" 1 "conflict: x.npy exists; replace=true" "$dcs" --dry-run "$(write_script 'save(ones(3), "x.npy")')"
expect "a .npy file stays" 1 "x.npy exists already (a file)" "$dcs" "$(write_script 'save(ones(3), "x.npy")')"
expect "a .npy file is replaced" 0 "(3,)" "$dcs" "$(write_script 'save(ones(3), "x.npy", replace=true)' 'print(open("x.npy").shape)')"
expect "what a .npy file reads" 0 "reads     small.zarr/em/x  uint8 (4, 4)  16 B" "$dcs" --dry-run "$(write_script 'save(open("small.zarr/em/x"), "y.npy")')"

# Training: said, not done; what would be known afterwards is unknown.
"$dcs" --quiet "$here/data.dcs" --out data.zarr || bad "phantoms"
everything >reports/before
expect "training" 0 "trains    to 12 iterations; 0 are done" "$dcs" --dry-run "$here/train.dcs" --data data.zarr --runs runs
everything >reports/after
same_files "training writes nothing" reports/before reports/after

# What a network predicts is known in all but its values before it is trained: blocks, bytes, type; its plan is known afterwards.
cat >predicts.dcs <<'SCRIPT'
seed(7)
split = datasplit([
  {use: "train", raw: "data.zarr/train/raw", labels: "data.zarr/train/labels"}, {use: "validate", raw: "data.zarr/validate/raw", labels: "data.zarr/validate/labels"},
])
r = run("dry", folder="runs", data=split, task=task.onehot("organelle"), model=unet(levels=2, features=4, growth=2, input=(28, 28, 28)),
        lr=1e-3, batch=1, validate_every=2, checkpoint_every=2)
train(r, iterations=2)
b = best(r)
p = predict(b, open("data.zarr/validate/raw"), to="predicted.zarr/p", block=16, dtype=uint8)
m = predict(best("dry"), open("data.zarr/validate/raw"), to="predicted.zarr/q", block=16)
l = label(p > 127, to="predicted.zarr/l", block=16)
print(p.shape, p.dtype, b.score)
SCRIPT
everything >reports/before
expect "a prediction after training" 0 "no conflicts" "$dcs" --quiet --dry-run predicts.dcs
"$dcs" --quiet --dry-run predicts.dcs >reports/dry 2>&1
grep -q "not known before" reports/dry && { bad "a prediction after training is planned"; cat reports/dry; } || ok
grep -q "plan known after training" reports/dry && ok || bad "a plan that only training decides"
everything >reports/after
same_files "predictions write nothing" reports/before reports/after
"$dcs" --quiet predicts.dcs >reports/real 2>&1 || { bad "training and prediction"; cat reports/real; }
cat >sizes.dcs <<'SCRIPT'
for name in ["p", "q", "l"] {
  a = open("predicted.zarr/{name}")
  print("predicted.zarr/{name}", a.dtype, a.nbytes)
}
SCRIPT
"$dcs" --quiet sizes.dcs >reports/written || bad "sizes"
sed -nE 's|^ +writes +(predicted[^ ]*) +(u?[a-z]+[0-9]+) .*  ([0-9.]+ [KM]?i?B)$|\1 \2 \3|p' reports/dry >reports/planned
same_files "sizes of predictions" reports/planned reports/written
expect "what is made from a seed is known" 0 "no conflicts" "$dcs" --dry-run "$(write_script 'r = random((3,), key="a")' 'if max(r[0], r[1]) >= 0 { print("known") }')"
expect "the greater of what is not known" 0 "no conflicts" "$dcs" --dry-run "$(write_script 'a = open("in.zarr/raw")' 'print(max(max(a), sum(a)))')"
expect "a network of other channels" 1 "channels do not match" "$dcs" --dry-run "$(sed 's|^p = predict.*|p = predict(b, zeros((3, 40, 40, 40), axes=["c", "z", "y", "x"]), to="predicted.zarr/r")|; s|^l = .*||' predicts.dcs >other.dcs; echo other.dcs)"
finish
