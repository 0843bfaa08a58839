import CKernels

/// What a convolution lays over its input: `kernel` taps, `dilation` voxels apart; and from one output voxel to the next `stride` voxels.
package struct Window: Sendable, Hashable, CustomStringConvertible {
  package let kernel: Extent
  package let stride: Extent
  package let dilation: Extent

  package init(_ kernel: Extent, stride: Extent = .one, dilation: Extent = .one) { (self.kernel, self.stride, self.dilation) = (kernel, stride, dilation) }

  /// Whether taps are neighbours and every voxel is an output.
  package var isPlain: Bool { stride == .one && dilation == .one }
  /// Voxels from the first tap to the last.
  package func span(_ axis: Int) -> Int { (kernel[axis] - 1) * dilation[axis] }
  package var description: String { "\(kernel)" + (stride == .one ? "" : " stride \(stride)") + (dilation == .one ? "" : " dilation \(dilation)") }

  var c: dcs_window { dcs_window(kernel: kernel.c, stride: stride.c, dilation: dilation.c) }
}
