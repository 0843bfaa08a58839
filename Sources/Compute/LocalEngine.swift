// local(): a single job is a child process of this machine; blocks run on threads of this process.

extension Engine {
  package static func local(workers: Int?, settings: [(name: String, text: String)]) -> Engine { local(workers: workers, settings: settings, known: nil) }

  private static func local(workers: Int?, settings: [(name: String, text: String)], known: ProcessRecord?) -> Engine {
    var engine = children("local", workers: workers ?? 1, settings, known)
    engine.isHere = true
    return engine
  }

  fileprivate static func local(record: ProcessRecord) -> Engine { local(workers: nil, settings: [], known: record) }
}

extension Engine.Kind {
  static let local = Engine.Kind(name: "local") { .local(record: ProcessRecord($0)) }
}
