// processes(n): child processes of this machine, also for the shards of blockwise work.

extension Engine {
  package static func processes(_ count: Int) -> Engine { children("processes", workers: count, [("", "\(count)")], nil) }
}

extension Engine.Kind {
  static let processes = Engine.Kind(name: "processes") { Engine.children("processes", workers: 1, [], ProcessRecord($0)) }
}
