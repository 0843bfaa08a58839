// Gradient clipping by norm (Pascanu et al. 2013), and gradients added up over several passes.

import Arrays
import CKernels
import Execution

extension ParameterSet {
  /// The root of the sum of squares of all that is trained, in double; running means of the network do not count.
  package func norm(_ network: Network, pool: ThreadPool) throws -> Double {
    var sum = 0.0
    for (spec, array) in zip(network.parameters, arrays) where !spec.isStatistic {
      let packed = try array.contiguous()
      sum += packed.withElements(Float.self) { dcs_sum_of_squares(pool.handle, Int64($0.count), $0.baseAddress) }
    }
    return sum.squareRoot()
  }

  /// Scales gradients down to a norm of `limit` where theirs is larger, as torch.nn.utils.clip_grad_norm_ does.
  ///
  /// - Returns: the norm before.
  @discardableResult
  package mutating func clip(to limit: Double, _ network: Network, pool: ThreadPool) throws -> Double {
    let norm = try norm(network, pool: pool), factor = limit / (norm + 1e-6)
    if factor < 1 { scale(by: Float(factor), network) }
    return norm
  }

  /// Adds gradients of another part of the batch, each part weighing `share`; running means are averaged alike.
  package mutating func add(_ other: ParameterSet, times share: Float) {
    for index in arrays.indices {
      other.arrays[index].withElements(Float.self) { given in
        arrays[index].withMutableElements(Float.self) { sum in for at in sum.indices { sum[at] += share * given[at] } }
      }
    }
  }

  private mutating func scale(by factor: Float, _ network: Network) {
    for index in arrays.indices where !network.parameters[index].isStatistic {
      arrays[index].withMutableElements(Float.self) { values in for at in values.indices { values[at] *= factor } }
    }
  }
}
