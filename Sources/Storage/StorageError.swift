import Arrays
import Glibc

/// What can go wrong between a path and its voxels. Paths, chunk keys and byte positions are data; the words are made here alone.
package enum StorageError: Error, Equatable, Sendable, CustomStringConvertible {
  /// `near`: a sibling whose name is close.
  case notFound(path: String, near: String?)
  /// Something is there, but not an array or group. `found`: "a file", "a folder without Zarr or N5 metadata".
  case notAContainer(path: String, found: String)
  case notAnArray(path: String, children: [String])
  case exists(path: String, what: String)
  case permission(path: String, doing: String)
  case diskFull(path: String)
  case system(path: String, doing: String, errno: Int32)
  case badPath(path: String, reason: String)
  case badJSON(path: String, byte: Int, reason: String)
  case badMetadata(path: String, field: String, reason: String)
  /// A feature that the format has and this program has not, by the format's own name for it.
  case unsupported(path: String, feature: String)
  /// `group`: what would hold the array or group at `path`; of a format other than `wanted`.
  case otherFormat(path: String, group: String, is: Format, wanted: Format)
  case unknownCodec(name: String, known: [String])
  case corruptChunk(path: String, key: String, reason: String)
  case notEncoded(path: String, key: String, reason: String)
  case badFile(path: String, reason: String)
  case outside(path: String, offset: [Int], shape: [Int], arrayShape: [Int])
  case dtypes(path: String, stored: DType, given: DType)
  case readOnly(path: String)
  case tooLarge(path: String, bytes: Int, limit: Int)
  case noMemory(path: String, bytes: Int)
  case remote(path: String, problem: RemoteProblem)

  package var description: String {
    switch self {
    case .notFound(let path, _): "there is nothing at \(path)"
    case .notAContainer(let path, let found): "\(path) is \(found), expected a Zarr or N5 array or group"
    case .notAnArray(let path, let children):
      children.isEmpty ? "\(path) is an empty group, expected an array" : "\(path) is a group (\(listText(children))), expected an array"
    case .exists(let path, let what): "\(path) exists already (\(what))"
    case .permission(let path, let doing): "no permission to \(doing) \(path)"
    case .diskFull(let path): "disk full: cannot write \(path)"
    case .system(let path, let doing, let errno): "cannot \(doing) \(path): \(systemText(errno))"
    case .badPath(let path, let reason): "\"\(path)\" is no path here: \(reason)"
    case .badJSON(let path, let byte, let reason): "\(path) is not valid JSON at byte \(byte): \(reason)"
    case .badMetadata(let path, let field, let reason): "\(path): \(field): \(reason)"
    case .unsupported(let path, let feature): "\(path): \(feature) is not supported"
    case .otherFormat(let path, let group, let format, let wanted): "\(path) cannot be \(wanted): \(group) is \(format), and its readers would see one of the two alone"
    case .unknownCodec(let name, let known): "there is no codec \"\(name)\"" + (nearCodec(name, among: known) == nil ? "; there are \(known.joined(separator: ", "))" : "")
    case .corruptChunk(let path, let key, let reason): "chunk \(key) of \(path) is corrupt: \(reason)"
    case .notEncoded(let path, let key, let reason): "chunk \(key) of \(path) cannot be encoded: \(reason)"
    case .badFile(let path, let reason): "\(path): \(reason)"
    case .outside(let path, let offset, let shape, let arrayShape):
      "voxels \(boxText(offset, shape)) lie outside \(path) of shape \(shapeText(arrayShape))"
    case .dtypes(let path, let stored, let given): "\(path) holds \(stored), given \(given)"
    case .readOnly(let path): "\(path) is open for reading only"
    case .tooLarge(let path, let bytes, let limit): "\(path) has \(byteText(bytes)), at most \(byteText(limit)) are expected there"
    case .noMemory(let path, let bytes): "the system gave no memory for \(byteText(bytes)) of \(path)"
    case .remote(let path, .notWritable(let reason)): "\(path) is not written: \(reason)"
    case .remote(let path, let problem): "\(path): \(problem.description)"
    }
  }

  /// Something one can paste or do; nil where nothing is surely right.
  package var hint: String? {
    switch self {
    case .notFound(_, let near?): "did you mean \(near)?"
    case .notAnArray(let path, let children): children.first.map { "\(path)/\($0)" }
    case .notAContainer(let path, "a file") where Address.isRemote(path): "TIFF, HDF5, .npy and pictures are opened on local disks only: fetch it first"
    case .otherFormat(let path, _, let format, let wanted): "format=\"\(format.rawValue)\", or a container of its own: \"\(otherContainer(path, wanted))\""
    case .unknownCodec(let text, let known): nearCodec(text, among: known).map { "did you mean \"\($0)\"?" }
    case .readOnly(let path): "open(\"\(path)\", mode=\"edit\")"
    case .remote(_, let problem): problem.hint
    default: nil
    }
  }

  /// The error for an `errno` met while `doing` something to `path`.
  package static func from(errno code: Int32, _ path: String, doing: String) -> StorageError {
    switch code {
    case ENOENT: .notFound(path: path, near: nearSibling(of: path))
    case EACCES, EPERM: .permission(path: path, doing: doing)
    case ENOSPC, EDQUOT: .diskFull(path: path)
    default: .system(path: path, doing: doing, errno: code)
    }
  }
}

/// With the settings that follow the name: "zstd 3" for "zsd 3".
private func nearCodec(_ text: String, among known: [String]) -> String? {
  let name = String(text.prefix { !Codec.separators.contains($0) })
  return nearName(name, among: known).map { $0 + text.dropFirst(name.count) }
}

/// "a_zarr3.zarr/em" for "a.zarr/em".
private func otherContainer(_ path: String, _ format: Format) -> String {
  var parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
  let at = parts.firstIndex { Location.isContainer($0) } ?? max(0, parts.count - 2)
  let name = [".zarr", ".n5"].first { parts[at].hasSuffix($0) }.map { parts[at].dropLast($0.count) } ?? parts[at][...]
  parts[at] = "\(name)_\(format.rawValue)" + (format == .n5 ? ".n5" : ".zarr")
  return parts.joined(separator: "/")
}

func systemText(_ code: Int32) -> String {
  var buffer = [CChar](repeating: 0, count: 256)
  guard strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
  return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).lowercasedFirst
}

extension String {
  fileprivate var lowercasedFirst: String {
    guard let first, dropFirst().first?.isUppercase != true else { return self }
    return first.lowercased() + dropFirst()
  }
}

private func boxText(_ offset: [Int], _ shape: [Int]) -> String {
  "[" + zip(offset, shape).map { "\($0):\($0.addingReportingOverflow($1).partialValue)" }.joined(separator: ", ") + "]"
}

private func listText(_ names: [String]) -> String {
  names.count <= 6 ? names.joined(separator: ", ") : names.prefix(5).joined(separator: ", ") + ", … \(names.count - 5) more"
}
