extension Tensor {
  /// Numbers from −1 to 1 that are the same at every call: the input of measurements.
  package static func seeded(shape: [Int]) throws(MNV4Error) -> Tensor {
    var tensor = try Tensor(shape: shape)
    tensor.withUnsafeMutableElements { elements in
      var state: UInt64 = 0x9E37_79B9_7F4A_7C15
      for index in elements.indices {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        elements[index] = Float(Int32(truncatingIfNeeded: state >> 32)) / 2_147_483_648
      }
    }
    return tensor
  }
}
