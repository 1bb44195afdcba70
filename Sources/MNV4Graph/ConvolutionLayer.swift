/// A convolution of a network's table, square in filter and stride.
package struct ConvolutionLayer {
  package var name: String
  package var key: String
  package var biasKey: String?
  package var outputs: Int
  package var kernel: Int
  package var stride: Int
  package var groups: Int

  /// Weights at `name.weight` unless `key` says otherwise.
  package init(
    _ name: String, key: String? = nil, biasKey: String? = nil, outputs: Int, kernel: Int = 1,
    stride: Int = 1, groups: Int = 1
  ) {
    self.name = name
    self.key = key ?? "\(name).weight"
    self.biasKey = biasKey
    self.outputs = outputs
    self.kernel = kernel
    self.stride = stride
    self.groups = groups
  }
}
