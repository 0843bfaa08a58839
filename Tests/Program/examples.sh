#!/usr/bin/env bash
# The example scripts and the two beside them, as their users run them: on small data made here (examples_data.dcs), and as dry runs that leave nothing behind.
. "$(dirname "$0")/common.bash"
here=$(cd "$(dirname "$0")" && pwd)
examples=$root/scripts/examples
cd "$scratch" || exit 1
mkdir data && cd data
export LSF_STANDIN=$scratch/lsf PATH=$here/lsf:$PATH
"$dcs" --quiet "$here/examples_data.dcs" || bad "data"
last=$(find broken.zarr/raw -type f ! -name '.z*' | sort | tail -1)
head -c 500 "$last" >"$scratch/cut" && mv "$scratch/cut" "$last"

# script NAME CODE TEXT ARGUMENTS…: as `expect`, for an example; what it prints stays in $said.
said=$scratch/said
script() {
  local name=$1 code=$2 text=$3
  shift 3
  timeout 120 "$dcs" --quiet "$examples/$name.dcs" "$@" >"$said" 2>&1 </dev/null
  local status=$?
  expect "$name $*" 0 "$text" cat "$said"
  [ $status = "$code" ] && ok || { bad "$name $*: exit $status, expected $code"; head -20 "$said"; }
}
says() { grep -qE -- "$2" "$said" && ok || { bad "$1: nothing like \"$2\""; head -40 "$said"; }; }
value() { expect "$1" 0 "$2" "$dcs" --quiet -e "print($3)"; }

# dry CODE TEXT SCRIPT ARGUMENTS…: a dry run ends with CODE and its report has TEXT; no file comes, goes or changes.
files() { find . -type f -printf '%p %s %T@\n' -o -type d -print | sort; }
dry() {
  local code=$1 text=$2 name=$(basename "$3") status
  shift 2
  files >"$scratch/before"
  timeout 60 "$dcs" --quiet --dry-run "$@" >"$said" 2>&1 </dev/null
  status=$?
  files >"$scratch/after"
  [ $status = "$code" ] && ok || { bad "dry run of $name: exit $status, expected $code"; tail -20 "$said"; }
  grep -qF "$name: nothing was computed on disk, nothing was written" "$said" && grep -qF -- "$text" "$said" && ok || { bad "dry run of $name: no \"$text\""; tail -30 "$said"; }
  same_files "a dry run of $name leaves nothing" "$scratch/before" "$scratch/after"
}

dry 0 "no conflicts" "$examples/explore.dcs"
dry 0 "no conflicts" "$examples/chunks.dcs" jrc_hela-2.zarr/em/s0
dry 0 "to 4 iterations; 0 are done" "$examples/train_mito.dcs" --iterations 4 --levels 2 --input 44
dry 0 "no conflicts" "$examples/clean.dcs" jrc_hela-2.zarr/labels/mito/s0 clean.zarr
dry 0 "no conflicts" "$root/scripts/quickstart.dcs"
dry 0 "no conflicts" "$root/scripts/mito.dcs" crops.zarr

# 1 explore: metadata, figures of a crop, what has labels. The tile has voxels of every grey, the crop none that is missing.
script explore 0 "uint8 (z 256, y 256, x 256)"
says "explore: statistics" '^mean 1[0-9]{2}\.[0-9], range [0-9]+ to [0-9]+, 0 NaN$'
says "explore: labels" '^labels/mito: uint32, ([2-9]|1[0-9]|2[01]) ids in \(512, 1024, 2048\) nm$'
says "explore: no labels" '^labels/er: none$'

# 2 chunks: one was not written; a damaged one shows when it is decoded.
script chunks 0 "stored" jrc_hela-2.zarr/em/s0 --verify true
says "chunks: missing" '^ *missing +1$'
says "chunks: stored" '^ *stored +63$'
[ -e unreadable.csv ] && bad "chunks: a list of unreadable chunks where there are none" || ok
script chunks 1 "1 unreadable chunks, first at [256:512, 256:512, 256:512] nm" broken.zarr/raw --verify true
expect "chunks: the list" 0 '"(1, 1, 1)"' grep unreadable unreadable.csv
expect "chunks: its length" 0 "2" sh -c 'wc -l <unreadable.csv'

