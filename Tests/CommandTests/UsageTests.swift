import Testing

/// Wrong usage: status 64, the reason and the usage on standard error, nothing on standard output.
@Suite struct UsageTests {
  private func expectUsageError(
    _ command: Command, _ arguments: [String], _ message: String
  ) throws {
    let result = try command(arguments)
    #expect(result.status == 64 && !result.wasSignalled, "\(arguments): \(result.errors)")
    #expect(result.output == "")
    #expect(result.errors.contains(message), "\(arguments): \(result.errors)")
    #expect(result.errors.lowercased().contains("usage: mnv4-"))
  }

  @Test(arguments: [
    ([], "Missing expected argument '<model>'"),
    (
      ["m.mnv4"],
      "Give pictures to classify, or --validate, --input-npy, --explain, --require-int8 or --profile."
    ),
    (["m.mnv4", "a.png", "--nonsense"], "Unknown option '--nonsense'"),
    (["m.mnv4", "a.png", "--top", "0"], "--top: expected at least 1, found 0."),
    (["m.mnv4", "a.png", "--top=-3"], "--top: expected at least 1, found -3."),
    (["m.mnv4", "a.png", "--top", "five"], "'five' is invalid"),
    (["m.mnv4", "a.png", "--top", "9223372036854775808"], "is invalid"),
    (["m.mnv4", "a.png", "--threads", "0"], "--threads: expected 1 to 256, found 0."),
    (["m.mnv4", "a.png", "--threads", "257"], "--threads: expected 1 to 256, found 257."),
    (["m.mnv4", "a.png", "--threads"], "Missing value for '--threads"),
    (["m.mnv4", "a.png", "--backend", "cuda"], "'cuda' is invalid"),
    (["m.mnv4", "a.png", "--labels", "l.csv"], "--labels goes with --validate."),
    (
      ["m.mnv4", "--validate", "d", "--label-offset", "1"], "--label-offset goes with --labels."
    ),
    (["m.mnv4", "--validate", "d", "--labels", "l", "--label-offset", "x"], "'x' is invalid"),
    (["m.mnv4", "--input-npy", "a.npy"], "--input-npy and --output-npy go together."),
    (["m.mnv4", "--output-npy", "a.npy"], "--input-npy and --output-npy go together."),
    (["m.mnv4", "a.png", "--validate", "d"], "one of them."),
    (["m.mnv4", "a.png", "--input-npy", "a", "--output-npy", "b"], "one of them."),
    (["m.mnv4", "--validate", "d", "--input-npy", "a", "--output-npy", "b"], "one of them."),
  ])
  func run(_ arguments: [String], _ message: String) throws {
    try expectUsageError(.run, arguments, message)
  }

  @Test(arguments: [
    ([], "Give a file to convert, --describe MODEL, or --list-archs"),
    (["--list-archs", "--describe", "m.mnv4"], "(one of them)"),
    (["w.safetensors", "--list-archs"], "(one of them)"),
    (["w.safetensors", "--describe", "m.mnv4"], "(one of them)"),
    (["w.safetensors", "--arch", "mobilenetv4_conv_small"], "Say where to write the model: -o"),
    (
      ["w.safetensors", "-o", "m.mnv4", "--arch", "mobilenetv4_conv_smal"],
      "found 'mobilenetv4_conv_smal'. Did you mean 'mobilenetv4_conv_small'?"
    ),
    (["w.safetensors", "-o", "m.mnv4", "--arch", "zzz"], "found 'zzz'."),
    (
      ["w.safetensors", "-o", "m.mnv4", "--arch", "mobilenetv4_conv_small", "--note", "licence"],
      "--note: expected key=value, found 'licence'."
    ),
    (["w.safetensors", "--classes", "many"], "'many' is invalid"),
    (["w.safetensors", "--resize", "squash"], "'squash' is invalid"),
    (["w.safetensors", "--interpolation", "nearest"], "'nearest' is invalid"),
    (["--list-archs", "--nonsense"], "Unknown option '--nonsense'"),
    (["--describe", "a.mnv4", "b.mnv4"], "(one of them)"),
    (
      ["a.safetensors", "b.safetensors", "-o", "m.mnv4", "--arch", "mobilenetv4_conv_small"],
      "Unexpected argument 'b.safetensors'"
    ),
  ])
  func convert(_ arguments: [String], _ message: String) throws {
    try expectUsageError(.convert, arguments, message)
  }

