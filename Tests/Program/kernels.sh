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
for word in touching objects; do expect "labels below 0 are no matter of blocks" 1 "error: $word needs labels of 0 or more, found int64" "$dcs" -e "$word(cast(arange(4), int32) - 1)"; done
expect "where labels are below 0" 1 "-e:1:1" "$dcs" -e 'objects(cast(arange(4), int32) - 1)'
expect "what to do about it" 1 "cast to an unsigned type first" "$dcs" -e 'objects(cast(arange(4), int32) - 1)'
# An error names the word that was called, not one that it is made of.
for word in erode dilate opening closing; do expect "$word of floats" 1 "$word needs bool or integer voxels, found float32" "$dcs" -e "$word(zeros((2, 3)))"; done
for word in confusion binary_scores contingency partition_scores distance_scores; do
  expect "$word of floats" 1 "$word needs bool or integer voxels, found float32" "$dcs" -e "$word(zeros((2, 3)), zeros((2, 3)))"
done

if command -v python3 >/dev/null; then
  if python3 "$here/interrupts.py" "$dcs" >"$scratch/interrupts" 2>&1; then ok; else bad "Ctrl-C"; fi
  cat "$scratch/interrupts"
else
  echo "LEFT OUT: Ctrl-C inside of words, which python3 measures"
fi
finish
