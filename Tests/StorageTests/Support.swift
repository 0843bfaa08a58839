import Arrays
import Execution
import Geometry
import Storage
import Testing

/// A folder of committed fixtures.
func fixture(_ path: String) -> String {
  let here = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
  return "/\(here)/Fixtures/storage/\(path)"
}

/// The error that `body` throws; nil (and a failed test) if it throws none or another type.
func storageError(_ body: () throws -> Void, sourceLocation: SourceLocation = #_sourceLocation) -> StorageError? {
  do {
    try body()
    Issue.record("nothing was thrown", sourceLocation: sourceLocation)
  } catch let error as StorageError {
    return error
  } catch {
    Issue.record("thrown: \(error)", sourceLocation: sourceLocation)
  }
  return nil
}

/// Equal bit for bit (NaN equals NaN).
func sameBits(_ a: NDArray, _ b: NDArray) throws -> Bool {
  guard a.dtype == b.dtype, a.shape == b.shape else { return false }
  let a = try a.contiguous(), b = try b.contiguous()
  return a.withBytes { left in b.withBytes { right in left.elementsEqual(right) } }
}

func box(_ offset: [Int], _ shape: [Int]) throws -> VoxelRoi { try Roi(offset: Coordinate(offset), shape: Coordinate(shape)) }

let alone = ReadContext()

/// All boxes inside a shape, small shapes only.
func everyBox(in shape: [Int]) -> [(offset: [Int], shape: [Int])] {
  var boxes: [(offset: [Int], shape: [Int])] = [([], [])]
  for extent in shape {
    boxes = boxes.flatMap { box in
      (0...extent).flatMap { begin in (0...(extent - begin)).map { (box.offset + [begin], box.shape + [$0]) } }
    }
  }
  return boxes
}
