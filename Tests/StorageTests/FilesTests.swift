import Arrays
import Execution
import Glibc
import Storage
import TestSupport
import Testing

@Suite struct FilesTests {
  /// What a killed writer left is no chunk, and goes when somebody writes beside it a day later.
  @Test func leftoversOfKilledWritersAreRemovedWhenOld() throws {
    try withTemporaryDirectory { folder in
      let array = try StoredArray.create("\(folder)/a.zarr/a", ArraySpec(.uint8, [4, 4], chunks: [2, 2]))
      try array.write(try NDArray([UInt8](repeating: 1, count: 16), [4, 4]), alone)
      let old = "\(folder)/a.zarr/a/0/.dcs-partial-1", fresh = "\(folder)/a.zarr/a/0/.dcs-partial-2"
      try Files.writeAtomically("half", old)
      try Files.writeAtomically("half", fresh)
      var times = [timeval(tv_sec: time(nil) - 100_000, tv_usec: 0), timeval(tv_sec: time(nil) - 100_000, tv_usec: 0)]
      #expect(utimes(old, &times) == 0)
      #expect(try array.readAll(alone).elements(UInt8.self) == [UInt8](repeating: 1, count: 16))
      #expect(Files.kind(old) == .file)   // readers remove nothing
      try StoredArray.open("\(folder)/a.zarr/a", mode: .edit).write(try NDArray([UInt8](repeating: 2, count: 4), [2, 2]), at: [0, 0], alone)
      #expect(Files.kind(old) == nil && Files.kind(fresh) == .file)
    }
  }

  @Test func writesReplaceAndLeaveNothingBehind() throws {
    try withTemporaryDirectory { folder in
      let path = "\(folder)/a/b/c.txt"
      for text in ["first", "", String(repeating: "long ", count: 100_000)] {
        try Files.writeAtomically(text, path)
        #expect(try Files.read(path) == Array(text.utf8))
      }
      #expect(try Files.list("\(folder)/a/b").map(\.name) == ["c.txt"])
      #expect(Files.size(path) == 500_000)
    }
  }

  @Test func writersOfOneFileNeverMix() throws {
    try withTemporaryDirectory { folder in
      let path = "\(folder)/f"
      let pool = ThreadPool(threads: 4)
      try pool.forEach(200) { item, _ in
        try Files.writeAtomically(String(repeating: Character(Unicode.Scalar(UInt8(65 + item % 26))), count: 5000), path, sync: false)
        let bytes = try Files.read(path)
        #expect(bytes.count == 5000 && Set(bytes).count == 1)
      }
      #expect(try Files.list(folder).count == 1)
    }
  }

  @Test func linesOfSeveralWritersStayWhole() throws {
    try withTemporaryDirectory { folder in
      let path = "\(folder)/log/lines"
      let pool = ThreadPool(threads: 4)
      try Files.makeFolders("\(folder)/log")
      try pool.forEach(400) { item, _ in try Files.appendLine("line \(item)", path, sync: false) }
      let lines = String(decoding: try Files.read(path), as: UTF8.self).split(separator: "\n").map(String.init)
      #expect(Set(lines) == Set((0..<400).map { "line \($0)" }) && lines.count == 400)
    }
  }

  @Test func aLineCutByACrashStaysByItself() throws {
    try withTemporaryDirectory { folder in
      try Files.writeAtomically("one\ntw", "\(folder)/f")
      try Files.appendLine("three", "\(folder)/f")
      #expect(try Files.read("\(folder)/f") == Array("one\ntw\nthree\n".utf8))
    }
  }

  @Test func aFullDiskIsNamed() throws {
    guard Files.kind("/dev/full") == .other else { return }
    #expect(storageError { try Files.appendLine("x", "/dev/full") } == .diskFull(path: "/dev/full"))
    #expect(StorageError.diskFull(path: "a").description.contains("disk full"))
  }

  @Test func whatIsMissingSuggestsANearName() throws {
    try withTemporaryDirectory { folder in
      try Files.makeFolders("\(folder)/lucchi.zarr/train/raw")
      #expect(storageError { _ = try Files.read("\(folder)/lucchi.zarr/train/rw") } == .notFound(path: "\(folder)/lucchi.zarr/train/rw", near: "\(folder)/lucchi.zarr/train/raw"))
      #expect(storageError { _ = try Files.read("\(folder)/luchci.zarr/train/raw") } == .notFound(path: "\(folder)/luchci.zarr/train/raw", near: "\(folder)/lucchi.zarr"))
      #expect(storageError { _ = try Files.read("\(folder)/other") } == .notFound(path: "\(folder)/other", near: nil))
    }
  }

