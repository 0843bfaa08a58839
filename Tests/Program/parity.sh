#!/usr/bin/env bash
# Segmentation words beside scipy, scikit-image, cc3d, fastremap, mwatershed, lsds and SimpleITK on random volumes (Tests/Interop/parity.py): PARITY cases a word, 25 unless said.
# PEERS_PYTHON names a Python that has them; without it python3 is tried.
. "$(dirname "$0")/common.bash"

has_peers() { "$1" -c 'import numpy, scipy, skimage, cc3d, fastremap, mwatershed, importlib.metadata as m, funlib.geometry; m.distribution("lsds"); import SimpleITK' >/dev/null 2>&1; }
python=${PEERS_PYTHON:-python3}
if ! has_peers "$python"; then
  if [ -n "${PEERS_PYTHON:-}" ]; then bad "$PEERS_PYTHON lacks numpy, scipy, skimage, cc3d, fastremap, mwatershed, lsds, SimpleITK or funlib.geometry"; finish; exit 1; fi
  echo "LEFT OUT: segmentation words beside their references, which python3 lacks (PEERS_PYTHON names a Python that has them)"
  exit 0
fi
if PYTHONDONTWRITEBYTECODE=1 "$python" "$root/Tests/Interop/parity.py" --dcs "$dcs" --count "${PARITY:-25}" --seed "${SEED:-1}" --keep "$scratch/volumes"; then ok; else bad "parity"; fi
finish
