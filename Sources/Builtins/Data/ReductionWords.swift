import Language
extension Builtin { static let reductions: [Builtin] = [] }
