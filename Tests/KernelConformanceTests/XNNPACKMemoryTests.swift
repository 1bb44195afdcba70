#if XNNPACK
  import MNV4Core
  import MNV4Graph
  import MNV4XNNPACK
  import Testing

  /// What XNNPACK's operators are expected to hold, and the steps whose tables it does not make.
  @Suite struct XNNPACKMemoryTests {
    private func convolution(
      side: Int, kernel: Int, channels: Int = 1, groups: Int = 1, activation: Activation = .identity
    ) throws -> StepProblem {
      let graph = Graph(
        name: "test",
        values: [
          Value(shape: try Shape([1, side, side, channels])),
          Value(shape: try Shape([1, side - kernel + 1, side - kernel + 1, channels])),
        ],
        constants: [
          try Constant(
            name: "weight", shape: try Shape([channels, kernel, kernel, channels / groups]),
            copying: [Float](repeating: 0, count: channels * kernel * kernel * channels / groups))
        ])
      let node = Node(
        name: "conv",
        operation: .convolution(
          Convolution(
            weights: ConstantID(0), bias: nil, kernel: Extent(kernel, kernel), groups: groups,
            activation: activation)),
        inputs: [ValueID(0)], output: ValueID(1))
      return StepProblem(node: node, of: graph)
    }

    private func sessionByteCount(_ problems: StepProblem...) -> Int {
      XNNPACKBackend().memory(of: problems).sessionByteCount
    }

    @Test func tablesOfRowsCount() throws {
      let small = sessionByteCount(try convolution(side: 64 + 6, kernel: 7))
      let large = sessionByteCount(try convolution(side: 128 + 6, kernel: 7))
      #expect(small >= 64 * 64 * 49 * 8)
      #expect(large - small == (128 * 128 - 64 * 64) * 49 * 8)
    }

    @Test func pointwiseStepsHaveNoTable() throws {
      let small = sessionByteCount(try convolution(side: 8, kernel: 1))
      #expect(sessionByteCount(try convolution(side: 512, kernel: 1)) == small)
      #expect(small < 8_192)
    }

    /// Neighbours share the columns that they have in common.
    @Test func depthwiseTablesAreSmaller() throws {
      let problem = try convolution(side: 66, kernel: 3, channels: 16, groups: 16)
      let count = sessionByteCount(problem)
      #expect(count >= 64 * (9 + 63 * 3) * 8 + 16 * 10 * 4)
      #expect(count < 64 * 64 * 9 * 8)
    }

    @Test func weightsAreRoundedUp() throws {
      let grouped = try convolution(side: 8, kernel: 8, channels: 64, groups: 64)
      #expect(sessionByteCount(grouped) >= 64 * 16 * (64 + 1) * 4)
    }

    @Test func piecesOfSiLUCountButScratchOnce() throws {
      let plain = sessionByteCount(try convolution(side: 1024, kernel: 1))
      let silu = try convolution(side: 1024, kernel: 1, activation: .silu)
      let one = sessionByteCount(silu)
      #expect(one - plain >= (1 << 18) + 2 * 16 * 1_024)
      #expect(sessionByteCount(silu, silu) == 2 * one - (1 << 18))
    }

    @Test func tablesBeyondReasonAreRefused() throws {
      let assessment = XNNPACKBackend().assess(try convolution(side: 512, kernel: 32))
      guard case .refuses(let reason) = assessment else {
        Issue.record("runs")
        return
      }
      #expect(reason == "its table of input rows would take 1.90 GB")
      guard case .runs = XNNPACKBackend().assess(try convolution(side: 224, kernel: 7)) else {
        Issue.record("refused")
        return
      }
    }
  }
#endif
