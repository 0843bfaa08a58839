// A run whose settings are not those on disk: what is said of it.

import Display
import Language
import Storage
import Training

extension RunDifference {
  /// E8: the caret under the argument that is not as on disk.
  func failure(_ call: Call) -> Failure {
    let folder = (try? call.string("folder")) ?? "runs", place = folder == "runs" ? name : Files.join(folder, name)
    let argument = key.prefix { $0 != "." && $0 != "[" }.description, rest = String(key.dropFirst(argument.count).drop { $0 == "." })
    let isFunction = rest.hasSuffix("function")
    let label = argument == "model" ? "another network than on disk" : isFunction ? "`\(rest.hasSuffix("_function") ? String(rest.dropLast(9)) : argument)` is another function than on disk, or uses other values"
      : (rest.isEmpty ? "" : "\(rest): ") + "on disk \(Self.shown(onDisk)), here \(Self.shown(here))"
    var ways: [String] = []
    if rest.isEmpty, onDisk.double != nil || onDisk.string != nil { ways.append("resume with \(argument == "seed" ? "seed(\(Self.shown(onDisk)))" : "\(argument)=\(Self.shown(onDisk))")") }
    ways.append(hasScores ? "start from its weights: run(\"\(name)-2\", …, from=best(\"\(place)\"))" : "give it another name: run(\"\(name)-2\", …)")
    let isArgument = call.builtin.signature.parameter(argument) != nil && call.isGiven(argument)
    return call.failure(
      .run, "run \"\(name)\" exists with other settings (\(grouped(iterations)) iterations done)", at: isArgument ? argument : nil,
      label: (isArgument ? "" : "\(argument): ") + label, hint: ways.joined(separator: ", or "))
  }

  /// "160", "0.003", "1e-4".
  private static func plain(_ number: Double) -> String {
    if number == number.rounded(), abs(number) < 1e15 { return "\(Int(number))" }
    var mantissa = number, exponent = 0
    guard abs(number) < 1e-3 else { return "\(number)" }
    while abs(mantissa) < 1 && exponent > -300 { exponent -= 1; mantissa = (number * (Double("1e\(-exponent)") ?? 1) * 1e9).rounded() / 1e9 }
    let digits = mantissa == mantissa.rounded() ? "\(Int(mantissa))" : "\(mantissa)"
    return Double("\(digits)e\(exponent)") == number ? "\(digits)e\(exponent)" : "\(number)"
  }

  /// A setting as a script would write it.
  private static func shown(_ value: JSON) -> String {
    switch value {
    case .null: "nothing"
    case .double(let number): plain(number)
    default: Value(json: value).written()
    }
  }
}

extension RunDifference: FailureConvertible {
  package var failure: Failure { Failure(.run, description) }
}
