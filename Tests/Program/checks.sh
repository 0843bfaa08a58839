#!/usr/bin/env bash
# Every script in the repository passes --check, and the conformance cases and documented examples hold.
. "$(dirname "$0")/common.bash"
for script in "$root"/scripts/*.dcs "$root"/scripts/examples/*.dcs "$root"/stdlib/*.dcs; do
  expect "--check $(basename "$script")" 0 "" "$dcs" --check "$script"
done
expect "conformance" 0 " 0 failed" "$dcs" --quiet --test "$root/Tests/Conformance"

# What the documents show is true: the examples of stdlib, and the README's script.
mkdir "$scratch/stdlib"
for module in "$root"/stdlib/*.dcs; do
  name=$(basename "$module" .dcs)
  { [ "$name" = prelude ] || echo "import $name"; sed -n 's/^##     \(.*#=>.*\)/\1/p' "$module"; } >"$scratch/stdlib/$name.dcs"
done
expect "examples of stdlib" 0 " 0 failed" "$dcs" --quiet --test "$scratch/stdlib"
awk '/^```dcs/ {inside = 1; next} /^```/ {inside = 0} inside' "$root/README.md" >"$scratch/readme.dcs"
expect "script of README" 0 "6 of 12 values lie above 11" "$dcs" "$scratch/readme.dcs"

# What is made from the declarations is what they say now: scripts/generate refreshes it.
"$dcs" --reference >"$scratch/reference.md"; same_files "docs/reference.md is current" "$scratch/reference.md" "$root/docs/reference.md"
"$dcs" --grammar >"$scratch/grammar.json"; same_files "the editor grammar is current" "$scratch/grammar.json" "$root/editors/dcs.tmLanguage.json"
for shell in bash zsh fish; do
  "$dcs" --completions $shell >"$scratch/dcs.$shell"; same_files "completions of $shell are current" "$scratch/dcs.$shell" "$root/completions/dcs.$shell"
  if command -v $shell >/dev/null; then expect "completions of $shell are read by it" 0 "" $shell -n "$scratch/dcs.$shell"; fi
done
expect "completions of no shell" 2 "bash, zsh, fish" "$dcs" --completions csh
expect "every word has a place" 0 "### \`label\`" cat "$scratch/reference.md"
finish
