// What errors of the Segmentation library look like to a user: kind, hint, and the argument under which the caret goes.

import Language
import Segmentation

extension SegmentationError: FailureConvertible {
  package var failure: Failure {
    switch self {
    case .rank, .shapes, .extent: Failure(.shape, description, hint: hint)
    case .dtype: Failure(.type, description, hint: hint)
    case .connectivity: Failure(.value, description, argument: "connectivity")
    case .parameter(_, let name, _, _): Failure(.value, description, hint: hint, argument: name)
    case .tooManyObjects, .unmapped: Failure(.value, description, hint: hint)
    }
  }
}
