#!/usr/bin/env bash
# The array words beside NumPy (Tests/Interop/arrays_parity.py): PARITY random cases a word, 200 unless said.
# PEERS_PYTHON names a Python that has numpy; without it python3 is tried.
. "$(dirname "$0")/common.bash"

has_numpy() { "$1" -c 'import numpy; assert int(numpy.__version__.split(".")[0]) >= 2' >/dev/null 2>&1; }
python=${PEERS_PYTHON:-python3}
if ! has_numpy "$python"; then
  if [ -n "${PEERS_PYTHON:-}" ]; then bad "$PEERS_PYTHON lacks numpy >= 2"; finish; exit 1; fi
  echo "LEFT OUT: array words beside NumPy >= 2, which python3 lacks (PEERS_PYTHON names another)"
  exit 0
fi
if "$python" "$root/Tests/Interop/arrays_parity.py" --dcs "$dcs" --count "${PARITY:-200}" --seed "${SEED:-1}" --keep "$scratch/arrays"; then ok; else bad "array words beside NumPy"; fi
finish
