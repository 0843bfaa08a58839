#!/usr/bin/env bash
# The example scripts train_mito, resume and sweep on a small phantom, as a user would run them one after the other; and tasks of one's own.
. "$(dirname "$0")/common.bash"
here=$(cd "$(dirname "$0")" && pwd)
examples=$root/scripts/examples
cd "$scratch" || exit 1
"$dcs" --quiet "$here/examples_training_data.dcs" --out . || bad "data"

expect "train_mito" 0 "mito-dist" "$dcs" --quiet "$examples/train_mito.dcs" --iterations 4 --levels 2 --input 44
[ -f runs/mito-dist/best.json ] && ok || bad "train_mito: nothing was validated"
expect "train_mito again: nothing left to do" 0 "4 iterations" "$dcs" --quiet "$examples/train_mito.dcs" --iterations 4 --levels 2 --input 44
expect "another network is refused" 1 "exists with other settings" "$dcs" --quiet "$examples/train_mito.dcs" --iterations 4 --levels 2 --input 40
expect "resume" 0 "best f1" "$dcs" --quiet "$examples/resume.dcs" --more 3 --least 0
[ -f models/mito-dist.dcmodel ] && ok || bad "resume: no model"
[ "$(tail -1 runs/mito-dist/losses.csv | cut -d, -f1)" = 7 ] && ok || bad "resume: not 7 iterations"
expect "resume below the least score" 1 "not good enough" "$dcs" --quiet "$examples/resume.dcs" --more 1 --least 2
expect "sweep" 0 "threshold" "$dcs" --quiet "$examples/sweep.dcs"
[ -d jrc_hela-2.zarr/seg/mito_mask ] && ok || bad "sweep: no mask"

# A task of one's own: trained, validated with its sweep, predicted; opened without it, it says how to go on.
expect "a task of one's own" 0 "best voi" "$dcs" --quiet "$here/own_task.dcs"
expect "opened without its task it predicts" 0 "float32" "$dcs" --quiet -e 'predict(best("edges"), open("validate.zarr/em/s1")).dtype'
expect "opened without its task it does not train" 1 "task=t" "$dcs" --quiet -e 'train(open_run("edges"), iterations=99)'
expect "trained by the same script" 0 "6 iterations" "$dcs" --quiet "$here/own_task.dcs" --iterations 6
expect "another function is refused" 1 "another function" "$dcs" --quiet "$here/own_task.dcs" --width 32nm
expect "keep lists" 0 "would go" "$dcs" --quiet -e 'keep(open_run("edges"), [6])'
expect "keep deletes when told" 0 "is gone" "$dcs" --quiet -e 'keep(open_run("edges"), [6], delete=true)'
[ "$(ls runs/edges/checkpoints | wc -l)" = 1 ] && ok || bad "keep: more than one checkpoint"
expect "runs" 0 "mito-dist" "$dcs" --quiet -e 'runs()'
expect "compare" 0 "0.001" "$dcs" --quiet -e 'compare("edges", "mito-dist")'
finish
