import Arrays
import Geometry
import Language

extension Builtin {
  private static let place = "axes: list = nil, voxel: coord|length = nil, offset: coord|length = nil"

  static let zeros = Builtin(
    "zeros", "(shape: int|coord, dtype: fn|string = nil, \(place)) -> array", "Makes an array of zeros, float32 unless `dtype` says otherwise.",
    examples: [Example("sum(zeros((2, 3)))", prints: "0.0")]
  ) { call in try filled(.int(0), call) }

  static let ones = Builtin(
    "ones", "(shape: int|coord, dtype: fn|string = nil, \(place)) -> array", "Makes an array of ones, float32 unless `dtype` says otherwise.",
    examples: [Example("sum(ones((2, 3), uint8))", prints: "6")]
  ) { call in try filled(.int(1), call) }

  static let full = Builtin(
    "full", "(shape: int|coord, value: int|float|bool, dtype: fn|string = nil, \(place)) -> array",
    "Makes an array that holds one value everywhere; its type follows the value: int64, float32 or bool.",
    examples: [Example("max(full((2, 2), 7))", prints: "7")]
  ) { call in
    guard let value = try call.value("value").scalar else { throw call.failure(.type, "`value` must be a number", at: "value") }
    return try filled(value, call)
  }

  private static func filled(_ value: Scalar, _ call: Call) throws -> Value {
    let shape = try call.shape("shape")
    let natural: DType = if call.builtin.name != "full" { .float32 } else { switch value { case .bool: .bool; case .int: .int64; case .float: .float32 } }
    let dtype = try call.dtype("dtype") ?? natural
    try call.checkBudget(dtype, shape)
    guard value.bits(as: dtype) != nil else { throw call.failure(.value, "\(value) does not fit \(dtype)", at: "value") }
    return Value(ArrayValue(try Volume(try NDArray.filled(value, dtype, shape), try call.newGrid(rank: shape.count))))
  }

  static let arange = Builtin(
    "arange", "(count: int, axis=\"x\", begin=0, step=1) -> array",
    "Counts along one axis: begin, begin + step, … (int64). Axes of other names broadcast against it.",
    examples: [Example("max(arange(3, axis=\"y\") + 10 * arange(2, axis=\"x\"))", prints: "12")]
  ) { call in
    let count = try call.int("count", in: 0...Int.max)
    try call.checkBudget(.int64, [count])
    let name = try call.string("axis")
    let array = try NDArray.arange(count, begin: try call.int("begin"), step: try call.int("step"))
    return Value(ArrayValue(try Volume(array, Grid(unknown: [Axis(name, ["z", "y", "x"].contains(name) ? .space : .channel)]))))
  }

  static let random = Builtin(
    "random", "(shape: int|coord, kind: \"uniform|normal\" = \"uniform\", key=\"\", dtype: fn|string = nil, \(place)) -> array",
    "Makes random numbers: uniform in [0, 1) or standard normal (float32).",
    details: [
      "They depend on the script's seed, `key` and the voxel's index alone: two calls with one key give the same numbers, in whatever blocks and by however many threads they are made. "
        + "save(random(…), path) makes them chunk by chunk, of any size.",
      "uniform: multiples of 2⁻²⁴ (float64: 2⁻⁵³), each as likely as any other, 0 among them and 1 not. normal: the inverse of the normal distribution at such a number of 52 bits, "
        + "rounded; never beyond ±8.3.",
    ],
    examples: [Example("max(random((4, 4), key=\"a\")) < 1", prints: "true")]
  ) { call in
    let shape = try call.shape("shape"), dtype = try call.dtype("dtype") ?? .float32
    guard dtype == .float32 || dtype == .float64 else { throw call.failure(.value, "random numbers are float32 or float64, not \(dtype)", at: "dtype") }
    let distribution: RandomField.Distribution = try call.string("kind") == "normal" ? .normal(mean: 0, deviation: 1) : .uniform(0, 1)
    let purpose = "random " + (try call.string("key")), grid = try call.newGrid(rank: shape.count)
    return Value(ArrayValue(ArrayExpression(try RandomField(distribution, seed: call.context.seed, purpose: purpose, dtype: dtype, shape: shape, grid: grid))))
  }
}
