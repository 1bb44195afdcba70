import MNV4Core
import MNV4Graph
import Testing

@testable import MNV4Quantization

@Suite struct HessianTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var inputs: Int
    var outputs: Int
    var kernel = 1
    var stride = 1
    var groups = 1

    var testDescription: String {
      "\(inputs)→\(outputs) \(kernel)×\(kernel)/\(stride) groups \(groups)"
    }
  }

  private static let cases = [
    Case(inputs: 5, outputs: 3), Case(inputs: 16, outputs: 2),
    Case(inputs: 3, outputs: 4, kernel: 3, stride: 2),
    Case(inputs: 11, outputs: 11, kernel: 3, groups: 11),
    Case(inputs: 8, outputs: 16, kernel: 5, stride: 2, groups: 8),
    Case(inputs: 6, outputs: 4, kernel: 3, groups: 2),
  ]

  /// The plain definition, over pictures.
  private func naive(_ pictures: [[Float]], _ geometry: LayerGeometry) -> Hessian {
    let layout = geometry.layout
    let order = layout.rowCount
    let all = pictures.flatMap { patches($0, geometry) }
    var moments = [Float](repeating: 0, count: layout.groupCount * order * order)
    for group in 0..<layout.groupCount {
      for row in 0..<order {
        for column in 0..<order {
          let sum = all.reduce(0) {
            $0 + $1[group * order + row] * $1[group * order + column]
          }
          moments[(group * order + row) * order + column] = Float(sum / Double(all.count))
        }
      }
    }
    let means = (0..<layout.groupCount * order).map { index in
      all.reduce(0) { $0 + $1[index] } / Double(all.count)
    }
    return Hessian(layout: layout, moments: moments, means: means)
  }

  @Test(arguments: cases) func isTheSecondMoment(_ problem: Case) throws {
    let geometry = try geometry(
      inputs: problem.inputs, outputs: problem.outputs, kernel: problem.kernel,
      stride: problem.stride, groups: problem.groups)
    let pictures = (1...4).map { uniform(20 * problem.inputs, seed: $0).map { $0 + 0.3 } }
    var accumulator = HessianAccumulator(geometry: geometry, positionLimit: 1000, seed: 1)
    // One picture, then three at once.
    accumulator.add(pictures[0])
    accumulator.add(pictures[1...].flatMap(\.self))
    let expected = naive(pictures, geometry)
    let found = try #require(accumulator.finish())
    for (a, b) in [(found, expected), (found.centered(), expected.centered())] {
      for (x, y) in zip(a.moments, b.moments) { #expect(abs(x - y) < 1e-5) }
      for (x, y) in zip(a.means, b.means) { #expect(abs(x - y) < 1e-6) }
    }
    #expect(accumulator.positionCount == 4 * geometry.positionCount)
  }

  @Test func fullyConnected() throws {
    let geometry = LayerGeometry(
      fullyConnectedInput: try Shape([1, 7]), output: try Shape([1, 3]))
    let rows = (1...40).map { uniform(7, seed: $0) }
    var accumulator = HessianAccumulator(geometry: geometry, positionLimit: 2, seed: 1)
    for row in rows { accumulator.add(row) }
    let found = try #require(accumulator.finish())
    for (x, y) in zip(found.moments, naive(rows, geometry).moments) { #expect(abs(x - y) < 1e-6) }
  }

  @Test func countsNoMoreThanTheLimit() throws {
    let geometry = try geometry(height: 9, width: 9, inputs: 4, outputs: 4)
    let picture = uniform(81 * 4)
    func gather(seed: UInt64) throws -> Hessian {
      var accumulator = HessianAccumulator(geometry: geometry, positionLimit: 7, seed: seed)
      for _ in 0..<3 { accumulator.add(picture) }
      #expect(accumulator.positionCount == 21)
      return try #require(accumulator.finish())
    }
    let first = try gather(seed: 5)
    #expect(try gather(seed: 5).moments == first.moments)
    #expect(try gather(seed: 6).moments != first.moments)
  }

  @Test(arguments: [1, 4]) func leavesOutWhatIsNotFinite(groups: Int) throws {
    let geometry = try geometry(inputs: 4, outputs: 4, groups: groups)
    let clean = uniform(80)
    var dirty = clean
    dirty[9] = .nan
    dirty[50] = .infinity
    var accumulator = HessianAccumulator(geometry: geometry, positionLimit: 100, seed: 1)
    accumulator.add(dirty)
    #expect(accumulator.skippedCount == 2)
    #expect(accumulator.positionCount == 18)
    let found = try #require(accumulator.finish())
    #expect(found.moments.allSatisfy { $0.isFinite })
    #expect(found.means.allSatisfy { $0.isFinite })
    // Positions 2 and 12 hold them.
    let rest = clean.enumerated().filter { ![2, 12].contains($0.offset / 4) }.map(\.element)
    let mean = stride(from: 0, to: 72, by: 4).reduce(0.0) { $0 + Double(rest[$1]) } / 18
    #expect(abs(found.means[0] - mean) < 1e-9)
  }

  @Test func nothingGivesNone() throws {
    let accumulator = HessianAccumulator(
      geometry: try geometry(inputs: 4, outputs: 4), positionLimit: 1, seed: 1)
    #expect(accumulator.finish() == nil)
  }

  @Test(arguments: [(3, 10), (10, 10), (20, 10), (0, 5), (5, 1000)])
  func samples(_ count: Int, _ total: Int) {
    var generator = SplitMix64(state: 3)
    let sample = generator.ascendingSample(of: count, from: total)
    #expect(sample.count == min(count, total))
    #expect(Set(sample).count == sample.count)
    #expect(sample == sample.sorted())
    #expect(sample.allSatisfy { (0..<total).contains($0) })
  }
}

@Suite struct CholeskyTests {
  @Test(arguments: [1, 2, 7, 33, 50]) func rebuilds(order: Int) throws {
    let vectors = (0..<order + 3).map { normal(order, seed: UInt64($0)) }
    var matrix = [Double](repeating: 0, count: order * order)
    for row in 0..<order {
      for column in 0..<order {
        matrix[row * order + column] = vectors.reduce(0) {
          $0 + Double($1[row]) * Double($1[column])
        }
      }
    }
    let factor = try #require(Cholesky(matrix, order: order)).elements
    for row in 0..<order {
      for column in 0..<order {
        let product = (0..<order).reduce(0) {
          $0 + factor[row * order + $1] * factor[column * order + $1]
        }
        #expect(abs(product - matrix[row * order + column]) < 1e-9 * Double(order))
        if column > row { #expect(factor[row * order + column] == 0) }
      }
    }
  }

  @Test(arguments: [
    [0, 0, 0, 0], [1, 1, 1, 1], [1, 2, 2, 1], [-1, 0, 0, 1], [1, .nan, .nan, 1],
    [.infinity, 0, 0, 1],
  ])
  func refuses(_ matrix: [Double]) {
    #expect(Cholesky(matrix, order: 2) == nil)
  }
}
