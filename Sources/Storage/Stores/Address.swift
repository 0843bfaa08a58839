// Addresses with a scheme: http://host/…, https://, s3://bucket/…, gs://bucket/…, memory://name/…, file:///….
//
// Specification: https://www.rfc-editor.org/rfc/rfc3986 (percent-encoding: 2.1, unreserved characters: 2.3)

package enum Address {
  package static let schemes = ["file", "gs", "http", "https", "memory", "s3"]

  /// "s3" and "bucket/key" of "s3://bucket/key"; nil for a path.
  package static func split(_ text: String) -> (scheme: String, rest: String)? {
    guard let mark = text.firstRange(of: "://") else { return nil }
    let scheme = text[..<mark.lowerBound]
    guard let first = scheme.first, first.isASCII, first.isLetter, scheme.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "+") }) else { return nil }
    return (scheme.lowercased(), String(text[mark.upperBound...]))
  }

  /// Whether a path leads elsewhere than to the file system.
  package static func isRemote(_ text: String) -> Bool { split(text).map { $0.scheme != "file" } ?? false }

  /// All but letters, digits and "-._~" (and "/" where `keepsSlash`) as %XX.
  package static func encode(_ text: String, keepsSlash: Bool = true) -> String {
    var result = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      case UInt8(ascii: "/") where keepsSlash: result += "/"
      default: result += "%" + hex(byte, uppercase: true)
      }
    }
    return result
  }

  /// %XX as the bytes they stand for; others as they are.
  package static func decode(_ text: some StringProtocol) -> String {
    var bytes: [UInt8] = [], rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2, rest.prefix(2).allSatisfy({ $0 != UInt8(ascii: "+") }), let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else { bytes.append(byte) }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

package func hex(_ byte: UInt8, uppercase: Bool = false) -> String {
  let text = String(byte, radix: 16, uppercase: uppercase)
  return byte < 16 ? "0" + text : text
}
