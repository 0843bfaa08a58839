# Shared by the checks that kill tasks of processes(n): which workers there are, their end, and who is killed when. $length: ms that the job takes.

# Processes of this job: workers, whose folder is the scratch.
workers() { local pid; for pid in $(pgrep -f "worker jobs/blockwise-"); do [ "$(readlink "/proc/$pid/cwd")" = "$scratch" ] && echo "$pid"; done; }
gone() { local n; for n in $(seq 600); do [ -z "$(workers)" ] && return; sleep 0.05; done; bad "workers that never end"; }

# killed N COMMAND…: kill -9, at a random moment, of the process that waits, of a worker, of all, in turn. $what says of whom, $code is how the command ended.
killed() {
  local n=$1 pid found
  shift
  "$@" >kill.log 2>&1 &
  pid=$!
  sleep "$(awk "BEGIN {print $((RANDOM % length)) / 1000}")"
  found=($(workers))
  case $((n % 3)) in
    0) kill -9 $pid 2>/dev/null; what="the process that waits" ;;
    1) [ ${#found[@]} -gt 0 ] && kill -9 "${found[RANDOM % ${#found[@]}]}" 2>/dev/null; what="a worker" ;;
    2) kill -9 $pid "${found[@]}" 2>/dev/null; what="all" ;;
  esac
  wait $pid 2>/dev/null
  code=$?
  gone
}
