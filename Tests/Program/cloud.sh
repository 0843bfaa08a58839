#!/usr/bin/env bash
# Arrays elsewhere: a web server of this machine, and S3 by moto (pip install 'moto[server]' boto3), directly and through a proxy with accidents (accidents.py).
# PEERS_PYTHON names a Python that has moto; without it S3 is left out.
. "$(dirname "$0")/common.bash"
here=$(cd "$(dirname "$0")" && pwd)
python=${PEERS_PYTHON:-python3}
cd "$scratch"
children=""
stop_all() { for child in $children; do kill "$child" 2>/dev/null; done; rm -rf "$scratch"; }
trap stop_all EXIT
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
await() { for _ in $(seq 100); do (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return; sleep 0.1; done; bad "nobody answers at port $1"; }
run() { "$dcs" --quiet -e "$1"; }

run 'save(cast(255 * random((70, 64, 48), key="raw", voxel=8nm), uint8), "in.zarr/em/s0", chunks=32)' >/dev/null || bad "data"
sum=$(run 'sum(open("in.zarr/em/s0"))')
part=$(run 'sum(open("in.zarr/em/s0")[10:50, 3:40, 20:48])')

# A web server: listing by its index page, no ranges, nothing written.
web=$(free_port)
python3 -m http.server --bind 127.0.0.1 "$web" >web.log 2>&1 & children="$children $!"
await "$web"
site=http://127.0.0.1:$web
expect "sum over http" 0 "$sum" "$dcs" --quiet -e "sum(open(\"$site/in.zarr/em/s0\"))"
expect "part over http" 0 "$part" "$dcs" --quiet -e "sum(open(\"$site/in.zarr/em/s0\")[10:50, 3:40, 20:48])"
expect "tree over http" 0 "s0  uint8 (z 70, y 64, x 48)" "$dcs" --quiet -e "tree(\"$site/in.zarr\")"
expect "nothing there" 1 "there is nothing at $site/no.zarr" "$dcs" --quiet -e "open(\"$site/no.zarr\")"
expect "read-only" 1 "web servers are for reading" "$dcs" --quiet -e "save(open(\"in.zarr/em/s0\"), \"$site/out.zarr/x\")"
: >web.log
expect "opening shows" 0 "on disk" "$dcs" --quiet -e "open(\"$site/in.zarr/em/s0\")"
if grep -qE 'GET /in.zarr/em/s0/[0-9]' web.log; then bad "opening reads a chunk"; else ok; fi
(cd in.zarr && python3 -c 'import shutil; shutil.make_archive("../in.zarr", "zip", ".")')
expect "zip" 0 "$sum" "$dcs" --quiet -e 'sum(open("in.zarr.zip/em/s0"))'
expect "zip over http" 0 "$sum" "$dcs" --quiet -e "sum(open(\"$site/in.zarr.zip/em/s0\"))"

# An input that another program has written anew in the same form is another one: the server tells its time, in seconds.
anew() { run "v = create(\"$1\", shape=(8, 8), dtype=uint8, chunks=4, replace=true); v[0:8] = $2; nil"; }
of() { echo "sum(blockwise(fn(b) = b + 1, open(\"$1\"), to=\"from.zarr/$2\", block=4, dtype=uint8))"; }
anew again.zarr/v 1
expect "made from a web server" 0 128 "$dcs" --quiet -e "$(of "$site/again.zarr/v" web)"
expect "as it was" 0 128 "$dcs" --quiet -e "$(of "$site/again.zarr/v" web)"
sleep 1.1
anew again.zarr/v 2
expect "written anew" 1 "was made from other voxels: its input $site/again.zarr/v" "$dcs" --quiet -e "$(of "$site/again.zarr/v" web)"

# Nobody there, and nobody who answers: an error in its time.
begin=$(date +%s)
expect "nobody there" 1 "takes no connection" env DCS_TIMEOUT=3 "$dcs" --quiet -e "open(\"http://127.0.0.1:$(free_port)/a.zarr/x\")"
python3 -c 'import socket, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(64); print(s.getsockname()[1], flush=True); time.sleep(60)' >silent & children="$children $!"
while [ ! -s silent ]; do sleep 0.1; done
expect "a dead endpoint" 1 "sent nothing" env DCS_TIMEOUT=3 "$dcs" --quiet -e "open(\"http://127.0.0.1:$(cat silent)/a.zarr/x\")"
[ $(($(date +%s) - begin)) -le 20 ] && ok || bad "dead endpoints take $(($(date +%s) - begin)) s"

# Ctrl-C in the middle of a transfer ends it: 130, long before the host would be given up.
begin=$(date +%s%N)
timeout --foreground -s INT 1 "$dcs" --quiet -e "open(\"http://127.0.0.1:$(cat silent)/a.zarr/x\")" >stopped 2>&1
took=$((($(date +%s%N) - begin) / 1000000))
if grep -q interrupted stopped && [ $took -le 1500 ]; then ok; else bad "Ctrl-C: $(cat stopped), $took ms, of which 1000 before it"; fi

if ! "$python" -c 'import moto.server, boto3' 2>/dev/null; then
  echo "not checked here: S3 (no moto in $python; PEERS_PYTHON names another)"
  finish
  exit
fi
moto=$(free_port) proxy=$(free_port)
"$python" -m moto.server -p "$moto" >moto.log 2>&1 & children="$children $!"
await "$moto"
"$python" "$here/accidents.py" "$proxy" "$moto" 7 accidents 2>proxy.log & children="$children $!"
await "$proxy"
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=verysecret AWS_REGION=us-east-1
"$python" -c "import boto3; boto3.client('s3', endpoint_url='http://127.0.0.1:$moto').create_bucket(Bucket='lab')" || bad "bucket"
for port in $moto $proxy; do
  export AWS_ENDPOINT_URL=http://127.0.0.1:$port
  to=s3://lab/$([ "$port" = "$moto" ] && echo plain || echo accidents).zarr
  expect "save to $to" 0 "uint8 (z 70, y 64, x 48)" "$dcs" --quiet -e "save(open(\"in.zarr/em/s0\"), \"$to/em/s0\")"
  expect "sum of $to" 0 "$sum" "$dcs" --quiet -e "sum(open(\"$to/em/s0\"))"
  expect "part of $to" 0 "$part" "$dcs" --quiet -e "sum(open(\"$to/em/s0\")[10:50, 3:40, 20:48])"
  expect "tree of $to" 0 "s0  uint8 (z 70, y 64, x 48)" "$dcs" --quiet -e "tree(\"$to\")"
  expect "replace in $to" 0 "chunks  16" "$dcs" --quiet -e "save(open(\"in.zarr/em/s0\"), \"$to/em/s0\", chunks=16, replace=true)"
  expect "what was replaced in $to" 0 "$sum" "$dcs" --quiet -e "sum(open(\"$to/em/s0\"))"
  expect "copy from $to" 0 "group" "$dcs" --quiet -e "copy(\"$to\", \"$(basename "$to")\")"
  expect "what came" 0 "true" "$dcs" --quiet -e "all(open(\"$(basename "$to")/em/s0\") == open(\"in.zarr/em/s0\"))"
  expect "shards to $to" 0 "true" "$dcs" --quiet -e "a = open(\"in.zarr/em/s0\"); b = save(a, \"${to%.zarr}3.zarr/shards\", chunks=16, shards=32); print(all(b == a)); b = open(\"${to%.zarr}3.zarr/shards\", mode=\"edit\"); b[0:20, 0:20, 0:20] = 7; print(all(b[0:20, 0:20, 0:20] == 7), all(b[20:70] == a[20:70]))"
  expect "pyramid in $to" 0 "s2  uint8" "$dcs" --quiet -e "pyramid(open(\"in.zarr/em/s0\"), \"$to/levels\", levels=3); print(tree(\"$to/levels\"))"
  expect "levels of $to" 0 "true" "$dcs" --quiet -e "pyramid(open(\"in.zarr/em/s0\"), \"levels.zarr/a\", levels=3, replace=true); print(all(open(\"$to/levels/s2\") == open(\"levels.zarr/a/s2\")))"
  expect "blockwise to $to" 0 "true" "$dcs" --quiet -e "all(blockwise(fn(b) = b / 2, open(\"$to/em/s0\"), to=\"$to/half\", block=32, dtype=float32) == open(\"in.zarr/em/s0\") / 2)"
done
cat accidents
grep -q 'reset=' accidents && ok || bad "no accident happened"
export AWS_ENDPOINT_URL=http://127.0.0.1:$moto
anew s3://lab/again.zarr/v 1
expect "made from S3" 0 128 "$dcs" --quiet -e "$(of s3://lab/again.zarr/v s3)"
expect "as it was on S3" 0 128 "$dcs" --quiet -e "$(of s3://lab/again.zarr/v s3)"
sleep 1.1
anew s3://lab/again.zarr/v 2
expect "written anew on S3" 1 "was made from other voxels: its input s3://lab/again.zarr/v" "$dcs" --quiet -e "$(of s3://lab/again.zarr/v s3)"
expect "no bucket" 1 "there is no bucket nolab" "$dcs" --quiet -e 'open("s3://nolab/a.zarr")'
expect "nothing in the bucket" 1 "there is nothing at s3://lab/no.zarr" "$dcs" --quiet -e 'open("s3://lab/no.zarr")'
if "$dcs" --quiet -e 'open("s3://nolab/a.zarr")' 2>&1 | grep -q verysecret; then bad "a secret is printed"; else ok; fi
finish
