import Arrays

/// Equal bit for bit (NaN equals NaN).
func sameBits(_ a: NDArray, _ b: NDArray) throws -> Bool {
  guard a.dtype == b.dtype, a.shape == b.shape else { return false }
  let a = try a.contiguous(), b = try b.contiguous()
  return a.withBytes { left in b.withBytes { right in left.elementsEqual(right) } }
}
