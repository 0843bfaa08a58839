// The table of levels that a model shows, cut to the width of the screen.
//
//     level 0  132³ → 128³     12 features    4,236 params     up  48³ → 40³
//     level 1   64³ →  60³     60 features  116,760 params     up  28³ → 24³

import Display
import Networks
import TerminalText

enum ModelSummary {
  /// The heads and the table below them, in the widest form that fits; which sizes are legal stands beside the last level, or else among the heads.
  static func lines(_ heads: [String], _ network: Network, _ input: [Int], _ width: Int) -> [String] {
    let legal = network.legalSizes().map { "legal inputs \($0)" }
    let all = heads + (legal.map { [$0] } ?? [])
    guard let (levels, finer) = try? network.levels(input: input) else {
      return Layout.flowed(all, width) + ["  \(grouped(network.nodes.count)) layers    \(grouped(network.parameterCount)) params"]
    }
    for form in Form.allCases {
      for placed in [legal, nil] {
        let lines = rows(levels, finer, form, placed, total: network.parameterCount)
        if (form == .narrow && placed == nil) || lines.allSatisfy({ $0.columns <= width }) { return Layout.flowed(placed == nil ? all : heads, width) + lines }
      }
    }
    return Layout.flowed(all, width)
  }

  private enum Form: CaseIterable { case full, usual, short, narrow }

  private static func rows(_ levels: [NetworkLevel], _ finer: [LayerRun], _ form: Form, _ legal: String?, total: Int) -> [String] {
    let runs = levels.map(\.down)
    let downFrom = widest(runs.map { sizeText($0.from) }), downTo = widest(runs.map { sizeText($0.to) })
    let ups = levels.compactMap(\.up) + finer
    let upFrom = widest(ups.map { sizeText($0.from) }), upTo = widest(ups.map { sizeText($0.to) })
    let features = widest(runs.map { grouped($0.features) }), parameters = widest(runs.map { grouped($0.parameters) } + [grouped(total)]), upParameters = widest(ups.map { grouped($0.parameters) })
    func up(_ run: LayerRun) -> String {
      "up  \(fit(sizeText(run.from), upFrom, right: true)) → \(fit(sizeText(run.to), upTo, right: true))" + (form == .full ? "  \(fit(grouped(run.parameters), upParameters, right: true)) params" : "")
    }
    var lines: [String] = []
    for (level, row) in levels.enumerated() {
      var line = "  level \(level)  \(fit(sizeText(row.down.from), downFrom, right: true)) → \(fit(sizeText(row.down.to), downTo, right: true))"
      line += "    \(fit(grouped(row.down.features), features, right: true))" + (form == .narrow ? "" : row.down.features == 1 ? " feature " : " features")
      if form == .full || form == .usual { line += "  \(fit(grouped(row.down.parameters), parameters, right: true)) params" }
      if let run = row.up { line += (form == .narrow ? "  " : "    ") + up(run) }
      else if let legal, level == levels.count - 1 { line += (form == .narrow ? "  " : "    ") + legal }
      lines.append(line)
    }
    let indent = String(repeating: " ", count: "  level 0  ".columns + downFrom + 3 + downTo)
    for run in finer { lines.append(indent + "    \(fit(grouped(run.features), features, right: true))" + (form == .narrow ? "" : " features") + "    " + up(run)) }
    let sum = "  total    " + (form == .full || form == .usual ? String(repeating: " ", count: downFrom + 3 + downTo + 4 + features + 11 + max(0, parameters - grouped(total).columns)) : "")
    lines.append(sum + grouped(total) + " params")
    return lines
  }

  private static func widest(_ texts: [String]) -> Int { texts.map { $0.columns }.max() ?? 0 }
}
