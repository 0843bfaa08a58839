// What several test modules need: seeded arrays, temporary folders, comparisons.
