"""Array expressions, reductions and copies: dcs beside NumPy and numexpr, in one go.

usage: arrays.py DCS FOLDER [ROUNDS] [ROW...]        (rows by a part of their name; EDGE=512; FOLDER holds the inputs of inputs.py)

Every measurement is a process of its own that loads its inputs, warms up once and repeats; ours and the peers' take turns, ROUNDS times, so that a machine
that gets slower does so for all. Medians; a ratio above 1 means that dcs is faster. All have two threads; NumPy uses one for what is here.
Floor: bytes that must be read and written, at the rate of a copy by two threads into memory that is there. Memory: the peak above the inputs.
"""
import os, statistics, subprocess, sys, threading, time

EDGE = int(os.environ.get("EDGE", "512"))
N, F = EDGE**3, 4 * EDGE**3
# name, arrays, numpy, numexpr (None: it has no such thing), bytes read, bytes written
ROWS = [
    ("a*2+b", "ab", "a * f(2) + b", "a*2+b", 2 * F, F),
    ("(a-0.5)/0.25", "a", "(a - f(.5)) / f(.25)", "(a-half)/quarter", F, F),
    ("a*a+b*b-a*b", "ab", "a * a + b * b - a * b", "a*a+b*b-a*b", 2 * F, F),
    ("clip(a*2-b)", "ab", "np.clip(a * f(2) - b, f(0), f(1))", "where(a*2-b<zero,zero,where(a*2-b>one,one,a*2-b))", 2 * F, F),
    ("sqrt(a*a+b*b)>0.5", "ab", "np.sqrt(a * a + b * b) > f(.5)", "sqrt(a*a+b*b)>half", 2 * F, N),
    ("exp(a)", "a", "np.exp(a)", "exp(a)", F, F),
    ("sigmoid(a)", "a", "1 / (1 + np.exp(-a))", "1/(1+exp(-a))", F, F),
    ("u8/255", "u", "u.astype(f) / f(255)", "u/full", N, F),
    ("u8+u8", "u", "np.add(u, u, dtype=np.int32)", "u+u", N, F),
    ("u8>127", "u", "u > 127", "u>127", N, N),
    ("a>b", "ab", "a > b", "a>b", 2 * F, N),
    ("(a>0.4)&(b<0.6)", "ab", "(a > f(.4)) & (b < f(.6))", "(a>low)&(b<high)", 2 * F, N),
    ("where(a>b,a,b)", "ab", "np.where(a > b, a, b)", "where(a>b,a,b)", 2 * F, F),
    ("cast u8 to f32", "u", "u.astype(f)", None, N, F),
    ("cast f32 to u8", "a", "np.clip(np.rint(a * f(255)), 0, 255).astype(np.uint8)", None, F, N),
    ("sum", "a", "a.sum()", "sum(a)", F, 0),
    ("sum(a*2+b)", "ab", "(a * f(2) + b).sum()", "sum(a*2+b)", 2 * F, 0),
    ("sum u8", "u", "u.sum()", "sum(u)", N, 0),
    ("mean", "a", "a.mean()", None, F, 0),
    ("mean(u8>127)", "u", "(u > 127).mean()", None, N, 0),
    ("std", "a", "a.std()", None, F, 0),
    ("std u8", "u", "u.std()", None, N, 0),
    ("min", "a", "a.min()", "min(a)", F, 0),
    ("max u8", "u", "u.max()", None, N, 0),
    ("percentile 99", "a", "np.percentile(a, 99)", None, 2 * F, 0),
    ("percentile u8", "u", "np.percentile(u, [1, 50, 99])", None, N, 0),
    ("histogram 256", "a", "np.histogram(a, bins=256, range=(0, 1))", None, F, 0),
    ("histogram u8", "u", "np.bincount(u.ravel(), minlength=256)", None, N, 0),
    ("unique u32", "l", "np.unique(l, return_counts=True)", None, F, 0),
    ("unique u8", "u", "np.unique(u, return_counts=True)", None, N, 0),
    ("transpose", "a", "np.ascontiguousarray(a.T)", None, F, F),
    ("transpose u8", "u", "np.ascontiguousarray(u.T)", None, N, N),
    ("transpose + b", "a", "np.ascontiguousarray(a.transpose(0, 2, 1)) * f(2)", None, F, F),
    ("concat", "ab", "np.concatenate([a, b])", None, 2 * F, 2 * F),
    ("flip", "a", "a[::-1, ::-1, ::-1].copy()", None, F, F),
    ("slice ::2", "a", "a[::2, ::2, ::2].copy()", None, F // 4, F // 8),
    ("crop", "a", "a[n // 4:n - n // 4, n // 4:n - n // 4, n // 4:n - n // 4].copy()", None, F // 8, F // 8),
    ("mean blocks 2", "u", "np.rint(u.reshape(n // 2, 2, n // 2, 2, n // 2, 2).mean((1, 3, 5), dtype=f)).astype(np.uint8)", None, N, N // 8),
    ("mode blocks 2", "l", None, None, F, F // 8),
]
FILES = dict(a="a_f32", b="b_f32", u="raw_u8", l="labels_u32")


def peer(kind, folder, name, repeat):
    """The child process of a peer: the same protocol as arrays.dcs."""
    import numpy as np
    row = next(r for r in ROWS if r[0] == name)
    f = np.float32
    names = {k: np.load(os.path.join(folder, f"{FILES[k]}_{EDGE}.npy")) for k in row[1]}
    if kind == "numpy":
        work = eval("lambda: " + row[2], dict(names, np=np, f=f, n=EDGE))
    else:
        import numexpr as ne
        ne.set_num_threads(2)
        names.update(zero=f(0), one=f(1), half=f(.5), quarter=f(.25), full=f(255), low=f(.4), high=f(.6))
        work = lambda: ne.evaluate(row[3], local_dict=names)
    print("ready", flush=True)
    time.sleep(0.05)
    for k in range(repeat + 1):
        begin = time.perf_counter()
        r = work()
        seconds = time.perf_counter() - begin
        del r
        if k:
            print(seconds, flush=True)


def measured(command):
    """Seconds of each repetition, and the peak of memory above what was there when it was ready, in MiB."""
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    status = f"/proc/{child.pid}/status"
    field = lambda name: next(int(line.split()[1]) for line in open(status) if line.startswith(name))
    assert child.stdout.readline().strip() == "ready", " ".join(command)
    before, peak, times = field("VmRSS"), 0, []
    with open(f"/proc/{child.pid}/clear_refs", "w") as f:
        f.write("5")   # the peak begins anew
    for line in child.stdout:
        times.append(float(line))
        try:
            peak = max(peak, field("VmHWM"))
        except (OSError, StopIteration):   # it has ended
            pass
    if child.wait():
        sys.exit(f"error: {' '.join(command)}")
    return times, max(0, peak - before) / 1024


def copy_rate():
    """Bytes a second, read and written, of a copy by two threads into memory that is there."""
    import numpy as np
    a, b = np.ones(1 << 28, np.uint8), np.ones(1 << 28, np.uint8)
    best = 1e9
    for _ in range(5):
        begin = time.perf_counter()
        parts = [threading.Thread(target=np.copyto, args=(b[half], a[half])) for half in (slice(0, 1 << 27), slice(1 << 27, None))]
        for part in parts:
            part.start()
        for part in parts:
            part.join()
        best = min(best, time.perf_counter() - begin)
    return 2 * a.nbytes / best


def main():
    if sys.argv[1] == "peer":
        return peer(*sys.argv[2:5], int(sys.argv[5]))
    dcs, folder = sys.argv[1:3]
    rounds, wanted = int((sys.argv[3:4] or ["3"])[0]), sys.argv[4:]
    here, me = os.path.dirname(os.path.abspath(__file__)), [sys.executable, os.path.abspath(__file__)]
    kinds = ["numpy"]
    try:
        import numexpr
        kinds.append("numexpr")
    except ImportError:
        print("(no numexpr to compare with: pip install numexpr)")
    rate = copy_rate()
    print(f"{EDGE}³; a copy moves {rate / 1e9:.1f} GB/s (2 threads); {os.cpu_count()} processors; milliseconds, MiB above the inputs")
    print(f"{'':20} {'floor':>6} {'dcs':>8} {'':>6} " + " ".join(f"{k:>8} {'':>6} {'ratio':>6}" for k in kinds))
    for name, uses, numpy, numexpr_text, read, written in ROWS:
        if wanted and not any(w in name for w in wanted):
            continue
        runs = {"dcs": [dcs, "--quiet", "--jobs", "2", os.path.join(here, "arrays.dcs"), "--data", folder, "--row", name, "--uses", uses, "--edge", str(EDGE), "--repeat", "2"]}
        for kind, text in (("numpy", numpy), ("numexpr", numexpr_text)):
            if kind in kinds and text:
                runs[kind] = me + ["peer", kind, folder, name, "2"]
        times, peaks = {k: [] for k in runs}, {k: 0 for k in runs}
        for _ in range(rounds):
            for kind, command in runs.items():
                t, p = measured(command)
                times[kind] += t
                peaks[kind] = max(peaks[kind], p)
        mine = statistics.median(times["dcs"])
        line = f"{name:20} {(read + written) / rate * 1e3:6.0f} {mine * 1e3:8.1f} {peaks['dcs']:6.0f} "
        for kind in kinds:
            theirs = statistics.median(times[kind]) if kind in runs else None
            line += f"{theirs * 1e3:8.1f} {peaks[kind]:6.0f} {theirs / mine:6.2f} " if theirs else f"{'':8} {'':6} {'':6} "
        print(line.rstrip(), flush=True)


main()
