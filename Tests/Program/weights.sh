#!/usr/bin/env bash
# Weights of other programs: fixtures of torch.save into networks and out again; with PyTorch, onnx and onnxruntime (PEERS_PYTHON names a Python that has them)
# random networks both ways (Tests/Interop/weights.py) and how exact they are beside float64 (precision.py). A mirror of published weights is a web server of this machine.
. "$(dirname "$0")/common.bash"
here=$root/Tests/Fixtures
cd "$scratch"
into='unet(levels=2, features=4, growth=2, out=3, input=(24, 24, 24))'

# The same weights by five names give the same output; so do they after every way out and in again.
cat >forms.dcs <<SCRIPT
a = random((1, 20, 20, 20), key="raw")
m = load_model("$here/weights/dacapo_03.pt", into=$into, activation="tanh")
print(m.provenance.report)
p = apply(m, a)
for form in ["dacapo_main", "cellmap", "parallel_legacy"] {
  assert(same(apply(load_model("$here/weights/{form}.pt", into=$into, activation="tanh"), a), p), form)
}
for names in ["dacapo", "dacapo-main", "own"] {
  for ending in ["pt", "safetensors"] {
    export(m, to="out/{names}.{ending}", names=names)
    assert(same(apply(load_model("out/{names}.{ending}", into=$into, activation="tanh"), a), p), names + ending)
  }
}
export(m, to="out/m.dcmodel", note="by way of PyTorch")
assert(same(apply(load_model("out/m.dcmodel"), a), p), "dcmodel")
export(m, to="out/m.onnx", input=(20, 20, 20))
print("all forms agree")
SCRIPT
expect "forms" 0 "all forms agree" "$dcs" --quiet forms.dcs
expect "what was loaded" 0 "16 of 16 weights loaded by the names of DaCapo 0.3; 16 skipped" "$dcs" --quiet forms.dcs
[ "$(head -c 4 out/m.onnx | od -An -tx1 | tr -d ' \n')" = 08081203 ] && ok || bad "the beginning of out/m.onnx"

expect "nothing of it is run" 1 '"posix.system", which is not among what weights are made of; it was not looked up and nothing was run' \
  "$dcs" --quiet -e "load_model(\"$here/weights/refused_call.pt\", into=$into, activation=\"none\")"
expect "what is not known" 1 'into=unet(levels=2, features=4, growth=2, out=3), activation="sigmoid")' "$dcs" --quiet -e "load_model(\"$here/weights/dacapo_main.pt\")"
expect "activation is asked for" 1 'add activation=' "$dcs" --quiet -e "load_model(\"$here/weights/dacapo_main.pt\", into=$into)"
expect "not in part" 1 "missing: unet.l_conv.2.conv_pass.0.weight" "$dcs" --quiet -e "load_model(\"$here/weights/dacapo_main.pt\", into=unet(levels=3, features=4, growth=2, out=3), activation=\"none\")"

# Published weights: fetched once, into the cache; without a network the place is said.
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
mkdir -p mirror/models && cp "$here/weights/odd.pt" mirror/models/cyto3
port=$(free_port)
python3 -m http.server --bind 127.0.0.1 --directory mirror "$port" >web.log 2>&1 & server=$!
trap 'kill $server 2>/dev/null; rm -rf "$scratch"' EXIT
for _ in $(seq 100); do (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break; sleep 0.1; done
fetch=(env DCS_CACHE="$scratch/cache" DCS_WEIGHTS="http://127.0.0.1:$port" "$dcs" --quiet -e 'weights("cellpose/cyto3")')
expect "fetched" 0 "$scratch/cache/weights/cellpose/cyto3" "${fetch[@]}"
same_files "fetched whole" mirror/models/cyto3 cache/weights/cellpose/cyto3
: >web.log
expect "fetched once" 0 "$scratch/cache/weights/cellpose/cyto3" "${fetch[@]}"
if grep -q GET web.log; then bad "fetched again"; else ok; fi
expect "without a network" 1 "put the file of https://www.cellpose.org/models/nucleitorch_0 at $scratch/cache/weights/cellpose/nuclei" \
  env DCS_CACHE="$scratch/cache" DCS_TIMEOUT=3 DCS_WEIGHTS="http://127.0.0.1:$(free_port)" "$dcs" --quiet -e 'weights("cellpose/nuclei")'
expect "cosem without weights" 0 "234,966,804 params" "$dcs" --quiet -e 'print(cosem("setup04", weights=false))'

python=${PEERS_PYTHON:-python3}
if "$python" -c 'import numpy, torch, onnx, onnxruntime, safetensors' >/dev/null 2>&1; then
  if PYTHONDONTWRITEBYTECODE=1 "$python" "$root/Tests/Interop/weights.py" --dcs "$dcs" --keep "$scratch/networks"; then ok; else bad "weights.py"; fi
  if PYTHONDONTWRITEBYTECODE=1 "$python" "$root/Tests/Interop/precision.py" --dcs "$dcs"; then ok; else bad "precision.py"; fi
elif [ -n "${PEERS_PYTHON:-}" ]; then bad "$PEERS_PYTHON lacks numpy, torch, onnx, onnxruntime or safetensors"
else echo "LEFT OUT: networks beside PyTorch and onnxruntime, which python3 lacks (PEERS_PYTHON names a Python that has them)"; fi
finish
