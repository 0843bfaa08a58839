// One connection to a database. Whatever fails ends it: the caller opens another, and nothing half-done is kept.

import CDatabase
import Execution

/// For one thread at a time.
package final class Connection: @unchecked Sendable {   // whoever shares one holds a lock: RecordStore
  package let address: DatabaseAddress
  private var handle: OpaquePointer?

  /// Asked at least every 50 ms; true: give up.
  package typealias Stop = () -> Bool

  /// - Parameter creates: makes the file if there is none.
  /// - Throws: `DatabaseError`, `Cancelled` if `stop` said so.
  package init(_ address: DatabaseAddress, creates: Bool = true, stop: Stop) throws {
    self.address = address
    var handle: OpaquePointer?
    let (outcome, text) = asking(stop) { ask, context, text, room in
      switch address {
      case .file(let path): cdatabase_open_file(path, creates ? 1 : 0, ask, context, &handle, text, room)
      case .server(let url): cdatabase_open_server(url, ask, context, &handle, text, room)
      }
    }
    self.handle = handle
    if outcome != CDATABASE_DONE { throw failure(outcome, text, opening: true) }
  }

  deinit { cdatabase_close(handle) }

  package func close() {
    cdatabase_close(handle)
    handle = nil
  }

  /// One statement.
  ///
  /// - Parameter row: given each row; what it throws is thrown, and ends the connection.
  /// - Throws: `DatabaseError`, `Cancelled`.
  package func run(_ sql: String, _ values: [SQLValue] = [], stop: Stop, row: ((SQLRow) throws -> Void)? = nil) throws {
    guard let handle else { throw DatabaseError.lost(address, reason: "it was closed") }
    let (outcome, text, thrown) = bound(values) { values in
      withRows(row) { give, rows in
        asking(stop) { ask, context, text, room in
          cdatabase_run(handle, sql, values.baseAddress, Int32(values.count), give, rows, ask, context, text, room)
        }
      }
    }
    if let thrown { close(); throw thrown }
    if outcome != CDATABASE_DONE {
      defer { if !(outcome == CDATABASE_FAILED && isFile) { close() } }
      throw failure(outcome, text, opening: false)
    }
  }

  private var isFile: Bool { if case .file = address { true } else { false } }

  private func failure(_ outcome: cdatabase_outcome, _ text: String, opening: Bool) -> any Error {
    // of what may quote a damaged file, one line of plain characters
    let reason = address.masked(String(String.UnicodeScalarView(text.unicodeScalars.prefix(200).map { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) ? " " : $0 })))
    return switch outcome {
    case CDATABASE_MISSING: DatabaseError.library(address, reason: reason)
    case CDATABASE_BUSY: DatabaseError.busy(address)
    case CDATABASE_LOST: DatabaseError.lost(address, reason: reason)
    case CDATABASE_STOPPED: Cancelled()
    default: opening ? DatabaseError.open(address, reason: reason) : DatabaseError.statement(address, reason: reason)
    }
  }

  // MARK: Calling C

  private func withRows(
    _ row: ((SQLRow) throws -> Void)?, _ body: (cdatabase_row?, UnsafeMutableRawPointer?) -> (cdatabase_outcome, String)
  ) -> (cdatabase_outcome, String, (any Error)?) {
    guard let row else {
      let (outcome, text) = body(nil, nil)
      return (outcome, text, nil)
    }
    return withoutActuallyEscaping(row) { row in
      let receiver = Receiver(address, row)
      let (outcome, text) = body({ context, cells, count in
        guard let context else { return 1 }
        return Unmanaged<Receiver>.fromOpaque(context).takeUnretainedValue().take(UnsafeBufferPointer(start: cells, count: Int(count))) ? 0 : 1
      }, Unmanaged.passUnretained(receiver).toOpaque())
      return withExtendedLifetime(receiver) { (outcome, text, receiver.thrown) }
    }
  }

  private func bound<R>(_ values: [SQLValue], _ body: (UnsafeBufferPointer<cdatabase_value>) -> R) -> R {
    // all texts behind each other, each with a 0 at its end
    var bytes: [CChar] = [], places: [Int] = []
    for value in values {
      places.append(bytes.count)
      guard case .text(let text) = value else { continue }
      bytes += text.utf8.map { CChar(bitPattern: $0 == 0 ? UInt8(ascii: "?") : $0) }
      bytes.append(0)
    }
    bytes.append(0)
    return bytes.withUnsafeBufferPointer { bytes in
      let bound = values.enumerated().map { index, value in
        switch value {
        case .null: cdatabase_value(kind: CDATABASE_NULL, integer: 0, real: 0, text: nil, count: 0)
        case .int(let value): cdatabase_value(kind: CDATABASE_INTEGER, integer: Int64(value), real: 0, text: nil, count: 0)
        case .double(let value) where value.isNaN: cdatabase_value(kind: CDATABASE_NULL, integer: 0, real: 0, text: nil, count: 0)
        case .double(let value): cdatabase_value(kind: CDATABASE_REAL, integer: 0, real: value, text: nil, count: 0)
        case .text(let text): cdatabase_value(kind: CDATABASE_TEXT, integer: 0, real: 0, text: bytes.baseAddress.map { $0 + places[index] }, count: text.utf8.count)
        }
      }
      return bound.withUnsafeBufferPointer(body)
    }
  }
}

private func asking(_ stop: Connection.Stop, _ body: (cdatabase_stop, UnsafeMutableRawPointer?, UnsafeMutablePointer<CChar>?, Int) -> cdatabase_outcome) -> (cdatabase_outcome, String) {
  withoutActuallyEscaping(stop) { stop in
    let asker = Asker(stop)
    var text = [CChar](repeating: 0, count: 512)
    let outcome = body({ context in
      guard let context else { return 0 }
      return Unmanaged<Asker>.fromOpaque(context).takeUnretainedValue().stop() ? 1 : 0
    }, Unmanaged.passUnretained(asker).toOpaque(), &text, text.count)
    return withExtendedLifetime(asker) { (outcome, String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)) }
  }
}

private final class Asker {
  let stop: Connection.Stop
  init(_ stop: @escaping Connection.Stop) { self.stop = stop }
}

private final class Receiver {
  private let address: DatabaseAddress
  private let row: (SQLRow) throws -> Void
  private(set) var thrown: (any Error)?

  init(_ address: DatabaseAddress, _ row: @escaping (SQLRow) throws -> Void) { (self.address, self.row) = (address, row) }

  func take(_ cells: UnsafeBufferPointer<cdatabase_value>) -> Bool {
    do {
      try row(SQLRow(cells: cells.map { cell in
        switch cell.kind {
        case CDATABASE_INTEGER: .int(Int(cell.integer))
        case CDATABASE_REAL: .double(cell.real)
        case CDATABASE_TEXT: .text(String(decoding: UnsafeRawBufferPointer(start: cell.text, count: cell.text == nil ? 0 : cell.count), as: UTF8.self))
        default: .null
        }
      }, address: address))
      return true
    } catch {
      thrown = error
      return false
    }
  }
}