# 3 train_mito, 4 resume, 5 sweep: one run.
small=(--iterations 4 --levels 2 --input 44)
script train_mito 0 "mito-dist" "${small[@]}"
says "train_mito: a preview" 'target'
[ -f runs/mito-dist/best.json ] && ok || bad "train_mito: nothing was validated"
script train_mito 0 "4 iterations" "${small[@]}"
script train_mito 1 "exists with other settings" --iterations 4 --levels 2 --input 40
dry 0 "iterations" "$examples/resume.dcs" --more 3 --least 0
script resume 0 "mito-dist: 4 iterations done, last loss" --more 3 --least 0
says "resume: the best" '^best f1 [01]\.[0-9]{3} at [47] with \{threshold:'
[ "$(tail -1 runs/mito-dist/losses.csv | cut -d, -f1)" = 7 ] && ok || bad "resume: not 7 iterations"
value "resume: the model predicts" "float32" 'predict(load_model("models/mito-dist.dcmodel"), open("sample.zarr/em/s1")).dtype'
script resume 1 "not good enough" --more 1 --least 2
sweep=(--volume sample.zarr/em/s1 --out scratch.zarr/mito_big)
dry 0 "predict" "$examples/sweep.dcs" "${sweep[@]}"
script sweep 0 "score" "${sweep[@]}"
threshold=$(sed -n 's/^threshold \(-\{0,1\}0\.[0-9]\{3\}\)$/\1/p' "$said")
[ -n "$threshold" ] && ok || { bad "sweep: no threshold"; cat "$said"; }
value "sweep: the mask is the prediction above the threshold" "true" \
  "same(cast(open(\"scratch.zarr/mito_mask\"), uint8), cast(open(\"scratch.zarr/mito_dist\") > ${threshold:-9}, uint8))"
value "sweep: only large objects" "true" 'len(filter(objects(open("scratch.zarr/mito_big")), fn(o) = o.size < 5_000)) == 0'

# 6 affs: a volume smaller than a block; once more gives the same, and what is done is not done again.
"$dcs" --quiet "$here/neurons.dcs" || bad "a model of affinities"
dry 0 "conflicts" "$examples/affs.dcs"
script affs 0 "objects in (320, 512, 576) nm" --bias 0.5
objects=$(sed -n 's/^\([0-9]*\) objects in.*/\1/p' "$said")
[ "${objects:-0}" -gt 9 ] && ok || bad "affs: no objects"
cat >affs_check.dcs <<'SCRIPT'
import metrics
seg = open("cortex.zarr/seg/labels")
print("ids {len(unique(seg)) - 1} up to {max(seg)}")
print("near the truth", metrics.all(seg, open("cortex.zarr/truth/s0")).voi < 4)
SCRIPT
expect "affs: ids are 1 to the number of objects" 0 "ids $objects up to $objects" "$dcs" --quiet affs_check.dcs
expect "affs: near the truth" 0 "near the truth true" "$dcs" --quiet affs_check.dcs
script affs 0 "$objects objects in" --bias 0.5 --out cortex.zarr/again
value "affs: twice the same" "true" 'same(open("cortex.zarr/seg/labels"), open("cortex.zarr/again/labels"))'
script affs 0 "objects in (160, 256, 576) nm" --bias 0.5 --out cortex.zarr/part --area '[80nm:240nm, 0nm:256nm, 0um:0.6um]'
script affs 2 "is no roi" --area '[80:240]'

# 7 clean: objects that are kept are large, and lie where there was something; again, nothing is left to do.
script clean 0 "blocks" jrc_hela-2.zarr/labels/mito/s0 clean.zarr --keep 5000
says "clean: its picture" 'true [1-9][0-9]*\.[0-9] %'
cat >clean_check.dcs <<'SCRIPT'
a = open("jrc_hela-2.zarr/labels/mito/s0")
kept = open("clean.zarr/clean")
sizes = objects(kept).size
print("kept", len(sizes) > 0, "large", min(sizes) >= 5000, "inside", sum((kept > 0) & (a == 0)) == 0, "fewer", len(sizes) < len(unique(open("clean.zarr/labels"))) - 1)
SCRIPT
expect "clean: what is kept" 0 "kept true large true inside true fewer true" "$dcs" --quiet clean_check.dcs
script clean 0 "blocks" jrc_hela-2.zarr/labels/mito/s0 clean.zarr --keep 5000
says "clean: nothing is left to do" 'blocks +[0-9]+ +([0-9]+) +\1 +0'

