// A dictionary that knows which entry was used longest ago: a linked list through its slots, so that using, adding and dropping take no search.

package struct Recency<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private struct Slot: Sendable {
    var key: Key
    var value: Value
    var moment: Int
    /// Used just before, and just after; −1 for none.
    var older: Int, newer: Int
  }

  private var places: [Key: Int] = [:]
  /// nil: free.
  private var slots: [Slot?] = []
  private var free: [Int] = []
  private var oldest = -1, newest = -1

  package init() {}

  package var count: Int { places.count }
  /// What `use` or `add` were last told of the entry that was used longest ago; nil if there is none.
  package var oldestMoment: Int? { oldest < 0 ? nil : slots[oldest]?.moment }

  /// What is kept under a key; from now on it is the newest.
  package mutating func use(_ key: Key, at moment: Int = 0) -> Value? {
    guard let place = places[key], var slot = slots[place] else { return nil }
    unlink(slot)
    slot.moment = moment
    link(slot, at: place)
    return slot.value
  }

  /// Adds a value, or replaces it.
  ///
  /// - Returns: what was there.
  package mutating func add(_ value: Value, _ key: Key, at moment: Int = 0) -> Value? {
    let old = remove(key), place = free.popLast() ?? slots.count
    if place == slots.count { slots.append(nil) }
    places[key] = place
    link(Slot(key: key, value: value, moment: moment, older: -1, newer: -1), at: place)
    return old
  }

  package mutating func remove(_ key: Key) -> Value? {
    guard let place = places.removeValue(forKey: key), let slot = slots[place] else { return nil }
    unlink(slot)
    slots[place] = nil
    free.append(place)
    return slot.value
  }

  package mutating func removeOldest() -> Value? { oldest < 0 ? nil : slots[oldest].flatMap { remove($0.key) } }

  private mutating func link(_ slot: Slot, at place: Int) {
    var slot = slot
    (slot.older, slot.newer) = (newest, -1)
    slots[place] = slot
    if newest < 0 { oldest = place } else { slots[newest]?.newer = place }
    newest = place
  }

  private mutating func unlink(_ slot: Slot) {
    if slot.older < 0 { oldest = slot.newer } else { slots[slot.older]?.newer = slot.newer }
    if slot.newer < 0 { newest = slot.older } else { slots[slot.newer]?.older = slot.older }
  }
}
