# A script of 1,000 lines as people write them, for `dcs --check`.
lines = ["## made by scripts/benchmarks/script.py", "import metrics", "param path = \"volume.zarr\"   ## what to look at", "results = []"]
n = 0
while len(lines) < 990:
    n += 1
    lines += [
        f"fn step_{n}(crop, at=0.5, radius=2) {{",
        f"  smooth = gaussian(crop, sigma=radius * 8nm)",
        f"  mask = smooth > at & erode(crop > 0, radius=radius)",
        f"  count = sum(mask)",
        f"  if count == 0 {{ return {{name: \"step {n}\", score: nil, size: (64, 64, 64)}} }}",
        f"  {{name: \"step {n}: {{count:,}} voxels\", score: metrics.f1(mask, crop > 0), size: crop.shape // 2}}",
        "}",
        f"for i, t in linspace(0.1, 0.9, 5) {{",
        f"  row = try step_{n}(zeros((8, 8, 8), voxel=8nm) + t, at=t, radius=1 + i % 3) else {{name: \"none\", score: nil, size: (0, 0, 0)}}",
        f"  results += [{{name: row.name, score: row.score ?? 0, rank: len(results) + {n} * 2}}]",
        "}",
        "",
    ]
lines += ["t = table(results) |> sort(by=\"score\", desc=true)", "print(path, head(t, 3))"]
print("\n".join(lines))
