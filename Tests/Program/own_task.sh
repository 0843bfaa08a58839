#!/usr/bin/env bash
# A task of one's own, as a user would train it, go on with it and look at its run.
. "$(dirname "$0")/common.bash"
here=$(cd "$(dirname "$0")" && pwd)
cd "$scratch" || exit 1
"$dcs" --quiet "$here/examples_data.dcs" --out . || bad "data"

# A task of one's own: trained, validated with its sweep, predicted; opened without it, it says how to go on.
expect "a task of one's own" 0 "best voi" "$dcs" --quiet "$here/own_task.dcs"
expect "opened without its task it predicts" 0 "float32" "$dcs" --quiet -e 'predict(best("edges"), open("validate.zarr/em/s1")).dtype'
expect "opened without its task it does not train" 1 "task=t" "$dcs" --quiet -e 'train(open_run("edges"), iterations=99)'
expect "trained by the same script" 0 "6 iterations" "$dcs" --quiet "$here/own_task.dcs" --iterations 6
expect "another function is refused" 1 "another function" "$dcs" --quiet "$here/own_task.dcs" --width 32nm
expect "keep lists" 0 "would go" "$dcs" --quiet -e 'keep(open_run("edges"), [6])'
expect "keep deletes when told" 0 "is gone" "$dcs" --quiet -e 'keep(open_run("edges"), [6], delete=true)'
[ "$(ls runs/edges/checkpoints | wc -l)" = 1 ] && ok || bad "keep: more than one checkpoint"
expect "runs" 0 "edges" "$dcs" --quiet -e 'runs()'
finish
