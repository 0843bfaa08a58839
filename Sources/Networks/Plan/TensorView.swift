/// A range of channels of a tensor inside a storage: where it starts and how far apart channels, planes and rows lie.
///
/// A crop is another `offset` and `extent`; x is always contiguous.
package struct TensorView: Sendable, Equatable {
  /// Index among the plan's storages.
  package var storage: Int
  /// Floats from the start of an item of the storage.
  package var offset: Int
  package var channels: Int
  package var extent: Extent
  /// Floats from an item of the batch, a channel, a plane, a row to the next.
  package var itemStride, channelStride, planeStride, rowStride: Int

  /// The whole of a storage.
  package init(storage: Int, layout: Layout) {
    self.storage = storage
    offset = 0
    (channels, extent) = (layout.channels, layout.extent)
    (itemStride, channelStride, planeStride, rowStride) = (layout.itemStride, layout.channelStride, layout.planeStride, layout.rowStride)
  }

  /// A box of it; the caller has checked that it lies inside.
  package func crop(at begin: Extent, to extent: Extent) -> TensorView {
    var view = self
    view.offset += begin.z * planeStride + begin.y * rowStride + begin.x
    view.extent = extent
    return view
  }

  package func channelRange(_ first: Int, _ count: Int) -> TensorView {
    var view = self
    view.offset += first * channelStride
    view.channels = count
    return view
  }

  package func item(_ index: Int) -> TensorView {
    var view = self
    view.offset += index * itemStride
    return view
  }
}

/// How a tensor lies in its storage.
package struct Layout: Sendable, Equatable {
  package let channels: Int
  package let extent: Extent
  package let channelStride: Int
  package var rowStride: Int { extent.x }
  package var planeStride: Int { extent.y * extent.x }
  package var itemStride: Int { channels * channelStride }

  /// Without gaps, as arrays from outside lie.
  package init(dense channels: Int, _ extent: Extent) {
    (self.channels, self.extent, channelStride) = (channels, extent, extent.count)
  }

  /// Channels start on cache lines and do not fall on the same cache sets, as those of power-of-two images would.
  package init(_ channels: Int, _ extent: Extent) {
    var stride = (extent.count + 15) / 16 * 16
    let page = stride % 1024
    if channels > 1 && extent.count >= 1024 && (page < 96 || page > 928) { stride += 160 }
    (self.channels, self.extent, channelStride) = (channels, extent, stride)
  }
}
