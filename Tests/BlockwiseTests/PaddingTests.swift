import Arrays
import Execution
import Geometry
import Testing

import Blockwise

@Suite struct PaddingTests {
  /// numpy.pad([0, 1, 2, 3], 7, mode="reflect"), and of one and two elements.
  @Test func reflectIsNumpys() throws {
    #expect((-7..<11).map { reflected($0, 4) } == [1, 0, 1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1, 2, 3, 2])
    #expect((-3..<4).map { reflected($0, 1) } == [0, 0, 0, 0, 0, 0, 0])
    #expect((-3..<5).map { reflected($0, 2) } == [1, 0, 1, 0, 1, 0, 1, 0])
  }

  @Test(arguments: [Pad.reflect, .symmetric, .constant(7)])
  func everyBoxOfASmallArray(_ pad: Pad) throws {
    let (height, width) = (3, 4)
    // numpy.pad(range(3), 9, mode="symmetric"), numpy.pad(range(4), 16, mode="symmetric")
    let faces = [3: [2, 1, 0, 0, 1, 2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0, 1, 2, 2, 1, 0], 4: [0, 1, 2, 3, 3, 2, 1, 0, 0, 1, 2, 3, 3, 2, 1, 0, 0, 1, 2, 3, 3, 2, 1, 0, 0, 1, 2, 3, 3, 2, 1, 0, 0, 1, 2, 3]]
    func seen(_ index: Int, _ length: Int) -> Int { pad == .symmetric ? (index < 0 || index >= length ? (faces[length] ?? [])[index + (length == 3 ? 9 : 16)] : index) : reflected(index, length) }
    let source = Volume(try NDArray((0..<12).map { UInt16($0) }, [height, width]))
    for top in -5...5 { for rows in 0...6 { for left in -9...9 { for columns in [0, 1, 5] {
      let roi = try VoxelRoi(offset: Coordinate([top, left]), shape: Coordinate([rows, columns]))
      var expected: [UInt16] = []
      for y in top..<(top + rows) { for x in left..<(left + columns) {
        let inside = y >= 0 && y < height && x >= 0 && x < width
        expected.append(inside || pad != .constant(7) ? UInt16(seen(y, height) * width + seen(x, width)) : 7)
      } }
      let read = try readPadded(source, roi, pad: pad, ReadContext())
      #expect(read.shape == [rows, columns])
      #expect(try read.elements(UInt16.self) == expected, "\(roi)")
    } } } }
  }

  @Test func emptyArraysCannotReflect() throws {
    let source = Volume(try NDArray([UInt8](), [0, 3]))
    let roi = try VoxelRoi(offset: Coordinate([0, 0]), shape: Coordinate([1, 1]))
    #expect(throws: BlockwiseError.emptySource(shape: [0, 3])) { try readPadded(source, roi, pad: .reflect, ReadContext()) }
    #expect(try readPadded(source, roi, pad: .constant(3), ReadContext()).elements(UInt8.self) == [3])
  }

  @Test func rankMustMatch() throws {
    let source = Volume(try NDArray([UInt8](repeating: 0, count: 3), [3]))
    #expect(throws: BlockwiseError.self) { try readPadded(source, try VoxelRoi(shape: [1, 1]), pad: .reflect, ReadContext()) }
  }
}
