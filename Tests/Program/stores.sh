#!/usr/bin/env bash
# Rows of runs in databases: two trainings at once into one SQLite file and into one PostgreSQL, what words read from there, a store that is filled again, and stores that are none.
. "$(dirname "$0")/common.bash"
here=$(cd "$(dirname "$0")" && pwd)
cd "$scratch" || exit 1
"$dcs" --quiet "$here/data.dcs" --out data.zarr || bad "data"

cat >many.dcs <<'SCRIPT'
param name: string
param store: string
seed(7)
split = datasplit([{use: "train", raw: "data.zarr/train/raw", labels: "data.zarr/train/labels"}, {use: "validate", raw: "data.zarr/validate/raw", labels: "data.zarr/validate/labels"}])
r = run(name, data=split, task=task.onehot("organelle"), model=unet(levels=2, features=2, growth=2, input=(28, 28, 28)), batch=1, augment=[], validate_every=20, checkpoint_every=5, store=store)
train(r, iterations=60)
SCRIPT

# both STORE: two trainings at once; every row of both is there, once.
both() {
  local store=$1
  shift
  local ask=("$@")
  rm -rf runs
  "$dcs" --quiet many.dcs --name one --store "$store" & first=$!
  "$dcs" --quiet many.dcs --name two --store "$store" & second=$!
  wait $first || bad "$store: one"
  wait $second || bad "$store: two"
  local scores=$(($(tail -n +2 runs/one/scores.csv | wc -l) * 3))
  [ $scores -gt 0 ] && ok || bad "$store: no scores"
  expect "$store: losses" 0 "one|60|1830" "${ask[@]}" "SELECT r.name, count(*), sum(l.iteration) FROM dcs_losses l JOIN dcs_runs r ON r.id = l.run GROUP BY r.name ORDER BY r.name"
  expect "$store: losses" 0 "two|60|1830" "${ask[@]}" "SELECT r.name, count(*), sum(l.iteration) FROM dcs_losses l JOIN dcs_runs r ON r.id = l.run GROUP BY r.name ORDER BY r.name"
  expect "$store: scores" 0 "$scores" "${ask[@]}" "SELECT count(*) FROM dcs_scores s JOIN dcs_runs r ON r.id = s.run WHERE r.name = 'two'"
  expect "$store: sessions" 0 "finished" "${ask[@]}" "SELECT event FROM dcs_sessions ORDER BY number DESC LIMIT 1"
  # the words read from it what they read from folders
  expect "$store: runs" 0 '["one", "two"] [60, 60]' "$dcs" -e "t = runs(store=\"$store\"); print(t.run, t.iterations)"
  expect "$store: runs are the same" 0 "true" "$dcs" -e "a = runs(); b = runs(store=\"$store\"); print(all(map([\"run\", \"task\", \"iterations\", \"loss\", \"by\", \"best\", \"at\"], fn(c) = \"{a[c]}\" == \"{b[c]}\")))"
  expect "$store: compare" 0 "true" "$dcs" -e "a = compare(\"one\", \"two\"); b = compare(\"one\", \"two\", store=\"$store\"); print(\"{a}\" == \"{b}\")"
  expect "$store: best" 0 "true" "$dcs" -e "print(best([\"one\", \"two\"]).score == best([\"one\", \"two\"], store=\"$store\").score)"
  expect "$store: curves" 0 "true" "$dcs" -e "a = curves(\"one\", of=\"f1\").f1; b = curves(\"one\", of=\"f1\", store=\"$store\").f1; print(a == b and len(a) == 3 and len(curves(\"one\", store=\"$store\")) == 60)"
  expect "$store: an unknown run" 1 'there is no run "three"' "$dcs" -e "compare(\"one\", \"three\", store=\"$store\")"
}
sqlite=(sqlite3 -batch runs.sqlite)
if command -v sqlite3 >/dev/null; then
  both runs.sqlite "${sqlite[@]}"
  # lost, it is filled again: the same rows
  dump() { sqlite3 -batch runs.sqlite 'SELECT * FROM dcs_losses ORDER BY 1, 2; SELECT * FROM dcs_scores ORDER BY 1, 2, 3, 4, 5, 6; SELECT * FROM dcs_best ORDER BY 1, 2; SELECT * FROM dcs_crops ORDER BY 1, 2'; }
  dump >before
  rm runs.sqlite
  expect "filled again" 0 '["one", "two"]' "$dcs" -e 'print(sync_runs("runs.sqlite").run)'
  dump >after
  same_files "filled again" before after
  # the run remembers its store; the variable names one for others; "" is none
  rm runs.sqlite
  expect "remembered" 0 "" "$dcs" -e 'train(open_run("one"), iterations=61)'
  expect "remembered" 0 "61" "${sqlite[@]}" 'SELECT count(*) FROM dcs_losses'
  DCS_STORE=other.sqlite expect "variable" 0 "2" "$dcs" -e 'print(len(sync_runs()))'
  expect "none" 0 "" "$dcs" -e 'train(open_run("one", store=""), iterations=62)'
  expect "none" 0 "61" "${sqlite[@]}" 'SELECT count(*) FROM dcs_losses'