  @Test(arguments: [
    ("treshold", "threshold"), ("rw", "raw"), ("raw2", "raw"), ("labels_mito", "labels"), ("lab", "labels"), ("xyz", nil), ("r", nil), ("wra", nil),
  ] as [(String, String?)])
  func nearNames(name: String, near: String?) { #expect(nearName(name, among: ["raw", "threshold", "labels", ".hidden"]) == near) }

  @Test func filesAndFoldersInEachOthersPlace() throws {
    try withTemporaryDirectory { folder in
      try Files.writeAtomically("x", "\(folder)/file")
      try Files.makeFolders("\(folder)/folder/inner")
      #expect(storageError { try Files.writeAtomically("x", "\(folder)/folder") } == .exists(path: "\(folder)/folder", what: "a folder"))
      #expect(storageError { try Files.makeFolders("\(folder)/file") } == .exists(path: "\(folder)/file", what: "a file"))
      #expect(storageError { try Files.writeAtomically("x", "\(folder)/file/y") } != nil)
      #expect(try Files.list(folder) == [Files.Entry(name: "file", isFolder: false), Files.Entry(name: "folder", isFolder: true)])
      try Files.removeTree("\(folder)/folder")
      try Files.removeTree("\(folder)/folder")
      #expect(try Files.list(folder).map(\.name) == ["file"])
    }
  }

  @Test func longFilesAreRefusedUnread() throws {
    try withTemporaryDirectory { folder in
      let path = "\(folder)/sparse"
      let file = open(path, O_CREAT | O_WRONLY, 0o600)
      ftruncate(file, 1 << 42)
      close(file)
      #expect(storageError { _ = try Files.read(path) } == .tooLarge(path: path, bytes: 1 << 42, limit: Files.smallFileLimit))
      let end = try Files.readIfPresent(path, from: (1 << 42) - 3, count: 100), past = try Files.readIfPresent(path, from: 1 << 60, count: 1)
      #expect(end?.array == [0, 0, 0])
      #expect(past?.count == 0)
    }
  }

  @Test func removedTreesDoNotFollowLinks() throws {
    try withTemporaryDirectory { folder in
      try Files.writeAtomically("kept", "\(folder)/outside/file")
      try Files.makeFolders("\(folder)/tree")
      symlink("\(folder)/outside", "\(folder)/tree/link")
      try Files.removeTree("\(folder)/tree")
      #expect(try Files.read("\(folder)/outside/file") == Array("kept".utf8))
    }
  }

  @Test(arguments: [
    ("a.zarr/em/s0", "a.zarr", "em/s0"), ("/x/y/a.n5", "/x/y/a.n5", ""), ("../a.zarr/./b//c/", "../a.zarr", "b/c"), ("file:///x/a.zarr/b", "/x/a.zarr", "b"),
    ("nothing/here", "nothing/here", ""), ("a.zarr/b.zarr/c", "a.zarr", "b.zarr/c"),
  ])
  func locations(text: String, root: String, key: String) throws {
    let location = try Location(text)
    #expect((location.root, location.key) == (root, key))
  }

  @Test func rootsAreFoundByTheirMetadata() throws {
    try withTemporaryDirectory { folder in
      try Files.writeAtomically("{\"zarr_format\": 2}", "\(folder)/top/.zgroup")
      try Files.writeAtomically("{\"zarr_format\": 2}", "\(folder)/top/em/.zgroup")
      let location = try Location("\(folder)/top/em/raw")
      #expect((location.root, location.key) == ("\(folder)/top", "em/raw"))
      #expect(location.ancestors == ["em", ""])
    }
  }

  @Test(arguments: ["", "a.zarr/../b", "a.zarr/b/../../c", "a\0b"]) func badPaths(text: String) {
    guard case .badPath? = storageError({ _ = try Location(text) }) else { Issue.record("expected badPath"); return }
  }

  @Test func otherStoresAreRefusedByName() {
    #expect(storageError { _ = try Location("ftp://host/a.zarr") }?.description == "ftp://host/a.zarr: the store ftp:// is not supported")
  }
}
