"""What grows with blocks and pairs: the figures of docs/scaling.md. usage: scaling.py DCS FOLDER [blocks] [sparse] [faces] [join] [pairs]; all of them if none is named.

BLOCKS=6, PAIRS=7: powers of ten up to which is measured (7 and 8: half an hour and 5 GB of memory, 3 GB in FOLDER). SECONDS=15: how long the run over 10⁹ blocks may take.
LABELS: arrays of objects, separated by blanks, for `faces` (absent: a phantom)."""
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

here = os.path.dirname(os.path.abspath(__file__))
dcs, folder, parts = sys.argv[1], sys.argv[2], sys.argv[3:] or ["blocks", "sparse", "faces", "join", "pairs"]
script = os.path.join(here, "scaling.dcs")
most_blocks, most_pairs, patience = (int(os.environ.get(name, usual)) for name, usual in (("BLOCKS", "6"), ("PAIRS", "7"), ("SECONDS", "15")))


def inside(*names):
    return os.path.join(folder, *names)


def size(path):
    """Bytes of the files in a folder, 0 where there is none."""
    try:
        return sum(entry.stat().st_size for entry in os.scandir(path))
    except FileNotFoundError:
        return 0


def run(what, stop=None, watch=None, **options):
    """What it prints as numbers, MiB at the most, seconds of a clock and of cores, the largest size of the folder `watch`; `stop`: seconds until Ctrl-C, then its words for numbers."""
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    begin, largest, is_done = time.perf_counter(), 0, threading.Event()
    process = subprocess.Popen([dcs, "--quiet", script, what, "--folder", folder, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def look():
        nonlocal largest
        while not is_done.wait(0.02):
            largest = max(largest, size(watch))

    if watch:
        threading.Thread(target=look, daemon=True).start()
    if stop:
        threading.Timer(stop, process.send_signal, [signal.SIGINT]).start()
    said, errors = process.stdout.read(), process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    is_done.set()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != (130 if stop else 0):
        sys.exit(f"{what}: exit {process.returncode}\n{errors}")
    return errors if stop else [float(word) for word in said.split()], usage.ru_maxrss / 1024, time.perf_counter() - begin, usage.ru_utime + usage.ru_stime, largest


def fresh(name):
    shutil.rmtree(inside(name), ignore_errors=True)


def blocks():
    pages = 16352   # blocks that a page of the journal has marks of
    for power in range(4, most_blocks + 1):
        count = 10 ** power
        fresh("blocks.zarr")
        (memory,), _, _, cpu_memory, _ = run("memory", count=count)
        (disk,), peak, _, cpu_disk, _ = run("disk", count=count)
        (again,), _, _, cpu_again, _ = run("disk", count=count)
        journal = os.path.getsize(inside("blocks.zarr", "x", ".dcs", "blocks.done"))
        expected = 4096 * (1 + -(-count // pages))
        figures = "   ".join(f"{name} {seconds / count * 1e6:.2f} µs a block ({cpu / count * 1e6:.2f} of cores)"
                             for name, seconds, cpu in (("in memory", memory, cpu_memory), ("with a journal", disk, cpu_disk), ("skipped when run again", again, cpu_again)))
        print(f"10^{power} blocks, 2 threads   {figures}   "
              f"{peak:.0f} MiB at the most   journal {journal:,} bytes, by its format {expected:,}")
        assert journal == expected
    for power in range(4, min(most_blocks, 6) + 1):
        fresh("elsewhere.zarr")
        (seconds,), _, _, _, journals = run("processes", count=10 ** power, watch=inside("elsewhere.zarr", "x", ".dcs"))
        print(f"10^{power} blocks, 2 processes   {seconds / 10 ** power * 1e6:.2f} µs a block, start of the processes included   journals of both and of the whole {journals:,} bytes at the most")
    print(f"10^9 blocks by the format of the journal: {4096 * (1 + -(-10 ** 9 // pages)):,} bytes")


def sparse():
    fresh("sparse.zarr")
    before = 0
    for turn in ("begun", "gone on"):
        said, peak, seconds, cpu, _ = run("sparse", stop=patience)
        done = int(re.search(r"interrupted after ([\d,]+) of 1,000,000,000 blocks", said).group(1).replace(",", ""))
        if done <= before:
            sys.exit(f"SECONDS={patience} is too short to get past what was done")
        print(f"10^9 blocks of 10^12 voxels, {turn}: {done - before:,} blocks in {seconds:.1f} s, {seconds / (done - before) * 1e6:.1f} µs a block ({cpu / (done - before) * 1e6:.1f} of cores)   {peak:.0f} MiB at the most   "
              f"journal {os.path.getsize(inside('sparse.zarr', 'mask', '.dcs', 'blocks.done')):,} bytes")
        before = done
    (seconds,), *_ = run("status")
    print(f"status of it: {seconds:.2f} s")


def faces():
    for labels in os.environ.get("LABELS", "").split() or [""]:
        fresh("faces.zarr")
        (count, objects, pieces, pairs, contacts), _, _, _, records = run("faces", watch=inside("faces.zarr", "objects", ".dcs", "faces"), labels=labels)
        print(f"faces of {int(count)} blocks of 64³, {int(objects)} objects, {labels or 'a phantom'}:   {records / count / 1024:.1f} KiB of records a block   "
              f"{pieces / count:.1f} pieces, {pairs / count:.1f} pairs of them and {contacts / count:.0f} faces between these a block")


def join():
    for power in range(6, most_pairs + 1):
        fresh("join.zarr")
        records = inside("join.zarr", "objects", ".dcs", "faces")
        (seconds, pairs), peak, _, _, largest = run("join", count=10 ** power, watch=records)
        with open(inside("join.zarr", "objects", ".dcs", "runs")) as lines:
            stages = [float(re.search(r'"seconds":([\d.e-]+)', line).group(1)) for line in lines]
        print(f"label, {int(pairs):,} pairs of components across blocks: {seconds:.2f} s, of which faces {stages[0]:.2f}, joining {seconds - sum(stages):.2f} "
              f"({(seconds - sum(stages)) / pairs * 1e6:.2f} µs a pair), labels {stages[1]:.2f}   {peak:.0f} MiB at the most   records {largest / 2 ** 20:.0f} MiB")
    fresh("join.zarr")


def pairs():
    for power in range(5, min(most_pairs, 7) + 1):
        (touching, relabel), peak, *_ = run("pairs", count=10 ** power)
        print(f"10^{power} pairs: touching {touching:.2f} s, relabel(merge=pairs) {relabel:.2f} s ({relabel / 10 ** power * 1e6:.2f} µs a pair)   {peak:.0f} MiB at the most")


for part in parts:
    {"blocks": blocks, "sparse": sparse, "faces": faces, "join": join, "pairs": pairs}[part]()
    sys.stdout.flush()
