#!/usr/bin/env bash
# Arrays that other programs wrote, read by the built dcs: the folder DCS_INTEROP holds them, their values as .npy, and index.json with one row each.
. "$(dirname "$0")/common.bash"

if [ -z "${DCS_INTEROP:-}" ] || [ ! -f "$DCS_INTEROP/index.json" ]; then
  echo "LEFT OUT: arrays of other programs, as DCS_INTEROP names no folder with an index.json"
  exit 0
fi

# One statement a row saves what dcs reads as .npy, which must be the file of the expected values to the byte. N5 lists its axes the other way round.
python3 - "$DCS_INTEROP" "$scratch" <<'PY'
import json, os, sys
folder, scratch = sys.argv[1:]
with open(os.path.join(scratch, "rows.dcs"), "w") as script, open(os.path.join(scratch, "rows.txt"), "w") as rows:
    for number, row in enumerate(json.load(open(os.path.join(folder, "index.json")))):
        array = f'open("{os.path.join(folder, row["store"], row["path"]).rstrip("/")}")'
        if row["format"] == "n5" and len(row["shape"]) > 1:
            array = f'transpose({array}, {list(range(len(row["shape"])))[::-1]})'
        script.write(f'try {{ save({array}, "{scratch}/{number}.npy") }} catch e {{ save(e.message, "{scratch}/{number}.txt") }}\n')
        rows.write(f'{row["status"]} {number} {row["npy"]} {row["store"]}\n')
PY
if ! "$dcs" --quiet "$scratch/rows.dcs" >"$scratch/output.txt" 2>&1; then bad "the script of all rows: $(tail -3 "$scratch/output.txt")"; finish; exit 1; fi
while read -r status number npy store; do
  if [ -f "$scratch/$number.npy" ]; then
    same_files "$store" "$scratch/$number.npy" "$DCS_INTEROP/$npy"
  elif [ "$status" = optional ] && grep -q "is not supported" "$scratch/$number.txt"; then
    ok
  else
    bad "$store: $(cat "$scratch/$number.txt")"
  fi
done <"$scratch/rows.txt"
[ "$(wc -l <"$scratch/rows.txt")" -gt 100 ] || bad "only $(wc -l <"$scratch/rows.txt") rows were read"
finish