else
  echo "SKIPPED: SQLite as its own program sees it (sqlite3 is not installed)"
fi
expect "no store" 1 "is no store of runs" "$dcs" -e 'runs(store="mysql://me:secret@host/db")'
expect "no file" 1 "cannot be opened" "$dcs" -e 'runs(store="none/runs.sqlite")'
echo text >text.sqlite
expect "no database" 1 "error:" "$dcs" -e 'runs(store="text.sqlite")'

# PostgreSQL: a server of our own, on a socket in the scratch folder.
server=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
if [ -z "$server" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql; } >/dev/null 2>&1
  server=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
fi
if [ -z "$server" ]; then
  echo "SKIPPED: PostgreSQL (no server in /usr/lib/postgresql, and none could be installed)"
else
  as() { if [ "$(id -u)" = 0 ]; then (cd "$scratch/pg" && setpriv --reuid=postgres --regid=postgres --clear-groups "$@"); else "$@"; fi; }
  mkdir "$scratch/pg"
  chmod 755 "$scratch"
  [ "$(id -u)" = 0 ] && chown postgres "$scratch/pg"
  as "$server/initdb" -D "$scratch/pg/data" -U postgres -A trust --no-sync >/dev/null 2>&1 || bad "initdb"
  as "$server/pg_ctl" -D "$scratch/pg/data" -w -l "$scratch/pg/log" -o "-k $scratch/pg -c listen_addresses='' -c fsync=off" start >/dev/null || { bad "the server does not start"; cat "$scratch/pg/log"; }
  trap 'as "$server/pg_ctl" -D "$scratch/pg/data" -m immediate stop >/dev/null 2>&1; rm -rf "$scratch"' EXIT
  url="postgresql://postgres:secret@/postgres?host=$scratch/pg"
  psql=("$server/psql" -h "$scratch/pg" -U postgres -d postgres -At -c)
  both "$url" "${psql[@]}"
  expect "PostgreSQL: no password in the folder" 1 "" grep -rq secret runs
  expect "PostgreSQL: parameters are JSON" 0 "60" "${psql[@]}" "SELECT max(iteration) FROM dcs_scores WHERE (parameters::json->>'threshold')::float > 0"
  # a server that goes away while a run is trained is said once, and nothing is lost
  sed 's/iterations=60/iterations=400/' many.dcs >longer.dcs
  "$dcs" longer.dcs --name three --store "$url" >away.log 2>&1 & pid=$!
  for _ in $(seq 200); do [ "$(cat runs/three/losses.csv 2>/dev/null | wc -l)" -gt 5 ] && break; sleep 0.05; done
  as "$server/pg_ctl" -D "$scratch/pg/data" -m immediate stop >/dev/null
  wait $pid && ok || { bad "training ends with its store"; tail -5 away.log; }
  grep -q "training goes on" away.log && ok || { bad "nothing said of a server that went away"; tail -5 away.log; }
  expect "PostgreSQL: no server" 1 "cannot be opened" "$dcs" -e "runs(store=\"$url\")"
  expect "PostgreSQL: no password in words" 0 "" env URL="$url" sh -c "! '$dcs' -e 'runs(store=env(\"URL\"))' 2>&1 | grep secret"
  as "$server/pg_ctl" -D "$scratch/pg/data" -w -l "$scratch/pg/log" -o "-k $scratch/pg -c listen_addresses=''" start >/dev/null || bad "the server does not start again"
  expect "PostgreSQL: filled in" 0 "three" "$dcs" -e "print(sync_runs(\"$url\").run)"
  expect "PostgreSQL: all rows" 0 "400" "${psql[@]}" "SELECT count(*) FROM dcs_losses l JOIN dcs_runs r ON r.id = l.run WHERE r.name = 'three'"
fi
finish
