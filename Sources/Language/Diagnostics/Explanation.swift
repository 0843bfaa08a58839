// An error at length, for `:why` and `:trace`: what its kind means, the line with the values of its names, every call on the way.

extension Failure.Kind {
  /// What errors of this kind have in common, and what usually helps.
  package var explanation: String {
    switch self {
    case .name: "A name that nothing binds, and that is no word of the vocabulary. ??word searches the help; names are spelled as they were bound."
    case .argument: "A call whose arguments do not fit the signature: `=` names an argument, and each is given once. ?word shows the signature."
    case .grid: "World coordinates that do not fall on voxels. Reading snaps outward; writing must be exact, because a shifted write is silent damage: snap(r, a) gives the nearest roi."
    case .units: "`64` counts voxels and `64nm` is world; they are never mixed. a.voxel turns one into the other: 120nm / a.voxel.x, 64 * a.voxel."
    case .shape: "Arrays are matched by the names of their axes; equal names need equal lengths and grids. `a.roi & b.roi` is the part that both have."
    case .memory: "The result would not fit the memory budget (:set memory shows it). save(…, path) streams to disk, to= works out of core, a[roi] takes a part."
    case .block: "Some blocks of a blockwise word failed; the others are kept. Running the same line again retries only what is missing; _err.failed lists the blocks."
    case .run: "A run on disk has other settings than asked for. Its past is never rewritten: resume with the settings on disk, or give the run another name."
    case .type: "A value of a kind that does not fit here. ?name says what kind a name is and what takes it."
    case .value: "A value of the right kind, out of range or otherwise not possible here."
    case .arithmetic: "Ints are exact and never wrap: an overflow or a division by zero is an error. Floats give inf and nan instead."
    case .index: "An index or a bound outside of what is indexed. Nothing is clipped and nothing counts from the end: a[end-1] is the last, a[r & a.roi] clips on purpose."
    case .key: "A field, column or key that is not there. TAB after the dot lists those that are."
    case .unbound: "A name that is read before it has a value. Assignment in a function makes a name of its own: functions cannot change outer names."
    case .syntax: "The text does not follow the grammar at the caret. ?for, ?[] or ?|> show how a piece is written."
    case .control: "`break`, `continue`, `return` or `param` where it has no meaning."
    case .recursion: "Functions that call each other deeper than the stack allows; most often one that never stops calling itself."
    case .failed: "The script said so with fail(…), or a word could not do its work."
    case .assertion: "An assert(…) found its condition false."
    case .data: "A file, container or value from outside is not what was expected. The path in the message is the one that was tried."
    case .module: "A module that cannot be found or read, or imports itself."
    case .interrupted: "Ctrl-C. What was bound before stays; blocks and checkpoints that were finished are kept."
    }
  }
}

extension Interpreter {
  /// The line that failed, and what its names are: in a function as they were, at the top level as they are now.
  package func namesInLine(of diagnostic: Diagnostic, _ failure: Failure?) -> [(name: String, value: Value?)] {
    guard let site = diagnostic.site else { return [] }
    let line = site.source.line(at: site.span.start).bytes
    // the whole mark, if it spans lines
    let span = Span(min(line.lowerBound, site.span.start), max(line.upperBound, site.span.end))
    var seen: Set<String> = [], found: [(name: String, value: Value?)] = []
    var isField = false
    for token in Lexer.tokens(of: site.source, range: span).tokens {
      if case .name(let name) = token.kind, !isField, seen.insert(name).inserted {
        if let own = failure?.names?.first(where: { $0.name == name }) { found.append((name, own.value)) } else if let value = value(of: name) {
          if names.contains(name) { found.append((name, value)) }   // words of the vocabulary say nothing
        } else { found.append((name, nil)) }
      }
      isField = token.kind == .symbol(.dot)
    }
    return found
  }
}

extension Failure {
  /// Every call, innermost first: the function, where it was when it failed or called on, and that line.
  package var trace: [(function: String, place: String, line: String)] {
    var frames: [(function: String, place: String, line: String)] = []
    var inside = site
    func add(_ function: String) {
      guard let site = inside else { return }
      let range = site.source.line(at: site.span.start).bytes
      frames.append((function, site.location, Text.trim(site.source.text(Span(range.lowerBound, range.upperBound)))))
    }
    for call in calls {
      add(call.function)
      inside = call.site
    }
    add("script")
    return frames
  }
}
