import Testing

/// Checkpoints that say how they were trained need no options.
@Suite struct TrainedCheckpointTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let metadata = [
    "mnv4.network": "mobilenetv4_conv_small", "mnv4.total_stride": "16", "mnv4.input_size": "48",
    "mnv4.mean": "0.5,0.4,0.3", "mnv4.std": "0.25,0.2,0.1", "mnv4.labels": "chat\nchien\noiseau",
  ]

  private func convert(
    _ metadata: [String: String], _ options: [String] = []
  ) throws -> CommandResult {
    try folder.write(
      try Checkpoint.mobileNetV4(classCount: 3, metadata: metadata), to: "w.safetensors")
    return try Command.convert([folder("w.safetensors"), "-o", folder("m.mnv4")] + options)
  }

  private func described(
    _ metadata: [String: String], _ options: [String] = []
  ) throws -> [String] {
    let result = try convert(metadata, options)
    #expect(result.status == 0, "\(result.errors)")
    return try Command.convert("--describe", folder("m.mnv4")).outputLines.map(String.init)
  }

  @Test func metadataIsAsGoodAsOptions() throws {
    let told = try described(Self.metadata)
    let labels = try folder.write("chat\nchien\noiseau\n", to: "labels.txt")
    let asked = try described(
      [:],
      [
        "--arch", "mobilenetv4_conv_small", "--total-stride", "16", "--input-size", "48", "--mean",
        "0.5,0.4,0.3", "--std", "0.25,0.2,0.1", "--interpolation", "bilinear", "--crop-fraction",
        "1", "--labels", labels,
      ])
    #expect(told == asked)
    #expect(told.contains { $0.hasPrefix("labels ") && $0.hasSuffix("3: chat, chien, oiseau") })
    #expect(told.contains { $0.hasPrefix("input ") && $0.hasSuffix("1×48×48×3") })
  }

  @Test func optionsGoBeforeMetadata() throws {
    let labels = try folder.write("un\ndeux\ntrois\n", to: "labels.txt")
    let options = [
      "--total-stride", "32", "--input-size", "32", "--mean", "0,0,0", "--labels", labels,
    ]
    let result = try convert(Self.metadata, options)
    #expect(
      result.errors.contains("w.safetensors: --total-stride 32: the weights were trained at 16\n"))
    let lines = try described(Self.metadata, options)
    #expect(lines.contains { $0.hasPrefix("labels ") && $0.hasSuffix("3: un, deux, trois") })
    #expect(lines.contains { $0.hasPrefix("mean ") && $0.hasSuffix("0.0, 0.0, 0.0") })
    #expect(lines.contains { $0.hasPrefix("deviation ") && $0.hasSuffix("0.25, 0.2, 0.1") })
    #expect(lines.contains { $0.hasPrefix("input ") && $0.hasSuffix("1×32×32×3") })
    let untold = try described([:], ["--total-stride", "32", "--input-size", "32"])
    #expect(lines.first { $0.hasPrefix("MACs ") } == untold.first { $0.hasPrefix("MACs ") })
  }

  /// They need not be right, then.
  @Test func replacedEntriesAreNotRead() throws {
    let wrong = ["mnv4.network": "none", "mnv4.total_stride": "12", "mnv4.input_size": "x"]
    let options = [
      "--arch", "mobilenetv4_conv_small", "--total-stride", "16", "--input-size", "48",
    ]
    #expect(
      try described(Self.metadata.merging(wrong) { $1 }, options) == described(Self.metadata))
  }

  @Test func tagGoesBeforeMetadata() throws {
    let result = try convert(Self.metadata, ["--tag", "e1200_r224_in1k"])
    #expect(result.status == 0, "\(result.errors)")
    #expect(
      result.errors.contains(
        "--tag e1200_r224_in1k: the weights were trained on pictures prepared in another way\n"))
    let lines = try Command.convert("--describe", folder("m.mnv4")).outputLines
    #expect(lines.contains { $0.hasPrefix("input ") && $0.hasSuffix("1×224×224×3") })
    #expect(lines.contains { $0.hasPrefix("mean ") && $0.hasSuffix("0.485, 0.456, 0.406") })
  }

  @Test func otherNetworkIsToldOf() throws {
    var metadata = Self.metadata
    metadata["mnv4.network"] = "mobilenetv4_conv_medium"
    let result = try convert(metadata, ["--arch", "mobilenetv4_conv_small"])
    #expect(result.status == 0, "\(result.errors)")
    #expect(
      result.errors.contains(
        "--arch mobilenetv4_conv_small: the weights are those of mobilenetv4_conv_medium\n"))
  }

  @Test(arguments: [
    ("mnv4.labels", "chat\nchien", "mnv4.labels: expected 3 labels, found 2"),
    (
      "mnv4.labels", "chat\nchi\u{1B}en\noiseau",
      "mnv4.labels: line 2: expected a label without control characters"
    ),
    (
      "mnv4.labels", "chat\nchien\n" + String(repeating: "o", count: 1025),
      "mnv4.labels: line 3: expected at most 1024 bytes, found 1025"
    ),
    ("mnv4.total_stride", "12", "mnv4.total_stride: expected 32, 16 or 8, found '12'"),
    (
      "mnv4.network", "mobilenetv2_100",
      "w.safetensors: not the mobilenetv2_100 that mnv4.network names (--arch overrides it): tensor "
    ),
  ])
  func wrongMetadataIsRefused(_ key: String, _ value: String, _ message: String) throws {
    let result = try convert(Self.metadata.merging([key: value]) { $1 })
    #expect(result.status == 1 && !result.wasSignalled)
    #expect(result.errors.contains(message), "\(result.errors)")
  }
}
