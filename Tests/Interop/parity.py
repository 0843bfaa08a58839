"""Every segmentation word of dcs beside its reference, on random volumes: scipy, scikit-image, cc3d, fastremap, mwatershed, lsds, SimpleITK, numpy.

Run: python parity.py --dcs PATH [--count 200] [--seed 1] [--keep FOLDER] [--kernels label,distance] [--only distance:17]

A case is a volume of 1 to 3 axes with lengths 0 to 40, any type that the word takes, voxel sizes that are fractions, and one of the ways in which an array lies in
memory or on disk (volumes.py); one dcs script does all cases of a word, once with --jobs 1 and once with --jobs 2, whose files must be equal to the byte. Integers
are compared exactly, type included; floats within 1e-5 of the reference unless the word's case says why not (parity_kernels.py). A case is made from (seed, word, number) alone.
"""
import argparse, filecmp, json, os, shutil, subprocess, sys, tempfile, time, warnings
import numpy as np
from parity_kernels import KERNELS
from volumes import Case

warnings.simplefilter("ignore")


def script(cases):
    lines = ["param out: string"]
    for case in cases:
        body = "\n".join("  " + line for line in case.lines)
        lines.append(f'try {{\n{body}\n}} catch e {{\n  print("FAILED {case.number} " + e.message)\n}}')
    return "\n".join(lines) + "\n"


def run(dcs, folder, name, jobs):
    """What went wrong, by the number of the case."""
    out = os.path.join(folder, f"jobs{jobs}")
    os.makedirs(out)
    done = subprocess.run([dcs, "--quiet", "--jobs", str(jobs), name, "--out", out], cwd=folder, capture_output=True, text=True)
    failures = {}
    for line in done.stdout.splitlines():
        if line.startswith("FAILED "):
            _, number, message = line.split(" ", 2)
            failures[int(number)] = message
    if done.returncode:
        sys.exit(f"dcs ended with {done.returncode}:\n{done.stdout[-1000:]}\n{done.stderr[-3000:]}")
    return out, failures


def load(path):
    if path.endswith(".npy"):
        return np.load(path)
    with open(path) as f:
        return json.load(f)


def check(case, one, two, failures):
    """The first difference of a case, or nothing."""
    message = failures.get(case.number)
    if case.refused:
        return None if message and case.refused in message else f"expected an error with `{case.refused}`, got {message}"
    if message:
        return f"dcs: {message}"
    for want in case.wants:
        first, second = os.path.join(one, want.file), os.path.join(two, want.file)
        if not filecmp.cmp(first, second, shallow=False):
            return f"{want.file}: --jobs 1 and --jobs 2 differ"
        if want.twin:
            if not filecmp.cmp(first, os.path.join(one, want.twin), shallow=False):
                return f"{want.file}: differs from the result in memory"
            continue
        what = want.compare(load(first), want.expected)
        if what:
            return f"{want.file}: {what}"
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dcs", required=True)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep")
    parser.add_argument("--kernels", help="a list of words, else all")
    parser.add_argument("--only", help="word:number")
    o = parser.parse_args()
    folder, dcs, differences = o.keep or tempfile.mkdtemp(), os.path.abspath(o.dcs), 0
    words = [o.only.split(":")[0]] if o.only else o.kernels.split(",") if o.kernels else sorted(KERNELS)
    for word in words:
        start, here = time.time(), os.path.join(folder, word)
        shutil.rmtree(here, ignore_errors=True)
        os.makedirs(here)
        cases = []
        for number in [int(o.only.split(":")[1])] if o.only else range(o.count):
            case = Case(word, number, o.seed, here)
            KERNELS[word](case)
            cases.append(case)
        with open(os.path.join(here, "cases.dcs"), "w") as f:
            f.write(script(cases))
        (one, failures), (two, again) = (run(dcs, here, "cases.dcs", jobs) for jobs in (1, 2))
        shown = 0
        for case in cases:
            what = check(case, one, two, failures) or (None if failures.get(case.number) == again.get(case.number) else "--jobs 1 and --jobs 2 fail differently")
            if what:
                differences, shown = differences + 1, shown + 1
                if shown <= 5:
                    print(f"DIFFERS {word}:{case.number} --seed {o.seed}: {what}\n    " + "\n    ".join(case.lines))
        print(f"{word:<16} {len(cases):5} cases  {shown:4} differ  {time.time() - start:5.1f} s", flush=True)
    if not o.keep:
        shutil.rmtree(folder)
    print(f"{differences} differences")
    sys.exit(differences > 0)


if __name__ == "__main__":
    main()
