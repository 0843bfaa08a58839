import Compute
import Language

/// Where blockwise work and jobs run.
struct ContextValue: ObjectValue {
  let engine: Engine

  var typeName: String { "context" }
  var fieldNames: [String] { ["name", "workers"] }
  var brief: String { engine.text }
  func summary(_ style: DisplayStyle) -> String { brief }
  func equals(_ other: any ObjectValue) -> Bool { (other as? ContextValue)?.engine.text == engine.text }

  func field(_ name: String, _ context: CallContext) throws -> Value? {
    switch name {
    case "name": .string(engine.name)
    case "workers": .int(engine.workers)
    default: nil
    }
  }
}
