def strings(count):
    parts = []
    for i in range(count): parts += [f"{i}:{i * 0.5:.1f}"]
    text = ",".join(parts)
    found = 0
    for part in text.split(","):
        if part[0] == "7": found += len(part)
    return found
print(strings(200_000))
