extension KernelBackend {
  /// Every operation in every element type on every processor: portable SIMD, no C.
  ///
  /// Results are the same bits on every processor: products are rounded before they are added. A NaN
  /// in an operand reaches every element that depends on it; ReLU and the other clamps keep NaN.
  package static let swift = KernelBackend(
    name: "swift", kernels: swiftFamilies.flatMap(\.kernels))

  /// Every kernel of the `swift` backend, by family.
  package static let swiftFamilies: [KernelFamily] = [
    KernelFamily(name: "pointwise convolution", kernels: pointwiseKernels),
    KernelFamily(name: "depthwise convolution", kernels: depthwiseKernels),
    KernelFamily(name: "convolution", kernels: convolutionKernels),
    KernelFamily(name: "fully connected", kernels: fullyConnectedKernels),
    KernelFamily(name: "elementwise", kernels: elementwiseKernels),
    KernelFamily(name: "pooling", kernels: poolingKernels),
    KernelFamily(name: "attention", kernels: attentionKernels),
    KernelFamily(name: "data movement", kernels: dataMovementKernels),
    KernelFamily(name: "resize", kernels: resizeKernels),
    KernelFamily(name: "integer layer", kernels: integerLayerKernels + referenceLayerKernels),
    KernelFamily(name: "integer depthwise convolution", kernels: integerDepthwiseKernels),
    KernelFamily(name: "integer matrix product", kernels: integerMatrixProductKernels),
    KernelFamily(
      name: "integer arithmetic", kernels: integerArithmeticKernels + referenceRuleKernels),
    KernelFamily(name: "integer table", kernels: tableKernels),
    KernelFamily(name: "quantize", kernels: quantizeKernels),
    KernelFamily(name: "integer softmax", kernels: integerSoftmaxKernels),
  ]
}
