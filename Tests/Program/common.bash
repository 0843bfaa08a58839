# Shared by the program checks: the built dcs, a scratch folder that goes away, and a way to say what was expected.
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
dcs=${DCS:-$(cd "$root" && swift build -c release --show-bin-path)/dcs}
[[ $("$dcs" --version 2>/dev/null) == dcs* ]] || { echo "there is no dcs to check at $dcs"; exit 1; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0
failed=0

ok() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); printf 'FAILED %s\n' "$*"; }

# expect NAME CODE TEXT COMMAND…: the command exits with CODE and TEXT stands in its output.
expect() {
  local name=$1 code=$2 text=$3 output status
  shift 3
  output=$(timeout 120 "$@" 2>&1 </dev/null)
  status=$?
  if [ $status != "$code" ]; then bad "$name: exit $status, expected $code"; printf '%s\n' "$output" | head -20; return; fi
  if ! grep -qF -- "$text" <<<"$output"; then bad "$name: no \"$text\" in"; printf '%s\n' "$output" | head -20; return; fi
  ok
}

# same_files NAME FILE FILE: equal, and something stands in them.
same_files() {
  if ! cmp -s "$2" "$3"; then bad "$1: $2 and $3 differ"; elif [ ! -s "$2" ]; then bad "$1: nothing in $2"; else ok; fi
}

finish() {
  echo "$passed passed, $failed failed"
  [ $failed = 0 ] && [ $passed -gt 0 ]
}
