def lists(count):
    xs = []
    for i in range(count): xs += [i * 3]
    total = 0
    for i in range(len(xs)): total = total + xs[i]
    for x in xs: total = total - x
    xs[-1] += total
    return xs[-1]
print(lists(500_000))
