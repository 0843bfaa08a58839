#!/usr/bin/env bash
# Every script in the repository passes --check, and the conformance cases and documented examples hold.
. "$(dirname "$0")/common.bash"
for script in "$root"/scripts/*.dcs "$root"/scripts/examples/*.dcs "$root"/stdlib/*.dcs; do
  expect "--check $(basename "$script")" 0 "" "$dcs" --check "$script"
done
expect "conformance" 0 " 0 failed" "$dcs" --quiet --test "$root/Tests/Conformance"
finish
