// Names on a page that lists a folder, as Python's http.server, nginx (autoindex), Apache (mod_autoindex), Caddy and others make them: the links that lead
// one step down. Any other page has none of them or few; it is told by its title.

package enum WebIndex {
  /// - Parameter url: of the page, with "/" at its end.
  /// - Returns: nil if the page lists no folder.
  package static func entries(_ page: String, at url: String) -> [Files.Entry]? {
    guard isIndex(page) else { return nil }
    let here = Address.split(url).map { "/" + $0.rest.drop { $0 != "/" }.dropFirst() } ?? "/"
    var found: [String: Bool] = [:]
    for link in links(page) {
      guard let (name, isFolder) = child(link, of: here) else { continue }
      found[name] = isFolder || found[name] == true
    }
    return found.map { Files.Entry(name: $0.key, isFolder: $0.value) }.sorted { $0.name < $1.name }
  }

  private static func isIndex(_ page: String) -> Bool {
    let head = page.prefix(4096).lowercased()
    return head.contains("index of") || head.contains("directory listing") || head.contains("listing for") || head.contains("<title>listing")
  }

  /// Values of `href`.
  private static func links(_ page: String) -> [Substring] {
    var links: [Substring] = [], rest = page[...]
    while let mark = rest.firstRange(of: "href=") ?? rest.firstRange(of: "HREF=") {
      rest = rest[mark.upperBound...]
      guard let quote = rest.first, quote == "\"" || quote == "'" else { continue }
      rest = rest.dropFirst()
      guard let end = rest.firstIndex(of: quote) else { break }
      links.append(rest[..<end])
      rest = rest[end...].dropFirst()
    }
    return links
  }

  private static func child(_ link: Substring, of here: String) -> (name: String, isFolder: Bool)? {
    var link = link.replacing("&amp;", with: "&")[...]
    if link.hasPrefix("./") { link = link.dropFirst(2) }
    if link.hasPrefix("/") {
      guard link.hasPrefix(here) else { return nil }
      link = link.dropFirst(here.count)
    }
    if link.contains("?") || link.contains("#") { return nil }
    let isFolder = link.hasSuffix("/")
    let name = Address.decode(isFolder ? link.dropLast() : link)
    guard !name.isEmpty, !name.contains("/"), name != ".", name != "..", !name.contains(":"), !name.utf8.contains(0) else { return nil }
    return (name, isFolder)
  }
}