  @Test(arguments: [
    ([], "Missing expected argument"),
    (["m.mnv4", "--runs", "0"], "--runs: expected 1 to 10000000, found 0."),
    (["m.mnv4", "--runs", "10000001"], "--runs: expected 1 to 10000000, found 10000001."),
    (["m.mnv4", "--input-size", "7"], "--input-size: expected 8 to 4096, found 7."),
    (["m.mnv4", "--input-size", "4097"], "--input-size: expected 8 to 4096, found 4097."),
    (["m.mnv4", "--threads=-1"], "--threads: expected 1 to 256, found -1."),
    (["m.mnv4", "--element-type", "float64"], "'float64' is invalid"),
    (["m.mnv4", "--backend", "swif"], "'swif' is invalid"),
    (["m.mnv4", "--nonsense"], "Unknown option '--nonsense'"),
  ])
  func bench(_ arguments: [String], _ message: String) throws {
    try expectUsageError(.bench, arguments, message)
  }

  @Test(arguments: [
    ([], "Missing expected argument '<model>'"),
    (["m.mnv4", "-o", "q.mnv4"], "Missing expected argument '--calibration <dir>'"),
    (["m.mnv4", "--calibration", "d"], "Missing expected argument '--output"),
    (["m.mnv4", "-o", "m.mnv4"], "expected other files than the model."),
    (["m.mnv4", "-o", "q.mnv4", "--json", "m.mnv4"], "expected other files than the model."),
    (["m.mnv4", "-o", "q", "--json", "q"], "--output, --json and --report: expected different"),
    (["m.mnv4", "-o", "q", "--json", "r", "--report", "r"], "expected different files."),
    (
      ["m.mnv4", "-o", "q", "--percentile", "50"], "expected above 50 and at most 100, found 50.0."
    ),
    (["m.mnv4", "-o", "q", "--percentile", "100.1"], "at most 100, found 100.1."),
    (["m.mnv4", "-o", "q", "--percentile", "nan"], "at most 100, found nan."),
    (["m.mnv4", "-o", "q", "--calibrator", "max"], "'max' is invalid"),
    (["m.mnv4", "-o", "q", "--weights", "per-group"], "'per-group' is invalid"),
    (["m.mnv4", "-o", "q", "--rounding", "up"], "'up' is invalid"),
    (["m.mnv4", "-o", "q", "--samples", "0"], "--samples: expected at least 1, found 0."),
    (["m.mnv4", "-o", "q", "--samples=-7"], "--samples: expected at least 1, found -7."),
    (["m.mnv4", "-o", "q", "--seed=-1"], "is invalid"),
    (["m.mnv4", "-o", "q", "--max-drop", "1"], "--max-drop goes with --validate."),
    (["m.mnv4", "-o", "q", "--validate", "v", "--max-drop=-1"], "expected 0 to 100, found -1.0."),
    (["m.mnv4", "-o", "q", "--validate", "v", "--max-drop", "nan"], "0 to 100, found nan."),
    (["m.mnv4", "-o", "q", "--validate", "v", "--max-drop", "101"], "0 to 100, found 101.0."),
    (["m.mnv4", "-o", "q", "--labels", "l.csv"], "--labels goes with --validate."),
    (["m.mnv4", "-o", "q", "--validate", "v", "--label-offset", "1"], "goes with --labels."),
    (["m.mnv4", "-o", "q", "--threads", "0"], "--threads: expected 1 to 256, found 0."),
    (["m.mnv4", "-o", "q", "--keep-float"], "Missing value for '--keep-float"),
    (["m.mnv4", "n.mnv4", "-o", "q"], "Unexpected argument 'n.mnv4'"),
  ])
  func quantize(_ arguments: [String], _ message: String) throws {
    // What is missing is told before what is wrong.
    let isComplete = arguments.contains("-o") && arguments != ["m.mnv4", "-o", "q.mnv4"]
    try expectUsageError(
      .quantize, arguments + (isComplete ? ["--calibration", "d"] : []), message)
  }

  @Test func helpIsGivenOnStandardOutput() throws {
    for (command, words) in [
      (Command.run, ["--top", "--validate", "--explain", "--profile-json", "--input-npy"]),
      (.convert, ["--arch", "--describe", "--list-archs", "--crop-fraction", "-o, --output"]),
      (.quantize, ["--calibration", "--max-drop", "--keep-float", "--report", "-o, --output"]),
      (.bench, ["--element-type", "--input-size", "--runs", "--json"]),
    ] {
      let result = try command("--help")
      #expect(result.status == 0)
      #expect(result.errors == "")
      for word in words + ["USAGE: "] { #expect(result.output.contains(word)) }
    }
  }
}
