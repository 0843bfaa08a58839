import Arrays
import Execution
import Networks
import Testing
import TestSupport

@Suite struct SeamlessTests {
  /// The seamless network on a larger input equals the padded one wherever that one's padding was out of sight.
  @Test func equalsTheInsideOfTheSameNetwork() throws {
    let settings = UNetSettings(outChannels: 3, features: 2, featureFactor: 2, downsampleFactors: [[2, 2], [2, 2]], padding: .same)
    let same = try settings.network().withHead(channels: 1), seamless = try same.seamless()
    let context = ExecutionContext(pool: ThreadPool(threads: 1))
    let weights = try ParameterSet(initialising: same, seed: 5)
    var generator = KeyedGenerator(seed: 1, purpose: "input")
    let size = 96
    let input = try NDArray((0..<(size * size)).map { _ in Float(generator.normal()) }, [1, 1, size, size])

    // The second pooling of the seamless network begins 6 voxels in, that of the padded one 0: on an input that begins at 2 both see the same cells.
    let shift = 2, rest = size - shift - 2
    let begun = try input.slice(offset: [0, 0, shift, shift], shape: [1, 1, rest, rest]).contiguous()
    let padded = try Engine(same, batch: 1, inputSpatialShape: [rest, rest], mode: .inference, context: context).forward(begun, weights)
    #expect(padded.shape == [1, 1, rest, rest])
    let inside = try Engine(seamless, batch: 1, inputSpatialShape: [size, size], mode: .inference, context: context).forward(input, weights)
    // 24 voxels of the padded one know of its zeros.
    let margin = (size - inside.shape[2]) / 2, blind = 24 + shift - margin, kept = inside.shape[2] - 2 * blind
    let expected = try padded.slice(offset: [0, 0, margin + blind - shift, margin + blind - shift], shape: [1, 1, kept, kept]).elements(Float.self)
    let found = try inside.slice(offset: [0, 0, blind, blind], shape: [1, 1, kept, kept]).elements(Float.self)
    #expect(found.count > 1000 && found == expected)
  }
}
