import Arrays
import Execution
import Networks
import Storage
import Testing
import Training

#if canImport(Glibc)
import Glibc
#endif

private let losses = ["mse", "mae", "bce", "cross_entropy", "dice", "tversky", "focal", "bce + dice", "cross_entropy + 0.5 * dice", "0.25 * mse + tversky + 2 * focal"]

@Suite struct TaskLossTests {
  let shape = [2, 3, 2, 3, 4]

  func random(_ purpose: String, _ low: Double, _ high: Double, _ shape: [Int]) throws -> NDArray {
    var random = KeyedGenerator(seed: 5, purpose: purpose)
    return try NDArray((0..<shape.reduce(1, *)).map { _ in Float(random.uniform(low, high)) }, shape)
  }

  /// Derivatives against central differences of the value, with and without weights.
  @Test(arguments: losses, [false, true]) func gradients(_ text: String, _ isWeighted: Bool) throws {
    let loss = try TaskLoss(parsing: text), pool = ThreadPool(threads: 1)
    let p = try random("p", -2, 2, shape), t = try random("t", 0.05, 0.95, shape)
    let w = isWeighted ? try random("w", 0.5, 2, loss.isExclusive ? [2, 1, 2, 3, 4] : shape) : nil
    let found = try loss(p, target: t, weight: w, pool: pool), values = try p.elements(Float.self), gradient = try found.gradient.elements(Float.self)
    for i in stride(from: 0, to: values.count, by: 7) {
      func moved(_ by: Float) throws -> Double {
        var copy = values
        copy[i] += by
        return try loss(try NDArray(copy, shape), target: t, weight: w, pool: pool).value
      }
      let step: Float = 1e-2, expected = (try moved(step) - moved(-step)) / Double(2 * step)
      #expect(abs(Double(gradient[i]) - expected) < 2e-5 + 2e-2 * abs(expected), "\(text) at \(i): \(gradient[i]) and \(expected)")
    }
  }

  /// Values and derivatives of overlaps and focal against torch in float64, with and without weights: Tests/Fixtures/networks/generate.py.
  @Test(arguments: ["dice", "tversky", "focal"], ["none", "weight", "single"]) func parity(_ text: String, _ weight: String) throws {
    let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(separator: "/")
    let file = try SafeTensors(reading: "\(folder)/Fixtures/networks/losses.safetensors"), arrays = file.byName, pool = ThreadPool(threads: 2)
    func array(_ name: String) throws -> NDArray { try #require(arrays[name]) }
    let found = try TaskLoss(parsing: text)(try array("prediction"), target: try array("soft"), weight: weight == "none" ? nil : try array(weight), pool: pool)
    let values = try JSON(parsing: try #require(file[metadata: "values"])), expected = try #require(values["\(text).\(weight)"]?.double)
    #expect(abs(found.value - expected) < 2e-6 * expected)
    let (a, b) = (try found.gradient.elements(Float.self), try array("gradient.\(text).\(weight)").elements(Float.self))
    let rms = (b.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(b.count)).squareRoot()
    #expect(zip(a, b).reduce(0.0) { max($0, Double(abs($1.0 - $1.1))) } < 2e-5 * rms)
  }

  /// One item and channel by hand: s = ½ everywhere, t = 1, 0, 0, 0.
  @Test func valuesByHand() throws {
    let p = try NDArray([Float](repeating: 0, count: 4), [1, 1, 4]), t = try NDArray([Float(1), 0, 0, 0], [1, 1, 4]), pool = ThreadPool(threads: 1)
    func value(_ text: String) throws -> Double { try TaskLoss(parsing: text)(p, target: t, pool: pool).value }
    #expect(abs(try value("dice") - (1 - 1.0 / 3)) < 1e-5)                  // 2 · ½ / (2 + 1)
    #expect(abs(try value("tversky") - (1 - 0.5 / (0.5 + 0.3 * 1.5 + 0.7 * 0.5))) < 1e-5)
    #expect(abs(try value("focal") - 0.25 * log(2)) < 1e-6)                 // ¼ · log 2 each
    #expect(abs(try value("bce + 0.5 * focal") - 1.125 * log(2)) < 1e-6)
    let perfect = try TaskLoss(parsing: "dice")(try NDArray([Float(40), -40, -40, -40], [1, 1, 4]), target: t, pool: pool).value
    #expect(abs(perfect) < 1e-5)
  }

  /// Terms over some channels see those alone.
  @Test func termsOfChannels() throws {
    let loss = TaskLoss([.init(.bce, channels: 0..<1), .init(.mse, factor: 2, channels: 1..<3)]), pool = ThreadPool(threads: 1)
    let p = try random("p", -2, 2, shape), t = try random("t", 0, 1, shape), w = try random("w", 0.5, 2, shape)
    func part(_ array: NDArray, _ first: Int, _ count: Int) throws -> NDArray { try array.slice(offset: [0, first, 0, 0, 0], shape: [2, count, 2, 3, 4]).contiguous() }
    let found = try loss(p, target: t, weight: w, pool: pool)
    let a = try TaskLoss.bce(try part(p, 0, 1), target: try part(t, 0, 1), weight: try part(w, 0, 1), pool: pool), b = try TaskLoss.mse(try part(p, 1, 2), target: try part(t, 1, 2), weight: try part(w, 1, 2), pool: pool)
    #expect(abs(found.value - (a.value + 2 * b.value)) < 1e-12)
    #expect(try part(found.gradient, 0, 1).elements(Float.self) == a.gradient.elements(Float.self))
    #expect(try part(found.gradient, 1, 2).elements(Float.self) == b.gradient.elements(Float.self).map { 2 * $0 })
    #expect(loss.description == "bce[0:1] + 2 * mse[1:3]")
  }

  @Test func texts() throws {
    for text in losses { #expect(try TaskLoss(parsing: text).description == text) }
    #expect(try TaskLoss(parsing: " bce+ dice ").description == "bce + dice")
    for text in ["", "bce dice", "bce +", "bec", "0 * bce", "-1 * bce", "bce * 2", "nan * bce", "mse_of_sigmoid"] { #expect(throws: TrainingError.self) { try TaskLoss(parsing: text) } }
  }
}
