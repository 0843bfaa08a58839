"""Ctrl-C inside every long segmentation word: python interrupts.py DCS [WORD…]. A line a word: how long it took by the clock, and how much work was still done.

The machine may be busy with other things, so what is judged is the processor time between the signal and the end: at most 0.2 s on each of two threads,
in the best of three tries.
"""
import os, signal, subprocess, sys, tempfile, time

LIMIT, THREADS = 0.2, 2
SHAPE = "(128, 256, 256)"
NOISE = f'a = random({SHAPE}, key="a")'
MASK = NOISE + " > 0.4"
LABELS = f'a = label(random({SHAPE}, key="a") > 0.75)'
OFFSETS = "[(1, 0, 0), (0, 1, 0), (0, 0, 1), (3, 0, 0), (0, 9, 0), (0, 0, 9)]"
TWO = f'a = cast(random({SHAPE}, key="a") * 300, uint16); b = cast(random({SHAPE}, key="b") * 300, uint16)'
WORDS = {
    "label": (MASK, "label(a)"), "label 3": (MASK, "label(a, connectivity=3)"), "distance": (NOISE + " > 0.001", "distance(a)"),
    "signed_distance": (f'a = cast(random({SHAPE}, key="a") * 1.001, uint8)', "signed_distance(a)"), "gaussian": (NOISE, "gaussian(a, sigma=8)"), "median": (NOISE, "median(a, radius=3)"),
    "erode": (NOISE + " > 0.001", "erode(a, radius=5)"), "closing": (NOISE, 'closing(a, radius=5, shape="box")'), "fill_holes": (NOISE + " > 0.3", "fill_holes(a)"),
    "remove_small": (LABELS, "remove_small(a, size=9)"), "size_of": (LABELS, "size_of(a)"), "relabel": (LABELS, "relabel(a)"), "objects": (LABELS, "objects(a)"), "objects of many": (f"a = cast(reshape(arange(2097152), (128, 128, 128)), uint32)", "objects(a)"),
    "relabel many": (f'a = cast(reshape(arange(8388608), {SHAPE}) * 7, int32)', "relabel(a)"), "unique": (f'a = cast(reshape(arange(8388608), {SHAPE}) * 7, uint64)', "unique(a)"), "touching": (TWO, "touching(a)"),
    "watershed": (NOISE + "; s = label(a < 0.01)", "watershed(a, s)"),
    "mutex_watershed": ('a = random((6, 64, 128, 128), key="a", axes=["c", "z", "y", "x"]) - 0.5', f"mutex_watershed(a, offsets={OFFSETS})"),
    "agglomerate": ('a = random((3, 64, 128, 128), key="a", axes=["c", "z", "y", "x"]); f = label(random((64, 128, 128), key="b") > 0.75)', "agglomerate(f, a, at=0.2)"),
    "affinities": (f'a = cast(random({SHAPE}, key="a") * 5, uint8)', f"affinities(a, offsets={OFFSETS})"),
    "descriptors": ('a = cast(random((64, 96, 96), key="a") * 5, uint8)', "descriptors(a, sigma=8)"), "contingency": (TWO, "contingency(a, b)"),
    "partition_scores": (TWO, "partition_scores(a, b)"),
    "partition_scores of many": (f'a = cast(reshape(arange(2000000), (20, 100, 1000)) + 1, uint32); b = cast(a * 3, uint32)', "partition_scores(a, b)"), "distance_scores": (NOISE + ' > 0.01; b = a', "distance_scores(a, b)"),
    "argmax": ('a = random((8, 64, 128, 128), key="a")', "argmax(a)"), "label to": (MASK, 'label(a, to="o.zarr/a", replace=true)'), "distance to": (NOISE + " > 0.001", 'distance(a, to="o.zarr/b", replace=true)'),
}


def used(pid):
    """Seconds of processor time of a process."""
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def interrupted(dcs, word, setup, call):
    """Seconds by the clock, seconds of work after the signal, exit code."""
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "s.dcs"), "w") as f:
            f.write(f'{setup}\nprint("begun")\nwhile true {{ x = {call}; if false {{ print(x) }} }}\n')
        process = subprocess.Popen([dcs, "--quiet", "--jobs", str(THREADS), "s.dcs"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        process.stdout.readline()
        time.sleep(0.25)
        before, start = used(process.pid), time.time()
        process.send_signal(signal.SIGINT)
        _, status, usage = os.wait4(process.pid, 0)
        process.stdout.close()
        process.returncode = 0
        return time.time() - start, usage.ru_utime + usage.ru_stime - before, os.waitstatus_to_exitcode(status)


failed = 0
for word in sys.argv[2:] or WORDS:
    for _ in range(3):
        clock, work, code = interrupted(os.path.abspath(sys.argv[1]), word, *WORDS[word])
        late = work > LIMIT * THREADS or code != 130
        if not late:
            break
    failed += late
    print(f"{'FAILED ' if late else ''}Ctrl-C in {word}: {clock * 1000:.0f} ms by the clock, {work * 1000:.0f} ms of work, exit {code}", flush=True)
sys.exit(failed > 0)
