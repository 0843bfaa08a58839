"""Convolutions and U-Nets beside PyTorch, onnxruntime and OpenVINO, in one go: time, rate, peak memory.

usage: networks.py DCS FOLDER [ROUNDS] [ROW...]     (rows by a part of their name; all without)

Each measurement is a process of its own, ours and the peers' in turn, ROUNDS times, with two threads; medians of the rounds, each the median (dcs:
the mean) of five passes after one that is not counted, of two for U-Nets of more than 100 GFLOP. Ratios are the best peer's time over ours. GFLOP/s count the
multiplications and additions of the direct sum, and stand beside the rate of sgemm (numpy, two threads): the floor is the time at that rate; filtering in
tiles may go below it. torch: eager; torch-last: eager, channels_last_3d; torch-compile: torch.compile, which needs a C++ compiler (it is said where it does not run).
Peak memory is the process's own, packages and inputs included.
"""
import os, statistics, subprocess, sys, time

HERE = os.path.dirname(os.path.abspath(__file__))
CONVOLUTIONS = [(1, 12, 132), (12, 12, 130), (12, 72, 64), (72, 72, 62), (72, 432, 28), (432, 72, 28), (16, 16, 64), (32, 64, 32)]
UNETS = {   # features, growth, levels, padding, edge, batch
    "small_same": (16, 2, 3, "same", 64, 2),
    "dacapo_f4": (12, 4, 4, "valid", 132, 1),
    "dacapo_f6": (12, 6, 4, "valid", 132, 1),
}


# ---- peers: each prints seconds, one number a kind of pass