# 8 cluster: three trainings as jobs, the best one applied by tasks, with a network of two levels.
sed -E 's/^param iterations = [0-9_]+/param iterations = 4/; s/^param levels = 4/param levels = 2/; s/^param input = 132/param input = 44/' "$examples/train_scale.dcs" >train_scale.dcs
cp "$examples/cluster.dcs" .
cluster=(--volume sample.zarr/em/s1 --every 200ms)
dry 0 "submit" cluster.dcs "${cluster[@]}"
expect "cluster" 0 "winner mito-" "$dcs" --quiet cluster.dcs "${cluster[@]}"
for name in mito-80nm mito-160nm mito-320nm; do [ "$(tail -1 runs/$name/losses.csv | cut -d, -f1)" = 4 ] && ok || bad "cluster: run $name"; done
value "cluster: the mask" "uint8 (40, 56, 56) true" '[open("hela2.zarr/mito")] |> map(fn(m) = "{m.dtype} {m.shape} {max(m) <= 1}") |> join("")'
[ "$(grep -c '^bsub .*-q gpu_h100 ' "$LSF_STANDIN/calls") $(grep -c '^bsub .*-q local ' "$LSF_STANDIN/calls")" = "4 1" ] && ok || { bad "cluster: jobs"; cat "$LSF_STANDIN/calls"; }

# finetune: a head that keeps the class it knows; nothing is forgotten by a step with a small rate.
"$dcs" --quiet "$here/standin.dcs" || bad "a stand-in for COSEM"
tune=(--start models/standin.dcmodel --iterations 6 --every 3 --input 44)
dry 0 "to 1 iterations; 0 are done" "$examples/finetune.dcs" "${tune[@]}"
script finetune 0 "after" "${tune[@]}"
says "finetune: the head" 'of its head pm'
says "finetune: before and after" '^before: [01]\.[0-9]{3}$'
[ -s models/pm-finetuned.dcmodel ] && [ -s runs/pm-finetuned/report.html ] && ok || bad "finetune: no model or no page"

# tutorial: two tasks on one volume, from a TIFF to objects; their pages are well formed.
script tutorial 0 "affinities" --iterations 6 --every 3 --features 4 --input '[2, 132, 132]'
value "tutorial: objects lie on the raw grid" "[(12, 64, 64), (290, 260, 260) nm]" '[open("cells.zarr/distances_objects").shape, open("cells.zarr/distances_objects").voxel]'
for run in distances affinities; do [ -s runs/$run/report.html ] && ok || bad "tutorial: no page of $run"; done

# 9 report: a table, a CSV, plots, exit 1 where a row got worse; and pages made of such a table are well formed.
"$dcs" --quiet "$here/evaluation.dcs" . || bad "evaluation data"
dry 0 "reads" "$examples/report.dcs"
script report 1 "1 of 3 got worse or failed: missing"
script report 0 "good" --pairs passing.csv --out passing
expect "report: scores" 0 "name,f1,jaccard,voi,delta,error" head -1 report/scores.csv
expect "report: a perfect row" 0 "good,1.0,1.0,0.0,0.5," grep good report/scores.csv
expect "report: bars" 0 "PNG" head -c 4 report/f1.png
expect "report: points" 0 "</svg>" tail -1 report/f1_voi.svg
expect "a page" 0 "" "$dcs" -e 'import report; report.scores("page.html", read_csv("report/scores.csv"), title="A & B <c>")'
expect "title in markup" 0 "<h1>A &amp; B &lt;c&gt;</h1>" cat page.html
expect "plot inside the page" 0 "<svg xmlns" cat page.html
if grep -qE 'src="[^d]|href="http|<script' page.html; then bad "the page needs something from outside"; else ok; fi

# Afterwards everything exists: a dry run says what would go on and what stands in the way.
dry 0 "no conflicts" "$examples/explore.dcs"
dry 0 "to 4 iterations; 8 are done" "$examples/train_mito.dcs" "${small[@]}"
dry 0 "goes on" "$examples/affs.dcs" --bias 0.5
dry 0 "goes on: 2 of 2 blocks are done" "$examples/clean.dcs" jrc_hela-2.zarr/labels/mito/s0 clean.zarr --keep 5000
dry 0 "no conflicts that can be known before running" "$examples/sweep.dcs" "${sweep[@]}"
says "sweep: what is there" '^ +exists already$'
dry 1 "conflict: cortex.zarr/seg/affs exists with another plan" "$examples/affs.dcs" --area '[80nm:240nm, 0nm:256nm, 0nm:600nm]'
finish
