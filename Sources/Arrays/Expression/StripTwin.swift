import CKernels

/// The plain twin of the integer kernels: exact in 128 bits, one element at a time. It finds the voxel of a fault and is the oracle of the tests.
enum StripTwin {
  /// The exact result of an integer step, or why there is none.
  static func result(_ op: Arithmetic, _ x: Int128, _ y: Int128, in dtype: DType) -> Result<Int128, Failure> {
    guard let bounds = dtype.bounds else { return .failure(Failure(kind: .overflow("\(dtype)"))) }
    func checked(_ value: (partialValue: Int128, overflow: Bool)) -> Result<Int128, Failure> {
      value.overflow || !bounds.contains(value.partialValue) ? .failure(Failure(kind: .overflow("\(dtype) \(op.noun)"))) : .success(value.partialValue)
    }
    func floored() -> (quotient: Int128, remainder: Int128) {
      let (q, r) = x.quotientAndRemainder(dividingBy: y)
      return r != 0 && (r < 0) != (y < 0) ? (q - 1, r + y) : (q, r)
    }
    switch op {
    case .add: return checked(x.addingReportingOverflow(y))
    case .subtract: return checked(x.subtractingReportingOverflow(y))
    case .multiply: return checked(x.multipliedReportingOverflow(by: y))
    case .floorDivide: return y == 0 ? .failure(Failure(kind: .zeroDivisor)) : checked((floored().quotient, false))
    case .modulo: return y == 0 ? .failure(Failure(kind: .zeroDivisor)) : checked((floored().remainder, false))
    case .power:
      if y < 0 { return .failure(Failure(kind: .negativePower)) }
      if x == 0 || x == 1 { return .success(y == 0 ? 1 : x) }
      if x == -1 { return .success(y % 2 == 0 ? 1 : -1) }
      var value: Int128 = 1
      for _ in 0..<min(y, 200) {   // |x| ≥ 2: no more than 127 factors fit
        let (product, overflow) = value.multipliedReportingOverflow(by: x)
        if overflow || !bounds.contains(product) { return .failure(Failure(kind: .overflow("\(dtype) power"))) }
        value = product
      }
      return .success(value)
    case .minimum: return .success(min(x, y))
    case .maximum: return .success(max(x, y))
    case .divide: return .failure(Failure(kind: .overflow("\(dtype) division")))
    }
  }

  struct Failure: Error { let kind: Faults.Kind }

  /// The first element of a strip at which an integer step fails.
  static func fault(_ instruction: StripProgram.Instruction, _ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ n: Int) -> (index: Int, kind: Faults.Kind)? {
    func scan<T: FixedWidthInteger>(_: T.Type) -> (Int, Faults.Kind)? {
      let x = a.assumingMemoryBound(to: T.self), y = b.assumingMemoryBound(to: T.self)
      for i in 0..<n {
        let result: Result<Int128, Failure>
        switch instruction.call {
        case .unary(let function):
          let value = function == .negate ? -Int128(x[i]) : Int128(x[i].magnitude)
          result = instruction.to.bounds?.contains(value) == true ? .success(value) : .failure(Failure(kind: .overflow("\(instruction.to) \(function == .negate ? "negation" : function.rawValue)")))
        case .binary(let code):
          guard let op = Arithmetic.allCases.first(where: { $0.code == code }) else { return nil }
          result = StripTwin.result(op, Int128(x[i]), Int128(y[i]), in: instruction.to)
        default: return nil
        }
        if case .failure(let failure) = result { return (i, failure.kind) }
      }
      return nil
    }
    switch instruction.from {
    case .int32: return scan(Int32.self)
    case .int64: return scan(Int64.self)
    default: return scan(UInt64.self)
    }
  }

  /// The first element of a strip that a cast cannot hold.
  static func misfit(_ instruction: StripProgram.Instruction, _ mode: CastMode, _ a: UnsafeRawPointer, _ n: Int) -> (index: Int, kind: Faults.Kind)? {
    func scan<T: Element>(_: T.Type) -> (Int, Faults.Kind)? {
      let x = a.assumingMemoryBound(to: T.self)
      for i in 0..<n {
        let value = x[i].scalar
        if value.bits(as: instruction.to) == nil && (mode == .checked || x[i].double.isNaN) { return (i, .misfit(instruction.to, first: value.description)) }
      }
      return nil
    }
    return scan(instruction.from.type)
  }
}

extension Arithmetic {
  var noun: String {
    switch self {
    case .add: "addition"
    case .subtract: "subtraction"
    case .multiply: "multiplication"
    case .divide, .floorDivide: "division"
    case .modulo: "remainder"
    case .power: "power"
    case .minimum, .maximum: rawValue
    }
  }
}
