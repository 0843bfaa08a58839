#!/usr/bin/env bash
# Data splits: one CSV with every mistake one can make, all said at once with file, line and what to do; DaCapo's rules; folders; print(split).
. "$(dirname "$0")/common.bash"
here=$(dirname "$0")
"$dcs" --quiet "$here/split.dcs" --out "$scratch/d.zarr" || bad "data"
cat >"$scratch/bad.csv" <<'END'
use,raw,labels,mask,annotated
train,d.zarr/good/raw,d.zarr/good/labels,,
train,d.zarr/gone/raw,d.zarr/good/labels,,
train,d.zarr/good/labels,d.zarr/good/raw,,
train,d.zarr/good/ids,d.zarr/good/raw,,
train,d.zarr/good/raw,d.zarr/bad/floats,,
train,d.zarr/good/raw,d.zarr/bad/fine,,
train,d.zarr/good/raw,d.zarr/bad/elsewhere,,
train,d.zarr/good/raw,d.zarr/good/labels,d.zarr/bad/nothing,
train,d.zarr/good/raw,d.zarr/bad/nothing,,
train,d.zarr/bad/small,d.zarr/good/labels,,
sometimes,d.zarr/good/raw,d.zarr/good/labels,,
train,d.zarr/good/raw,d.zarr/good/raw,,
train,d.zarr/good/raw,d.zarr/good/labels,,er
END
printf '%s\n' "datasplit(\"$scratch/bad.csv\", input=(20, 32, 32))" >"$scratch/bad.dcs"
"$dcs" "$scratch/bad.dcs" >"$scratch/bad.log" 2>&1
[ $? = 1 ] && ok || bad "bad split: exit code"

# says LINE TEXT REMEDY: the line of the CSV is named with what is wrong, and what to do stands below it.
says() {
  local line
  line=$(grep -nF "bad.csv:$1: " "$scratch/bad.log" | grep -F -- "$2" | head -1 | cut -d: -f1)
  if [ -z "$line" ]; then bad "line $1: no \"$2\" in"; cat "$scratch/bad.log"; return; fi
  if [ -n "$3" ] && ! sed -n "$((line + 1))p" "$scratch/bad.log" | grep -qF -- "→ $3"; then bad "line $1: no \"$3\" below"; sed -n "$((line + 1))p" "$scratch/bad.log"; return; fi
  ok
}
says 3 'no raw at' 'check the path of raw'
says 4 'raw must be unsigned integers of 8 or 16 bits or floats' 'raw and labels may be swapped'
says 5 'look like grey values' 'raw and labels are swapped'
says 6 'labels must be integers or bool' 'raw and labels may be swapped'
says 7 'voxel sizes differ: raw (8, 8, 8) nm, labels (5, 5, 5) nm' 'voxel=(8, 8, 8)nm'
says 8 'do not overlap raw' 'offsets of raw and labels'
says 9 'is 0 throughout: nothing of the crop would count' 'leave the mask out'
says 10 'the crop is all background' 'fine for a crop without objects'
says 11 "is smaller than the network's input of (20, 32, 32)" 'take a smaller input'
says 12 'use must be train or validate, found "sometimes"' ''
says 13 'raw and labels are the same array' 'give the array of ids as labels'
says 14 'annotated names class "er"' ''
[ "$(grep -c 'bad.csv:2: ' "$scratch/bad.log")" = 0 ] && ok || bad "the good line"

# As values for a script.
printf '%s\n' "try { datasplit(\"$scratch/bad.csv\") } catch e { print(len(e.failed)) }" >"$scratch/failed.dcs"
expect "problems as a list" 0 "12" "$dcs" --quiet "$scratch/failed.dcs"

# DaCapo's five columns: classes, the negative class, ids, levels of a pyramid.
dcs_prints() { local name=$1 text=$2; shift 2; printf '%s\n' "$@" >"$scratch/s.dcs"; expect "$name" 0 "$text" "$dcs" --quiet "$scratch/s.dcs"; }
printf 'train,d.zarr,good/raw,d.zarr,classes/[mito&er]\nval,d.zarr,good/raw,d.zarr,classes/[er]\n' >"$scratch/dacapo.csv"
expect "classes differ" 1 'classes=["mito", "er"]' "$dcs" -e "datasplit(\"$scratch/dacapo.csv\")"
expect "a class is missing" 1 'negative=true' "$dcs" -e "datasplit(\"$scratch/dacapo.csv\", classes=[\"mito\", \"er\"])"
dcs_prints "negative class" 'masked true, mito 0.0000' "d = datasplit(\"$scratch/dacapo.csv\", classes=[\"mito\", \"er\"], negative=true)" 'v = d.crops[1]' 'print("masked {v.masked}, mito {v.labelled_mito:.4f}")'
dcs_prints "negative class is where another one is" 'true' "d = datasplit(\"$scratch/dacapo.csv\", classes=[\"mito\", \"er\"], negative=true)" 'v = d.validate[0]' 'print(same(v.mask[c=0] > 0, v.labels[c=1] > 0))'
dcs_prints "ids as classes" '["some", "all"]' "d = datasplit([{use: \"train\", raw: \"$scratch/d.zarr/good/raw\", labels: \"$scratch/d.zarr/good/labels\"}], binarize={some: [1, 2], all: []})" 'print(d.classes)'
dcs_prints "a level of the pyramid" '(20, 24, 28) (16, 16, 16) nm' "d = datasplit([{use: \"train\", raw: \"$scratch/d.zarr/levels\", labels: \"$scratch/d.zarr/good/labels\"}], voxel=(16, 16, 16)nm)" 'print("{d.crops[0].shape} {d.voxel}")'
printf 'use,raw,labels,annotated\ntrain,d.zarr/good/raw,"d.zarr/classes/[mito&er]",mito\n' >"$scratch/annotated.csv"
dcs_prints "annotated" '0 true' "d = datasplit(\"$scratch/annotated.csv\")" 'm = d.train[0].mask' 'print("{max(m[c=1])} {min(m[c=0]) > 0}")'

# A folder with one crop in a container and one of loose arrays, with a class an array.
mkdir -p "$scratch/f/train" "$scratch/f/validate/slab"
cp -r "$scratch/d.zarr/crop" "$scratch/f/train/one.zarr"
cp -r "$scratch/d.zarr/good/raw" "$scratch/f/validate/slab/raw.zarr"
cp -r "$scratch/d.zarr/classes" "$scratch/f/validate/slab/labels.zarr"
dcs_prints "folder" 'train one, validate slab, ["er", "mito"]' "d = datasplit(\"$scratch/f/\", classes=[\"er\", \"mito\"])" 'print("train {d.train[0].name}, validate {d.validate[0].name}, {d.classes}")'
expect "not such a folder" 1 'train/…/raw' "$dcs" -e "datasplit(\"$scratch\")"

# The table of a split: shapes, voxel sizes, shares, problems.
dcs_prints "print(split)" 'no labels' "print(datasplit([{use: \"train\", raw: \"$scratch/d.zarr/good/raw\", labels: \"$scratch/d.zarr/good/labels\"}, {use: \"train\", name: \"n\", raw: \"$scratch/d.zarr/good/raw\", labels: \"$scratch/d.zarr/bad/nothing\"}]))"
expect "print(split) has shapes" 0 '40 × 48 × 56' "$dcs" --quiet "$scratch/s.dcs"
finish
