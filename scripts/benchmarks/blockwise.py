"""Blocks of dcs beside daisy's, in turn: what an empty block costs, how fast a volume is thresholded, what a million blocks take in memory.
usage: blockwise.py DCS FOLDER EDGE ROUNDS PEER…; a PEER is a python that has daisy and zarr. Medians.

Floors. An empty block: a function call and a look at two atomics, below 1 µs. Threshold: EDGE³ bytes decoded, compared, encoded, written once: the rate of the codec."""
import os
import resource
import statistics
import subprocess
import sys

here = os.path.dirname(os.path.abspath(__file__))
dcs, folder, edge, rounds, peers = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5:]
script, peer_script = os.path.join(here, "blockwise.dcs"), os.path.join(here, "daisy_peer.py")


def seconds(*command):
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


def ours(what, **options):
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    return seconds(dcs, "--quiet", script, what, *words)


def peak(*command):
    """MiB at the most."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    assert status == 0, command
    return usage.ru_maxrss / 1024


def versions(python):
    return subprocess.run([python, "-c", "from importlib.metadata import version as v; print('daisy', v('daisy'))"], check=True, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    names = [versions(python) for python in peers]
    few, many = 64, 4096
    empty = {name: [] for name in ["dcs", *names]}
    for _ in range(rounds):   # what starting costs is taken off
        empty["dcs"].append((ours("empty", blocks=256 * many) - ours("empty", blocks=few)) / (256 * many - few))
        for name, python in zip(names, peers):
            empty[name].append((seconds(python, peer_script, "empty", str(many)) - seconds(python, peer_script, "empty", str(few))) / (many - few))
    own = statistics.median(empty["dcs"])
    print(f"empty block                        dcs {own * 1e6:9.2f} µs   floor about 1 µs")
    for name in names:
        theirs = statistics.median(empty[name])
        print(f"                            {name:>12} {theirs * 1e6:7.1f} µs   ratio {theirs / own:.0f}")

    subprocess.run([dcs, "--quiet", "-e", f'save(cast(255 * random(({edge}, {edge}, {edge}), key="raw"), uint8), "{folder}/raw.zarr", chunks=64, codec="lz4", replace=true); nil'], check=True)
    blocks = (edge // 64) ** 3
    times = {name: [] for name in ["dcs", *names]}
    for _ in range(rounds):
        times["dcs"].append(ours("threshold", folder=folder))
        for name, python in zip(names, peers):
            times[name].append(seconds(python, peer_script, "threshold", folder, str(edge)))
    own = statistics.median(times["dcs"])
    print(f"threshold {edge}³, {blocks} blocks of 64³  dcs {own:9.3f} s  {blocks / own:8.0f} blocks/s")
    for name in names:
        theirs = statistics.median(times[name])
        print(f"                            {name:>12} {theirs:9.3f} s  {blocks / theirs:8.0f} blocks/s   ratio {theirs / own:.2f}")

    for power in range(3, 7):
        print(f"10^{power} blocks                        dcs {peak(dcs, '--quiet', script, 'empty', '--blocks', str(10 ** power)):9.1f} MiB at the most")
