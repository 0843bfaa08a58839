#!/usr/bin/env bash
# Training holds no more after 1,000 steps than after 300: memory in use is read while it runs, with the steps that are done by then.
. "$(dirname "$0")/common.bash"
"$dcs" --quiet --jobs 2 "$root/Tests/Program/leak.dcs" --runs "$scratch" >"$scratch/log" 2>&1 &
pid=$!
early=0 late=0 seen=0
while kill -0 $pid 2>/dev/null; do
  resident=$(awk '/^VmRSS/ {print $2}' /proc/$pid/status 2>/dev/null)
  rows=$({ wc -l <"$scratch/leak/losses.csv"; } 2>/dev/null || echo 0)
  if [ -n "$resident" ]; then
    [ "$rows" -ge 100 ] && [ "$rows" -lt 500 ] && [ "$resident" -gt $early ] && early=$resident
    [ "$rows" -ge 500 ] && [ "$resident" -gt $late ] && late=$resident
    [ "$rows" -ge 500 ] && seen=$((seen + 1))
  fi
  sleep 0.05
done
wait $pid && ok || { bad "training"; tail -5 "$scratch/log"; }
grep -q "step 1000" "$scratch/log" && ok || bad "1,000 steps"
[ $early -gt 0 ] && [ $seen -ge 3 ] && ok || bad "too quick to look at: $early kB early, $seen looks late"
[ $late -le $((early + early / 50 + 1024)) ] && ok || bad "memory grows: $early kB before step 500, $late kB behind it"
echo "$early kB before step 500, $late kB behind it"
finish
