// HDF5 files, read by libhdf5 under one lock: the library is not made for threads.
//
// Types      integers of 8 to 64 bits and floats of 16, 32 and 64, in both byte orders; h5py's bools. Others are listed, and refused when opened.
// Filters    those that the library has: deflate, shuffle, fletcher32, szip where it was built with it; others are refused by name
// Damage     libhdf5 1.10 is known to crash on files made to break it: open those that you trust (docs/files.md)

import Arrays
import CHdf5
import Storage
import Synchronization

/// An open file; closed with the last array or group of it.
final class Hdf5File: Sendable {
  let path: String
  let size: Int
  let identifier: Int64

  /// Held round every call of the library.
  static let lock = Mutex(())

  init(_ path: String) throws(StorageError) {
    if case .missing(let what) = Library.hdf5 { throw .unsupported(path: path, feature: "HDF5 without \(what)") }
    guard let size = Files.size(path) else { throw .from(errno: ENOENT, path, doing: "read") }
    let (opened, why) = Self.lock.withLock { _ in
      let opened = dcs_h5_open(path)
      return (opened, opened < 0 ? Self.message : "")
    }
    guard opened >= 0 else { throw .badFile(path: path, reason: "HDF5 cannot open it: \(why)") }
    (self.path, self.size, identifier) = (path, size, opened)
  }

  deinit {
    let identifier = identifier
    Self.lock.withLock { _ in dcs_h5_close(identifier) }
  }

  /// What the library said last. Under the lock.
  static var message: String {
    let text = String(cString: dcs_h5_message())
    return text.isEmpty ? "no reason given" : text
  }

  enum Kind { case group, array, other }

  func kind(_ key: String) -> Kind? {
    switch Self.lock.withLock({ _ in dcs_h5_kind_of(identifier, "/" + key) }) {
    case dcs_h5_group: .group
    case dcs_h5_dataset: .array
    case dcs_h5_other: .other
    default: nil
    }
  }

  func names(_ key: String) throws(StorageError) -> [String] {
    final class List { var names: [String] = [] }
    let list = List(), identifier = identifier
    let why: String? = withExtendedLifetime(list) {
      let context = Unmanaged.passUnretained(list).toOpaque()
      nonisolated(unsafe) let place = context
      return Self.lock.withLock { _ in
        dcs_h5_list(identifier, "/" + key, { context, name in
          guard let context, let name else { return }
          Unmanaged<List>.fromOpaque(context).takeUnretainedValue().names.append(String(cString: name))
        }, place) == 0 ? nil : Self.message
      }
    }
    if let why { throw .badFile(path: Files.join(path, key), reason: "HDF5 cannot list it: \(why)") }
    return list.names
  }

  /// Numbers and texts; what holds anything else, or more than 4,096 entries, is left out.
  func attributes(_ key: String) -> JSON {
    final class List { var members: [JSON.Member] = [] }
    let list = List(), identifier = identifier
    withExtendedLifetime(list) {
      nonisolated(unsafe) let place = Unmanaged.passUnretained(list).toOpaque()
      _ = Self.lock.withLock { _ in
        dcs_h5_attributes(
          identifier, "/" + key, 4096,
          { context, name, values, count, isSingle, isList in
            guard let context, let name, let values else { return }
            let numbers: [JSON] = (0..<Int(count)).map { index in
              let value = values[index]
              if let integer = Int64(exactly: value) { return .int(integer) }
              // the shortest decimal of a float32 is what was meant
              return .double(isSingle != 0 ? Double("\(Float(value))") ?? value : value)
            }
            Unmanaged<List>.fromOpaque(context).takeUnretainedValue().members.append(JSON.Member(String(cString: name), isList != 0 ? .array(numbers) : numbers.first ?? .null))
          },
          { context, name, values, count, isList in
            guard let context, let name, let values else { return }
            let texts: [JSON] = (0..<Int(count)).map { .string(values[$0].map { String(cString: $0) } ?? "") }
            Unmanaged<List>.fromOpaque(context).takeUnretainedValue().members.append(JSON.Member(String(cString: name), isList != 0 ? .array(texts) : texts.first ?? .null))
          }, place)
      }
    }
    return .object(list.members)
  }
}

import Glibc
