def loop(count):
    i, s = 0, 0.0
    while i < count:
        s = s + i * 0.5
        i = i + 1
    return s
print(loop(5_000_000))
