// AWS Signature Version 4 in the Authorization header, as S3 takes it: the path encoded once, the hash of the payload in a header of its own.
//
// Specification: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
// Checked against the examples of that page and against botocore: Tests/Fixtures/signatures.

import Glibc

package struct RequestSignature {
  package let credentials: Credentials
  package let region: String
  package var service = "s3"
  /// "20130524T000000Z"
  package let date: String

  package init(credentials: Credentials, region: String, date: String) { (self.credentials, self.region, self.date) = (credentials, region, date) }

  package static let unsignedPayload = "UNSIGNED-PAYLOAD"

  /// Adds what proves who asks.
  ///
  /// - Parameter host: with the port where it is not the scheme's own.
  /// - Parameter path: as it is sent, percent-encoded.
  /// - Parameter payload: hash of the body in hexadecimal, or `unsignedPayload`.
  package func headers(method: String, host: String, path: String, query: [(name: String, value: String)], headers: [(name: String, value: String)], payload: String) -> [(name: String, value: String)] {
    var own = [(name: "x-amz-content-sha256", value: payload), (name: "x-amz-date", value: date)]
    if let token = credentials.token { own.append(("x-amz-security-token", token)) }
    let signed = (headers + own + [("host", host)]).map { (name: $0.name.lowercased(), value: $0.value.trimmed) }.sorted { $0.name < $1.name }
    let names = signed.map(\.name).joined(separator: ";")
    let request = [method, path, Self.query(query), signed.map { "\($0.name):\($0.value)\n" }.joined(), names, payload].joined(separator: "\n")
    let scope = "\(date.prefix(8))/\(region)/\(service)/aws4_request"
    let text = ["AWS4-HMAC-SHA256", date, scope, SHA256.hexText(SHA256.hash(request))].joined(separator: "\n")
    var key = Array("AWS4\(credentials.secret)".utf8)
    for part in [String(date.prefix(8)), region, service, "aws4_request"] { key = SHA256.hmac(key, part) }
    let signature = SHA256.hexText(SHA256.hmac(key, text))
    return headers + own + [("Authorization", "AWS4-HMAC-SHA256 Credential=\(credentials.keyId)/\(scope),SignedHeaders=\(names),Signature=\(signature)")]
  }

  /// Sorted by name and encoded: as it is signed, and as it is sent.
  package static func query(_ query: [(name: String, value: String)]) -> String {
    query.map { (Address.encode($0.name, keepsSlash: false), Address.encode($0.value, keepsSlash: false)) }
      .sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
  }

  /// Now, in UTC.
  package static func now() -> String {
    var seconds = time(nil), parts = tm()
    gmtime_r(&seconds, &parts)
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(parts.tm_year + 1900)\(two(parts.tm_mon + 1))\(two(parts.tm_mday))T\(two(parts.tm_hour))\(two(parts.tm_min))\(two(parts.tm_sec))Z"
  }
}
