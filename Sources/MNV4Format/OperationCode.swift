internal import MNV4Graph

/// The number of each operation in a file.
package enum OperationCode: UInt16, Hashable, Sendable, CaseIterable {
  case convolution = 1
  case fullyConnected = 2
  case batchNormalization = 3
  case channelScale = 4
  case activation = 5
  case add = 6
  case multiply = 7
  case globalAveragePool = 8
  case averagePool = 9
  case slice = 10
  case concatenation = 11
  case matrixProduct = 12
  case softmax = 13
  case reshape = 14
  case pad = 15
  case resizeBilinear = 16
  case quantize = 17
  case dequantize = 18

  init(_ operation: Operation) {
    self =
      switch operation {
      case .convolution: .convolution
      case .fullyConnected: .fullyConnected
      case .batchNormalization: .batchNormalization
      case .channelScale: .channelScale
      case .activation: .activation
      case .add: .add
      case .multiply: .multiply
      case .globalAveragePool: .globalAveragePool
      case .averagePool: .averagePool
      case .slice: .slice
      case .concatenation: .concatenation
      case .matrixProduct: .matrixProduct
      case .softmax: .softmax
      case .reshape: .reshape
      case .pad: .pad
      case .resizeBilinear: .resizeBilinear
      case .quantize: .quantize
      case .dequantize: .dequantize
      }
  }

  /// The id that stands for no constant.
  static let noConstant = UInt32.max
}
