#!/usr/bin/env bash
# Random arrays from zarr-python and tensorstore to dcs and back (Tests/Interop/roundtrip.py). ROUNDTRIPS cases each way, 200 unless said.
# PEERS_PYTHON names a Python that has numpy, zarr, numcodecs and tensorstore; without it python3 is tried, and with INTEROP=1 a venv is made for it.
. "$(dirname "$0")/common.bash"

has_peers() { "$1" -c 'import numpy, zarr.codecs.numcodecs, numcodecs, tensorstore' >/dev/null 2>&1; }
python=${PEERS_PYTHON:-python3}
if ! has_peers "$python"; then
  if [ -n "${PEERS_PYTHON:-}" ]; then bad "$PEERS_PYTHON lacks numpy, zarr >= 3.1, numcodecs or tensorstore"; finish; exit 1; fi
  if [ "${INTEROP:-}" != 1 ]; then
    echo "LEFT OUT: round trips with zarr-python and tensorstore, which python3 lacks (PEERS_PYTHON names another, INTEROP=1 makes a venv)"
    exit 0
  fi
  python3 -m venv "$scratch/venv" && "$scratch/venv/bin/pip" install --quiet numpy 'zarr>=3.1' numcodecs tensorstore google-crc32c || { bad "no venv with the peers"; finish; exit 1; }
  python=$scratch/venv/bin/python
fi
if "$python" "$root/Tests/Interop/roundtrip.py" --dcs "$dcs" --count "${ROUNDTRIPS:-200}" --seed "${SEED:-1}" --keep "$scratch/arrays"; then ok; else bad "round trips"; fi
finish
