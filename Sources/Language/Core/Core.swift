extension Builtin {
  /// The words that need nothing but the language: numbers, text, lists, the program itself. Arrays and tables add forms of some of them.
  package static let core: [Builtin] =
    [.absolute, .allOf, .anyOf, .assert, .args, .ceiling, .countElements, .environment, .exit, .exponential, .fail, .filter, .firstElements, .floatingPoint, .floor, .format, .help]
    + [.integer, .joined, .keys, .length, .logarithm, .lower, .map, .maximum, .maximumOf, .mean, .minimum, .minimumOf, .now, .page, .power, .print]
    + [.range, .replace, .reverse, .round, .seed, .sort, .split, .squareRoot, .string, .sum, .trim, .type, .upper, .values, .version]

  package static let coreConstants: [String: Value] = ["pi": .float(.pi), "inf": .float(.infinity), "nan": .float(.nan)]
}
