#!/usr/bin/env bash
# Segmentation words on what nobody expects (kernels.dcs), what their errors look like, and Ctrl-C inside each of them (interrupts.py). Less than a minute.
. "$(dirname "$0")/common.bash"
here=$(dirname "$0")

expect "hostile values" 0 "all said" "$dcs" --quiet "$here/kernels.dcs" --out "$scratch/hostile"
"$dcs" --quiet "$here/kernels.dcs" --out "$scratch/again" >"$scratch/said" 2>&1
if grep -q FAILED "$scratch/said"; then bad "hostile values"; cat "$scratch/said"; else ok; fi

# An error that nobody catches: what is wrong, the place, the argument.
expect "floats are no labels" 1 "label needs bool or integer voxels, found float32" "$dcs" -e 'label(zeros((2, 3)))'
expect "its place" 1 "-e:1:1" "$dcs" -e 'label(zeros((2, 3)))'
expect "a radius below 0" 1 "\`radius\` must be from 0 to 10,000 voxels" "$dcs" -e 'erode(zeros((2, 3), uint8), radius=-1)'
expect "affinities that are no numbers" 1 "affinities of agglomerate must be numbers, found NaN, or infinities of both signs, between 1 and 2" "$dcs" -e 'agglomerate(cast(arange(2) + 1, uint8), full((1, 2), nan, axes=["c", "x"]))'
expect "a block that fails says why" 3 "labels of 0 or more" "$dcs" -e 'touching(cast(arange(4), int32) - 1)'

if command -v python3 >/dev/null; then
  if python3 "$here/interrupts.py" "$dcs" >"$scratch/interrupts" 2>&1; then ok; else bad "Ctrl-C"; fi
  cat "$scratch/interrupts"
else
  echo "LEFT OUT: Ctrl-C inside of words, which python3 measures"
fi
finish
