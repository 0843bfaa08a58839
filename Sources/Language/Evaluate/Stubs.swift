import Execution
struct ScriptFunction: Sendable { var template: Template }
struct Template: Sendable { var signature = "", documentation: [String] = [], parameters: [(name: String, hasDefault: Bool)] = [], sourceText = "" }
final class Machine: Sendable {
  let session: Session
  init(session: Session, isWorker: Bool) { self.session = session }
  var belongsToThisThread: Bool { true }
  func invoke(_ function: Function, _ arguments: [Value], named: [(String, Value)]) throws -> Value { .nil }
  func settle(_ value: Value, _ reason: SettleReason) throws -> Value { value }
}
extension Function { package func frozen() -> Function { self } }
enum Literal { static func value(of text: String) -> Value? { nil } }
extension Value { package func shown(_ style: DisplayStyle = DisplayStyle()) -> String { "" }
  package var text: String { "" } }
