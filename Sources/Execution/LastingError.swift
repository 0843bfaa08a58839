/// An error that may be one of the work itself: a misspelt name, a call that never ends. Doing the same work again would end the same way.
package protocol LastingError: Error {
  var isLasting: Bool { get }
}
