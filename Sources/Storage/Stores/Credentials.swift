// Who asks: keys from the environment, from a profile file, or nobody (anonymous). Values are never printed.
//
// Variables and files: https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html
//                      https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html

import Synchronization

/// A key pair; `source` says where it came from, in messages.
package struct Credentials: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package let keyId: String, secret: String, token: String?
  package let source: String

  package init(keyId: String, secret: String, token: String?, source: String) { (self.keyId, self.secret, self.token, self.source) = (keyId, secret, token, source) }

  package var description: String { "credentials from the \(source)" }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: []) }
}

/// What environment and files say, read at the first use.
package final class CredentialChain: Sendable {
  private let environment: [String: String]
  private let home: String?
  private let profile = Mutex<[String: String]?>(nil)

  package init(environment: [String: String], home: String?) { (self.environment, self.home) = (environment.filter { !$0.value.isEmpty }, home) }

  package var profileName: String { environment["AWS_PROFILE"] ?? environment["AWS_DEFAULT_PROFILE"] ?? "default" }
  private var isAnonymous: Bool { ["1", "true", "yes"].contains(environment["AWS_NO_SIGN_REQUEST"]?.lowercased() ?? "") }

  /// For s3://. The environment goes before files, unless a profile is named by AWS_PROFILE alone.
  package func s3() -> Credentials? {
    if isAnonymous { return nil }
    if let id = environment["AWS_ACCESS_KEY_ID"], let secret = environment["AWS_SECRET_ACCESS_KEY"] {
      return Credentials(keyId: id, secret: secret, token: environment["AWS_SESSION_TOKEN"], source: "environment")
    }
    let values = profileValues()
    guard let id = values["aws_access_key_id"], let secret = values["aws_secret_access_key"] else { return nil }
    return Credentials(keyId: id, secret: secret, token: values["aws_session_token"], source: "profile \(profileName)")
  }

  /// For gs://: HMAC keys.
  package func gs() -> Credentials? {
    guard let id = environment["GS_ACCESS_KEY_ID"] ?? environment["GOOG_ACCESS_KEY_ID"],
      let secret = environment["GS_SECRET_ACCESS_KEY"] ?? environment["GOOG_SECRET_ACCESS_KEY"]
    else { return boto() }
    return Credentials(keyId: id, secret: secret, token: nil, source: "environment")
  }

  /// What gsutil keeps: [Credentials] gs_access_key_id, gs_secret_access_key in ~/.boto.
  private func boto() -> Credentials? {
    guard let file = environment["BOTO_CONFIG"] ?? home.map({ Files.join($0, ".boto") }), let values = Self.section("Credentials", of: file),
      let id = values["gs_access_key_id"], let secret = values["gs_secret_access_key"]
    else { return nil }
    return Credentials(keyId: id, secret: secret, token: nil, source: "file .boto")
  }

  /// nil: not said.
  package var region: String? { environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"] ?? profileValues()["region"] }
  package var endpoint: String? { environment["AWS_ENDPOINT_URL_S3"] ?? environment["AWS_ENDPOINT_URL"] ?? profileValues()["endpoint_url"] }
  package var gsEndpoint: String? { environment["STORAGE_EMULATOR_HOST"] ?? environment["GS_ENDPOINT_URL"] }

  private func profileValues() -> [String: String] {
    profile.withLock { held in
      if let held { return held }
      let config = environment["AWS_CONFIG_FILE"] ?? home.map { Files.join($0, ".aws/config") }
      let secrets = environment["AWS_SHARED_CREDENTIALS_FILE"] ?? home.map { Files.join($0, ".aws/credentials") }
      var values = config.flatMap { Self.section(profileName == "default" ? "default" : "profile \(profileName)", of: $0) } ?? [:]
      for (name, value) in secrets.flatMap({ Self.section(profileName, of: $0) }) ?? [:] { values[name] = value }
      held = values
      return values
    }
  }

  /// "name = value" lines below "[section]"; deeper ones, which are indented, are left out.
  package static func section(_ wanted: String, of path: String) -> [String: String]? {
    guard let bytes = try? Files.read(path, limit: 1 << 20) else { return nil }
    var values: [String: String]?
    for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
      if line.first == "#" || line.first == ";" || line.first == " " || line.first == "\t" { continue }
      let text = String(line).trimmed
      if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
        let name = String(text[text.index(after: text.startIndex)..<end]).trimmed
        if name == wanted { values = values ?? [:] } else if values != nil { return values }
        continue
      }
      guard values != nil, let equals = text.firstIndex(of: "=") else { continue }
      values?[String(text[..<equals]).trimmed.lowercased()] = String(text[text.index(after: equals)...]).trimmed
    }
    return values
  }
}
