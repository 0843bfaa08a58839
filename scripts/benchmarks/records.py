def records(count):
    p = {"x": 0.0, "y": 1.0, "hits": 0}
    for i in range(count):
        p["x"] = p["x"] + p["y"] * 0.5
        p["hits"] += 1
        q = {"x": p["x"], "y": i}
        if q["x"] > q["y"]: p["y"] = -p["y"]
    return p["hits"]
print(records(300_000))
