// The folder of a run, made for people and for other programs:
//
//   run.json                        settings that make the run what it is
//   losses.csv                      iteration,loss,seconds      (seconds of training so far, over all sessions)
//   scores.csv                      iteration,crop,channel,<sweep parameters>,<metrics>
//   checkpoints/0001000.safetensors weights and optimiser after 1000 iterations
//   best.json                       for each metric: iteration, parameters, score
//   sessions.csv                    when it was trained and how that ended
//   crops.csv                       crop,channel,voxels,truth   (of the validation crops: CropFacts.swift)
//   provenance.json                 version, kernels, script and hashes of the data, as they were when it began
//   predictions.zarr                of the validation crops, by the best checkpoint
//   store.json                      where a database has the same rows (Records), if one has
//
// Only a checkpoint makes an iteration count: after a crash, rows later than the last checkpoint are dropped and made again. A checkpoint
// appears whole or not at all and is written after the rows that belong to it.

import Storage

package struct LossRow: Sendable, Equatable {
  package let iteration: Int
  package let loss: Double
  /// Of training, over all sessions: what a time budget counts.
  package let seconds: Double
  package init(iteration: Int, loss: Double, seconds: Double) { (self.iteration, self.loss, self.seconds) = (iteration, loss, seconds) }

  /// As it is read again: losses are float32, times are milliseconds.
  var asWritten: LossRow { LossRow(iteration: iteration, loss: Double("\(Float(loss))") ?? loss, seconds: (seconds * 1000).rounded() / 1000) }
}

struct RunFolder: Sendable {
  let path: String

  var settingsPath: String { Files.join(path, "run.json") }
  var lossesPath: String { Files.join(path, "losses.csv") }
  var scoresPath: String { Files.join(path, "scores.csv") }
  var bestPath: String { Files.join(path, "best.json") }
  var checkpointsPath: String { Files.join(path, "checkpoints") }
  func checkpointPath(_ iteration: Int) -> String { Files.join(checkpointsPath, Self.padded(iteration) + ".safetensors") }

  static func padded(_ iteration: Int) -> String {
    let text = String(iteration)
    return String(repeating: "0", count: max(0, 7 - text.count)) + text
  }

  /// Iterations of the checkpoints on disk, ascending.
  func checkpoints() throws -> [Int] {
    guard Files.kind(checkpointsPath) == .folder else { return [] }
    return try Files.list(checkpointsPath).compactMap { entry in
      entry.name.hasSuffix(".safetensors") ? Int(entry.name.dropLast(12)) : nil
    }.sorted()
  }

  // MARK: Settings

  func settings() throws -> JSON? {
    guard Files.kind(settingsPath) == .file else { return nil }
    let json = try JSON(parsing: try Files.read(settingsPath), of: settingsPath)
    guard json["version"]?.int == 1 else { throw TrainingError.damagedRun(path: settingsPath, reason: "it has no `version`, or one of another program") }
    return json
  }

  /// - Parameter facts: `DataSplit.facts`.
  func write(settings: JSON, facts: JSON) throws {
    try Files.writeAtomically(JSON.object([.init("version", 1)] + (settings.members ?? []) + [.init("facts", facts)]).pretty, settingsPath)
  }

  // MARK: Losses

  func losses() throws -> [LossRow] {
    try rows(lossesPath).compactMap { fields in
      guard fields.count == 3, let iteration = Int(fields[0]), let loss = Double(fields[1]), let seconds = Double(fields[2]) else { return nil }
      return LossRow(iteration: iteration, loss: loss, seconds: seconds)
    }
  }

  func append(_ losses: [LossRow], sync: Bool) throws {
    if losses.isEmpty { return }
    try Files.appendLine(losses.map(Self.text).joined(separator: "\n"), lossesPath, sync: sync)
  }

  func replace(losses: [LossRow]) throws {
    try Files.writeAtomically((["iteration,loss,seconds"] + losses.map(Self.text)).joined(separator: "\n") + "\n", lossesPath)
  }

  private static func text(_ row: LossRow) -> String { "\(row.iteration),\(Float(row.loss)),\((row.seconds * 1000).rounded() / 1000)" }

  // MARK: Scores

  func scores(_ task: Task) throws -> [ScoreRow] {
    let sweep = task.sweep.count, metrics = task.metrics.count
    return try rows(scoresPath).compactMap { fields in
      guard fields.count == 3 + sweep + metrics, let iteration = Int(fields[0]) else { return nil }
      let numbers = fields[3...].map { $0.isEmpty ? Double.nan : Double($0) }
      guard !numbers.contains(where: { $0 == nil }) else { return nil }
      let values = numbers.compactMap { $0 }
      return ScoreRow(iteration: iteration, crop: fields[1], channel: fields[2], parameters: Array(values.prefix(sweep)), metrics: Array(values.suffix(metrics)))
    }
  }

  func append(_ scores: [ScoreRow]) throws {
    if scores.isEmpty { return }
    try Files.appendLine(scores.map(Self.text).joined(separator: "\n"), scoresPath)
  }

  func replace(scores: [ScoreRow], _ task: Task) throws {
    let header = (["iteration", "crop", "channel"] + task.sweep.map(\.name) + task.metrics.map(\.name)).map(Self.quoted).joined(separator: ",")
    try Files.writeAtomically(([header] + scores.map(Self.text)).joined(separator: "\n") + "\n", scoresPath)
  }

  private static func text(_ row: ScoreRow) -> String {
    let numbers = (row.parameters + row.metrics).map { $0.isNaN ? "" : "\($0)" }
    return (["\(row.iteration)", quoted(row.crop), quoted(row.channel)] + numbers).joined(separator: ",")
  }

  // MARK: CSV

  static func quoted(_ text: String) -> String {
    guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
    var result = "\""
    for c in text { result += c == "\"" ? "\"\"" : c.isNewline ? " " : String(c) }
    return result + "\""
  }

  /// Rows after the header; a last line that a crash cut short is dropped by its field count, or its missing newline.
  func rows(_ path: String) throws -> [[String]] {
    guard let bytes = try Files.readIfPresent(path, limit: 1 << 31) else { return [] }
    let text = bytes.withBytes { bytes in
      String(decoding: bytes.prefix((bytes.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1), as: UTF8.self)
    }
    return text.split(separator: "\n").dropFirst().map(Self.fields)
  }

  private static func fields(_ line: Substring) -> [String] {
    if !line.utf8.contains(UInt8(ascii: "\"")) { return line.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
    var result = [""], quoted = false
    for c in line {
      if c == "\"" { quoted.toggle(); if quoted, !(result.last ?? "").isEmpty { result[result.count - 1].append(c) } }
      else if c == "," && !quoted { result.append("") }
      else { result[result.count - 1].append(c) }
    }
    return result
  }
}
