// Calls of builtins in a dry run (DryRun.swift): plan instead of body where there is an effect, `unknown` where values would be needed.

extension Frame {
  private static let coreNames = Set(Builtin.core.map(\.name))

  /// Like `call(_:_:_:_:)`, of which it is the twin.
  func dryCall(_ builtin: Builtin, _ call: Call, _ dry: DryRun, _ site: Site) throws -> Value {
    let first = dry.count
    defer { dry.stamp(from: first, site) }
    let values = call.arguments.compactMap { $0 } + call.rest
    let isDark = values.contains { $0.isUnknown && !(builtin.needs == .sketches && $0.sketch != nil) } || (!Self.coreNames.contains(builtin.name) && values.contains { !$0.isUnknown && $0.holdsUnknown })
    if isDark, builtin.needs != .nothing {
      if builtin.effect == .ends { throw Undecided(reason: "whether `\(builtin.name)` ends the script is known only when it runs") }
      return recordDark(builtin, call, dry)
    }
    do {
      if let plan = builtin.plan { if let value = try plan(call) { return value.withoutValues() } }
      else if !builtin.pathsWritten(call).isEmpty || builtin.effect == .acts { return recordDark(builtin, call, dry) }
      return try builtin.body(call).withoutValues()
    } catch let error as any NotKnown {
      // one box was asked for, all boxes would be
      let whole = builtin.needs == .parts || error.reads.isEmpty ? [] : values.flatMap { $0.object?.readItems ?? [] }, reads = whole.isEmpty ? error.reads : whole
      if !reads.isEmpty { dry.record(Effect(builtin.name, reads: reads)) }
      return .unknown
    } catch let error where !(error is any Uncatchable) && !isDark && values.contains(where: { $0.holdsUnknown && $0.sketch == nil || dry.makes($0) }) {
      return .unknown
    }
  }

  /// A call that cannot be planned: its effect is recorded as far as it is known.
  private func recordDark(_ builtin: Builtin, _ call: Call, _ dry: DryRun) -> Value {
    let paths = builtin.pathsWritten(call)
    if !paths.isEmpty {
      var effect = Effect(builtin.name, writes: paths.map { Effect.Item($0, "size not known before running") })
      if paths.contains(where: dry.exists) {
        if case .bool(true)? = try? call.value("replace") { effect.notes = ["replaces what is there"] } else { (effect.notes, effect.mayConflict) = (["exists already"], true) }
      }
      dry.record(effect)
      for path in paths { dry.promise(.unknown, at: path) }
    } else if builtin.effect == .acts { dry.record(Effect(builtin.name, notes: ["not known before running"])) }
    return .unknown
  }
}

extension Builtin {
  /// The paths that a call writes, as far as it names them.
  func pathsWritten(_ call: Call) -> [String] {
    guard let name = writtenParameter, let value = try? call.value(name) else { return [] }
    let all = switch value { case .list(let list): list; case .record(let record): record.values; default: [value] }
    return all.compactMap { if case .string(let path) = $0 { path } else { nil } }
  }
}
