#!/usr/bin/env bash
# A job of 64 shards on two nodes gives the bytes of this machine; so it does when a node dies in the middle; Ctrl-C leaves nothing in the queue. scripts/test-slurm starts it.
. "$(dirname "$0")/../Program/common.bash"
here=$(cd "$(dirname "$0")" && pwd)
cd "$scratch" || exit 1
same_arrays() { if diff -r --exclude=.dcs --exclude=.zattrs "$2" "$3" >"$scratch/diff" 2>&1; then ok; else bad "$1"; head -5 "$scratch/diff"; fi; }
work=("$dcs" --quiet "$here/work.dcs" --raw in.zarr/validate/raw --runs runs)
# What a node runs knows its name.
of_node() { for p in /proc/[0-9]*; do if tr '\0' '\n' 2>/dev/null <"$p/environ" | grep -qx "SLURMD_NODENAME=$1"; then echo "${p#/proc/}"; fi; done; }

"$dcs" --quiet "$root/Tests/Program/data.dcs" --out in.zarr || bad "data"
"$dcs" --quiet "$root/Tests/Program/train.dcs" --data in.zarr --runs runs --iterations 24 >/dev/null || bad "training"
"${work[@]}" --out here.zarr >here.txt || bad "here"
cat here.txt
"${work[@]}" --out slurm.zarr --on slurm >slurm.txt || bad "on Slurm"
cmp -s here.txt slurm.txt && ok || { bad "on Slurm: other objects"; cat slurm.txt; }
for name in predicted fragments labels; do same_arrays "bytes of $name on Slurm" here.zarr/$name slurm.zarr/$name; done
[ "$(sacct -V >/dev/null 2>&1; squeue -h -t all -o %N | sort -u | grep -c .)" -ge 2 ] && ok || bad "only one node worked"

# Node two dies while its tasks work: slurmd, its step daemons and all they started. Slurm notices, and starts them anew on node one.
"${work[@]}" --out killed.zarr --on slurm --turns 3000000 >killed.txt 2>killed.log &
pid=$!
for _ in $(seq 600); do [ -e killed.zarr/fragments ] && [ -n "$(squeue -h -t R -w two -o %i)" ] && break; sleep 0.1; done
sleep 1
lost=$(squeue -h -t R -w two -o %i | wc -l)
kill -9 $(pgrep -f "slurmd -N two") $(of_node two) 2>/dev/null
echo "node two died with $lost tasks"
[ "$lost" -gt 0 ] && ok || bad "node two had nothing to do"
wait $pid && ok || { bad "after a node died"; cat killed.log; }
[ "$(sinfo -h -N -n two -o %t)" != idle ] && ok || bad "node two lives"
cmp -s here.txt killed.txt && ok || { bad "after a node died: other objects"; cat killed.txt; }
for name in predicted fragments labels; do same_arrays "bytes of $name after a node died" here.zarr/$name killed.zarr/$name; done
setsid slurmd -N two -f "$SLURM_CONF" >/dev/null 2>&1 </dev/null
for _ in $(seq 120); do [ "$(sinfo -h -N -t idle -o %N | wc -l)" = 2 ] && break; sleep 0.5; done

# Ctrl-C: exit 130, and nothing is left in the queue; the same line then ends with the same bytes.
"${work[@]}" --out stopped.zarr --on slurm --turns 3000000 >stopped.log 2>&1 &
pid=$!
for _ in $(seq 600); do [ -e stopped.zarr/fragments ] && [ -n "$(squeue -h -t R -o %i)" ] && break; sleep 0.1; done
sleep 1
kill -INT $pid
wait $pid
[ $? = 130 ] && ok || { bad "Ctrl-C: exit code"; cat stopped.log; }
for _ in $(seq 100); do [ -z "$(squeue -h -o %i)" ] && break; sleep 0.1; done
[ -z "$(squeue -h -o %i)" ] && ok || { bad "Ctrl-C leaves jobs"; squeue; }
"${work[@]}" --out stopped.zarr --on slurm --turns 3000000 >stopped.txt || bad "after Ctrl-C"
cmp -s here.txt stopped.txt && ok || bad "after Ctrl-C: other objects"
for name in fragments labels; do same_arrays "bytes of $name after Ctrl-C" here.zarr/$name stopped.zarr/$name; done
finish
