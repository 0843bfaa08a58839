// Libraries that are looked for when the program runs, so that nothing of CUDA is needed to build it.

import Glibc

struct Problem: Error { let text: String }

struct Library {
  let name: String
  private let handle: UnsafeMutableRawPointer

  /// The first of these that there is.
  init(_ names: [String]) throws {
    for name in names {
      if let handle = dlopen(name, RTLD_NOW | RTLD_LOCAL) {
        (self.name, self.handle) = (name, handle)
        return
      }
    }
    throw Problem(text: "none of \(names.joined(separator: ", ")) can be loaded")
  }

  /// A C function; `type` must be what its header says.
  func function<F>(_ symbol: String, as type: F.Type) throws -> F {
    guard let found = dlsym(handle, symbol) else { throw Problem(text: "\(name) has no \(symbol)") }
    return unsafeBitCast(found, to: type)
  }
}

func check(_ status: Int32, _ what: String) throws { if status != 0 { throw Problem(text: "\(what): error \(status)") } }
