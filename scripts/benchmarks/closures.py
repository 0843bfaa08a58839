def closures(count):
    add = lambda n: lambda x: x + n
    total = 0
    for i in range(count):
        f = add(i)
        total = f(total) % 1_000_003
    return total + sum(list(map(lambda x: x % 7, range(count)))) + len(list(filter(lambda x: x % 3 == 0, range(count))))
print(closures(300_000))
