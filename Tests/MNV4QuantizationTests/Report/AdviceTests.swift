import Testing

@testable import MNV4Quantization

@Suite struct AdviceTests {
  private func options(_ change: (inout QuantizationReport) -> Void) -> [String?] {
    var report = SampleReport.mobileNetV2
    report.method = .init(QuantizationOptions())
    change(&report)
    return ReportAdvice(report).steps.map(\.options)
  }

  @Test func isInOrderOfCost() {
    let steps = options { report in
      report.method.weightScales = .perTensor
      report.calibrationCount = 8
    }
    #expect(
      steps == [
        "--weights per-channel", "--rounding second-order", "--equalize --correct-bias", nil,
        "--keep-float blocks.0.0.conv_dw",
      ])
  }

  @Test func nothingThatIsOnIsAdvised() {
    #expect(options { _ in }.contains("--equalize --correct-bias"))
    #expect(!options { _ in }.contains("--weights per-channel"))
    #expect(!options { _ in }.contains(nil))
    #expect(options { $0.method.equalizes = true }.contains("--correct-bias"))
    #expect(options { $0.method.correctsBias = true }.contains("--equalize"))
    let steps = options { report in
      report.method.equalizes = true
      report.method.correctsBias = true
      report.method.rounding = .secondOrder
    }
    #expect(steps == ["--keep-float blocks.0.0.conv_dw"])
  }

  @Test func thereIsNoneWhereNothingIsWrong() {
    #expect(ReportAdvice(SampleReport.unmeasured).steps.isEmpty)
    #expect(ReportAdvice(SampleReport.empty).text == nil)
    #expect(ReportAdvice(SampleReport.empty).markup == nil)
  }

  @Test func aPoorOutputIsEnough() {
    var report = SampleReport.unmeasured
    report.outputDecibels = 9
    report.method = .init(QuantizationOptions())
    #expect(
      ReportAdvice(report).text
        == "try, in this order: --rounding second-order; --equalize --correct-bias")
  }

  @Test(arguments: [
    ("blocks.0.conv", "blocks.0.conv"), ("", "''"), ("a b", "'a b'"), ("-x", "'-x'"),
    ("$(reboot)", "'$(reboot)'"), ("it's", "'it'\\''s'"), ("a/b:c_d+e", "a/b:c_d+e"),
  ])
  func namesAreOneWordOfAShell(_ name: String, _ word: String) {
    #expect(name.shellWord == word)
  }
}
