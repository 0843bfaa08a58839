#!/usr/bin/env bash
# The tour of a new user (scripts/tour), and what must be seen on it.
. "$(dirname "$0")/common.bash"
transcript=$scratch/tour.txt
"$root/scripts/tour" "$dcs" >"$transcript" 2>&1
code=$?
if grep -q "^tour: skipped" "$transcript"; then cat "$transcript"; exit 0; fi
sees() { if grep -qF -- "$2" "$transcript"; then ok; else bad "$1: no \"$2\""; fi; }
[ $code = 0 ] && ok || bad "the tour: exit $code"
sees "TAB inside of a container" 'dcs> raw = open("cells.zarr/em/s0")'
sees "a typo has a suggestion" "did you mean \`threshold\`?"
sees "help of a word" "label(mask: array"
sees "TAB in a call" "connectivity="
sees "a pasted block" "dcs> bright(raw)"
sees "Ctrl-C in a loop" "ms  while true"
sees "Ctrl-C in a filter" "ms  raw |> median"
sees "Ctrl-C in blocks" "ms  blockwise"
sees "names survive" "42"
sees "the session is saved" "tour.dcs: "
sees "and replays" "passes the check and runs again"
[ $failed = 0 ] || cat "$transcript"
finish
