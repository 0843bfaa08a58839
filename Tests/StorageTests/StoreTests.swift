import Arrays
import Execution
import Storage
import Testing

@Suite struct StoreTests {
  // MARK: Addresses

  @Test(arguments: [
    ("s3://lab/a.zarr/em/s0", "s3://lab/a.zarr", "em/s0"), ("gs://lab/d/a.n5", "gs://lab/d/a.n5", ""), ("https://host:80/x//a.zarr/./em/", "https://host:80/x/a.zarr", "em"),
    ("file:///data/a.zarr/em", "/data/a.zarr", "em"), ("memory://m/a.zarr/x", "memory://m/a.zarr", "x"),
  ]) func addresses(text: String, root: String, key: String) throws {
    let location = try Location(text)
    #expect(location.root == root && location.key == key)
  }

  @Test(arguments: ["s3:///key", "http://", "ftp://host/a.zarr", "http://me:secret@host/a.zarr", "https://host/a.zarr?token=secret", "s3://lab/../a.zarr/x", "s3://lab/a.zarr/../x"])
  func refusedAddresses(text: String) {
    let error = storageError { _ = try Location(text) }
    #expect(error != nil && error?.description.contains("secret") == false)
  }

  @Test func percentSigns() {
    #expect(Address.decode("a%20b%2f%zz%+1%") == "a b/%zz%+1%" && Address.encode("a b/é%", keepsSlash: false) == "a%20b%2F%C3%A9%25")
  }

  // MARK: Memory

  @Test func memoryHoldsArrays() throws {
    let array = try StoredArray.create("memory://store-tests/a.zarr/em/s0", ArraySpec(.uint8, [3, 5], chunks: [2, 2]))
    var values = try NDArray(.uint8, [3, 5])
    values.withMutableBytes { for i in $0.indices { $0[i] = UInt8(i + 1) } }
    try array.write(values, ReadContext())
    #expect(try sameBits(StoredArray.open("memory://store-tests/a.zarr/em/s0").readAll(ReadContext()), values))
    guard case .group(let group) = try StoredNode.open("memory://store-tests/a.zarr") else { Issue.record("no group"); return }
    #expect(try group.children() == [.init(name: "em", kind: .group)])
    let store = MemoryStore(root: "memory://store-tests/a.zarr")
    #expect(try store.get("em/s0/.zarray", last: 3)?.bytes.count == 3)
    store.removeTree("em")
    #expect(store.kind("em") == nil && store.list("em") == nil && store.kind(".zgroup") == .file)
  }

  // MARK: Signatures

  @Test func hashes() {
    #expect(SHA256.hexText(SHA256.hash("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(SHA256.hexText(SHA256.hash("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(SHA256.hexText(SHA256.hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
    #expect(SHA256.hexText(SHA256.hash([UInt8](repeating: 97, count: 1_000_000))) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    #expect(SHA256.hexText(SHA256.hmac(Array("Jefe".utf8), "what do ya want for nothing?")) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    #expect(SHA256.hexText(MD5.hash(Array("message digest".utf8))) == "f96b697d7cb7938d525a2f31aaf161d0")
    #expect(SHA256.hexText(MD5.hash([])) == "d41d8cd98f00b204e9800998ecf8427e")
    #expect(["", "f", "fo", "foo", "foob"].map { MD5.base64(Array($0.utf8)) } == ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="])
  }

  /// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
  @Test func examplesOfTheSpecification() {
    let credentials = Credentials(keyId: "AKIAIOSFODNN7EXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", token: nil, source: "test")
    let signature = RequestSignature(credentials: credentials, region: "us-east-1", date: "20130524T000000Z"), empty = SHA256.hexText(SHA256.hash(""))
    func text(_ path: String, _ query: [(name: String, value: String)], _ headers: [(name: String, value: String)]) -> String {
      signature.headers(method: "GET", host: "examplebucket.s3.amazonaws.com", path: path, query: query, headers: headers, payload: empty).last?.value ?? ""
    }
    #expect(text("/test.txt", [], [("Range", "bytes=0-9")]).hasSuffix("f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"))
    #expect(text("/", [("lifecycle", "")], []).hasSuffix("fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"))
    #expect(text("/", [("prefix", "J"), ("max-keys", "2")], []).hasSuffix("34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"))
    #expect(!"\(credentials)".contains("wJalr") && !String(reflecting: credentials).contains("wJalr"))
  }

  @Test func asBotocoreSigns() throws {
    let cases = try JSON(parsing: Files.read(fixture("../signatures/cases.json"))).array ?? []
    #expect(cases.count == 6)
    for item in cases {
      func text(_ name: String) -> String { item[name]?.string ?? "" }
      let credentials = Credentials(keyId: "AKIDEXAMPLE", secret: "wJalrXUtnFEMI+SECRET", token: item["token"]?.string, source: "test")
      let query = text("query").split(separator: "&").map { part -> (name: String, value: String) in
        let sides = part.split(separator: "=", omittingEmptySubsequences: false).map { Address.decode($0) }
        return (sides[0], sides.count > 1 ? sides[1] : "")
      }
      let made = RequestSignature(credentials: credentials, region: text("region"), date: text("date")).headers(
        method: text("method"), host: text("host"), path: text("path"), query: query,
        headers: (item["headers"]?.members ?? []).map { ($0.key, $0.value.string ?? "") }, payload: text("payload"))
      #expect(made.last?.value.hasSuffix("Signature=" + text("signature")) == true, "\(text("path"))")
    }
  }

  // MARK: Answers

  @Test func indexPages() {
    let python = #"<title>Directory listing for /d/</title><li><a href="em/">em/</a></li><li><a href=".zgroup">.zgroup</a></li><li><a href="a%20b.zarr/">a b</a></li>"#
    #expect(WebIndex.entries(python, at: "http://h/d/")?.map(\.name) == [".zgroup", "a b.zarr", "em"])
    let nginx = #"<html><head><title>Index of /d/</title></head><a href="../">../</a><a href="?C=N">Name</a><a href="/d/s0/">s0/</a><a href="/other/x">x</a><a href="https://e/y">y</a>"#
    #expect(WebIndex.entries(nginx, at: "http://h/d/") == [.init(name: "s0", isFolder: true)])
    #expect(WebIndex.entries("<title>Welcome</title><a href='x'>x</a>", at: "http://h/") == nil)
  }

  @Test func waitingGrowsAndIsBounded() {
    var generator = KeyedGenerator(seed: 1, purpose: "waits")
    let policy = RetryPolicy()
    for tried in 1...70 { #expect((0...min(policy.longest, policy.base * Double(1 << min(tried - 1, 20)))).contains(policy.delay(after: tried, asked: nil, using: &generator))) }
    #expect(policy.delay(after: 1, asked: 1e9, using: &generator) == policy.longest)
  }
}
