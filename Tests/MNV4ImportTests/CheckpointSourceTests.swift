import MNV4Core
import MNV4Graph
import MNV4Import
import Testing

@Suite struct CheckpointSourceTests {
  private func source() throws -> CheckpointSource {
    CheckpointSource(try Samples.checkpoint(Samples.fixture("small-f32")))
  }

  @Test func tensorsAreFoundByKeyAndShape() throws {
    var source = try source()
    #expect(try source.tensor("bn1.weight", shape: [2]) == [1.5, -0.25])
    #expect(try source.tensor("scale", shape: []) == [0.5])
    #expect(try source.tensor("empty", shape: [0, 4]) == [])
    #expect(try source.tensor("bn1.weight", shape: [2]) == [1.5, -0.25])
  }

  private static let misfits: [(String, [Int], WeightError, String)] = [
    (
      "bn2.weight", [2], WeightError.missing(key: "bn2.weight", expected: [2]),
      "tensor 'bn2.weight': expected one of shape 2, found none"
    ),
    (
      "conv_stem.weight", [2, 3, 4],
      .shape(
        key: "conv_stem.weight", expected: [2, 3, 4], found: [2, 3, 2, 2]),
      "tensor 'conv_stem.weight': shape: expected 2×3×4, found 2×3×2×2"
    ),
    (
      "scale", [1], .shape(key: "scale", expected: [1], found: []),
      "tensor 'scale': shape: expected 1, found () (a scalar)"
    ),
    (
      "bn1.num_batches_tracked", [],
      .elementType(
        key: "bn1.num_batches_tracked", expected: "F32, F16, BF16 or F64", found: "I64"),
      "tensor 'bn1.num_batches_tracked': element type: expected F32, F16, BF16 or F64, found I64"
    ),
  ]

  @Test(arguments: misfits)
  func misfitIsNamed(key: String, shape: [Int], error: WeightError, message: String) throws {
    var source = try source()
    #expect(throws: error) { try source.tensor(key, shape: shape) }
    #expect("\(error)" == message)
  }

  @Test func tensorsNobodyAskedForAreNamed() throws {
    var source = try source()
    let keys = [
      "bn1.bias", "bn1.running_mean", "bn1.running_var", "bn1.weight", "conv_stem.weight",
      "empty", "scale",
    ]
    #expect(source.unexpectedKeys.sorted() == keys)
    #expect("\(WeightError.unexpected(keys: keys))".hasSuffix(" and 2 more"))

    for key in keys where key.hasPrefix("bn1") { _ = try source.tensor(key, shape: [2]) }
    _ = try source.tensor("conv_stem.weight", shape: [2, 3, 2, 2])
    _ = try source.tensor("empty", shape: [0, 4])
    #expect(source.unexpectedKeys == ["scale"])
    _ = try source.tensor("scale", shape: [])
    #expect(source.unexpectedKeys.isEmpty)
  }
}
