// What is saved as a file of its own: tables, pictures, texts, records; and tables read back.

import Display
import Language
import Storage

extension Builtin {
  static let saveTable = Builtin(
    "save", "(t: table, path: string) -> nil", "Writes a table as CSV, in place of a file that is there.", effect: .writes("path"), plan: { call in call.planFile("save", at: try call.string("path"), "a table"); return .nil }
  ) { call in
    try Files.writeAtomically(CSV.write(try call.object("t", as: TableValue.self)), try call.writablePath("path"), sync: false)
    return .nil
  }

  static let saveImage = Builtin(
    "save", "(image: image, path: string) -> nil", "Writes a picture or plot as .png or .svg, in place of a file that is there.", effect: .writes("path"),
    plan: { call in call.planFile("save", at: try call.string("path"), "a picture"); return .nil }
  ) { call in
    let path = try call.string("path"), image = try call.object("image", as: ImageValue.self)
    let isSVG = path.hasSuffix(".svg")
    guard isSVG || path.hasSuffix(".png") else { throw call.failure(.value, "pictures are written as .png or .svg, not `\(path)`", at: "path") }
    try Files.writeAtomically(isSVG ? Array(image.svg.utf8) : image.image.png(), try call.writablePath("path"), sync: false)
    return .nil
  }

  static let saveText = Builtin(
    "save", "(text: string, path: string) -> nil", "Writes text to a file, in place of one that is there.",
    effect: .writes("path"), plan: { call in call.planFile("save", at: try call.string("path"), "text"); return .nil }
  ) { call in
    try Files.writeAtomically(Array(try call.string("text").utf8), try call.writablePath("path"), sync: false)
    return .nil
  }

  static let saveData = Builtin(
    "save", "(data: record|list|stats, path: string) -> nil", "Writes a record or list as JSON, in place of a file that is there.",
    details: ["Lengths, coords and other values that JSON lacks are written as the text that shows them."],
    effect: .writes("path"), plan: { call in call.planFile("save", at: try call.string("path"), "JSON"); return .nil }
  ) { call in
    let path = try call.writablePath("path")
    guard path.hasSuffix(".json") else { throw call.failure(.value, "records and lists are written as .json, not `\(path)`", at: "path", hint: "a list of records as a table: save(table(xs), \"x.csv\")") }
    var data = try call.value("data")
    if let stats = data.object(as: StatsValue.self) { data = .record(Record(try stats.fieldNames.map { ($0, try stats.field($0, call.context) ?? .nil) })) }
    try Files.writeAtomically(Array(data.json.pretty.utf8), path, sync: false)
    return .nil
  }

  static let readCSV = Builtin(
    "read_csv", "(path: string) -> table", "Reads a table: first row the headings, numbers as numbers, empty cells as nil.", searchTerms: ["load", "table"]
  ) { call in
    let path = try call.string("path")
    do { return Value(try CSV.read(String(decoding: try Files.read(path), as: UTF8.self))) } catch var failure as Failure {
      failure.message = "\(path): \(failure.message)"
      throw failure
    }
  }
}

extension Call {
  /// A path to be written, the folders above it made.
  func writablePath(_ argument: String) throws -> String {
    let path = try string(argument), folder = Files.parent(path)
    if Address.isRemote(path) { throw failure(.data, "`\(path)` is an address: only arrays and groups are written there", at: argument, hint: "save it to a file") }
    if !folder.isEmpty { try Files.makeFolders(folder) }
    return path
  }
}
