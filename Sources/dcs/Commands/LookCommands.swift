// Commands that look: names, memory, jobs, the rest of a long value.

import Arrays
import Builtins
import Display
import Execution
import Glibc
import Language
import Storage
import TerminalText

extension Command {
  static let vars = Command("vars", "[TEXT]", "Lists the names that are bound, with their kind and a glance.", .name) { prompt, rest in
    let names = prompt.interpreter.names.filter { !$0.hasPrefix("_") && (rest.isEmpty || $0.contains(rest)) }
    if names.isEmpty { prompt.output.write("nothing is bound yet\n"); return nil }
    let kinds = names.map { prompt.interpreter.value(of: $0)?.typeName ?? "" }
    let first = (names.map(\.columns).max() ?? 0) + 2, second = (kinds.map(\.columns).max() ?? 0) + 2
    let room = max(20, prompt.style.width - 2 - first - second)
    let lines = zip(names, kinds).map { name, kind -> String in
      let glance = prompt.interpreter.value(of: name).map { Glance.text($0, width: room) } ?? ""
      return "  " + fit(name, first) + fit(kind, second) + glance + "\n"
    }
    prompt.pager.show(lines.joined())
    return nil
  }

  static let mem = Command("mem", "", "Says how much memory the process and the values in it take.") { prompt, _ in
    let now = ProcessMemory.resident, resident = now.map(byteText) ?? "?", peak = byteText(max(ProcessMemory.peak, now ?? 0))   // the system counts the peak late
    prompt.output.write("  process  \(resident) now, \(peak) at most; budget of a result \(byteText(prompt.interpreter.session.execution.memoryBudget)) (:set memory)\n")
    let cache = ChunkCache.process
    if cache.limit > 0 { prompt.output.write("  decoded chunks kept  \(byteText(cache.byteCount)) of at most \(byteText(cache.limit))\n") }
    let sizes = prompt.interpreter.names.compactMap { name -> (name: String, bytes: Int)? in
      guard let bytes = prompt.interpreter.value(of: name)?.bytesInMemory, bytes > 0 else { return nil }
      return (name, bytes)
    }.sorted { ($1.bytes, $0.name) < ($0.bytes, $1.name) }
    let width = (sizes.map(\.name.columns).max() ?? 0) + 2
    for (name, bytes) in sizes.prefix(30) { prompt.output.write("  \(fit(name, width))\(fit(byteText(bytes), 12, right: true))\n") }
    return nil
  }

  static let jobs = Command("jobs", "", "Lists the jobs that names hold.") { prompt, _ in
    let jobs = prompt.jobs
    if jobs.isEmpty { prompt.output.write("no jobs; submit(\"script.dcs\", on=…) starts one\n"); return nil }
    prompt.pager.show(jobs.map { "  \($0.name)  \($0.value.shown(prompt.style))\n" }.joined())
    return nil
  }

  static let more = Command("more", "", "Shows the last value with all its rows.") { prompt, _ in
    guard let value = prompt.interpreter.value(of: "_") else { throw Misuse(description: "nothing has been shown yet") }
    var style = prompt.style
    style.rows = .max
    prompt.pager.show(value.shown(style) + "\n")
    return nil
  }
}

extension Prompt {
  /// Jobs that names hold, also in lists.
  var jobs: [(name: String, value: Value)] {
    interpreter.names.filter { !$0.hasPrefix("_") }.flatMap { name -> [(name: String, value: Value)] in
      switch interpreter.value(of: name) {
      case let value? where value.typeName == "job": [(name, value)]
      case .list(let values)? where values.first?.typeName == "job": values.enumerated().map { ("\(name)[\($0.offset)]", $0.element) }
      default: []
      }
    }
  }
}

/// A value on one line, without work: long lists are counted, not written.
enum Glance {
  static func text(_ value: Value, width: Int) -> String {
    let text: String
    switch value {
    case .list(let values) where values.count > 50: text = "\(grouped(values.count)) elements, from \(self.text(values[0], width: 30))"
    case .string(let string) where string.utf8.count > 400: text = Value.quoted(String(string.prefix(200))) + "…"
    case .record(let record) where record.count > 50: text = "\(grouped(record.count)) fields"
    case .function(let function): text = function.signature.split(separator: "\n").first.map(String.init) ?? ""
    case .object(let box): text = box.object.brief
    default: text = value.written()
    }
    let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
    return line.columns <= width ? line : fit(line, width)
  }
}
