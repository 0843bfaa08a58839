import Language

/// Where blockwise work runs: threads of this process.
struct LocalContext: ObjectValue {
  var typeName: String { "context" }
  var fieldNames: [String] { [] }
  var brief: String { "local()" }
  func field(_ name: String, _ context: CallContext) throws -> Value? { nil }
  func summary(_ style: DisplayStyle) -> String { brief }
}
