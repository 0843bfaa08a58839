// What an input is, as far as a plan must know: a name for people, and a text that changes when its content may have changed.

import Arrays
import FileFormats
import Storage

/// A source of another module that can say what it is. One that cannot makes a plan that is never resumed.
package protocol IdentifiedSource: ArraySource {
  /// A path, or a few words.
  var name: String { get }
  /// Equal only for sources with equal content.
  var identity: String { get }
}

struct Identity {
  var name: String
  /// nil: cannot be told.
  var text: String?

  /// - Parameter content: whether arrays in memory are hashed (O(bytes)), and files of other programs read in part; only plans of outputs on disk need it.
  init(of source: any ArraySource, content: Bool) throws {
    switch source {
    case let source as IdentifiedSource: (name, text) = (source.name, source.identity)
    case let array as StoredArray:
      name = array.path
      text = Self.text(of: (try? StoredArray.open(array.path)) ?? array)   // as it is now, which may not be as it was opened
    case let file as FileArray:
      name = file.path
      text = "\(file.format) \(file.stamp) \(file.codecText)" + (content ? fileContent(file.path).map { " content \($0)" } ?? "" : "")
    case let planned as PlannedArray: (name, text) = (planned.path ?? "in memory", planned.origin)
    case let volume as Volume:
      name = "in memory"
      text = content ? "bytes \(try Self.hash(volume.array))" : "in memory"
    case let view as SourceView:
      let base = try Identity(of: view.base, content: content)
      name = "a view of \(base.name)"
      let walks = view.walks.map { "\($0.baseAxis):\($0.begin):\($0.step):\($0.count)" }.joined(separator: " ")
      let fixed = view.fixed.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value)" }.joined(separator: " ")
      text = base.text.map { "view \(walks) at \(fixed) of \($0)" }
    case let fine as UpsampledSource:
      let base = try Identity(of: fine.base, content: content)
      name = "\(base.name), upsampled by \(shapeText(fine.factors))"
      text = base.text.map { "upsampled \(shapeText(fine.factors)) \(fine.method) of \($0)" }
    case let cast as CastSource:
      let base = try Identity(of: cast.base, content: content)
      name = "\(base.name) as \(cast.dtype)"
      text = base.text.map { "cast \(cast.dtype) \(cast.mode) of \($0)" }
    case let expression as ArrayExpression:
      let sources = try expression.sources.map { try Identity(of: $0, content: content) }
      name = "an expression of \(sources.map(\.name).joined(separator: ", "))"
      text = sources.allSatisfy { $0.text != nil } ? "expression \(expression.recipe) of \(sources.map { $0.text ?? "" })" : nil
    case let filtered as FilteredSource:
      let base = try Identity(of: filtered.source, content: content)
      name = "\(base.name), filtered"
      text = base.text.flatMap { base in filtered.filter.recipe.map { "\($0) of \(base)" } }
    default: (name, text) = ("\(type(of: source))", nil)
    }
  }

  /// What an array in a container holds: the plan that made it, or the sum of its content, stand in the attributes and survive a copy of the folder.
  /// Of one that is stored into since, or that others made, the time of its document must do.
  private static func text(of array: StoredArray) -> String {
    let own = array.attributes["dcs"], form = "\(array.format) chunks \(shapeText(array.chunks))"
    if own?["edited"]?.bool != true {
      if let plan = own?["plan"]?.string { return "plan \(plan)" }
      if let content = own?["content"]?.string { return "\(form) content \(content)" }
    }
    return array.documentStamp.map { "\(form) written \($0)" } ?? form
  }

  private static func hash(_ array: NDArray) throws -> String {
    var hash = StableHash()
    try array.contiguous().withBytes { hash.add(words: $0) }
    return hash.text
  }
}

/// Equal only for sources with equal content; nil where that cannot be told. Arrays in memory are read, O(bytes).
package func contentIdentity(of source: any ArraySource) -> String? { (try? Identity(of: source, content: true))?.text }

/// The paths on disk that a source reads: arrays in containers, and files of other programs.
package func pathsOnDisk(of source: any ArraySource) -> [String] {
  switch source {
  case let array as StoredArray: [array.path]
  case let file as FileArray: [file.path]
  default: source.inputs.flatMap { pathsOnDisk(of: $0) }
  }
}

extension StoredArray {
  /// To be called around every change of single voxels: what was said of the whole array holds no more.
  ///
  /// - Throws: `StorageError`, as `setAttributes` does.
  package func edited() throws(StorageError) {
    if let own = attributes["dcs"], own["edited"]?.bool != true, own["plan"] != nil || own["content"] != nil {
      try setAttributes(.object([.init("dcs", own.merging(.object([.init("edited", .bool(true))])))]))
    }
    touch()
  }
}

/// The arrays in containers that a source reads.
package func storedArrays(of source: any ArraySource) -> [StoredArray] {
  if let array = source as? StoredArray { return [array] }
  return source.inputs.flatMap { storedArrays(of: $0) }
}