def unet(features, growth, levels, padding):
    """DaCapo's: two convolutions and a pooling a level, nearest upsampling, one-voxel convolution, crop, joining."""
    import torch
    from torch import nn
    width = [features * growth**level for level in range(levels)]
    same = padding == "same"

    def double(i, o):
        return nn.Sequential(nn.Conv3d(i, o, 3, padding=int(same)), nn.ReLU(), nn.Conv3d(o, o, 3, padding=int(same)), nn.ReLU())

    class UNet(nn.Module):
        def __init__(self):
            super().__init__()
            self.down = nn.ModuleList([double(([1] + width)[level], width[level]) for level in range(levels)])
            lift = [width[level] if level else width[1] for level in range(levels - 1)]
            self.lift = nn.ModuleList([nn.Conv3d(width[level + 1], lift[level], 1) for level in range(levels - 1)])
            self.up = nn.ModuleList([double(width[level] + lift[level], width[level]) for level in range(levels - 1)])

        def forward(self, x):
            skips = []
            for level in range(levels - 1):
                x = self.down[level](x)
                skips.append(x)
                x = nn.functional.max_pool3d(x, 2)
            x = self.down[-1](x)
            for level in reversed(range(levels - 1)):
                x = torch.relu(self.lift[level](nn.functional.interpolate(x, scale_factor=2)))
                if not same:
                    lost, step = 4, 2 ** (levels - 1 - level)
                    x = crop(x, (x.shape[2] - lost) // step * step + lost)
                x = self.up[level](torch.cat([crop(skips[level], x.shape[2]), x], 1))
            return x

    def crop(x, size):
        begin = (x.shape[2] - size) // 2
        return x[:, :, begin:begin + size, begin:begin + size, begin:begin + size]

    return UNet()


def passes(run, rounds):
    run()
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def peer_conv(channels, features, size, layout):
    import torch
    torch.set_num_threads(2)
    form = torch.channels_last_3d if layout == "last" else torch.contiguous_format
    conv = torch.nn.Conv3d(channels, features, 3).to(memory_format=form)
    x = torch.rand(1, channels, size, size, size).to(memory_format=form).requires_grad_()
    with torch.no_grad():
        forward = passes(lambda: conv(x), 5)
    y = conv(x)
    dy = torch.rand_like(y)
    print(forward, passes(lambda: torch.autograd.grad(y, (x, conv.weight, conv.bias), dy, retain_graph=True), 5))


def peer_unet(package, kind, name, folder, rounds):
    import torch
    torch.set_num_threads(2)
    *settings, edge, batch = UNETS[name]
    model, x = unet(*settings), torch.rand(batch, 1, edge, edge, edge)
    if package == "torch-last":
        model, x = model.to(memory_format=torch.channels_last_3d), x.to(memory_format=torch.channels_last_3d)
    if package == "torch-compile":
        model = torch.compile(model)
    if kind == "train":
        optimizer = torch.optim.RAdam(model.parameters(), lr=1e-4, decoupled_weight_decay=True)
        target = (torch.rand_like(model(x).detach()[:, :1]) > 0.5).float()

        def step():
            optimizer.zero_grad()
            torch.nn.functional.binary_cross_entropy_with_logits(model(x)[:, :1], target).backward()
            optimizer.step()
        print(passes(step, rounds))
        return
    with torch.no_grad():
        if package.startswith("torch"):
            print(passes(lambda: model(x), rounds))
            return
        path = f"{folder}/{name}.onnx"
        if not os.path.exists(path):
            torch.onnx.export(model.eval(), (x,), path, input_names=["x"], output_names=["y"], opset_version=18, dynamo=False)
    del model
    x = x.numpy()
    if package == "onnxruntime":
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = 2, 1
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        print(passes(lambda: session.run(None, {"x": x}), rounds))
    else:
        import openvino
        compiled = openvino.Core().compile_model(path, "CPU", {"INFERENCE_NUM_THREADS": 2, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"})
        print(passes(lambda: compiled([x]), rounds))


def peer_sgemm():
    import numpy
    a = numpy.random.rand(4096, 4096).astype(numpy.float32)
    print(passes(lambda: a @ a, 5))


# ---- the table

def measure(command, words=None):
    """What a process prints, and its peak memory in MiB; None if it fails."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ, **{n: "2" for n in names}))
    out, problem = process.stdout.read(), process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    if status:
        print(f"  ({' '.join(map(str, words or command[:4]))} failed: {problem.decode().strip().splitlines()[-1:] or status})", flush=True)
        return None
    return [float(v) for v in out.split()], usage.ru_maxrss / 1024


def rounds_of(commands, rounds):
    """Medians of each command's numbers and memory, in turn; without those that fail."""
    found = {name: [] for name in commands}
    for _ in range(rounds):
        for name, run in commands.items():
            result = run() if found[name] is not None else None
            found[name] = found[name] + [result] if result else None
    return {name: ([statistics.median(v) for v in zip(*(r[0] for r in results))], statistics.median(r[1] for r in results)) for name, results in found.items() if results}


def line(name, work, results, column, peak):
    ours = results["dcs"][0][column]
    others = {n: r[0][column] for n, r in results.items() if n != "dcs"}
    cells = "   ".join(f"{n} {s * 1000:8.1f} ms {work / s / 1e9:4.0f} GF/s {results[n][1]:5.0f} MiB" for n, s in [("dcs", ours)] + sorted(others.items()))
    floor = f"   sgemm {peak:.0f} GF/s" if peak else ""
    best = f"   ratio {min(others.values()) / ours:.2f}" if others else "   (no peer)"
    print(f"{name:24}{cells}{floor}{best}", flush=True)


def main(dcs, folder, rounds, rows):
    def wanted(name):
        return not rows or any(part in name for part in rows)

    def peer(*words):
        return lambda: measure([sys.executable, __file__, "--peer", *map(str, words)], words)

    script = [dcs, "--quiet", "--jobs", "2", os.path.join(HERE, "networks.dcs")]
    gemm = peer("sgemm")()
    peak = 2 * 4096**3 / gemm[0][0] / 1e9 if gemm else None
    for channels, features, size in CONVOLUTIONS:
        name = f"{channels}->{features} at {size}"
        if not wanted(name):
            continue
        work = 2 * 27 * channels * features * (size - 2) ** 3
        results = rounds_of({
            "dcs": lambda: measure(script + ["--kind", "conv", "--channels", str(channels), "--features", str(features), "--size", str(size)]),
            "torch": peer("conv", channels, features, size, "first"), "torch-last": peer("conv", channels, features, size, "last")}, rounds)
        if "dcs" in results:
            line(name + " forward", work, results, 0, peak)
            line(name + " backward", 2 * work, results, 1, peak)
    for name, (features, growth, levels, padding, edge, batch) in UNETS.items():
        flop, passes_ = work_of(features, growth, levels, padding, edge) * batch, 5
        if flop > 1e11:
            passes_ = 2
        model = ["--features", str(features), "--growth", str(growth), "--levels", str(levels), "--size", str(edge), "--batch", str(batch), "--rounds", str(passes_)]
        model += ["--padding", padding]
        for kind, packages in (("infer", ["torch", "torch-last", "torch-compile", "onnxruntime", "openvino"]), ("train", ["torch", "torch-last", "torch-compile"])):
            if not wanted(f"{name} {kind}"):
                continue
            results = rounds_of({"dcs": lambda: ours(script + ["--kind", kind] + model, kind, folder)}
                                | {package: peer("unet", package, kind, name, folder, passes_) for package in packages}, 1 if flop > 1e11 else rounds)
            if "dcs" in results:
                line(f"{name} {kind}", flop * (3 if kind == "train" else 1), results, 0, peak)


def ours(command, kind, folder):
    if kind == "infer":
        return measure(command)
    place = os.path.join(folder, f"run{time.monotonic_ns()}")
    result = measure(command + ["--out", place])
    if not result:
        return None
    with open(f"{place}/runs/bench/losses.csv") as f:
        times = [float(row.split(",")[2]) for row in f.read().split("\n")[1:] if row]
    return [statistics.median(b - a for a, b in zip(times, times[1:]))], result[1]


def work_of(features, growth, levels, padding, edge):
    """Operations of the convolutions of one forward pass."""
    width, lost, total, edges = [features * growth**level for level in range(levels)], 0 if padding == "same" else 2, 0, []

    def double(i, o, edge):
        a, b = edge - lost, edge - 2 * lost
        return 54 * (i * o * a**3 + o * o * b**3), b
    for level in range(levels):
        work, edge = double(([1] + width)[level], width[level], edge)
        total += work
        edges.append(edge)
        edge = edge if level == levels - 1 else edge // 2
    for level in reversed(range(levels - 1)):
        lift = width[level] if level else width[1]
        total += 2 * width[level + 1] * lift * edge**3   # before the upsampling, which gives the same
        edge *= 2
        if padding != "same":
            step = 2 ** (levels - 1 - level)
            edge = (edge - 4) // step * step + 4
        work, edge = double(width[level] + lift, width[level], edge)
        total += work
    return total


if sys.argv[1] == "--peer":
    kind, *words = sys.argv[2:]
    if kind == "conv":
        peer_conv(*map(int, words[:3]), words[3])
    elif kind == "unet":
        peer_unet(*words[:4], int(words[4]))
    else:
        peer_sgemm()
else:
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 3, sys.argv[4:])
