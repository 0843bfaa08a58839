import Arrays
import CZlib
import Display
import TerminalText
import Testing

@Suite struct PictureTests {
  /// A PNG reader for what `png()` writes, from the specification: checks lengths, checksums and the "up" filter.
  private func decode(_ bytes: [UInt8]) throws -> (Int, Int, [UInt8]) {
    #expect(Array(bytes.prefix(8)) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    func number(_ at: Int) -> Int { bytes[at..<(at + 4)].reduce(0) { $0 << 8 | Int($1) } }
    var at = 8, width = 0, height = 0, data: [UInt8] = [], types: [String] = []
    while at < bytes.count {
      let length = number(at), body = Array(bytes[(at + 4)..<(at + 8 + length)])
      #expect(number(at + 8 + length) == Int(crc32(0, body, UInt32(body.count))))
      types.append(String(decoding: body.prefix(4), as: UTF8.self))
      if types.last == "IHDR" { (width, height) = (number(at + 8), number(at + 12)) }
      if types.last == "IDAT" { data += body.dropFirst(4) }
      at += 12 + length
    }
    #expect(types == ["IHDR", "IDAT", "IEND"])
    var raw = [UInt8](repeating: 0, count: height * (1 + 3 * width)), size = UInt(raw.count)
    #expect(uncompress(&raw, &size, data, UInt(data.count)) == Z_OK)
    #expect(Int(size) == raw.count)
    var pixels: [UInt8] = []
    for y in 0..<height {
      #expect(raw[y * (1 + 3 * width)] == 2)
      for i in 0..<(3 * width) { pixels.append(raw[y * (1 + 3 * width) + 1 + i] &+ (y > 0 ? pixels[(y - 1) * 3 * width + i] : 0)) }
    }
    return (width, height, pixels)
  }

  @Test(arguments: [(1, 1), (3, 2), (17, 5), (2, 31)])
  func pngRoundTrip(width: Int, height: Int) throws {
    var image = Image(width: width, height: height)
    for i in image.pixels.indices { image.pixels[i] = UInt8(truncatingIfNeeded: i &* 37) }
    let (w, h, pixels) = try decode(image.png())
    #expect((w, h) == (width, height))
    #expect(pixels == image.pixels)
  }

  @Test func greyMapsTheWindow() throws {
    let image = try Picture.grey(try NDArray([0, 60, 100, Float.nan] as [Float], [2, 2]), window: (0, 100))
    #expect(image[0, 0].0 == 0 && image[1, 0].0 == 153 && image[0, 1].0 == 255 && image[1, 1].0 == 0)
  }

  @Test func labelsKeepLargeIds() throws {
    let image = try Picture.labels(try NDArray([0, UInt64.max, UInt64.max - 1, 1], [2, 2]))
    #expect(image[0, 0] == (0, 0, 0))
    #expect(image[1, 0] != image[0, 1])
  }

  @Test func overlayRefusesOtherShapes() throws {
    #expect(throws: ArrayError.shapes([2, 2], [2, 3])) {
      try Picture.overlay(try NDArray(.uint8, [2, 2]), try NDArray(.uint8, [2, 3]))
    }
  }

  @Test func terminalTextFitsTheScreen() throws {
    let image = Image(width: 100, height: 50, fill: (255, 255, 255))
    for width in [20, 60, 200] {
      let lines = image.terminalText(Style(width: width, color: false)).split(separator: "\n")
      #expect(lines.count <= 20 && lines.allSatisfy { $0.columns == min(width, 80) })
      #expect(lines.allSatisfy { $0.allSatisfy { $0 == "█" } })
    }
    #expect(image.terminalText(Style(width: 40, color: true)).contains("▀"))
  }
}
