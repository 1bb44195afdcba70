#if XNNPACK
  internal import MNV4Graph

  /// How an operator's activation is done: by its own bounds, or by operators after it.
  enum Epilogue {
    case clamp(ClosedRange<Float>)
    case hardSwish
    case sigmoid
    /// A sigmoid into scratch memory and a product with it, a piece at a time.
    case silu

    /// Nil where XNNPACK has nothing to make it of.
    init?(_ activation: Activation) {
      switch activation {
      case .identity, .relu, .relu6:
        guard let bounds = activation.clampBounds else { return nil }
        self = .clamp(bounds)
      case .hardSwish: self = .hardSwish
      case .sigmoid: self = .sigmoid
      case .silu: self = .silu
      case .hardSigmoid, .gelu: return nil
      }
    }

    /// That of an operation's activation, be it the operation itself or fused into it.
    init?(of operation: Operation) {
      if case .activation(let function) = operation {
        self.init(function)
      } else {
        self.init(operation.fusedActivation)
      }
    }

    var needsScratch: Bool {
      if case .silu = self { true } else { false }
    }

    /// The bounds that the operator itself applies.
    var bounds: ClosedRange<Float> {
      switch self {
      case .clamp(let bounds): bounds
      case .hardSwish, .sigmoid, .silu: -Float.infinity...Float.infinity
      }
    }

    /// The operators that follow; nil for a clamp.
    var operatorName: String? {
      switch self {
      case .clamp: nil
      case .hardSwish: "hardswish_nc_f32"
      case .sigmoid: "sigmoid_nc_f32"
      case .silu: "sigmoid_nc_f32 + multiply_nd_f32"
      }
    }
  }
#endif
