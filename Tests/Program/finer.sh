#!/usr/bin/env bash
# Super-resolution: raw at 16 nm (a level of a pyramid, or as it is on disk), labels at 8: split, patches, training, validation, prediction, page, and what is said where they do not fit.
. "$(dirname "$0")/common.bash"
here=$(dirname "$0")
data=$scratch/f.zarr
"$dcs" --quiet "$here/finer.dcs" --out "$data" || bad "data"
"$dcs" --quiet "$here/finer_train.dcs" --data "$data" --runs "$scratch/runs" >"$scratch/log" 2>&1 || { bad "training"; tail -20 "$scratch/log"; }
grep -q "uint8, 16 nm  uint8   8 × 8 × 8 nm" "$scratch/log" && ok || { bad "the table does not show raw's level"; head -8 "$scratch/log"; }
grep -qE "score 0\.[6-9]|score 1" "$scratch/log" && ok || { bad "it learned little"; tail -5 "$scratch/log"; }
grep -q "segmentation" "$scratch/runs/finer/report.html" && ! grep -q "no pictures" "$scratch/runs/finer/report.html" && ok || bad "the page has no slices"
[ -s "$scratch/runs/preview.png" ] && ok || bad "no preview"
scale() { grep -A 3 '"normalisation"' "$scratch/runs/$1/run.json"; }
[ -n "$(scale finer)" ] && [ "$(scale finer)" = "$(scale again)" ] && ok || bad "weights go on with another normalisation"
# the same run again, from its folder alone: the level is found again
expect "opened again" 0 '(16, 16, 16)' "$dcs" --quiet -e "r = open_run(\"finer\", folder=\"$scratch/runs\"); print(r.data.raw_voxel); train(r, iterations=161)"
few="{use: \"train\", raw: \"$data/coarse\", labels: \"$data/inner\"}"
expect "a network as fine as raw" 1 'upsample=[(2, 2, 2)]' "$dcs" --quiet -e "run(\"a\", folder=\"$scratch/runs\", data=datasplit([$few]), task=task.onehot(\"o\"), model=unet(levels=2, features=4, growth=2, input=(20, 20, 20), padding=\"same\"))"
expect "finer than labels" 1 'raw_voxel' "$dcs" --quiet -e "run(\"b\", folder=\"$scratch/runs\", data=datasplit([$few], voxel=(16, 16, 16)nm), task=task.onehot(\"o\"), model=unet(levels=2, features=4, growth=2, input=(20, 20, 20), padding=\"same\", upsample=[2]))"
expect "no whole factor" 1 'whole factors' "$dcs" --quiet -e "datasplit([$few], raw_voxel=(20, 20, 20)nm)"
finish
